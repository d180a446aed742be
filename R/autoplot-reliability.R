#' Plot a reliability diagram
#'
#' Observed frequency against mean prediction per bin, with exact intervals, the diagonal
#' of perfect calibration, and below it the histogram of predictions. The axes end
#' at the highest bin or interval, so rare marks fill the picture. The subtitle gives the
#' calibration error over the bins of the table: [calibration_error()]'s `ece` for
#' equal-width bins, its `ace` for adaptive ones. These, of about equal counts, get a strip of
#' their ranges in place of the histogram.
#'
#' @param object A table of [reliability()].
#' @param ... Not used.
#' @return A ggplot. Errors: `deepmr_error_columns`.
#' @examples
#' prob <- (1:200 - 0.5) / 200
#' label <- as.integer((1:200 * 37) %% 200 / 200 < prob^1.5)
#' ggplot2::autoplot(reliability(prob, label))
#' @export
autoplot.deepmr_reliability <- function(object, ...) {
  columns <- c("lower", "upper", "n", "mean_prob", "event_rate", "conf.low", "conf.high")
  check_columns(object, columns, "object")
  bins <- data.table::as.data.table(unclass(object)[columns])
  equal <- diff(range(bins$upper - bins$lower)) < 1e-8
  end <- max(if (equal) bins$upper else bins$mean_prob, bins$conf.high)
  breaks <- pretty(c(0, end))
  breaks <- breaks[breaks >= 0 & breaks <= end]
  gap <- sum(bins$n * abs(bins$event_rate - bins$mean_prob)) / sum(bins$n)
  ggplot2::ggplot(bins, ggplot2::aes(.data$mean_prob, .data$event_rate)) +
    ggplot2::annotate(
      "segment", x = 0, y = 0, xend = end, yend = end, linetype = "dashed", colour = "grey45", linewidth = 0.4
    ) +
    ggplot2::geom_hline(yintercept = 0, colour = "grey80", linewidth = 0.3) +
    (if (equal) hanging_histogram(bins, end) else bin_strip(bins, end)) +
    (if (nrow(bins) > 1L) ggplot2::geom_line(colour = okabe_ito[1L], linewidth = 0.4)) +
    ggplot2::geom_linerange(
      ggplot2::aes(ymin = .data$conf.low, ymax = .data$conf.high), colour = okabe_ito[1L], linewidth = 0.5
    ) +
    ggplot2::geom_point(colour = okabe_ito[1L], size = 2) +
    ggplot2::scale_x_continuous(breaks = breaks, expand = ggplot2::expansion(0.02)) +
    ggplot2::scale_y_continuous(breaks = breaks, expand = ggplot2::expansion(c(0.06, 0.02))) +
    ggplot2::labs(
      x = "mean predicted probability", y = "observed frequency",
      subtitle = sprintf(
        "calibration error over these %d bins: %.3f (n = %s)", nrow(bins), gap, format_count(sum(bins$n))
      ),
      caption = caption_of(
        "Exact binomial intervals; dashed: perfect calibration.",
        if (equal) "Bars: predictions per bin." else strip_sentence(bins, end)
      )
    ) +
    theme_deepmr()
}

# Equal-width bins: bars hang from just below zero, the tallest a fifth of the diagram.
hanging_histogram <- function(bins, end) {
  top <- -0.05 * end
  bars <- data.table::data.table(
    xmin = bins$lower, xmax = bins$upper, ymin = top - 0.2 * end * bins$n / max(bins$n), ymax = top,
    x = (bins$lower + bins$upper) / 2, label = format_count(bins$n)
  )
  list(
    bin_rectangles(bars),
    ggplot2::geom_text(
      ggplot2::aes(.data$x, .data$ymin, label = .data$label),
      data = bars, inherit.aes = FALSE, vjust = 1.3, size = if (nrow(bars) > 12L) 1.8 else 2.6, colour = "grey35"
    )
  )
}

# Adaptive bins hold about equal counts: a strip shows the range of each instead.
bin_strip <- function(bins, end) {
  bars <- data.table::data.table(
    xmin = bins$lower, xmax = pmin(bins$upper, end), ymin = -0.09 * end, ymax = -0.04 * end
  )
  bin_rectangles(bars[bars$xmin < bars$xmax])
}

bin_rectangles <- function(bars) {
  ggplot2::geom_rect(
    ggplot2::aes(xmin = .data$xmin, xmax = .data$xmax, ymin = .data$ymin, ymax = .data$ymax),
    data = bars, inherit.aes = FALSE, fill = "#BBD5E8", colour = "white", linewidth = 0.3
  )
}

strip_sentence <- function(bins, end) {
  last <- max(bins$upper)
  paste0(
    "Strip: range of each bin, ", paste(unique(format_count(range(bins$n))), collapse = " to "), " predictions each",
    if (last > end) sprintf("; the last bin reaches %.2g", last), "."
  )
}
