#' @importFrom ggplot2 autoplot
#' @export
ggplot2::autoplot

#' Plot a mutagenesis table
#'
#' `"mean_variance"` and `"se_effect"` are first looks at what dropout says about a model: how the variance of a
#' prediction goes with its mean, and how the standard error of an effect goes with the effect. `"heatmap"` and `"logo"`
#' show along a sequence what its mutations do to one output, `"before_after"` the predictions before and after them.
#'
#' `"mean_variance"` has one point per variant (mean and variance over draws of the mutated
#' sequence) and a black ring per unmutated sequence; the variance is on a log axis.
#' `"se_effect"` has one point per variant, both axes logarithmic, with the line on
#' which the standard error equals the effect. Panels are outputs. Up to six sequences get
#' distinct colours, more a viridis ramp from the lowest to the highest mean prediction,
#' without a legend above twelve. Points that a log axis cannot show, and in
#' `"se_effect"` those at float rounding level, are left out and counted in the caption.
#'
#' `"heatmap"` has a tile for each position and base, coloured by the effect, white at 0; a grey bar marks the
#' reference base, and effects that are missing or infinite are grey. Where the largest effect is more than twice the
#' 99 % quantile of their sizes, colours end at that quantile, and the caption says what lies beyond. Above is the
#' reference sequence in letters (up to 150 positions), and above it motif hits, one bar where a motif matches both
#' strands at one place; below for each position the largest standard error of its effects: none of them is less sure
#' than that. Effects at float rounding level are shown as they are. Where positions lack between others there is
#' nothing but a thin line.
#'
#' `"logo"` draws the reference sequence with letters as high as the base is important: minus the mean effect of the
#' other three bases (of those the table has). Upwards: mutating the base lowers the prediction; downwards: raises it.
#' Another convention of in-silico mutagenesis is the prediction minus the mean over all four bases, which is three
#' quarters of this.
#'
#' In both, panels are sequences, and the axis runs along the sequence from its 5' to its 3' end. Where all sequences
#' shown have genome coordinates the axis has these, and on the minus strand they fall from left to right; bases are
#' always those of the sequence's own strand. Four windows of up to 75 positions stand two by two, others one below the
#' other.
#'
#' `"before_after"` has one point per variant, the prediction of the mutated against that of the unmutated sequence, the
#' exposure on the left and the outcome on the right; colours of sequences as in `"mean_variance"`. Before is one number
#' for each sequence. So where these have, in the median, ten variants or more, as in a saturation, each has a strip: a
#' black line for the prediction before, points for those after, from left to right by position. Strips are in the order
#' of the exposure before, in both panels.
#'
#' @param object A table of [saturation_mutagenesis()] or [simulate_mutagenesis()].
#' @param type `"mean_variance"`, `"se_effect"`, `"heatmap"`, `"logo"` or `"before_after"`.
#' @param output For `"heatmap"` and `"logo"`: name of one output; `NULL` for the first.
#' @param sequences For these and `"before_after"`: names of the sequences to show. `"heatmap"` and `"logo"` show up to
#'   four; `NULL` for the first. `"before_after"` shows any number; `NULL` for all.
#' @param positions For `"heatmap"` and `"logo"`: positions to show, counted from 1 in the sequence, such as `200:260`;
#'   `NULL` for all.
#' @param motifs For these: motifs ([read_motifs()]) whose hits are marked, as [motif_hits()] finds them in the
#'   sequences shown, of which the table must then have all positions; or a table of [motif_hits()].
#' @param exposure,outcome For `"before_after"`: the names of two outputs.
#' @param ... Must be empty.
#' @return A ggplot. Errors: `deepmr_error_argument` (`type`, and arguments that it does not use),
#'   `deepmr_error_columns`, `deepmr_error_no_rows` (nothing to show), `deepmr_error_unknown_output`,
#'   `deepmr_error_ambiguous_output`, `deepmr_error_same_output`, `deepmr_error_duplicated_rows`,
#'   `deepmr_error_coordinates` (positions and coordinates that contradict each other),
#'   `deepmr_error_sequences` (motifs, but not all positions), `deepmr_error_not_installed` (the package ggseqlogo,
#'   which has the letters).
#' @references
#' Nair S, Shrikumar A, Schreiber J, Kundaje A (2022). fastISM: performant in silico saturation mutagenesis for
#' convolutional neural networks. *Bioinformatics* 38:2397-2403.
#'
#' Wagih O (2017). ggseqlogo: a versatile R package for drawing sequence logos. *Bioinformatics* 33:3645-3647.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 4, length = 60)
#' ggplot2::autoplot(x)
#' ggplot2::autoplot(x, type = "se_effect")
#' ggplot2::autoplot(x, type = "before_after", exposure = "exposure", outcome = "outcome")
#' @examplesIf requireNamespace("ggseqlogo", quietly = TRUE)
#' ggplot2::autoplot(x, type = "heatmap", output = "outcome", positions = 1:40)
#' motifs <- read_motifs(system.file("extdata", "demo_motifs.jaspar", package = "deepmr"))
#' ggplot2::autoplot(x, type = "logo", output = "outcome", motifs = motifs)
#' @export
autoplot.deepmr_mutagenesis <- function(object,
                                        type = c("mean_variance", "se_effect", "heatmap", "logo", "before_after"),
                                        output = NULL, sequences = NULL, positions = NULL, motifs = NULL,
                                        exposure = NULL, outcome = NULL, ...) {
  rlang::check_dots_empty()
  type <- check_choice(if (missing(type)) "mean_variance" else type, names(mutagenesis_plots), "type")
  check_used_arguments(type, list(
    output = output, sequences = sequences, positions = positions, motifs = motifs, exposure = exposure,
    outcome = outcome
  ))
  check_columns(object, mutagenesis_columns, "object")
  kept <- intersect(c(mutagenesis_columns, coordinate_columns), names(object))
  points <- data.table::as.data.table(unclass(object)[kept])
  check_something_shown(nrow(points), "{.arg object} has no rows.")
  if (type %in% c("heatmap", "logo")) check_installed("ggseqlogo")
  switch(type,
    mean_variance = plot_mean_variance(by_sequence_and_output(points)),
    se_effect = plot_se_effect(by_sequence_and_output(points)),
    heatmap = plot_effect_map(points, output, sequences, positions, motifs),
    logo = plot_effect_logo(points, output, sequences, positions, motifs),
    before_after = plot_before_after(points, exposure, outcome, sequences)
  )
}

