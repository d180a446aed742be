# Standard errors and diagnostics of textbook methods from the draws.
#
# A kernel's influence holds, per variant: `slope` and `intercept` (NULL without one), the
# derivatives of the two estimates by the outcome effect; `sign`, by which the variant is
# turned; `weights` of the regression. With Mr = My - theta Mx, the deviations of the draws
# from the line, h = slope, cf the share of the draws' covariance that `error` stands for:
#
# V1 = cf sum_t (h'Mr_t)^2 / (T - 1)  errors, with all covariances over variants and outputs
# V2 = tau2 sum h^2                   direct effects, independent over variants: tau2 is the
#                                     scatter about the line beyond what the errors explain
# Quantiles are t with Satterthwaite's degrees of freedom. The estimate stays as it is.

# Adds `i2_cov` and `bias_pred` wherever a group has draws, and with `se = "draws"` replaces
# standard errors, tests and intervals.
add_draw_figures <- function(fit, data, n_groups, options) {
  influence <- attr(fit, "influence")
  wanted <- options$se == "draws"
  if (is.null(influence) && !wanted) {
    return(fit)
  }
  influence <- if (!is.null(influence)) influence()
  rows <- split(seq_along(data$bx), factor(data$group, seq_len(n_groups)))
  found <- lapply(seq_len(n_groups), function(g) {
    group_figures(data, rows[[g]], influence, fit$estimate[g], fit$intercept[g], options)
  })
  has_figures <- vapply(found, is.list, TRUE)
  for (g in which(has_figures & lengths(found) > 0L)) {
    shown <- if (wanted) names(found[[g]]) else c("i2_cov", "bias_pred")
    data.table::set(fit, g, shown, found[[g]][shown])
  }
  if (!wanted) {
    return(fit)
  }
  problems <- rep(NA_character_, n_groups)
  problems[!has_figures] <- unlist(found[!has_figures])
  say_no_draws(fit, problems)
}

# A list, empty where there is nothing to add to; in words why there are no draws.
group_figures <- function(data, at, influence, theta, alpha, options) {
  errors <- if (length(at)) data$deviations(at) else "no draws"
  if (is.character(errors)) {
    return(errors)
  }
  if (is.null(influence) || is.na(theta)) list() else draw_figures(data, at, influence, errors, theta, alpha, options)
}

# A row whose standard error cannot be had keeps no estimate either.
say_no_draws <- function(fit, problems) {
  at <- which(!is.na(problems))
  data.table::set(fit, at, c(wald_columns, intercept_columns, "rse", "q", "q_df", "q_p"), NA_real_)
  data.table::set(fit, at, "status", problems[at])
  data.table::set(fit, j = "se_from", value = "draws")
  fit
}

draw_figures <- function(data, at, influence, errors, theta, alpha, options) {
  n <- length(at)
  n_draws <- ncol(errors$x)
  cf <- error_scale(options$error, n_draws)^2
  w <- influence$weights[at]
  sign <- influence$sign[at]
  centred <- !is.null(influence$intercept)
  # sum over variants of w times the product of two deviations, centred as the regression is
  trace <- function(a, b) {
    whole <- sum(w * a * b)
    if (centred) whole <- whole - sum(crossprod(a, w * sign) * crossprod(b, w * sign)) / sum(w)
    whole / (n_draws - 1)
  }
  x <- sign * data$bx[at]
  sxx <- sum(w * x^2) - if (centred) sum(w * x)^2 / sum(w) else 0
  trace_xx <- trace(errors$x, errors$x)
  off <- errors$y - theta * errors$x
  residual <- data$by[at] - theta * data$bx[at] - if (centred) alpha * sign else 0
  left <- n - 1L - centred
  tau2 <- if (left > 0) max(0, sum(w * residual^2) - cf * trace(off, off)) / (sum(w) * left / n) else 0

  inference <- function(h, estimate) {
    v1 <- cf * sum(crossprod(off, h)^2) / (n_draws - 1)
    v2 <- tau2 * sum(h^2)
    total <- if (v1 + v2 > 0) v1 + v2 else NA_real_
    direct <- if (v2 > 0) v2^2 / left else 0
    wald(estimate, sqrt(total), total^2 / (v1^2 / (n_draws - 1) + direct), options$level)
  }
  slope <- inference(influence$slope[at], theta)
  c(
    slope, if (centred) as_intercept(inference(influence$intercept[at], alpha)),
    list(i2_cov = 1 - cf * trace_xx / sxx, bias_pred = cf * (trace(errors$x, errors$y) - theta * trace_xx) / sxx)
  )
}

# Of weighted least squares with an intercept on turned effects `x`.
line_influence <- function(x, sign, w, line, group) {
  slope <- w * (x - line$x_mean[group]) / line$sxx[group]
  intercept <- w / line$s0[group] - line$x_mean[group] * slope
  list(weights = w, sign = sign, slope = sign * slope, intercept = sign * intercept)
}

# Deviations of the draws from their means (n variants x T) for rows of one group, or in
# words why there are none.
draw_deviations <- function(data, rows) {
  if (!all(c("draws_exposure", "draws_outcome") %in% names(data)) || !all(is.na(data$draws_reason[rows]))) {
    return("no draws")
  }
  if (length(unique(lengths(data$draws_exposure[rows]))) > 1L) {
    return("numbers of draws differ between variants")
  }
  deviations <- function(draws) {
    draws <- draw_matrix(draws)
    draws - rowMeans(draws)
  }
  list(x = deviations(data$draws_exposure[rows]), y = deviations(data$draws_outcome[rows]))
}
