# Standard errors and diagnostics of textbook methods from the draws.
#
# A kernel's influence holds, per variant: `slope` and `intercept` (NULL without one), the
# derivatives of the two estimates by the outcome effect; `sign`, by which the variant is
# turned; `weights` of the regression; `pull`, weights over the slope's denominator. With Mr =
# My - theta Mx, the deviations of the draws from the line, h = slope, r the residuals:
#
# V1: error propagation of h'Mr_t, with all covariances over variants and outputs
# V2 = tau2 sum h^2: direct effects, independent over variants; tau2 is the scatter about
#   the line beyond what the errors explain. For a structural target only: about the
#   network's own slope r is fixed, and the errors of bx move it too, by sum pull r Mx_t.
# R/draw-errors.R says what covariance the errors have. Quantiles are t with Satterthwaite's degrees
# of freedom. The estimate stays as it is.

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
  draws <- if (length(at)) data$deviations(at) else "no draws"
  if (is.character(draws)) {
    return(draws)
  }
  nothing <- is.null(influence) || is.na(theta) || options$error == "given"
  if (nothing) list() else draw_figures(data, at, influence, draws, theta, alpha, options)
}

# A row whose standard error cannot be had keeps no estimate either.
say_no_draws <- function(fit, problems) {
  at <- which(!is.na(problems))
  data.table::set(fit, at, c(wald_columns, intercept_columns, "rse", "q", "q_df", "q_p"), NA_real_)
  data.table::set(fit, at, "status", problems[at])
  data.table::set(fit, j = "se_from", value = "draws")
  fit
}

draw_figures <- function(data, at, influence, draws, theta, alpha, options) {
  n <- length(at)
  errors <- draw_errors(options$error, ncol(draws$x), draws$n_members)
  w <- influence$weights[at]
  sign <- influence$sign[at]
  centred <- !is.null(influence$intercept)
  trace <- function(a, b) errors$trace(draw_products(a, b, w, if (centred) sign, draws$n_members))
  x <- sign * data$bx[at]
  sxx <- sum(w * x^2) - if (centred) sum(w * x)^2 / sum(w) else 0
  trace_xx <- trace(draws$x, draws$x)
  off <- draws$y - theta * draws$x
  residual <- data$by[at] - theta * data$bx[at] - if (centred) alpha * sign else 0
  left <- n - 1L - centred
  tau2 <- moved <- 0
  if (options$target == "network") {
    moved <- drop(crossprod(draws$x, influence$pull[at] * residual))
  } else if (left > 0) {
    tau2 <- max(0, sum(w * residual^2) - trace(off, off)) / (sum(w) * left / n)
  }

  inference <- function(h, estimate, moved) {
    v <- drop(crossprod(off, h)) + moved
    draws_inference(estimate, errors$variance(v), tau2 * sum(h^2), errors$df(v), max(1, left), options$level)
  }
  slope <- inference(influence$slope[at], theta, moved)
  x_mean <- sum(w * x) / sum(w)
  c(
    slope, if (centred) as_intercept(inference(influence$intercept[at], alpha, -x_mean * moved)),
    list(i2_cov = 1 - trace_xx / sxx, bias_pred = (trace(draws$x, draws$y) - theta * trace_xx) / sxx)
  )
}

# Sums over variants of w times the products of deviations of draws s and t (T x T), after centring
# over variants turned by `sign` (NULL: no centring). One network needs no more than the diagonal.
draw_products <- function(a, b, w, sign, n_members) {
  common <- function(m) drop(crossprod(m, w * sign)) / sqrt(sum(w))
  if (n_members == 1L) {
    return(diag(colSums(w * a * b) - if (is.null(sign)) 0 else common(a) * common(b), ncol(a)))
  }
  crossprod(a, w * b) - if (is.null(sign)) 0 else tcrossprod(common(a), common(b))
}

# Of weighted least squares with an intercept (or one for each stratum, of which `intercept` is the mean over
# variants) on turned effects.
line_influence <- function(sign, w, line, group) {
  slope <- w * line$dx / line$sxx[group]
  intercept <- w / line$s0[group] - line$x_mean[group] * slope
  list(weights = w, sign = sign, pull = w / line$sxx[group], slope = sign * slope, intercept = sign * intercept)
}

# Deviations of the draws from their means (n variants x T) for rows of one group, or in
# words why there are none.
draw_deviations <- function(data, rows) {
  has_draws <- all(c("draws_exposure", "draws_outcome") %in% names(data)) && all(is.na(data$draws_reason[rows]))
  problem <- draws_problem(has_draws, lengths(data$draws_exposure[rows]), data$n_members[rows], least = 0L)
  if (!is.null(problem)) {
    return(problem)
  }
  deviations <- function(draws) {
    draws <- draw_matrix(draws)
    draws - rowMeans(draws)
  }
  list(
    x = deviations(data$draws_exposure[rows]), y = deviations(data$draws_outcome[rows]),
    n_members = if (is.null(data$n_members)) 1L else data$n_members[rows[1L]]
  )
}
