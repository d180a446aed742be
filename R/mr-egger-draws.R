# egger_draws: MR-Egger with the error covariance taken from the draws. No orientation
# by sign (that would select on the error), slope and standard error corrected for the
# errors that variants share and that exposure and outcome share.
#
# With bx, by the means over T draws, Mx, My the n x T deviations of the draws from
# them, w the weights and A = diag(w) - ww'/sum(w) the centring matrix, everything
# below is a function of the moments of `draw_moments()`, T x T or smaller: the n x n
# covariances S = Mx Mx'/(T-1) are never formed. `cf` times S is the covariance of the
# error: 1/T for "mc", 1 + 1/T for "classical".

fit_egger_draws <- function(data, n_groups, options) {
  rows <- lapply(data$moments, function(moments) {
    if (is.character(moments)) {
      return(list(status = moments))
    }
    cf <- switch(options$error, mc = 1 / moments$n_draws, classical = 1 + 1 / moments$n_draws)
    egger_draws_kernel(moments, cf, options$level)
  })
  data.table::rbindlist(lapply(rows, function(row) utils::modifyList(empty_fit, row)))
}

# One group: slope, intercept and their standard errors.
egger_draws_kernel <- function(m, cf, level) {
  balance <- list(n_eff = m$n_eff, max_weight_share = m$max_weight_share)
  i2_cov <- 1 - cf * m$trace_xx / m$sxx
  denominator <- m$sxx - cf * m$trace_xx
  if (denominator <= 0) {
    status <- "denominator not positive: exposure effects carry no signal beyond their error"
    return(c(balance, list(i2_cov = i2_cov, status = status)))
  }
  theta <- (m$sxy - cf * m$trace_xy) / denominator
  alpha <- m$y_mean - theta * m$x_mean

  # max: rounding takes the sum below 0 where the line is exact
  rss <- max(0, m$syy - 2 * theta * m$sxy + theta^2 * m$sxx)
  error_rss <- cf * (m$trace_yy - 2 * theta * m$trace_xy + theta^2 * m$trace_xx)
  # Direct effects on the outcome, independent over variants; rss has n - 2 degrees
  # of freedom left, error_rss is what the errors alone add to it.
  tau2 <- max(0, rss - error_rss) / (m$s0 * (m$n - 2) / m$n)
  second_order <- m$kxy - theta * m$kxx
  weak <- cf^2 * sum(second_order * t(second_order)) / (m$n_draws - 1)^2

  slope_draws <- (m$hy - theta * m$hx) / denominator
  intercept_draws <- (m$cy - theta * m$cx) / m$s0 - m$x_mean * slope_draws
  slope <- draws_inference(
    theta, cf * sum(slope_draws^2) / (m$n_draws - 1) + weak / denominator^2,
    tau2 * m$sum_h2 / denominator^2, m, level
  )
  intercept <- draws_inference(
    alpha, cf * sum(intercept_draws^2) / (m$n_draws - 1) + m$x_mean^2 * weak / denominator^2,
    tau2 * (m$sum_w2 / m$s0^2 - 2 * m$x_mean * m$sum_wh / (m$s0 * denominator) +
      m$x_mean^2 * m$sum_h2 / denominator^2), m, level
  )
  status <- if (is.na(slope$std.error)) {
    "variance of the slope not positive"
  } else if (i2_cov < 0.3) {
    "weak: I2_cov below 0.3"
  } else {
    "ok"
  }
  c(
    slope, as_intercept(intercept), balance,
    list(
      rse = sqrt(rss / (m$n - 2)), i2_cov = i2_cov,
      bias_pred = cf * (m$trace_xy - theta * m$trace_xx) / m$sxx, status = status
    )
  )
}

# Two variances: `draws` comes from T draws (T - 1 degrees of freedom), `direct` from
# the residuals of n variants (n - 2); Satterthwaite's degrees of freedom of their sum.
draws_inference <- function(estimate, draws, direct, m, level) {
  total <- draws + direct
  if (!(total > 0)) total <- NA_real_
  df <- total^2 / (draws^2 / (m$n_draws - 1) + direct^2 / (m$n - 2))
  wald(estimate, sqrt(total), df, level)
}
