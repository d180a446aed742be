#' Plot a table that has lost its class
#'
#' Tables read from a file, or put together by [rbind()], are plain: they are plotted as what their columns say that
#' they are. Any other data frame is left to ggplot2.
#'
#' @param object A data frame with the columns of [saturation_mutagenesis()], [estimate_effects()], [fit_mr()],
#'   [meta_analyze()] or [reliability()].
#' @param ... Arguments of the method for such a table. A fit's scatter needs `data`, the effects that were fitted.
#' @return A ggplot; see [autoplot.deepmr_mutagenesis()], [autoplot.deepmr_effects()], [autoplot.deepmr_mr_fit()],
#'   [autoplot.deepmr_meta()], [autoplot.deepmr_reliability()], also for their errors.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 3, length = 30)
#' effects <- estimate_effects(x, exposure = "exposure", outcome = "outcome")
#' fits <- rbind(fit_mr(effects, method = "egger"), fit_mr(effects, method = "ivw"))
#' ggplot2::autoplot(fits, type = "forest")
#' @method autoplot data.frame
#' @export
autoplot.data.frame <- function(object, ...) {
  known <- vapply(plotted_tables, function(columns) all(columns %in% names(object)), TRUE)
  if (!any(known)) {
    return(NextMethod())
  }
  plain <- data.table::as.data.table(as.list(object))
  data.table::setattr(plain, "class", c(names(which(known))[1L], "data.table", "data.frame"))
  ggplot2::autoplot(plain, ...)
}

# Columns that tell the tables apart, by class; a pooled table has those of a fit but `sequence`.
plotted_tables <- list(
  deepmr_mutagenesis = c("sequence", "output", "mean_ref", "mean_alt", "effect", "se"),
  deepmr_mr_fit = c("sequence", "exposure", "outcome", "method", "error", "estimate", "conf.low", "conf.high"),
  deepmr_meta = c("exposure", "outcome", "method", "error", "term", "estimate", "tau", "k"),
  deepmr_reliability = c("lower", "upper", "n", "mean_prob", "event_rate"),
  deepmr_coverage_curve = c("type", "level", "n", "observed", "conf.low", "conf.high"),
  deepmr_se_coverage = c("output", "level", "interval", "coverage", "cluster.low", "median_se"),
  deepmr_effects = c("sequence", "beta_exposure", "beta_outcome")
)
