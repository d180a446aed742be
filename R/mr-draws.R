# egger_draws and ivw_draws: a line whose error covariance is taken from the draws. No orientation
# by sign (that would select on the error); slope and standard error corrected for the
# errors that variants share and that exposure and outcome share.
#
# With bx, by the means over T draws, Mx, My the n x T deviations of the draws from
# them, w the weights and A = diag(w) - ww'/sum(w) (egger_draws) or diag(w) (ivw_draws),
# everything below is a function of the moments of `draw_moments()`, T x T or smaller: the
# n x n covariances S are never formed. R/draw-errors.R says what covariance the errors have.

fit_draws <- function(data, n_groups, options) {
  rows <- lapply(data$moments, function(moments) {
    if (is.character(moments)) {
      return(list(status = moments))
    }
    draws_kernel(moments, options$error, options$target, options$level, options$masks)
  })
  without <- lapply(rows, `[[`, "slope_without_draw")
  rows <- lapply(rows, function(row) utils::modifyList(empty_fit, row[setdiff(names(row), "slope_without_draw")]))
  out <- data.table::rbindlist(rows, fill = TRUE)
  data.table::set(out, j = "slope_without_draw", value = list(without))
  out
}

# One group: slope, intercept and their standard errors. Moments of several sequences (R/pooled-moments.R)
# have sequences with masks of their own, or one set of masks; `masks` is the user's word for which.
draws_kernel <- function(m, error, target, level, masks = "auto") {
  noise <- draws_noise(m, error)
  line <- draws_line(m, noise)
  balance <- list(
    n_eff = m$n_eff, max_weight_share = m$max_weight_share,
    # Of effects that are not taken for measured with error, no share is error.
    i2_cov = if (error == "posterior") NA_real_ else line$denominator / m$sxx
  )
  if (line$denominator <= 0) {
    status <- "denominator not positive: exposure effects carry no signal beyond their error"
    return(c(balance, list(status = status)))
  }
  sets <- mask_sets(m, line, error, masks)
  if (is.character(sets)) {
    return(c(balance, list(status = sets)))
  }
  direct <- direct_variance(m, line, noise, target)
  from_draws <- if (error == "posterior") {
    posterior_variance(m, sets$parts[[1L]], error)
  } else {
    error_variance(m, sets$parts, line, error, target)
  }
  slope <- draws_inference(line$slope, from_draws$slope, direct$slope, from_draws$slope_df, direct$df, level)
  intercept <- draws_inference(
    line$intercept, from_draws$intercept, direct$intercept, from_draws$intercept_df, direct$df, level
  )
  status <- if (is.na(slope$std.error)) {
    "variance of the slope not positive"
  } else if (isTRUE(balance$i2_cov < 0.3)) {
    "weak: I2_cov below 0.3"
  } else {
    "ok"
  }
  c(
    slope, if (m$centred) as_intercept(intercept), balance,
    list(
      rse = sqrt(line$rss / line$df), bias_pred = (m$sxy - line$slope * m$sxx) / m$sxx, status = status,
      slope_without_draw = if (error != "posterior" && is.null(m$sequences)) slope_without_draw(m, error)
    ),
    if (!is.null(m$sequences)) list(masks = sets$masks)
  )
}

# The errors' share of the sums of products of exposure (x) and outcome (y): of variants with themselves, and with
# all substitutions of their position. No covariance between sequences is in it, so masks do not matter.
draws_noise <- function(m, error) {
  sums <- lapply(if (is.null(m$sequences)) list(m) else m$sequences, function(part) {
    trace <- draw_errors(error, part$n_draws, part$n_members)$trace
    of <- function(k) c(xx = trace(k$kxx), xy = trace(k$kxy), yy = trace(k$kyy))
    # Positions with one variant each have no pairs: no more than each variant with itself.
    list(all = of(part), pairs = of(if (is.null(part$positions)) part else part$positions))
  })
  list(all = Reduce(`+`, lapply(sums, `[[`, "all")), pairs = Reduce(`+`, lapply(sums, `[[`, "pairs")))
}

# Slope and intercept, corrected for the errors' share of the sums.
draws_line <- function(m, noise) {
  denominator <- m$sxx - noise$all[["xx"]]
  slope <- (m$sxy - noise$all[["xy"]]) / denominator
  list(
    slope = slope, denominator = denominator, intercept = m$y_mean - slope * m$x_mean,
    # max: rounding takes the sum below 0 where the line is exact
    rss = max(0, m$syy - 2 * slope * m$sxy + slope^2 * m$sxx), df = m$n - 1L - m$n_intercepts
  )
}

# Error propagation with all covariances between variants and between exposure and outcome. The slope errs by
# h'e_r + e_x'A r + e_x'A e_r, with r the residuals and e_r their errors.
#
# Structural: r is direct effects, of which direct_variance() takes the second part (its h is the observed one, error
# and all); the third is half in the first for the same reason, and half the second-order term, which matters for weak
# instruments. Network: r is fixed, so the second part is propagated like the first; both then contain the third
# twice, which is more than there is of it.
#
# `parts`: moments of sets of variants with masks of their own, whose errors are independent of each other.
error_variance <- function(m, parts, line, error, target) {
  each <- lapply(parts, part_variance, m, line, error, target)
  sum_variances <- function(what) {
    variance <- vapply(each, `[[`, 0, what)
    df <- vapply(each, `[[`, 0, paste0(what, "_df"))
    list(variance = sum(variance), df = satterthwaite(variance, df))
  }
  slope <- sum_variances("slope")
  intercept <- sum_variances("intercept")
  list(slope = slope$variance, slope_df = slope$df, intercept = intercept$variance, intercept_df = intercept$df)
}

