#' Calibration of predicted intervals
#'
#' How well a predicted mean and standard deviation fit what was observed, in one row: do the central intervals hold
#' the share of observations that they promise, and how wide and how far off are they? For probabilities of 0/1
#' labels see [calibration_error()].
#'
#' @details
#' Observation i has the quantile u_i = F((y_i - mean_i) / sd_i), F the distribution function of the normal, or of
#' Student's t with `df` degrees of freedom. Its central interval of level |2 u_i - 1| is the smallest that holds it, so
#' the observed share at level q is the share of i with |2 u_i - 1| <= q: a step function, [coverage_curve()]. The
#' conventions (central intervals; the grid) are those of the Python package uncertainty-toolbox, but for
#' `miscalibration_area`, which is exact here and a trapezoid rule over the grid there (about 1 % apart).
#'
#' @param mean,sd Predicted means and standard deviations (above 0), on the scale of `y`. With a finite `df`, `sd` is
#'   the scale of Student's t about `mean`.
#' @param y What was observed, as long as `mean`.
#' @param df Degrees of freedom, one number or as many as `mean`; `Inf`, the default, is the normal.
#' @param draws The draws of each prediction, for a CRPS free of a distribution's shape: a matrix with one row per
#'   prediction, or a list of one numeric vector for each, such as the column `prediction_draws` of
#'   `predict(draws = TRUE)`; at least 2 draws each. The other columns still are those of `mean` and `sd`.
#' @param ... Must be empty.
#' @return A data.table of one row:
#' \describe{
#'   \item{n}{number of predictions. Any number from 1 is taken; below about 10 the numbers say little.}
#'   \item{miscalibration_area}{integral over q from 0 to 1 of |observed share - q|: 0 to 0.5}
#'   \item{mace, rmsce}{mean absolute and root mean square of the same gap on the 100 levels 0, 1/99, ..., 1}
#'   \item{sharpness}{root mean square of `sd`: how narrow the intervals are, right or wrong}
#'   \item{nll}{mean negative log likelihood; natural logarithm}
#'   \item{crps}{mean continuous ranked probability score, in units of `y`; the smaller, the better (Gneiting &
#'     Raftery 2007, eq. 20 and 21; Student's t: Jordan et al. 2019, infinite for a `df` of at most 1). From T draws x:
#'     mean |x_t - y| - sum over pairs |x_s - x_t| / (T (T - 1)), the estimator that does not depend on T on average.}
#' }
#' @section Errors:
#' `deepmr_error_length` (empty or unequal lengths), `deepmr_error_argument` (not numeric, not finite, `sd` or `df` not
#' above 0), `deepmr_error_draws` (draws that do not fit, fewer than 2, not finite).
#' @references
#' Kuleshov V, Fenner N, Ermon S (2018). Accurate uncertainties for deep learning using calibrated regression. ICML,
#' PMLR 80:2796-2804.
#'
#' Chung Y, Char I, Guo H, Schneider J, Neiswanger W (2021). Uncertainty toolbox: an open-source library for assessing,
#' visualizing, and improving uncertainty quantification. arXiv:2109.10254.
#'
#' Gneiting T, Raftery AE (2007). Strictly proper scoring rules, prediction, and estimation. JASA 102:359-378.
#'
#' Jordan A, Krueger F, Lerch S (2019). Evaluating probabilistic forecasts with scoringRules. J Stat Softw 90(12).
#' @seealso [coverage_curve()] for the shares themselves, [se_coverage()] for standard errors of effects.
#' @examples
#' sd <- c(1, 1, 2, 2)
#' y <- c(0.5, -1.5, 1, -3)
#' interval_calibration(mean = rep(0, 4), sd = sd, y = y)
#' # From draws, of which `mean` and `sd` are the moments
#' draws <- matrix(sin(1:400), 4)
#' interval_calibration(rowMeans(draws), apply(draws, 1, sd), y, draws = draws)
#' @export
interval_calibration <- function(mean, sd, y, df = Inf, draws = NULL, ...) {
  rlang::check_dots_empty()
  check_forecast(mean, sd, y, df)
  z <- (y - mean) / sd
  level <- sort(central_level(z, df))
  grid <- (0:99) / 99
  gap <- share_at(grid, level) - grid
  steps <- sort(unique(c(0, level, 1)))
  crps <- if (is.null(draws)) sd * crps_standard(z, df) else crps_draws(check_forecast_draws(draws, length(y)), y)
  data.table::data.table(
    n = length(y), miscalibration_area = step_area(steps, share_at(steps, level)),
    mace = mean(abs(gap)), rmsce = sqrt(mean(gap^2)), sharpness = sqrt(mean(sd^2)),
    nll = mean(log(sd) - stats::dt(z, df, log = TRUE)), crps = mean(crps)
  )
}

