#' Reliability table
#'
#' Observed frequency against mean prediction, bin by bin, with an exact interval for
#' the frequency. `autoplot()` draws it as a reliability diagram.
#'
#' @inheritParams calibration_error
#' @param type `"width"` for equal-width bins, `"adaptive"` for bins of as near as
#'   possible equal counts; see [calibration_error()] for both.
#' @param level Confidence level of the interval.
#' @return A `deepmr_reliability` data.table, one row per non-empty bin in ascending
#'   order; for a table of predictions these for each output, and at the end for all of them together:
#' \describe{
#'   \item{output}{for a table of predictions; `"(pooled)"` for all predictions as one set}
#'   \item{bin}{number of the bin, 1 to `bins`}
#'   \item{lower, upper}{edges of an equal-width bin; smallest and largest prediction of
#'     an adaptive one}
#'   \item{n}{predictions in the bin}
#'   \item{mean_prob, event_rate}{mean prediction and share of ones}
#'   \item{conf.low, conf.high}{exact interval of the share (Clopper & Pearson 1934), the
#'     one of [stats::binom.test()]; it takes the predictions of a bin as independent, which those of one sequence
#'     in the pooled rows are not}
#' }
#' @inheritSection calibration_error Errors
#' @references
#' Clopper CJ, Pearson ES (1934). The use of confidence or fiducial limits illustrated
#' in the case of the binomial. Biometrika 26:404-413.
#' @seealso [calibration_error()], [autoplot.deepmr_reliability()]
#' @examples
#' prob <- (1:200 - 0.5) / 200
#' label <- as.integer((1:200 * 37) %% 200 / 200 < prob^1.5)
#' bins <- reliability(prob, label)
#' bins
#' ggplot2::autoplot(bins)
#' @export
reliability <- function(prob, label, bins = 10L, type = c("width", "adaptive"), level = 0.95) {
  bins <- check_count(bins, "bins")
  type <- check_choice(if (missing(type)) "width" else type, c("width", "adaptive"), "type")
  level <- check_level(level)
  sets <- by_output(calibration_data(prob, label))
  table <- data.table::rbindlist(
    lapply(sets, reliability_rows, bins = bins, type = type, level = level),
    idcol = if (!is.null(names(sets))) "output"
  )
  data.table::setattr(table, "class", c("deepmr_reliability", "data.table", "data.frame"))
  table[]
}

reliability_rows <- function(set, bins, type, level) {
  bin <- switch(type, width = width_bin(set$prob, bins), adaptive = adaptive_bin(set$prob, bins))
  table <- data.table::data.table(prob = set$prob, label = set$label, bin = bin)[
    , list(
      lower = min(.SD$prob), upper = max(.SD$prob), n = .N, mean_prob = mean(.SD$prob),
      event_rate = mean(.SD$label)
    ),
    keyby = "bin"
  ]
  data.table::setkey(table, NULL)
  if (type == "width") {
    data.table::set(table, j = "lower", value = (table$bin - 1) / bins)
    data.table::set(table, j = "upper", value = table$bin / bins)
  }
  interval <- clopper_pearson(round(table$n * table$event_rate), table$n, level)
  data.table::set(table, j = c("conf.low", "conf.high"), value = interval)
}

clopper_pearson <- function(successes, n, level) {
  tail <- (1 - level) / 2
  list(
    conf.low = stats::qbeta(tail, successes, n - successes + 1),
    conf.high = stats::qbeta(1 - tail, successes + 1, n - successes)
  )
}
