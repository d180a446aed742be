# Effect logo: the reference sequence, each letter as high as the base is important.

plot_effect_logo <- function(table, output, sequences, positions, motifs, call = rlang::caller_env()) {
  rows <- position_rows(table, output, sequences, positions, call)
  hits <- hits_shown(motifs, rows, table, call)
  finite <- is.finite(rows$effect)
  check_something_shown(sum(finite), "Every effect is missing or infinite.", call)
  letters <- reference_importance(rows[finite])
  range <- range(letters$importance, 0)
  breaks <- pretty(range, 4L)
  lane <- (if (nlevels(rows$panel) > 1L) 0.22 else 0.12) * (if (diff(range) > 0) diff(range) else 1)
  ggplot2::ggplot(letters) +
    letter_layers(data.table::data.table(
      x = letters$x, base = letters$ref, low = pmin(letters$importance, 0), high = pmax(letters$importance, 0),
      panel = letters$panel
    )) +
    ggplot2::geom_hline(yintercept = 0, colour = "grey45", linewidth = 0.3) +
    hit_layers(hits, range[2L] + 0.5 * lane, lane) +
    ggplot2::scale_y_continuous(
      paste("importance for", rows$output[1L]), breaks = breaks[breaks >= range[1L] & breaks <= range[2L]],
      guide = ggplot2::guide_axis(check.overlap = TRUE)
    ) +
    position_layers(rows) +
    ggplot2::labs(caption = map_caption(
      rows,
      "Height: how much the other three bases lower the prediction, on average; below 0 they raise it.",
      hit_sentence(hits), if (window_width(rows) > most_letters) {
        sprintf("Letters can be read for up to %d positions: see `positions`.", most_letters)
      }, not_shown(sum(!finite), nrow(rows), "effects", "missing or infinite"),
      attr(rows, "sentences")
    ))
}

# Minus the mean effect of the alternatives of each position.
reference_importance <- function(rows) {
  rows[, list(importance = -mean(.SD$effect)), by = c("x", "panel", "ref")]
}
