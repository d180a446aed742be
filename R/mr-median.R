# Median of the ratios by/bx (Bowden et al. 2016, Genet Epidemiol 40:304-314): every ratio
# counts alike, or by weights (bx/byse)^2.
#
# Standard error. Where all variants of a sequence have draws: the estimate is taken again
# with the errors of each draw added, (by + s My_t) / (bx + s Mx_t), s^2 the share of the
# draws' covariance that `error` stands for, weights as they are; the standard deviation of
# those T estimates, with t quantiles (T - 1). That is the usual parametric bootstrap, but
# with the errors as they occur: shared by variants and by exposure and outcome.
# Without draws: that bootstrap with independent normal errors, of a fixed seed; above 1,000 variants, where it
# takes long, its large-sample value. The weighted share of ratios below x has variance sum w^2 p (1 - p) with p =
# P(ratio < x); over the slope of that share at the estimate. With few variants, whose errors may be small beside
# the gaps between ratios, that slope is next to 0 and the value off by orders of magnitude. Both are the error's
# part alone: direct effects add their own.

fit_median <- function(data, n_groups, options) {
  median_table(data, rep(1, length(data$bx)), n_groups, options)
}

fit_median_weighted <- function(data, n_groups, options) {
  median_table(data, (data$bx / data$byse)^2, n_groups, options)
}

median_table <- function(data, w, n_groups, options) {
  n <- tabulate(data$group, n_groups)
  status <- data.table::fcase(n < 3, "fewer than 3 instruments", default = "ok")
  estimate <- weighted_median(data$by / data$bx, w, data$group, n_groups)
  estimate[n < 3] <- NA_real_
  se <- median_se(data, w, estimate, n_groups)
  df <- origin_df(estimate, n, options)
  draws <- median_draws_se(data, w, which(!is.na(estimate)), n_groups, options)
  has_draws <- !is.na(draws$se)
  se[has_draws] <- draws$se[has_draws]
  df[has_draws] <- draws$df[has_draws]
  table <- fit_table(
    wald(estimate, se, df, options$level),
    intercept = NULL, status,
    rse = NA_real_, q = NA_real_, q_df = NA_real_, balance = weight_balance(w, data$group, n_groups)
  )
  table[, "se_from" := ifelse(has_draws, "draws", "method")][]
}

# By group: the value below which half of the weight lies, a ratio's own weight counted
# half below and half above it, straight lines between ratios. Beyond the outermost
# half-weights: the outermost ratio. Weights of 0 do not count.
weighted_median <- function(x, w, group, n_groups) {
  use <- which(w > 0 & !is.na(x))
  use <- use[order(group[use], x[use])]
  x <- x[use]
  w <- w[use]
  group <- group[use]
  out <- rep(NA_real_, n_groups)
  n <- tabulate(group, n_groups)
  total <- group_sums(list(w = w), group, n_groups)$w
  first <- cumsum(n) - n + 1L
  below <- cumsum(w)
  # share of the weight below, within the group
  share <- (below - (below[first] - w[first])[group] - w / 2) / total[group]
  k <- tabulate(group[share < 0.5], n_groups)
  any_row <- which(n > 0L)
  left <- (first - 1L + pmax(k, 1L))[any_row]
  right <- (first - 1L + pmin(k + 1L, n))[any_row]
  gap <- share[right] - share[left]
  part <- ifelse(right > left & gap > 0, (0.5 - share[left]) / gap, 0)
  out[any_row] <- x[left] + ifelse(part == 0, 0, (x[right] - x[left]) * part)
  out
}

# For independent normal errors; see above.
median_se <- function(data, w, estimate, n_groups) {
  at <- estimate[data$group]
  d <- sqrt(data$byse^2 + at^2 * data$bxse^2)
  z <- orient(data$bx) * (at * data$bx - data$by) / d
  density <- orient(data$bx) * (data$bx * data$byse^2 + data$by * at * data$bxse^2) / d^3 * stats::dnorm(z)
  # 1 - pnorm(z) would be 0 above 8.3
  variance <- w^2 * stats::pnorm(z) * stats::pnorm(-z)
  sums <- group_sums(list(variance = variance, slope = w * density), data$group, n_groups)
  se <- ifelse(sums$slope > 0, sqrt(sums$variance) / sums$slope, NA_real_)
  rows <- split(seq_along(data$bx), factor(data$group, seq_len(n_groups)))
  few <- which(lengths(rows) <= most_for_bootstrap & !is.na(estimate))
  se[few] <- vapply(rows[few], function(at) median_bootstrap(data, w, at), 0)
  se
}

most_for_bootstrap <- 1000L

# With the same errors for every fit, and variants in one order however they stand and are coded.
median_bootstrap <- function(data, w, at, n_times = 1000L) {
  at <- at[order(data$by[at] / data$bx[at], abs(data$bx[at]))]
  n <- length(at)
  error <- with_seed(1L, matrix(stats::rnorm(2L * n * n_times), n))
  draw <- seq_len(n_times)
  y <- orient(data$bx[at]) * data$by[at] + data$byse[at] * error[, draw]
  x <- abs(data$bx[at]) + data$bxse[at] * error[, n_times + draw]
  stats::sd(weighted_median(as.vector(y / x), rep(w[at], n_times), rep(draw, each = n), n_times))
}

# `groups`: those with an estimate. NA where there are no draws of one number.
median_draws_se <- function(data, w, groups, n_groups, options) {
  se <- df <- rep(NA_real_, n_groups)
  rows <- rows_by_group(data$group, n_groups)
  for (g in groups) {
    at <- rows[[g]]
    draws <- if (options$error == "given") "no draws" else data$deviations(at)
    if (!is.list(draws)) next
    n_draws <- ncol(draws$x)
    errors <- draw_errors(options$error, n_draws, draws$n_members)
    scale <- function(m) m * error_ratio(m, errors, options$error, draws$n_members)
    ratio <- (data$by[at] + scale(draws$y)) / (data$bx[at] + scale(draws$x))
    draw <- rep(seq_len(n_draws), each = length(at))
    medians <- weighted_median(as.vector(ratio), rep(w[at], n_draws), draw, n_draws)
    se[g] <- stats::sd(medians)
    df[g] <- errors$df(medians)
  }
  list(se = se, df = df)
}

# What turns the spread of draws into that of the error: one number for draws of one network, one for each
# variant where an ensemble's members differ.
error_ratio <- function(m, errors, error, n_members) {
  if (draws_independent(ncol(m), n_members)) {
    return(error_scale(error, ncol(m)))
  }
  spread <- rowSums(m^2) / (ncol(m) - 1)
  ifelse(spread > 0, sqrt(apply(m, 1L, errors$variance) / spread), 0)
}
