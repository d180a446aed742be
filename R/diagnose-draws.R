#' Are the draws normal, and are there enough?
#'
#' What the dropout draws of a mutagenesis table say about its standard errors without any truth: whether the draws of
#' an effect scatter about their mean as normal ones would (so that normal or t intervals fit), whether the first half of
#' them says the same as the second, and how the standard error settles with the number of draws.
#'
#' @section Normal or not:
#' The draws of each row are standardised with that row's own mean and standard deviation and then pooled by output. Such
#' residuals of T normal draws are not normal: they are at most (T - 1)/sqrt(T) in size, have variance (T - 1)/T and
#' lighter tails, since each draw has a part in its own mean and standard deviation. Their distribution is known
#' exactly (Thompson 1935): with t of Student's distribution with T - 2 degrees of freedom,
#' (T - 1)/sqrt(T) * t / sqrt(T - 2 + t^2). `theoretical` are its quantiles, and the reference values for kurtosis
#' and skewness are those of samples of T (Fisher 1930). The residuals of a row whose effect is more than 3 se/sqrt(T) from
#' 0 have the sign of the effect: positive is towards a larger effect. Otherwise skewed gains and losses would cancel;
#' under normality mean and residuals are independent, so that it changes nothing there.
#'
#' The variants of a sequence share masks, so there are far fewer independent residuals than residuals: what matters
#' is the size of a departure, and there is no p-value.
#'
#' @section Enough or not:
#' The standard error of T normal draws has itself a relative standard deviation of about 1/sqrt(2 (T - 1)): 16 % for
#' T = 20, 10 % for 50, 5 % for 200. `halves` and `se_by_draws` test whether that holds here: with heavy tails, or with draws
#' that depend on each other, standard errors vary more. Draws of an ensemble share members and are not independent; there
#' the reference values, which suppose it, are for orientation only.
#'
#' @param x A mutagenesis table with `effect_draws`: [saturation_mutagenesis()], [simulate_mutagenesis()], or a data
#'   frame with the columns `output`, `at_rounding`, `effect_draws`. At least 4 draws, the same number in all rows. Rows
#'   at float rounding level are left out, and rows whose draws are missing or all equal. Of more than 10,000
#'   rows of an output, 10,000 evenly spaced ones are used.
#' @param ... Must be empty.
#' @return A list of class `deepmr_draws_check` of four data.tables; `print()` says what they mean in words:
#' \describe{
#'   \item{qq}{`output`, `probability`, `theoretical`, `observed`: quantiles of the residuals at up to 101
#'     probabilities, and those expected}
#'   \item{normality}{by `output`: `n` (rows), `n_draws` (T), `tails` (share of residuals outside the central 95 % of the
#'     reference: 0.05 expected, and near that for many shapes), `skewness` and `excess_kurtosis` (means over rows of the
#'     moment ratios of the row's draws), `skewness_expected` (0), `excess_kurtosis_expected` (-6/(T + 1)) and
#'     `se_error` (relative standard deviation of a standard error over T such draws, about sqrt((2 + k)/(4 (T - 1))), k
#'     being the excess kurtosis minus that expected)}
#'   \item{halves}{by `output`: `n`, `correlation` (of the rows' mean effects over the first and the second half of the
#'     draws), `se_ratio`, `ratio_low`, `ratio_high` (median, 2.5 % and 97.5 % quantile over rows of the ratio of
#'     the standard errors, first over second), `expected_low`, `expected_high` (the same quantiles for normal draws:
#'     square roots of the F distribution's) and `within` (share of rows between those two: 0.95 expected)}
#'   \item{se_by_draws}{by `output` and `n_draws` t = 5, 10, 20, ..., T: `se_ratio` (median over rows of the standard
#'     error of the first t draws over that of all T), `relative_error` (median of |that ratio - 1|), `expected` (the same for
#'     normal draws, 0.674 sqrt(1/(2 (t - 1)) - 1/(2 (T - 1))), since the t are among the T) and `theory` (1/sqrt(2
#'     (t - 1)): relative standard deviation of the standard error of t normal draws about that of unlimited
#'     ones)}
#' }
#' @section Errors:
#' `deepmr_error_columns`, `deepmr_error_no_draws` (no `effect_draws`), `deepmr_error_draws` (fewer than 4, or rows
#' with different numbers), `deepmr_error_no_rows` (no row is left).
#' @references
#' Thompson WR (1935). On a criterion for the rejection of observations and the distribution of the ratio of deviation
#' to sample standard deviation. Ann Math Stat 6:214-219.
#'
#' Fisher RA (1930). The moments of the distribution for normal samples of measures of departure from normality. Proc R
#' Soc Lond A 130:16-28.
#' @seealso [autoplot.deepmr_draws_check()]; [se_coverage()] where the truth is known.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 3, length = 30, n_samples = 40)
#' check <- diagnose_draws(x)
#' check
#' check$se_by_draws
#' ggplot2::autoplot(check)
#' @export
diagnose_draws <- function(x, ...) {
  rlang::check_dots_empty()
  rows <- usable_draws(x)
  outputs <- unique(rows$output)
  show <- progress("Checking draws of", length(outputs))
  parts <- lapply(seq_along(outputs), function(i) {
    at <- which(rows$output == outputs[i])
    if (length(at) > most_checked_rows) at <- at[round(seq(1, length(at), length.out = most_checked_rows))]
    checks <- check_draws(draw_columns(rows$draws[at]))
    show(i, outputs[i])
    checks
  })
  names(parts) <- outputs
  components <- c("qq", "normality", "halves", "se_by_draws")
  tables <- lapply(stats::setNames(components, components), function(component) {
    data.table::rbindlist(lapply(parts, `[[`, component), idcol = "output")
  })
  structure(tables, class = "deepmr_draws_check", left_out = rows$left_out)
}