part_variance <- function(part, m, line, error, target) {
  errors <- draw_errors(error, part$n_draws, part$n_members)
  slope <- slope_influence(part, line)
  weak <- 0
  if (target == "structural") {
    second_order <- errors$square(part$kxy - line$slope * part$kxx)
    weak <- sum(second_order * t(second_order)) / line$denominator^2
  } else {
    slope <- slope + (part$gx - line$slope * part$hx) / line$denominator
  }
  intercept <- (part$cy - line$slope * part$cx) / m$s0 - m$x_mean * slope
  list(
    slope = errors$variance(slope) + weak, slope_df = errors$df(slope),
    intercept = errors$variance(intercept) + m$x_mean^2 * weak, intercept_df = errors$df(intercept)
  )
}

slope_influence <- function(m, line) (m$hy - line$slope * m$hx) / line$denominator

# Degrees of freedom of a sum of independent variances.
satterthwaite <- function(variance, df) {
  some <- which(variance > 0) # not where numbers overflow
  if (length(some) < 2L) {
    return(if (length(some)) df[some] else min(df))
  }
  sum(variance)^2 / sum(variance[some]^2 / df[some])
}

# The spread of the slopes of the single draws: one more draw about the mean of these. A draw of several sequences
# is one of each, so `part` has the draws of all.
posterior_variance <- function(m, part, error) {
  errors <- draw_errors(error, part$n_draws, part$n_members)
  slope <- (m$sxy + part$hy + part$gx + diag(part$kxy)) / (m$sxx + 2 * part$hx + diag(part$kxx))
  intercept <- m$y_mean + part$cy / m$s0 - slope * (m$x_mean + part$cx / m$s0)
  list(
    slope = errors$variance(slope), slope_df = errors$df(slope),
    intercept = errors$variance(intercept), intercept_df = errors$df(intercept)
  )
}

# What direct effects on the outcome add, taken as random: tau2 is their variance, what is
# left of the residuals after the draws' share of them. Those of one position's substitutions share
# a part, `shared`: all of them lose the same reference base.
direct_variance <- function(m, line, noise, target) {
  if (target == "network") {
    return(list(slope = 0, intercept = 0, df = Inf))
  }
  theta <- line$slope
  residual <- function(of) of[["yy"]] - 2 * theta * of[["xy"]] + theta^2 * of[["xx"]]
  # rss has `df` degrees of freedom left of n
  tau2 <- max(0, line$rss - residual(noise$all)) / (m$s0 * line$df / m$n)
  p <- m$positions
  shared <- 0
  if (!is.null(p)) {
    products <- p$syy - 2 * theta * p$sxy + theta^2 * p$sxx
    shared <- (products - residual(noise$pairs) + residual(noise$all)) / p$pairs
    shared <- min(max(0, shared), tau2)
  } else {
    p <- list(n = m$n, h2 = 0, wh = 0, w2 = 0)
  }
  # The exposure effects' spread about the true draw is larger than that of the means.
  den2 <- line$denominator * min(line$denominator, m$sxx)
  over <- function(h2, wh, w2) w2 / m$s0^2 - 2 * m$x_mean * wh / (m$s0 * line$denominator) + m$x_mean^2 * h2 / den2
  list(
    slope = (tau2 * m$sum_h2 + shared * p$h2) / den2,
    intercept = tau2 * over(m$sum_h2, m$sum_wh, m$sum_w2) + shared * over(p$h2, p$wh, p$w2),
    df = direct_df(line$df, m$n, p$n, if (isTRUE(tau2 > 0)) shared / tau2 else 0)
  )
}

# Degrees of freedom of tau2 by its design effect: those of the n variants where direct effects of a position
# are independent, those of the positions where they are all alike.
direct_df <- function(df, n, n_positions, correlation) {
  max(1, n / (1 + (n / n_positions - 1) * correlation^2) - (n - df))
}

# Two variances with their degrees of freedom; Satterthwaite's for the sum.
draws_inference <- function(estimate, draws, direct, draws_df, direct_df, level) {
  total <- draws + direct
  if (!isTRUE(total > 0)) total <- NA_real_ # also where numbers overflow
  df <- total^2 / (draws^2 / draws_df + direct^2 / direct_df)
  wald(estimate, sqrt(total), df, level)
}

# The estimate from all draws but one, for each: meta_analyze() sees by them whether
# sequences share their masks. Only where draws are independent of each other.
slope_without_draw <- function(m, error) {
  rest <- m$n_draws - 1
  if (rest < 2 || !draws_independent(m$n_draws, m$n_members)) {
    return(NULL)
  }
  cf <- switch(error, mc = 1 / rest, classical = 1 + 1 / rest)
  without <- function(sum, change, k) {
    products <- diag(k)
    sum - change / rest + products / rest^2 - cf * (sum(products) - (1 + 1 / rest) * products) / (rest - 1)
  }
  denominator <- without(m$sxx, 2 * m$hx, m$kxx)
  ifelse(denominator > 0, without(m$sxy, m$hy + m$gx, m$kxy) / denominator, NA_real_)
}
