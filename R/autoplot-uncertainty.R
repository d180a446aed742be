#' Plot a comparison of ways of being uncertain
#'
#' Small multiples with a row for each way: coverage of the standard errors with the nominal level (dashed) and
#' the 95 % interval over sequences, median standard errors on a log axis of their own, I^2_GX and I^2_cov, and
#' the expected calibration error with its interval. Panels without a value are left out. Colours are the pairs of
#' exposure and outcome.
#'
#' @param object What [compare_uncertainty()] returns.
#' @param ... Not used.
#' @return A ggplot. Errors: `deepmr_error_columns`, `deepmr_error_no_rows` (no value at all).
#' @examplesIf deepmr_python_info()$usable
#' model <- model_demo()
#' compared <- compare_uncertainty(
#'   list(locked = model, unlocked = list(model = model, dropout = dropout_spec("unlocked"))),
#'   demo_sequences(1), exposure = c("Dref", "Trl"), outcome = "accessibility",
#'   n_samples = 10, positions = seq(200, 290, by = 10)
#' )
#' ggplot2::autoplot(compared)
#' @export
autoplot.deepmr_uncertainty_comparison <- function(object, ...) {
  shown <- c(
    coverage_exposure = "coverage\nexposure", coverage_outcome = "coverage\noutcome",
    se_exposure = "log10 median SE\nexposure", se_outcome = "log10 median SE\noutcome", i2_gx = "I2_GX",
    i2_cov = "I2_cov", ece = "calibration\nerror"
  )
  check_columns(object, c("way", "exposure", "outcome", "level", names(shown)), "object")
  points <- data.table::rbindlist(lapply(names(shown), function(column) {
    interval <- function(side) {
      found <- object[[paste0(column, side)]]
      if (is.null(found)) NA_real_ else found
    }
    scale <- if (startsWith(column, "se_")) log10 else identity
    data.table::data.table(
      way = object$way, pair = pair_label(object), panel = shown[[column]], value = scale(object[[column]]),
      low = interval(".low"), high = interval(".high")
    )
  }))
  points <- points[is.finite(points$value)]
  check_something_shown(nrow(points), "No way has a value of anything.")
  points$way <- factor(points$way, rev(unique(object$way)))
  points$panel <- factor(points$panel, intersect(shown, points$panel))
  nominal <- data.table::data.table(
    panel = factor(intersect(shown[1:2], points$panel), levels(points$panel))
  )[, "level" := object$level[1L]]
  beside <- ggplot2::position_dodge(0.5)
  # Groups: the first pair on top, as in the legend.
  ggplot2::ggplot(
    points, ggplot2::aes(.data$value, .data$way, colour = .data$pair, group = -as.integer(.data$pair))
  ) +
    (if (nrow(nominal)) {
      ggplot2::geom_vline(
        ggplot2::aes(xintercept = .data$level), data = nominal, linetype = "dashed", colour = "grey45", linewidth = 0.4
      )
    }) +
    ggplot2::geom_linerange(
      ggplot2::aes(xmin = .data$low, xmax = .data$high),
      data = points[!is.na(points$low) & !is.na(points$high)], position = beside, linewidth = 0.5
    ) +
    ggplot2::geom_point(position = beside, size = 2) +
    ggplot2::facet_wrap("panel", scales = "free_x", ncol = 4L) +
    ggplot2::scale_x_continuous(n.breaks = 4L, guide = ggplot2::guide_axis(check.overlap = TRUE)) +
    ggplot2::scale_colour_manual(
      NULL, values = method_colours(points$pair),
      guide = ggplot2::guide_legend(ncol = legend_columns(levels(points$pair)))
    ) +
    ggplot2::labs(
      x = NULL, y = NULL, caption = caption_of(
        if (nrow(nominal)) "Dashed: nominal coverage.", "Lines: 95 % intervals over sequences."
      )
    ) +
    theme_deepmr() +
    ggplot2::theme(strip.text = ggplot2::element_text(size = 6.5)) # four panels side by side
}