most_checked_rows <- 10000L

# Output and draws of the rows to check, and how many were left out.
usable_draws <- function(x, call = rlang::caller_env()) {
  x <- check_columns(x, c("output", "at_rounding"), "x", call = call)
  if (is.null(x$effect_draws)) {
    stop_deepmr(
      "no_draws", "{.arg x} has no {.field effect_draws}.",
      "Keep them with {.code saturation_mutagenesis(draws = TRUE)}.",
      call = call
    )
  }
  draws <- as_draws(x$effect_draws, "effect_draws", call)
  kept <- which(!(x$at_rounding %in% TRUE) & vapply(draws, function(d) all(is.finite(d)) && any(d != d[1L]), TRUE))
  if (!length(kept)) {
    stop_deepmr(
      "no_rows", "{.arg x} has no row with draws that vary, off float rounding level.",
      "With dropout off there are no draws: mutate with {.code dropout = dropout_spec()}.",
      call = call
    )
  }
  n_draws <- unique(lengths(draws[kept]))
  if (length(n_draws) > 1L) {
    stop_deepmr(
      "draws", "Rows of {.arg x} have different numbers of draws: {.val {sort(n_draws)}}.",
      "Check the tables of each run on their own.",
      call = call
    )
  }
  if (n_draws < 4L) {
    stop_deepmr(
      "draws", "{.arg x} has {n_draws} draws of each effect; the check needs at least 4.",
      "Take more: {.arg n_samples} of {.fn saturation_mutagenesis}.",
      call = call
    )
  }
  list(output = as.character(x$output[kept]), draws = draws[kept], left_out = nrow(x) - length(kept))
}

# One output; `draws` is T x n.
check_draws <- function(draws) {
  moments <- column_moments(draws)
  n_draws <- nrow(draws)
  # A sign that is not sure would be that of the wildest draw, and make any heavy tail a skewed one.
  sure <- abs(moments$mean) > 3 * moments$sd / sqrt(n_draws)
  sign <- ifelse(sure, orient(moments$mean), 1)
  residual <- (draws - rep(moments$mean, each = n_draws)) * rep(sign / moments$sd, each = n_draws)
  list(
    qq = residual_quantiles(residual), normality = residual_moments(residual), halves = compare_halves(draws),
    se_by_draws = se_by_draws(draws, moments$sd)
  )
}

# Quantile of (x_t - mean)/sd of T normal draws.
residual_quantile <- function(p, n_draws) {
  t <- stats::qt(p, n_draws - 2)
  (n_draws - 1) / sqrt(n_draws) * t / sqrt(n_draws - 2 + t^2)
}

# Evenly spaced on the scale of the normal, out to what the number of residuals can tell.
residual_quantiles <- function(residual) {
  end <- min(stats::qnorm(1 - 0.5 / length(residual)), 4)
  p <- stats::pnorm(seq(-end, end, length.out = 101L))
  data.table::data.table(
    probability = p, theoretical = residual_quantile(p, nrow(residual)),
    observed = stats::quantile(residual, p, names = FALSE)
  )
}

residual_moments <- function(residual) {
  n_draws <- nrow(residual)
  # m2 of a row is (T - 1)/T exactly.
  m2 <- (n_draws - 1) / n_draws
  kurtosis <- mean(residual^4) / m2^2 - 3
  expected <- -6 / (n_draws + 1)
  data.table::data.table(
    n = ncol(residual), n_draws = n_draws, tails = mean(abs(residual) > residual_quantile(0.975, n_draws)),
    skewness = mean(residual^3) / m2^1.5, skewness_expected = 0,
    excess_kurtosis = kurtosis, excess_kurtosis_expected = expected,
    # Var(s^2) = sigma^4 (2/(T - 1) + k/T), and a standard error's relative error is half that of its square
    se_error = sqrt((2 + kurtosis - expected) / (4 * (n_draws - 1)))
  )
}

