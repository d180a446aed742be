#' Calibration of predicted probabilities
#'
#' How far predicted probabilities are from observed frequencies, in one row.
#' Predictions are put into bins; in each bin the gap is the difference between the
#' share of ones and the mean prediction.
#'
#' Equal-width bins are `[(i - 1)/bins, i/bins)`, the last one closed; an empty bin
#' counts for nothing. Adaptive bins hold as near as possible the same number of
#' predictions each; equal predictions always share a bin (the one of their mean
#' rank), so the result does not depend on the order of the data. Marks that are
#' rare (about 2 % positives in many chromatin data sets) need the adaptive ones:
#' with equal widths almost every prediction falls into the first bin.
#'
#' All the errors of this page are biased upwards when bins hold few predictions: a
#' perfectly calibrated model does not reach 0.
#'
#' @param prob Predicted probabilities of one output: a numeric vector in \[0, 1\].
#' @param label What was observed, as long as `prob`: 0/1 or `TRUE`/`FALSE`, never a
#'   probability.
#' @param bins Number of bins, k.
#' @return A data.table of one row, every error in \[0, 1\]:
#' \describe{
#'   \item{n, bins}{number of predictions and of bins asked for}
#'   \item{ece}{expected calibration error: mean gap over equal-width bins, weighted by
#'     their counts (Guo et al. 2017)}
#'   \item{mce}{maximum calibration error: the largest of those gaps}
#'   \item{ace}{adaptive calibration error: as `ece`, over adaptive bins (Nixon et al. 2019)}
#'   \item{ace_max}{the largest gap over adaptive bins}
#'   \item{brier}{Brier score: mean of `(prob - label)^2` (Brier 1950)}
#' }
#' @section Errors:
#' `deepmr_error_probability` (not numeric, missing or outside \[0, 1\]),
#' `deepmr_error_label` (anything but 0/1 or `TRUE`/`FALSE`), `deepmr_error_length`
#' (empty or unequal lengths), `deepmr_error_argument` (`bins`).
#' @references
#' Guo C, Pleiss G, Sun Y, Weinberger KQ (2017). On calibration of modern neural
#' networks. ICML, PMLR 70:1321-1330.
#'
#' Nixon J, Dusenberry MW, Zhang L, Jerfel G, Tran D (2019). Measuring calibration in
#' deep learning. CVPR Workshops.
#'
#' Brier GW (1950). Verification of forecasts expressed in terms of probability.
#' Monthly Weather Review 78:1-3.
#' @seealso [reliability()] for the bins themselves and their picture.
#' @examples
#' prob <- c(.05, .15, .25, .45, .55, .65, .85, .95, 1, 0)
#' label <- c(0, 0, 1, 0, 1, 1, 1, 1, 1, 0)
#' calibration_error(prob, label, bins = 5)
#' @export
calibration_error <- function(prob, label, bins = 10L) {
  bins <- check_count(bins, "bins")
  label <- check_predictions(prob, label)
  prob <- as.vector(prob)
  width <- gap_by_bin(prob, label, width_bin(prob, bins))
  adaptive <- gap_by_bin(prob, label, adaptive_bin(prob, bins))
  data.table::data.table(
    n = length(prob), bins = bins,
    ece = sum(width$share * width$gap), mce = max(width$gap),
    ace = sum(adaptive$share * adaptive$gap), ace_max = max(adaptive$gap),
    brier = mean((prob - label)^2)
  )
}

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
#'   order:
#' \describe{
#'   \item{bin}{number of the bin, 1 to `bins`}
#'   \item{lower, upper}{edges of an equal-width bin; smallest and largest prediction of
#'     an adaptive one}
#'   \item{n}{predictions in the bin}
#'   \item{mean_prob, event_rate}{mean prediction and share of ones}
#'   \item{conf.low, conf.high}{exact interval of the share (Clopper & Pearson 1934), the
#'     one of [stats::binom.test()]; it takes the predictions of a bin as independent}
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
  label <- check_predictions(prob, label)
  prob <- as.vector(prob)
  bin <- switch(type, width = width_bin(prob, bins), adaptive = adaptive_bin(prob, bins))
  table <- data.table::data.table(prob = prob, label = label, bin = bin)[
    , list(
      lower = min(prob), upper = max(prob), n = .N, mean_prob = mean(prob), event_rate = mean(label)
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
  data.table::setattr(table, "class", c("deepmr_reliability", "data.table", "data.frame"))
  table[]
}

# Bin i of k is [(i - 1)/k, i/k), the last one closed. Comparing with the edges, not
# flooring prob * k, keeps 0.29 of 100 bins where it belongs.
width_bin <- function(prob, bins) {
  findInterval(prob, (0:bins) / bins, rightmost.closed = TRUE)
}

# Near-equal counts with ties together: the bin of the mean rank. Some bins stay empty
# when many predictions tie.
adaptive_bin <- function(prob, bins) {
  as.integer(floor((rank(prob) - 0.5) * bins / length(prob))) + 1L
}

gap_by_bin <- function(prob, label, bin) {
  n <- tapply(prob, bin, length)
  list(share = n / length(prob), gap = abs(tapply(label, bin, mean) - tapply(prob, bin, mean)))
}

clopper_pearson <- function(successes, n, level) {
  tail <- (1 - level) / 2
  list(
    conf.low = stats::qbeta(tail, successes, n - successes + 1),
    conf.high = stats::qbeta(1 - tail, successes + 1, n - successes)
  )
}

# Stops unless `prob` and `label` fit together; returns the labels as 0/1 numbers.
check_predictions <- function(prob, label, call = rlang::caller_env()) {
  if (!is.numeric(prob) || length(dim(prob)) > 1L) {
    stop_deepmr(
      "probability", "{.arg prob} must be a numeric vector, not {.obj_type_friendly {prob}}.",
      "Give one output at a time, for example one column of a matrix.",
      call = call
    )
  }
  if (!(is.numeric(label) || is.logical(label)) || length(dim(label)) > 1L) {
    stop_deepmr(
      "label", "{.arg label} must be a vector of 0/1 or TRUE/FALSE, not {.obj_type_friendly {label}}.",
      call = call
    )
  }
  if (length(prob) == 0L || length(prob) != length(label)) {
    stop_deepmr(
      "length",
      paste(
        "{.arg prob} and {.arg label} must be as long as each other and not empty;",
        "they have {length(prob)} and {length(label)} values."
      ),
      call = call
    )
  }
  bad <- which(is.na(prob) | prob < 0 | prob > 1)
  if (length(bad)) {
    stop_deepmr(
      "probability",
      paste(
        "{.arg prob} must lie between 0 and 1, without missing values;",
        "{length(bad)} of {length(prob)} values fail, the first is {prob[bad[1L]]} at {bad[1L]}."
      ),
      "Scores need a transform to probabilities first, for example {.fn stats::plogis} for logits.",
      call = call
    )
  }
  bad <- which(is.na(label) | !label %in% c(0, 1))
  if (length(bad)) {
    stop_deepmr(
      "label",
      paste(
        "{.arg label} must be 0 or 1 (or TRUE/FALSE), without missing values;",
        "{length(bad)} of {length(label)} values fail, the first is {label[bad[1L]]} at {bad[1L]}."
      ),
      "Calibration is measured against what was observed; a probability is no label.",
      call = call
    )
  }
  as.numeric(as.vector(label))
}