#' Observed share of predicted intervals
#'
#' At each level, the share of observations within the central interval of that level, and the share below the
#' quantile of that level; on the diagonal for a calibrated model. `autoplot()` draws it, [calibrated_level()] reads it
#' the other way round.
#'
#' @inheritParams interval_calibration
#' @param levels Levels to look at, from 0 to 1. By default every level at which the curve steps, with 0 and 1: the
#'   curve itself, up to one row per prediction.
#' @param level Confidence level of the intervals for the shares.
#' @return A `deepmr_coverage_curve` data.table:
#' \describe{
#'   \item{type}{`"interval"` (central intervals) or `"quantile"`}
#'   \item{level}{the level promised, ascending within `type`}
#'   \item{n}{number of predictions}
#'   \item{observed}{share observed}
#'   \item{conf.low, conf.high}{exact interval of the share (Clopper & Pearson 1934), which takes predictions as
#'     independent}
#' }
#' @inheritSection interval_calibration Errors
#' @inherit interval_calibration references
#' @seealso [interval_calibration()], [calibrated_level()], [autoplot.deepmr_coverage_curve()]
#' @examples
#' # Standard deviations of half the right size
#' y <- qnorm(ppoints(200))
#' curve <- coverage_curve(mean = rep(0, 200), sd = rep(0.5, 200), y = y)
#' ggplot2::autoplot(curve)
#' coverage_curve(rep(0, 200), rep(0.5, 200), y, levels = c(0.5, 0.9))
#' # Ask for this level to get intervals that hold 90 %
#' calibrated_level(curve, 0.9)
#' @export
coverage_curve <- function(mean, sd, y, df = Inf, levels = NULL, level = 0.95) {
  check_forecast(mean, sd, y, df)
  level <- check_level(level)
  if (!is.null(levels)) levels <- check_shares(levels, "levels")
  z <- (y - mean) / sd
  reached <- list(interval = central_level(z, df), quantile = stats::pt(z, df))
  table <- data.table::rbindlist(lapply(reached, function(value) {
    at <- if (is.null(levels)) sort(unique(c(0, value, 1))) else levels
    data.table::data.table(level = at, n = length(y), observed = share_at(at, sort(value)))
  }), idcol = "type")
  interval <- clopper_pearson(round(table$n * table$observed), table$n, level)
  data.table::set(table, j = c("conf.low", "conf.high"), value = interval)
  data.table::setattr(table, "class", c("deepmr_coverage_curve", "data.table", "data.frame"))
  table[]
}

