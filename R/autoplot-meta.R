#' Plot a meta-analysis
#'
#' A heatmap of the pooled slopes, exposures by outcomes, one panel per method and error. Blue is negative, orange
#' positive; a black frame marks an interval that leaves out 0. Cells have their number while there are at most
#' 150 in a panel. The colours end at the 95th percentile of the sizes where a few are far larger, which the caption
#' says. Cells are scaled alike, so compare slopes of exposures on one scale only. Grey cells have no estimate.
#'
#' Forest, funnel and density of one pair are plots of the fit, with the pooled estimate:
#' `autoplot(fit, type = "funnel", pooled = meta_analyze(fit))`; see [autoplot.deepmr_mr_fit()].
#'
#' @param object A table of [meta_analyze()], without moderators.
#' @param ... Not used.
#' @return A ggplot. Errors: `deepmr_error_argument` (moderators), `deepmr_error_columns`, `deepmr_error_no_rows`.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 5, length = 30)
#' fit <- fit_mr(x, exposure = "exposure", outcome = "outcome")
#' ggplot2::autoplot(meta_analyze(fit))
#' @export
autoplot.deepmr_meta <- function(object, ...) {
  columns <- c("exposure", "outcome", "method", "error", "estimate", "conf.low", "conf.high", "status")
  check_columns(object, columns, "object")
  if (!all(object$term %in% "overall")) {
    stop_deepmr(
      "argument", "{.arg object} has moderators, of which a heatmap shows nothing.",
      "Plot {.code meta_analyze(fit)} without {.arg mods}."
    )
  }
  cells <- data.table::as.data.table(unclass(object)[columns])
  check_something_shown(nrow(cells), "{.arg object} has no rows.")
  plot_heatmap(cells)
}

most_numbered_cells <- 150L

plot_heatmap <- function(cells) {
  cells$label <- method_label(cells, with_error = TRUE)
  cells$exposure <- factor(cells$exposure, unique(cells$exposure))
  cells$outcome <- factor(cells$outcome, rev(unique(cells$outcome)))
  has <- is.finite(cells$estimate)
  end <- heat_end(cells$estimate[has])
  cells$heat <- clamp(cells$estimate, -end, end)
  clear <- cells[which(has & (cells$conf.low > 0 | cells$conf.high < 0))]
  numbered <- nlevels(cells$exposure) * nlevels(cells$outcome) <= most_numbered_cells
  ggplot2::ggplot(cells, ggplot2::aes(.data$exposure, .data$outcome)) +
    ggplot2::geom_tile(ggplot2::aes(fill = .data$heat), colour = "white", linewidth = 0.4) +
    ggplot2::geom_tile(data = clear, fill = NA, colour = "black", linewidth = 0.5, width = 0.94, height = 0.94) +
    (if (numbered) cell_numbers(cells[which(has)], end)) +
    ggplot2::scale_fill_gradient2(
      "pooled slope", low = "#0072B2", mid = "white", high = "#D55E00", limits = c(-end, end), na.value = "grey85"
    ) +
    ggplot2::facet_wrap("label") +
    ggplot2::labs(
      x = "exposure", y = "outcome",
      caption = caption_of(
        if (nrow(clear)) "Black frame: the interval leaves out 0.", if (!all(has)) "Grey:", no_estimate(cells),
        if (any(abs(cells$estimate[has]) > end)) sprintf("Colours end at %.2g; larger slopes have the same.", end)
      )
    ) +
    theme_deepmr() +
    ggplot2::theme(
      axis.text.x = ggplot2::element_text(
        angle = 90, hjust = 1, vjust = 0.5, size = max(4, min(9, 400 / nlevels(cells$exposure)))
      ),
      axis.text.y = ggplot2::element_text(size = max(4, min(9, 200 / nlevels(cells$outcome)))),
      panel.grid.major = ggplot2::element_blank(), legend.key.width = ggplot2::unit(28, "pt")
    )
}

# Where the colours end: the largest size, unless a few are more than twice the 95th percentile.
heat_end <- function(estimate) {
  if (!length(estimate) || all(estimate == 0)) return(1)
  high <- stats::quantile(abs(estimate), 0.95, names = FALSE)
  largest <- max(abs(estimate))
  if (high > 0 && largest > 2 * high) high else largest
}

cell_numbers <- function(cells, end) {
  ggplot2::geom_text(
    ggplot2::aes(label = sprintf("%.2g", .data$estimate)), data = cells, size = 2.7,
    colour = ifelse(abs(cells$heat) > 0.75 * end, "white", ink)
  )
}