# The arguments that each type uses.
mutagenesis_plots <- list(
  mean_variance = character(), se_effect = character(),
  heatmap = c("output", "sequences", "positions", "motifs"), logo = c("output", "sequences", "positions", "motifs"),
  before_after = c("sequences", "exposure", "outcome")
)

check_used_arguments <- function(type, arguments, call = rlang::caller_env()) {
  given <- names(Filter(Negate(is.null), arguments))
  unused <- setdiff(given, mutagenesis_plots[[type]])
  if (length(unused)) {
    users <- names(Filter(function(used) unused[1L] %in% used, mutagenesis_plots))
    stop_deepmr(
      "argument", "{.arg {unused[1L]}} is not used by type {.val {type}}.",
      "It belongs to {.or {.val {users}}}.",
      call = call
    )
  }
}

by_sequence_and_output <- function(points) {
  points$sequence <- sequence_factor(points)
  points$output <- factor(points$output, unique(points$output))
  points
}

check_something_shown <- function(n, problem, call = rlang::caller_env(2)) {
  if (n == 0L) stop_deepmr("no_rows", problem, call = call)
}

# In the order of the table, or of the mean prediction where a ramp of colours shows it.
sequence_factor <- function(points) {
  sequences <- unique(points$sequence)
  if (length(sequences) > length(okabe_ito)) {
    sequences <- names(sort(tapply(points$mean_ref, points$sequence, mean)))
  }
  factor(points$sequence, sequences)
}