#' The level to ask for
#'
#' Kuleshov's recalibration of intervals: where intervals of level 0.99 were seen to hold 95 % of the observations, ask
#' the model for 0.99 whenever 95 % are wanted. It mends the levels of the intervals of *one* model on data like those
#' of the curve; the standard deviations stay as they are.
#'
#' @details
#' Kuleshov et al. (2018, algorithm 1) fit an isotonic regression to the pairs of level and observed share. The
#' pairs are in order already, since a wider interval never holds less; so the map is the curve read
#' from the observed share back to the level, with straight lines between its points and to (0, 0), and levels of equal
#' share averaged. From m observations nothing is learnt about shares closer to 0 or 1 than 1/(2 m): a wanted level
#' beyond is taken as 1/(2 m) or 1 - 1/(2 m), which also keeps the answer, and the intervals, finite.
#'
#' Take the curve from held-out data that nothing else uses. Where no level of the curve below 1 holds enough, the
#' answer is 1, with a warning of class `deepmr_warning_level`: the curve's `levels` are too coarse, or observations lie
#' more than 8 standard deviations off, beyond the largest level that a number can tell from 1.
#'
#' @param curve A table of [coverage_curve()], best with its default `levels`.
#' @param level The levels wanted, between 0 and 1 (exclusive).
#' @param type `"interval"` for central intervals, `"quantile"` for quantiles.
#' @return The levels to ask the model for, as long as `level`. The normal interval is then
#'   `mean + c(-1, 1) * qnorm((1 + calibrated_level(curve, 0.95)) / 2) * sd`, the normal quantile
#'   `mean + qnorm(calibrated_level(curve, 0.95, type = "quantile")) * sd`.
#' @section Errors: `deepmr_error_columns`, `deepmr_error_argument` (`level`, `type`), `deepmr_error_no_rows` (no such
#'   `type` in the table).
#' @references
#' Kuleshov V, Fenner N, Ermon S (2018). Accurate uncertainties for deep learning using calibrated regression. ICML,
#' PMLR 80:2796-2804.
#' @seealso [coverage_curve()], [se_coverage()]
#' @examples
#' y <- qnorm(ppoints(200))
#' curve <- coverage_curve(mean = rep(0, 200), sd = rep(0.8, 200), y = y)
#' asked <- calibrated_level(curve, 0.95)
#' asked
#' mean(abs(y) <= qnorm((1 + asked) / 2) * 0.8)
#' @export
calibrated_level <- function(curve, level, type = c("interval", "quantile")) {
  curve <- check_columns(curve, c("type", "level", "n", "observed"), "curve")
  level <- check_open_levels(level)
  type <- check_choice(if (missing(type)) "interval" else type, c("interval", "quantile"), "type")
  of_type <- curve$type == type
  if (!any(of_type)) stop_deepmr("no_rows", "{.arg curve} has no rows of type {.val {type}}.")
  m <- curve$n[of_type][1L]
  # At levels 0 and 1 every model is right.
  inner <- of_type & curve$level > 0 & curve$level < 1
  points <- data.table::data.table(asked = curve$level[inner], share = curve$observed[inner])
  points <- points[, list(asked = mean(.SD$asked)), by = "share"]
  ends <- setdiff(c(0, 1), points$share)
  wanted <- pmin(pmax(level, 1 / (2 * m)), 1 - 1 / (2 * m))
  found <- stats::approx(c(points$share, ends), c(points$asked, ends), wanted)$y
  beyond <- wanted > max(0, points$share)
  if (any(beyond)) {
    warn_deepmr(
      "level", "No level of {.arg curve} below 1 has an observed share of {.val {level[beyond]}}.",
      c(
        "A curve of few {.arg levels} may be too coarse: leave them at their default.",
        "If even 8 standard deviations hold too little, scale the standard deviations first."
      )
    )
  }
  found[beyond] <- 1
  found
}

#' @export
print.deepmr_coverage_curve <- function(x, ...) {
  if (!is_to_be_printed(x)) {
    return(invisible(x))
  }
  if (all(c("type", "level", "n", "observed") %in% names(x)) && nrow(x)) {
    cat("<coverage curve> ", counted(x$n[1L], "prediction"), "\n", sep = "")
  }
  print_table(x, ...)
  invisible(x)
}

# Level of the smallest central interval that holds a standardised observation.
central_level <- function(z, df) 1 - 2 * stats::pt(-abs(z), df)

# Share of the sorted values that are at most `at`.
share_at <- function(at, sorted) findInterval(at, sorted) / length(sorted)

# Integral of |observed - q| dq, where the curve steps to `observed` at `level`, from 0 to 1.
step_area <- function(level, observed) {
  from <- level[-length(level)] - observed[-length(level)]
  to <- level[-1L] - observed[-length(level)]
  # The integral of |x| is x |x| / 2.
  sum(to * abs(to) - from * abs(from)) / 2
}

# CRPS of the standard normal, or Student's t, at z.
crps_standard <- function(z, df) {
  df <- rep_len(df, length(z))
  crps <- z * (2 * stats::pt(z, df) - 1) + 2 * stats::dnorm(z) - 1 / sqrt(pi)
  finite <- is.finite(df)
  nu <- df[finite]
  x <- z[finite]
  spread <- 2 * sqrt(nu) / (nu - 1) * beta(0.5, nu - 0.5) / beta(0.5, nu / 2)^2
  crps[finite] <- x * (2 * stats::pt(x, nu) - 1) + 2 * stats::dt(x, nu) * (nu + x^2) / (nu - 1) - spread
  crps[df <= 1] <- Inf
  crps
}

