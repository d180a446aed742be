# Predictions before and after each mutation, exposure and outcome side by side.

plot_before_after <- function(table, exposure, outcome, sequences, call = rlang::caller_env()) {
  known <- unique(as.character(table$output))
  check_given_output(exposure, "exposure", known, call)
  check_given_output(outcome, "outcome", known, call)
  both <- c(
    exposure = check_plotted_output(exposure, known, "exposure", call),
    outcome = check_plotted_output(outcome, known, "outcome", call)
  )
  if (exposure == outcome) stop_deepmr("same_output", "{.val {exposure}} is exposure and outcome at once.", call = call)
  if (!is.null(sequences)) check_plotted_sequences(sequences, unique(as.character(table$sequence)), call)
  asked <- table$output %in% both & (is.null(sequences) | table$sequence %in% sequences)
  rows <- table[asked]
  shown <- rows[is.finite(rows$mean_ref) & is.finite(rows$mean_alt)]
  check_something_shown(nrow(shown), "No variant has both predictions.", call)
  panels <- paste0(names(both), ": ", both)
  shown$panel <- factor(panels[match(shown$output, both)], panels)
  in_strips <- stats::median(shown[, .N, by = c("sequence", "panel")]$N) >= strips_from
  view <- if (!in_strips) {
    before_after_scatter
  } else if (data.table::uniqueN(shown$sequence) == 1L) {
    before_after_positions
  } else {
    before_after_strips
  }
  plot <- view(shown)
  plot +
    ggplot2::facet_wrap("panel", scales = "free") +
    ggplot2::labs(caption = caption_of(
      plot$labels$caption, not_shown(nrow(rows) - nrow(shown), nrow(rows), "points", "missing or infinite")
    )) +
    theme_deepmr() +
    strip_fitting(panels) +
    (if (in_strips) ggplot2::theme(panel.grid.major.x = ggplot2::element_blank()))
}

# Before is one number for each sequence. From so many variants of it on, a scatter would be vertical lines.
strips_from <- 10L

before_after_scatter <- function(shown) {
  shown$sequence <- sequence_factor(shown)
  ggplot2::ggplot(shown, ggplot2::aes(.data$mean_ref, .data$mean_alt, colour = .data$sequence)) +
    ggplot2::geom_abline(slope = 1, intercept = 0, linetype = "dashed", colour = "grey45", linewidth = 0.4) +
    ggplot2::geom_point(size = point_size(shown), alpha = 0.5, shape = 16) +
    scale_colour_sequence(shown$sequence) +
    ggplot2::scale_x_continuous(guide = ggplot2::guide_axis(check.overlap = TRUE)) +
    ggplot2::labs(
      x = "mean prediction before the mutation", y = "mean prediction after",
      caption = caption_of(
        "One point per variant; those of a sequence share what was before. Dashed: no change.",
        ramp_sentence(shown$sequence)
      )
    )
}

# One sequence, by position.
before_after_positions <- function(shown) {
  reference <- unique(shown[, c("panel", "mean_ref")])
  ggplot2::ggplot(shown, ggplot2::aes(.data$position, .data$mean_alt)) +
    ggplot2::geom_point(size = point_size(shown), alpha = 0.6, shape = 16, colour = "#0072B2") +
    ggplot2::geom_hline(ggplot2::aes(yintercept = .data$mean_ref), data = reference, linewidth = 0.5) +
    ggplot2::labs(
      x = paste("position in", shown$sequence[1L]), y = "mean prediction after",
      caption = "One point per variant; black lines: the prediction before the mutation."
    )
}

# A strip for each sequence, in both panels at one place: the first has the lowest prediction of the exposure. Within
# the strip variants stand by their position.
before_after_strips <- function(shown) {
  of_exposure <- as.integer(shown$panel) == 1L
  before <- tapply(ifelse(of_exposure, shown$mean_ref, NA_real_), shown$sequence, mean, na.rm = TRUE)
  shown$sequence <- factor(shown$sequence, names(sort(before, na.last = TRUE)))
  shown[, "strip" := as.integer(.BY$sequence) + 0.8 * within_strip(.SD$position), by = "sequence"]
  reference <- unique(shown[, c("sequence", "panel", "mean_ref")])
  reference$strip <- as.integer(reference$sequence)
  ggplot2::ggplot(shown, ggplot2::aes(.data$strip, .data$mean_alt, colour = .data$sequence)) +
    ggplot2::geom_point(size = point_size(shown), alpha = 0.6, shape = 16) +
    ggplot2::geom_segment(
      ggplot2::aes(x = .data$strip - 0.45, xend = .data$strip + 0.45, y = .data$mean_ref, yend = .data$mean_ref),
      data = reference, colour = "black", linewidth = 0.5
    ) +
    scale_colour_sequence(shown$sequence) +
    ggplot2::scale_x_continuous(breaks = NULL, expand = ggplot2::expansion(add = 0.1)) +
    ggplot2::labs(
      x = "sequences, in the order of the exposure before", y = "mean prediction after",
      caption = caption_of(
        "Strips: a sequence each, the same in both panels; points: its variants, by position;",
        "black lines: the prediction before the mutation."
      )
    )
}

# Positions from -0.5 to 0.5.
within_strip <- function(position) {
  span <- diff(range(position))
  if (span == 0) rep(0, length(position)) else (position - min(position)) / span - 0.5
}

# Some 10 points are large, from 10,000 on a panel they are small.
point_size <- function(shown) clamp(2.7 - 0.5 * log10(max(table(shown$panel))), 0.7, 2)

check_given_output <- function(output, arg, known, call) {
  if (is.null(output)) {
    stop_deepmr(
      "argument", "{.arg {arg}} is missing.", "It must be the name of an output: {.val {name_some(known)}}.",
      call = call
    )
  }
}