compare_halves <- function(draws) {
  n_draws <- nrow(draws)
  at <- seq_len(n_draws %/% 2L)
  first <- column_moments(draws[at, , drop = FALSE])
  second <- column_moments(draws[-at, , drop = FALSE])
  ratio <- first$sd / second$sd
  expected <- sqrt(stats::qf(c(0.025, 0.975), length(at) - 1, n_draws - length(at) - 1))
  quantiles <- stats::quantile(ratio, c(0.5, 0.025, 0.975), names = FALSE, na.rm = TRUE)
  varies <- ncol(draws) > 1L && stats::sd(first$mean) > 0 && stats::sd(second$mean) > 0
  data.table::data.table(
    n = ncol(draws), correlation = if (varies) stats::cor(first$mean, second$mean) else NA_real_,
    se_ratio = quantiles[1L], ratio_low = quantiles[2L], ratio_high = quantiles[3L],
    expected_low = expected[1L], expected_high = expected[2L],
    within = mean(ratio >= expected[1L] & ratio <= expected[2L], na.rm = TRUE)
  )
}

# `se`: standard errors over all draws.
se_by_draws <- function(draws, se) {
  n_draws <- nrow(draws)
  steps <- 5 * 2^(0:30)
  steps <- as.integer(c(steps[steps < n_draws], n_draws))
  data.table::rbindlist(lapply(steps, function(t) {
    ratio <- column_moments(draws[seq_len(t), , drop = FALSE])$sd / se
    data.table::data.table(
      n_draws = t, se_ratio = stats::median(ratio), relative_error = stats::median(abs(ratio - 1)),
      expected = stats::qnorm(0.75) * sqrt(1 / (2 * (t - 1)) - 1 / (2 * (n_draws - 1))),
      theory = 1 / sqrt(2 * (t - 1))
    )
  }))
}

#' @export
print.deepmr_draws_check <- function(x, ...) {
  n_draws <- x$normality$n_draws[1L]
  left_out <- attr(x, "left_out")
  cat(
    "<check of draws> ", counted(sum(x$normality$n), "effect"), ", ", counted(nrow(x$normality), "output"), ", ",
    n_draws, " draws",
    if (left_out) paste0("; ", counted(left_out, "row"), " at float rounding level or without draws left out"),
    "\n", sep = ""
  )
  for (sentence in draws_in_sentences(x)) {
    cat(strwrap(gsub("\\s+", " ", sentence), width = 0.9 * getOption("width"), indent = 2L, exdent = 2L), sep = "\n")
  }
  invisible(x)
}

# The conclusions, of the output that is furthest from normal.
draws_in_sentences <- function(x) {
  beyond <- x$normality$excess_kurtosis - x$normality$excess_kurtosis_expected
  worst <- which.max(abs(beyond))
  normality <- x$normality[worst]
  halves <- x$halves[which.min(x$halves$within)]
  of <- function(row) if (nrow(x$normality) > 1L) paste0(" for ", row$output, ", the furthest off,") else ""
  # (T - 1) (2 + k)/(4 (T - 1)) = (2 + k)/4 over the square of the error wanted
  needed <- function(error) format_count(ceiling(1 + (2 + beyond[worst]) / 4 / error^2))
  c(
    sprintf(
      "Normal? The draws%s are %s: skewness %.2f and excess kurtosis %.2f (of normal ones: 0 and %.2f); %.1f %% lie
       outside what holds 95 %% of normal ones.",
      of(normality), shape_in_words(beyond[worst], normality$skewness), normality$skewness, normality$excess_kurtosis,
      normality$excess_kurtosis_expected, 100 * normality$tails
    ),
    sprintf(
      "Enough? A standard error of %d such draws is off by about %.0f %% (one standard deviation; normal draws: %.0f %%).
       For 10 %% it takes %s draws, for 5 %% %s.",
      normality$n_draws, 100 * normality$se_error, 100 / sqrt(2 * (normality$n_draws - 1)), needed(0.1), needed(0.05)
    ),
    sprintf(
      "Do the halves of the draws agree? The ratio of their standard errors%s is within the range for normal draws
       (%.2f to %.2f) for %.0f %% of the effects (expected 95 %%); their mean effects correlate by %.3f.",
      of(halves), halves$expected_low, halves$expected_high, 100 * halves$within, halves$correlation
    ),
    "Variants of a sequence share draws: of few sequences all this can be chance."
  )
}

# An excess kurtosis of 1 more than expected makes standard errors vary by 22 % more.
shape_in_words <- function(beyond, skewness) {
  if (abs(beyond) <= 1 && abs(skewness) <= 0.5) return("near enough to normal")
  tails <- if (beyond > 1) "heavy-tailed" else if (beyond < -1) "light-tailed"
  paste(c(if (abs(skewness) > 0.5) "skewed", tails), collapse = " and ")
}