plot_mean_variance <- function(points) {
  reference <- unique(points[, c("sequence", "output", "mean_ref", "var_ref")])
  shown <- points[is.finite(points$mean_alt) & is.finite(points$var_alt) & points$var_alt > 0]
  check_something_shown(nrow(shown), "No variant has a variance above 0, so a log axis can show none.")
  reference <- reference[is.finite(reference$mean_ref) & is.finite(reference$var_ref) & reference$var_ref > 0]
  ggplot2::ggplot(shown, ggplot2::aes(.data$mean_alt, .data$var_alt, colour = .data$sequence)) +
    ggplot2::geom_point(size = 0.7, alpha = 0.5, shape = 16) +
    ggplot2::geom_point(
      ggplot2::aes(.data$mean_ref, .data$var_ref, fill = .data$sequence),
      data = reference, shape = 21, size = 2.4, stroke = 0.7, colour = "black", show.legend = FALSE
    ) +
    scale_colour_sequence(shown$sequence) +
    fill_of(scale_colour_sequence(shown$sequence)) +
    ggplot2::scale_x_continuous(guide = ggplot2::guide_axis(check.overlap = TRUE)) +
    ggplot2::scale_y_log10(labels = log10_labels) +
    ggplot2::facet_wrap("output", scales = "free") +
    ggplot2::labs(
      x = "mean prediction over draws", y = "variance over draws",
      caption = caption_of(
        "One point per variant; black rings: unmutated sequences.", ramp_sentence(points$sequence),
        not_shown(nrow(points) - nrow(shown), nrow(points), "points", "no variance, or zero, on a log axis")
      )
    ) +
    theme_deepmr() +
    strip_fitting(unique(shown$output))
}

plot_se_effect <- function(points) {
  at_rounding <- points$at_rounding %in% TRUE
  off_axis <- !at_rounding & !(is.finite(points$effect) & points$effect != 0 & is.finite(points$se) & points$se > 0)
  shown <- points[!at_rounding & !off_axis]
  check_something_shown(nrow(shown), "Every effect is missing, zero or at float rounding level.")
  ggplot2::ggplot(shown, ggplot2::aes(abs(.data$effect), .data$se, colour = .data$sequence)) +
    ggplot2::geom_abline(slope = 1, intercept = 0, linetype = "dashed", colour = "grey45", linewidth = 0.4) +
    ggplot2::geom_point(size = 0.7, alpha = 0.5, shape = 16) +
    scale_colour_sequence(shown$sequence) +
    ggplot2::scale_x_log10(labels = log10_labels, guide = ggplot2::guide_axis(check.overlap = TRUE)) +
    ggplot2::scale_y_log10(labels = log10_labels) +
    ggplot2::facet_wrap("output", scales = "free") +
    ggplot2::labs(
      x = "size of the effect, |alternative minus reference|", y = "standard error (SD over draws)",
      caption = caption_of(
        "One point per variant; dashed: standard error equal to the effect.", ramp_sentence(points$sequence),
        not_shown(sum(at_rounding), nrow(points), "points", "effect or error at float rounding level"),
        not_shown(sum(off_axis), nrow(points), "points", "missing, or zero, on a log axis")
      )
    ) +
    theme_deepmr() +
    strip_fitting(unique(shown$output))
}

ramp_sentence <- function(sequences) {
  if (nlevels(sequences) <= length(okabe_ito)) return("")
  sprintf("Colour: %d sequences, from the lowest (dark) to the highest mean prediction.", nlevels(sequences))
}

# The same scale for fill.
fill_of <- function(scale) {
  scale$aesthetics <- "fill"
  scale$guide <- "none"
  scale
}
