# Predictions before and after each mutation, exposure and outcome side by side.

plot_before_after <- function(table, exposure, outcome, sequences, call = rlang::caller_env()) {
  known <- unique(as.character(table$output))
  check_given_output(exposure, "exposure", call)
  check_given_output(outcome, "outcome", call)
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
  shown$sequence <- sequence_factor(shown)
  panels <- paste0(names(both), ": ", both)
  shown$panel <- factor(panels[match(shown$output, both)], panels)
  ggplot2::ggplot(shown, ggplot2::aes(.data$mean_ref, .data$mean_alt, colour = .data$sequence)) +
    ggplot2::geom_abline(slope = 1, intercept = 0, linetype = "dashed", colour = "grey45", linewidth = 0.4) +
    ggplot2::geom_point(size = 0.7, alpha = 0.5, shape = 16) +
    scale_colour_sequence(shown$sequence) +
    ggplot2::scale_x_continuous(guide = ggplot2::guide_axis(check.overlap = TRUE)) +
    ggplot2::facet_wrap("panel", scales = "free") +
    ggplot2::labs(
      x = "mean prediction before the mutation", y = "mean prediction after",
      caption = caption_of(
        "One point per variant; those of a sequence share what was before. Dashed: no change.",
        ramp_sentence(shown$sequence),
        not_shown(nrow(rows) - nrow(shown), nrow(rows), "points", "missing or infinite")
      )
    ) +
    theme_deepmr() +
    strip_fitting(panels)
}

check_given_output <- function(output, arg, call) {
  if (is.null(output)) {
    stop_deepmr("argument", "{.arg {arg}} is missing.", "It must be the name of an output.", call = call)
  }
}
