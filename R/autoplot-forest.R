# Forest: a row for each sequence, the pooled estimate below.

plot_forest <- function(rows, pooled, truth) {
  sequences <- unique(rows$sequence)
  rows$y <- length(sequences) + 1 - match(rows$sequence, sequences) + dodge(rows$label)
  shown <- rows[is.finite(rows$estimate) & !rows$beyond]

  row_truth <- truth[truth$sequence %in% sequences]
  row_truth$y <- length(sequences) + 1 - match(row_truth$sequence, sequences)
  pooled_labels <- intersect(levels(rows$label), as.character(pooled$label))
  step <- if (length(sequences) > 12L) 1 else 0.7 # between diamonds; many rows have no more than their letters' height
  pooled_y <- -0.2 - step * seq_along(pooled_labels)
  pooled$y <- pooled_y[match(pooled$label, pooled_labels)]
  ggplot2::ggplot(rows, ggplot2::aes(.data$estimate, .data$y, colour = .data$label)) +
    row_bands(length(sequences)) +
    ggplot2::geom_vline(xintercept = 0, colour = "grey75", linewidth = 0.3) +
    (if (nrow(pooled)) ggplot2::geom_hline(yintercept = 0, colour = "grey80", linewidth = 0.3)) +
    truth_lines(truth) +
    interval_lines(rows) +
    estimate_points(shown, size = 1.7) +
    pooled_diamonds(pooled, half = if (length(pooled_labels) > 1L) 0.2 else 0.3) +
    row_marks(row_truth) +
    method_scales(rows$label) +
    ggplot2::scale_y_continuous(
      breaks = c(rev(seq_along(sequences)), pooled_y),
      labels = c(sequences, pooled_names(pooled, pooled_labels)),
      limits = c(min(0.4, pooled_y - 0.5), length(sequences) + 0.6), expand = ggplot2::expansion(0)
    ) +
    ggplot2::facet_wrap("pair", scales = "free_x") +
    ggplot2::labs(
      x = "slope of the outcome on the exposure", y = NULL,
      caption = caption_of(
        single_method(rows), points_sentence(rows, "Points", ", with the interval"), left_out_sentence(rows),
        diamond_sentence(pooled), beyond_sentence(rows, pooled), no_estimate(rows)
      )
    ) +
    theme_deepmr() +
    strip_fitting(levels(rows$pair)) +
    ggplot2::theme(
      axis.text.y = ggplot2::element_text(size = max(4, min(9, 200 / length(sequences)))),
      panel.grid.major.y = ggplot2::element_blank()
    )
}

# Every other row lightly shaded, to lead the eye from name to interval.
row_bands <- function(n) {
  y <- seq(n, 1, by = -2)
  ggplot2::annotate("rect", xmin = -Inf, xmax = Inf, ymin = y - 0.5, ymax = y + 0.5, fill = "grey96")
}

# The intervals of the sequences, and arrows to what lies beyond the axis; grey where not pooled.
interval_lines <- function(rows) {
  line <- function(rows, ...) {
    intervals <- rows[is.finite(rows$low) & is.finite(rows$high)]
    list(
      ggplot2::geom_linerange(
        ggplot2::aes(y = .data$y, xmin = .data$low, xmax = .data$high, colour = .data$label),
        data = intervals, inherit.aes = FALSE, linewidth = 0.45, ...
      ),
      interval_arrows(rows, ...)
    )
  }
  grey <- !is.na(rows$left_out)
  list(line(rows[!grey]), if (any(grey)) line(rows[grey], colour = left_out_colour))
}

# Arrow heads where the axis cuts an interval, or where the estimate itself lies beyond.
interval_arrows <- function(intervals, ...) {
  heads <- function(cut, side) {
    x <- intervals[cut]
    x$tip <- x[[side]]
    x$from <- x$tip + 1e-3 * (x$left + x$right - 2 * x$tip)
    ggplot2::geom_segment(
      ggplot2::aes(x = .data$from, xend = .data$tip, y = .data$y, yend = .data$y, colour = .data$label),
      data = x, inherit.aes = FALSE, linewidth = 0.45, arrow = grid::arrow(length = grid::unit(3.5, "pt")),
      show.legend = FALSE, ...
    )
  }
  list(heads(intervals$cut_left, "left"), heads(intervals$cut_right, "right"))
}

# What tells several pooled estimates apart: methods, errors or both.
pooled_names <- function(pooled, labels) {
  if (length(labels) < 2L) return(rep("pooled", length(labels)))
  row <- pooled[match(labels, pooled$label)]
  methods <- data.table::uniqueN(row$method)
  if (methods > 1L && data.table::uniqueN(row$error) > 1L) return(labels)
  paste("pooled,", if (methods > 1L) row$method else row$error)
}

# With no spread between the sequences the diamond hides the prediction interval, which is the same.
diamond_sentence <- function(pooled) {
  if (!nrow(pooled)) return(NULL)
  without_spread <- pooled$tau %in% 0
  if (all(without_spread)) {
    return("Diamond: pooled estimate and interval, with no spread between sequences the prediction interval too.")
  }
  paste0(
    "Diamond: pooled estimate and interval; thin line: prediction interval",
    if (any(without_spread)) ", hidden where there is no spread between sequences", "."
  )
}

pooled_diamonds <- function(pooled, half) {
  if (!nrow(pooled)) return(NULL)
  corner <- function(x, dy) {
    data.table::data.table(pooled[, c("pair", "label")], id = seq_len(nrow(pooled)), x = x, y = pooled$y + dy)
  }
  diamonds <- rbind(
    corner(pooled$conf.low, 0), corner(pooled$estimate, half),
    corner(pooled$conf.high, 0), corner(pooled$estimate, -half)
  )
  list(
    ggplot2::geom_linerange(
      ggplot2::aes(y = .data$y, xmin = .data$pred.low, xmax = .data$pred.high, colour = .data$label),
      data = pooled[is.finite(pooled$pred.low) & is.finite(pooled$pred.high)], inherit.aes = FALSE, linewidth = 0.3
    ),
    ggplot2::geom_polygon(
      ggplot2::aes(.data$x, .data$y, fill = .data$label, group = .data$id),
      data = diamonds, inherit.aes = FALSE, show.legend = FALSE
    ),
    interval_arrows(pooled),
    ggplot2::scale_fill_manual(values = method_colours(pooled$label), guide = "none")
  )
}

row_marks <- function(truth) {
  if (!nrow(truth)) return(NULL)
  list(
    ggplot2::geom_point(
      ggplot2::aes(.data$value, .data$y, shape = .data$truth_name),
      data = truth, inherit.aes = FALSE, colour = "black", size = 1.6, stroke = 0.6
    ),
    ggplot2::scale_shape_manual("per sequence", values = c(4L, 3L, 5L, 2L, 6L))
  )
}