# Sum over pairs of |x_s - x_t| from the sorted draws: the i-th has i - 1 below it and T - i above.
crps_draws <- function(draws, y) {
  vapply(seq_along(y), function(i) {
    x <- sort(draws[[i]])
    n <- length(x)
    mean(abs(x - y[i])) - sum((2 * seq_len(n) - n - 1) * x) / (n * (n - 1))
  }, 0)
}

# Stops unless these are predictions and observations of one length.
check_forecast <- function(mean, sd, y, df, call = rlang::caller_env()) {
  check_given(mean, "mean", "a numeric vector", call)
  check_given(sd, "sd", "a numeric vector", call)
  check_given(y, "y", "a numeric vector", call)
  n <- c(length(mean), length(sd), length(y))
  if (any(n != n[1L]) || n[1L] == 0L) {
    stop_deepmr(
      "length", "{.arg mean}, {.arg sd} and {.arg y} must be as long as each other and not empty; they have
       {n[1L]}, {n[2L]} and {n[3L]} values.",
      call = call
    )
  }
  if (!length(df) %in% c(1L, n[1L])) {
    stop_deepmr("length", "{.arg df} must be one number or {n[1L]}, not {length(df)}.", call = call)
  }
  check_values(mean, "mean", is.finite, "finite", call)
  check_values(sd, "sd", function(x) is.finite(x) & x > 0, "finite and above 0", call)
  check_values(y, "y", is.finite, "finite", call)
  check_values(df, "df", function(x) !is.na(x) & x > 0, "above 0", call)
}

# Stops unless every value of the numeric vector `x` passes, and says where the first does not.
check_values <- function(x, arg, passes, wanted, call = rlang::caller_env()) {
  if (!is.numeric(x) || length(dim(x)) > 1L) {
    stop_deepmr("argument", "{.arg {arg}} must be a numeric vector, not {.obj_type_friendly {x}}.", call = call)
  }
  bad <- which(!passes(x))
  if (length(bad)) {
    stop_deepmr(
      "argument", "{.arg {arg}} must be {wanted}; {length(bad)} of {length(x)} values fail, the first is
       {x[bad[1L]]} at {bad[1L]}.",
      call = call
    )
  }
}

# The draws as a list of n vectors.
check_forecast_draws <- function(draws, n, call = rlang::caller_env()) {
  if (is.matrix(draws)) draws <- lapply(seq_len(nrow(draws)), function(i) draws[i, ])
  if (!is.list(draws) || !all(vapply(draws, is.numeric, TRUE))) {
    stop_deepmr("draws", "{.arg draws} must be a matrix or a list of numeric vectors.", call = call)
  }
  if (length(draws) != n) {
    stop_deepmr(
      "draws", "{.arg draws} has {length(draws)} predictions, {.arg y} has {n}.",
      "A matrix has one row per prediction and one column per draw.",
      call = call
    )
  }
  bad <- which(lengths(draws) < 2L | !vapply(draws, function(x) all(is.finite(x)), TRUE))
  if (length(bad)) {
    stop_deepmr(
      "draws", "{length(bad)} of {n} predictions have fewer than 2 draws or draws that are not finite, the first at
       {bad[1L]}.",
      call = call
    )
  }
  draws
}

# Ascending and unique, from 0 to 1.
check_shares <- function(x, arg, call = rlang::caller_env()) {
  check_values(x, arg, function(x) is.finite(x) & x >= 0 & x <= 1, "between 0 and 1", call)
  if (!length(x)) stop_deepmr("argument", "{.arg {arg}} is empty.", call = call)
  sort(unique(as.numeric(x)))
}

# One or more levels, each above 0 and below 1.
check_open_levels <- function(level, call = rlang::caller_env()) {
  check_given(level, "level", "one or more numbers between 0 and 1", call)
  check_values(level, "level", function(x) is.finite(x) & x > 0 & x < 1, "between 0 and 1 (exclusive)", call)
  if (!length(level)) stop_deepmr("argument", "{.arg level} is empty.", call = call)
  as.numeric(level)
}
