# Promised against observed shares: of predicted intervals, and of intervals of effects.

#' Plot a coverage curve
#'
#' The observed share of central intervals (or below quantiles) against the level promised: a step curve, the diagonal
#' of perfect calibration, between the two the miscalibration area, shaded and given in the subtitle, and the exact
#' interval of each share as thin lines. A curve below the diagonal is overconfident: its intervals hold less than they
#' promise.
#'
#' @param object A table of [coverage_curve()]; the area is exact for the default `levels`. Above 1,000 steps every k-th
#'   is drawn.
#' @param type `"interval"` or `"quantile"`.
#' @param ... Not used.
#' @return A ggplot. Errors: `deepmr_error_argument` (`type`), `deepmr_error_columns`, `deepmr_error_no_rows`.
#' @examples
#' y <- qnorm(ppoints(60))
#' curve <- coverage_curve(mean = rep(0, 60), sd = rep(0.6, 60), y = y)
#' ggplot2::autoplot(curve)
#' ggplot2::autoplot(curve, type = "quantile")
#' @export
autoplot.deepmr_coverage_curve <- function(object, type = c("interval", "quantile"), ...) {
  type <- check_choice(if (missing(type)) "interval" else type, c("interval", "quantile"), "type")
  columns <- c("type", "level", "n", "observed", "conf.low", "conf.high")
  check_columns(object, columns, "object")
  of_type <- object$type == type # within `[`, `type` would be the column
  curve <- data.table::as.data.table(unclass(object)[columns])[of_type]
  check_something_shown(nrow(curve), paste0("{.arg object} has no rows of type {.val ", type, "}."))
  area <- step_area(curve$level, curve$observed)
  shown <- curve[unique(round(seq(1, nrow(curve), length.out = min(nrow(curve), 1000L))))]
  blue <- okabe_ito[1L]
  ggplot2::ggplot(shown, ggplot2::aes(.data$level, .data$observed)) +
    ggplot2::geom_ribbon(
      ggplot2::aes(ymin = pmin(.data$level, .data$observed), ymax = pmax(.data$level, .data$observed)),
      data = step_corners(shown), fill = "#BBD5E8"
    ) +
    ggplot2::annotate("segment", x = 0, y = 0, xend = 1, yend = 1, linetype = "dashed", colour = "grey45") +
    ggplot2::geom_step(ggplot2::aes(y = .data$conf.low), colour = blue, linewidth = 0.2) +
    ggplot2::geom_step(ggplot2::aes(y = .data$conf.high), colour = blue, linewidth = 0.2) +
    ggplot2::geom_step(colour = blue, linewidth = 0.7) +
    ggplot2::coord_equal(xlim = c(0, 1), ylim = c(0, 1), expand = FALSE) +
    ggplot2::labs(
      x = if (type == "interval") "level of the central interval" else "level of the quantile",
      y = if (type == "interval") "observed share within" else "observed share below",
      subtitle = sprintf("miscalibration area: %.3f (n = %s)", area, format_count(curve$n[1L])),
      caption = caption_of(
        "Dashed: perfect calibration. Thin: exact interval of each share, predictions taken as independent."
      )
    ) +
    theme_deepmr()
}

# The points between which a ribbon from the step curve to the diagonal is straight: both ends of each step, and where
# it crosses the diagonal.
step_corners <- function(curve) {
  n <- nrow(curve)
  if (n < 2L) return(curve[0L])
  from <- curve$level[-n]
  to <- curve$level[-1L]
  height <- curve$observed[-n]
  crossing <- pmin(pmax(height, from), to)
  data.table::data.table(level = c(rbind(from, crossing, to)), observed = rep(height, each = 3L))
}

#' Plot the coverage of standard errors
#'
#' Observed against nominal coverage, a panel per output, with the diagonal of perfect calibration: normal and t
#' intervals by shape, sets (where the table has several) by colour. Below the diagonal standard errors are too small.
#'
#' @param object A table of [se_coverage()].
#' @param ... Not used.
#' @return A ggplot. Vertical lines are the bootstrap intervals over sequences, or the exact ones where some output has
#'   one sequence only. Errors: `deepmr_error_columns`, `deepmr_error_no_rows`.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 5, length = 30)
#' truth <- x[, list(sequence, position, alt, output, effect = sapply(effect_draws, tail, 1))]
#' ggplot2::autoplot(se_coverage(x, truth))
#' @export
autoplot.deepmr_se_coverage <- function(object, ...) {
  columns <- c("output", "level", "interval", "coverage", "conf.low", "conf.high", "cluster.low", "cluster.high")
  check_columns(object, columns, "object")
  rows <- data.table::as.data.table(unclass(object)[intersect(c("set", columns), names(object))])
  check_something_shown(nrow(rows), "{.arg object} has no rows.")
  one_set <- is.null(rows$set)
  if (one_set) rows$set <- ""
  rows$set <- factor(rows$set, unique(rows$set))
  rows$output <- factor(rows$output, unique(rows$output))
  one_sequence <- anyNA(rows$cluster.low)
  rows$low <- if (one_sequence) rows$conf.low else rows$cluster.low
  rows$high <- if (one_sequence) rows$conf.high else rows$cluster.high
  rows$series <- interaction(rows$set, rows$interval, lex.order = TRUE)
  apart <- ggplot2::position_dodge(width = 0.012 * nlevels(rows$series))
  ggplot2::ggplot(
    rows, ggplot2::aes(.data$level, .data$coverage, colour = .data$set, shape = .data$interval, group = .data$series)
  ) +
    ggplot2::geom_abline(slope = 1, intercept = 0, linetype = "dashed", colour = "grey45", linewidth = 0.4) +
    ggplot2::geom_line(ggplot2::aes(linetype = .data$interval), position = apart, linewidth = 0.3) +
    ggplot2::geom_linerange(ggplot2::aes(ymin = .data$low, ymax = .data$high), position = apart, linewidth = 0.5) +
    ggplot2::geom_point(position = apart, size = 1.9) +
    ggplot2::scale_colour_manual(
      NULL, values = method_colours(rows$set),
      guide = if (one_set) "none" else ggplot2::guide_legend(ncol = legend_columns(levels(rows$set)))
    ) +
    ggplot2::scale_shape_manual(NULL, values = c(normal = 16, t = 1)) +
    ggplot2::scale_linetype_manual(NULL, values = c(normal = "solid", t = "22")) +
    ggplot2::scale_x_continuous(
      breaks = unique(rows$level), labels = function(x) format(x, drop0trailing = TRUE, trim = TRUE),
      guide = ggplot2::guide_axis(check.overlap = TRUE)
    ) +
    ggplot2::facet_wrap("output") +
    ggplot2::labs(
      x = "nominal coverage", y = "observed coverage of the truth",
      caption = caption_of(
        "Dashed: perfect calibration; below it standard errors are too small.",
        if (one_sequence) {
          "Vertical lines: exact intervals, as if variants of a sequence were independent."
        } else {
          "Vertical lines: bootstrap intervals over sequences."
        }
      )
    ) +
    theme_deepmr() +
    strip_fitting(levels(rows$output))
}
