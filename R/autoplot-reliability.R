#' Plot a reliability diagram
#'
#' Observed frequency against mean prediction per bin, with exact intervals, the diagonal
#' of perfect calibration, and below it the histogram of predictions. The axes end
#' at the highest bin or interval, so rare marks fill the picture. The subtitle, or with several outputs the title
#' of each one's panel, gives the
#' calibration error over the bins shown: [calibration_error()]'s `ece` for
#' equal-width bins, its `ace` for adaptive ones. These, of about equal counts, get a strip of
#' their ranges in place of the histogram.
#'
#' @param object A table of [reliability()]. Of many outputs plot a few at a time, such as
#'   `bins[output %in% c("Dref", "(pooled)")]`.
#' @param ... Not used.
#' @return A ggplot. Errors: `deepmr_error_columns`, `deepmr_error_no_rows`.
#' @examples
#' prob <- (1:200 - 0.5) / 200
#' label <- as.integer((1:200 * 37) %% 200 / 200 < prob^1.5)
#' ggplot2::autoplot(reliability(prob, label))
#' @export
autoplot.deepmr_reliability <- function(object, ...) {
  columns <- c("lower", "upper", "n", "mean_prob", "event_rate", "conf.low", "conf.high")
  check_columns(object, columns, "object")
  bins <- data.table::as.data.table(unclass(object)[intersect(c("output", columns), names(object))])
  check_something_shown(nrow(bins), "{.arg object} has no rows.")
  if (is.null(bins$output)) data.table::set(bins, j = "output", value = "")
  by_panel <- split(bins, by = "output", sorted = FALSE)
  gap <- vapply(by_panel, function(x) sprintf("%.3f (n = %s)", bin_gap(x), format_count(sum(x$n))), "")
  panels <- paste0(names(by_panel), "\n", gap)
  equal <- diff(range(bins$upper - bins$lower)) < 1e-8
  end <- vapply(by_panel, function(x) max(if (equal) x$upper else x$mean_prob, x$conf.high), 0)
  number <- match(bins$output, names(by_panel))
  data.table::set(bins, j = c("panel", "end"), value = list(factor(panels[number], panels), end[number]))
  several <- length(panels) > 1L
  ggplot2::ggplot(bins, ggplot2::aes(.data$mean_prob, .data$event_rate)) +
    ggplot2::geom_segment(
      ggplot2::aes(x = 0, y = 0, xend = .data$end, yend = .data$end),
      data = unique(bins[, c("panel", "end")]), linetype = "dashed", colour = "grey45", linewidth = 0.4
    ) +
    ggplot2::geom_hline(yintercept = 0, colour = "grey80", linewidth = 0.3) +
    (if (equal) hanging_histogram(bins, several) else bin_strip(bins)) +
    (if (nrow(bins) > length(panels)) joined_bins(bins)) +
    ggplot2::geom_linerange(
      ggplot2::aes(ymin = .data$conf.low, ymax = .data$conf.high), colour = okabe_ito[1L], linewidth = 0.5
    ) +
    ggplot2::geom_point(colour = okabe_ito[1L], size = if (several) 1.4 else 2) +
    ggplot2::scale_x_continuous(
      breaks = breaks_from_0, expand = ggplot2::expansion(0.02), guide = ggplot2::guide_axis(check.overlap = TRUE)
    ) +
    ggplot2::scale_y_continuous(breaks = breaks_from_0, expand = ggplot2::expansion(c(0.06, 0.02))) +
    (if (several) ggplot2::facet_wrap("panel", scales = "free")) +
    ggplot2::labs(
      x = "mean predicted probability", y = "observed frequency",
      subtitle = if (!several) paste0("calibration error over these ", nrow(bins), " bins: ", gap),
      caption = caption_of(
        if (several) "Above each panel: calibration error over its bins.",
        "Exact binomial intervals; dashed: perfect calibration.",
        if (equal) "Bars: predictions per bin." else strip_sentence(bins)
      )
    ) +
    theme_deepmr() +
    strip_fitting(panels)
}

bin_gap <- function(bins) {
  sum(bins$n * abs(bins$event_rate - bins$mean_prob)) / sum(bins$n)
}

# Below 0 hangs the histogram, which has no axis.
breaks_from_0 <- function(limits) {
  breaks <- pretty(c(0, limits[2L]))
  breaks[breaks >= 0 & breaks <= limits[2L]]
}

# A line through the bins of each panel that has several.
joined_bins <- function(bins) {
  panel <- bins$panel
  ggplot2::geom_line(
    data = bins[panel %in% panel[duplicated(panel)]], colour = okabe_ito[1L], linewidth = 0.4
  )
}

# Equal-width bins: bars hang from just below zero, the tallest of a panel a fifth of its diagram.
hanging_histogram <- function(bins, several) {
  tallest <- stats::ave(bins$n, bins$panel, FUN = max)
  top <- -0.05 * bins$end
  bars <- data.table::data.table(
    panel = bins$panel, xmin = bins$lower, xmax = bins$upper, ymin = top - 0.2 * bins$end * bins$n / tallest,
    ymax = top, x = (bins$lower + bins$upper) / 2, label = format_count(bins$n)
  )
  counts <- ggplot2::geom_text(
    ggplot2::aes(.data$x, .data$ymin, label = .data$label),
    data = bars, inherit.aes = FALSE, vjust = 1.3, size = if (nrow(bars) > 12L) 1.8 else 2.6, colour = "grey35"
  )
  list(bin_rectangles(bars), if (!several) counts)
}

# Adaptive bins hold about equal counts: a strip shows the range of each instead.
bin_strip <- function(bins) {
  bars <- data.table::data.table(
    panel = bins$panel, xmin = bins$lower, xmax = pmin(bins$upper, bins$end), ymin = -0.09 * bins$end,
    ymax = -0.04 * bins$end
  )
  bin_rectangles(bars[bars$xmin < bars$xmax])
}

bin_rectangles <- function(bars) {
  ggplot2::geom_rect(
    ggplot2::aes(xmin = .data$xmin, xmax = .data$xmax, ymin = .data$ymin, ymax = .data$ymax),
    data = bars, inherit.aes = FALSE, fill = "#BBD5E8", colour = "white", linewidth = 0.3
  )
}

strip_sentence <- function(bins) {
  counts <- paste(unique(format_count(range(bins$n))), collapse = " to ")
  beyond <- bins$upper > bins$end
  paste0(
    "Strip: range of each bin, ", counts, " predictions each",
    if (any(beyond)) sprintf("; the last bin reaches %.2g", max(bins$upper)), "."
  )
}
