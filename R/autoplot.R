#' @importFrom ggplot2 autoplot
#' @export
ggplot2::autoplot

#' Plot a mutagenesis table
#'
#' Two first looks at what dropout says about a model: how the variance of a prediction
#' goes with its mean, and how the standard error of an effect goes with the effect.
#'
#' `"mean_variance"` has one point per variant (mean and variance over draws of the mutated
#' sequence) and a black ring per unmutated sequence; the variance is on a log axis.
#' `"se_effect"` has one point per variant, both axes logarithmic, with the line on
#' which the standard error equals the effect. Panels are outputs. Up to six sequences get
#' distinct colours, more a viridis ramp from the lowest to the highest mean prediction,
#' without a legend above twelve. Points that a log axis cannot show, and in
#' `"se_effect"` those at float rounding level, are left out and counted in the caption.
#'
#' @param object A table of [saturation_mutagenesis()] or [simulate_mutagenesis()].
#' @param type `"mean_variance"` or `"se_effect"`.
#' @param ... Not used.
#' @return A ggplot. Errors: `deepmr_error_argument` (`type`), `deepmr_error_columns`,
#'   `deepmr_error_no_rows` (nothing to show).
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 4, length = 60)
#' ggplot2::autoplot(x)
#' ggplot2::autoplot(x, type = "se_effect")
#' @export
autoplot.deepmr_mutagenesis <- function(object, type = c("mean_variance", "se_effect"), ...) {
  type <- check_choice(if (missing(type)) "mean_variance" else type, c("mean_variance", "se_effect"), "type")
  check_columns(object, mutagenesis_columns, "object")
  points <- data.table::as.data.table(unclass(object)[mutagenesis_columns])
  check_something_shown(nrow(points), "{.arg object} has no rows.")
  points$sequence <- sequence_factor(points)
  points$output <- factor(points$output, unique(points$output))
  switch(type, mean_variance = plot_mean_variance(points), se_effect = plot_se_effect(points))
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
