#' Calibration of predicted probabilities
#'
#' How far predicted probabilities are from observed frequencies: in one row for a vector, in one row
#' per output and one for all of them together for a table of [predict()]. Predictions are put into bins; in each
#' bin the gap is the difference between the share of ones and the mean prediction.
#'
#' Equal-width bins are `[(i - 1)/bins, i/bins)`, the last one closed; an empty bin
#' counts for nothing. Adaptive bins hold as near as possible the same number of
#' predictions each; equal predictions always share a bin (the one of their mean
#' rank), so the result does not depend on the order of the data. Marks that are
#' rare (about 2 % positives in many chromatin data sets) need the adaptive ones:
#' with equal widths almost every prediction falls into the first bin.
#'
#' All the errors of this page but `rmsce_debiased` are biased upwards when bins hold few predictions: a
#' perfectly calibrated model does not reach 0. `rmsce_debiased` takes the expected square of
#' that noise, `rate (1 - rate) / (n - 1)` in a bin of n predictions, off each squared gap; below 0 their sum counts as
#' 0. A bin of one prediction tells nothing of its noise and is left out of it, the other bins keeping their relative
#' weights; `NA` where no bin holds two.
#'
#' The log loss takes probabilities nearer to 0 or 1 than 1e-15 for that, so it is finite also for a
#' certain prediction that was wrong.
#'
#' @section The interval:
#' A percentile bootstrap of `ece` that resamples whole clusters with replacement, because predictions of one sequence
#' share their errors. It shows how far `ece` would vary over such sequences, and includes its bias
#' upwards, to which resampling adds some: an interval above 0 is no proof of miscalibration. For that compare with
#' `rmsce_debiased`, or with [reliability()]'s intervals.
#'
#' @param prob Predicted probabilities of one output, a numeric vector in \[0, 1\]; or a table of [predict()]
#'   (columns `sequence`, `output`, `mean`).
#' @param label What was observed: 0/1 or `TRUE`/`FALSE`, never a
#'   probability. A vector as long as `prob`; with a table, a data frame of `sequence`, `output` and `label`, in any
#'   order. Predictions without a label are left out, and a message says how many.
#' @param bins Number of bins, k.
#' @param clusters What is resampled together for the interval: a vector as long as `prob`, such as the sequence of
#'   each prediction; by default each prediction is by itself. With a table it is the sequence.
#' @param resamples Number of bootstrap resamples; 0 for no interval.
#' @param level Confidence level of the interval.
#' @param seed Seed of the resampling; the session's random state is left as found.
#' @return A data.table with, for a table of predictions, the column `output` (the last row, `"(pooled)"`, takes all
#'   outputs' predictions as one set), and
#' \describe{
#'   \item{n, bins}{number of predictions and of bins asked for}
#'   \item{ece}{expected calibration error: mean gap over equal-width bins, weighted by
#'     their counts (Guo et al. 2017)}
#'   \item{ece.low, ece.high}{its interval; `NA` with one cluster or without resamples}
#'   \item{mce}{maximum calibration error: the largest of those gaps}
#'   \item{ace}{adaptive calibration error: as `ece`, over adaptive bins (Nixon et al. 2019)}
#'   \item{ace_max}{the largest gap over adaptive bins}
#'   \item{rmsce}{root mean square calibration error: as `ece`, of squared gaps}
#'   \item{rmsce_debiased}{the same without the noise of the gaps (Kumar et al. 2019)}
#'   \item{brier}{Brier score: mean of `(prob - label)^2` (Brier 1950)}
#'   \item{log_loss}{mean of `-log` of the probability of what was observed, in nats}
#' }
#' @section Errors:
#' `deepmr_error_probability` (not numeric, missing or outside \[0, 1\]),
#' `deepmr_error_label` (anything but 0/1 or `TRUE`/`FALSE`), `deepmr_error_length`
#' (empty or unequal lengths), `deepmr_error_labels` (labels of sequences or outputs that were not predicted, or two for
#' one prediction), `deepmr_error_columns`, `deepmr_error_argument`.
#' @references
#' Guo C, Pleiss G, Sun Y, Weinberger KQ (2017). On calibration of modern neural
#' networks. ICML, PMLR 70:1321-1330.
#'
#' Nixon J, Dusenberry MW, Zhang L, Jerfel G, Tran D (2019). Measuring calibration in
#' deep learning. CVPR Workshops.
#'
#' Kumar A, Liang P, Ma T (2019). Verified uncertainty calibration. NeurIPS 32, section 4.
#'
#' Brier GW (1950). Verification of forecasts expressed in terms of probability.
#' Monthly Weather Review 78:1-3.
#' @seealso [reliability()] for the bins themselves and their picture, [recalibrate()] to repair what is off.
#' @examples
#' prob <- c(.05, .15, .25, .45, .55, .65, .85, .95, 1, 0)
#' label <- c(0, 0, 1, 0, 1, 1, 1, 1, 1, 0)
#' calibration_error(prob, label, bins = 5)
#'
#' predicted <- data.frame(
#'   sequence = rep(1:5, 2), output = rep(c("Dref", "da"), each = 5), mean = prob
#' )
#' calibration_error(predicted, cbind(predicted[c("sequence", "output")], label), bins = 5)
#' @export
calibration_error <- function(prob, label, bins = 10L, clusters = NULL, resamples = 1000L, level = 0.95, seed = 1L) {
  bins <- check_count(bins, "bins")
  resamples <- check_count(resamples, "resamples", min = 0L)
  level <- check_level(level)
  seed <- check_count(seed, "seed", min = 0L)
  sets <- by_output(calibration_data(prob, label, clusters))
  result <- data.table::rbindlist(lapply(sets, calibration_row, bins = bins))
  interval <- ece_interval(sets, bins, resamples, level, seed)
  data.table::set(result, j = c("ece.low", "ece.high"), value = interval)
  if (!is.null(names(sets))) data.table::set(result, j = "output", value = names(sets))
  data.table::setcolorder(result, c(intersect("output", names(result)), calibration_columns))
  result[]
}

calibration_columns <- c(
  "n", "bins", "ece", "ece.low", "ece.high", "mce", "ace", "ace_max", "rmsce", "rmsce_debiased", "brier", "log_loss"
)

calibration_row <- function(set, bins) {
  prob <- set$prob
  label <- set$label
  width <- gaps_by_bin(prob, label, width_bin(prob, bins))
  adaptive <- gaps_by_bin(prob, label, adaptive_bin(prob, bins))
  list(
    n = length(prob), bins = bins,
    ece = sum(width$share * width$gap), mce = max(width$gap),
    ace = sum(adaptive$share * adaptive$gap), ace_max = max(adaptive$gap),
    rmsce = sqrt(sum(width$share * width$gap^2)), rmsce_debiased = debiased_rmsce(width),
    brier = mean((prob - label)^2), log_loss = log_loss(prob, label)
  )
}

# Kumar, Liang and Ma (2019), definition 4.1, over the bins that hold two predictions or more.
debiased_rmsce <- function(gaps) {
  several <- gaps$n > 1L
  if (!any(several)) {
    return(NA_real_)
  }
  noise <- gaps$rate * (1 - gaps$rate) / (gaps$n - 1)
  sqrt(max(0, stats::weighted.mean((gaps$gap^2 - noise)[several], gaps$n[several])))
}

log_loss <- function(prob, label) {
  prob <- pmin(pmax(prob, 1e-15), 1 - 1e-15)
  -mean(ifelse(label == 1, log(prob), log1p(-prob)))
}
