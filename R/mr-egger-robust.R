# Robust MR-Egger (Rees et al. 2019, Genet Epidemiol 43:115-126): MR-Egger's line by
# MM-estimation. lmrob() starts from random subsets, so every fit begins with the same
# seed and with its variants in the same order: neither the session's random state nor the
# order of rows or sequences matters.

fit_egger_robust <- function(data, n_groups, options) {
  w <- 1 / data$byse^2
  status <- line_status(first_egger_line(data, n_groups))
  egger_robust_table(data, w, status, with_q = TRUE, n_groups, options)
}

fit_egger_robust_penalized <- function(data, n_groups, options) {
  penalized <- penalized_weights(data, n_groups)
  egger_robust_table(data, penalized$weights, penalized$status, with_q = FALSE, n_groups, options)
}

egger_robust_table <- function(data, w, status, with_q, n_groups, options) {
  x <- abs(data$bx)
  sign <- orient(data$bx)
  rows <- rows_by_group(data$group, n_groups)
  fits <- Map(function(at, status) {
    if (status == "ok") robust_line(x[at], (sign * data$by)[at], w[at]) else list(status = status)
  }, rows, status)
  pick <- function(name, i = 1L) {
    vapply(fits, function(fit) if (is.null(fit[[name]])) NA_real_ else fit[[name]][[i]], 0, USE.NAMES = FALSE)
  }
  status <- vapply(fits, `[[`, "", "status", USE.NAMES = FALSE)
  n <- lengths(rows, use.names = FALSE)
  sigma <- pick("sigma")
  inference <- function(i) egger_inference(pick("estimate", i), pick("se", i) / sigma, sigma, n - 2, options)
  table <- fit_table(
    inference(2L), inference(1L), status,
    rse = sigma, q = if (with_q) pick("q") else NA_real_, q_df = n - 2,
    balance = weight_balance(w, data$group, n_groups)
  )
  set_influence(table, function() robust_influence(fits, rows, sign))
}

# One line: intercept and slope, their standard errors, scale. NA where lmrob() has none.
robust_line <- function(x, y, w) {
  sorted <- order(x, y, w)
  tidy <- data.frame(x = x[sorted], y = y[sorted], w = w[sorted])
  fit <- tryCatch(
    suppressWarnings(with_seed(1L, robustbase::lmrob(
      y ~ x,
      data = tidy, weights = tidy$w, k.max = 500, maxit.scale = 500
    ))),
    error = function(condition) NULL
  )
  if (is.null(fit) || !isTRUE(fit$converged)) {
    return(list(status = "robust regression did not converge"))
  }
  se <- sqrt(diag(fit$cov))
  # Where the line runs through the variants that count, their residuals, of which lmrob() makes the standard
  # error, are rounding: far below the scale, by which all standard errors of a regression go.
  usual <- fit$scale / sqrt(sum(w * (x - sum(w * x) / sum(w))^2))
  if (!isTRUE(fit$scale > 0) || anyNA(se) || se[[2L]] < 1e-4 * usual) {
    return(list(status = "robust regression has no standard error: more than half of the variants on one line"))
  }
  residual <- y - fit$coefficients[[1L]] - fit$coefficients[[2L]] * x
  scaled <- residual * sqrt(w) / fit$scale
  tuning <- fit$control$tuning.psi
  list(
    status = "ok", estimate = unname(fit$coefficients), se = unname(se), sigma = fit$scale, q = sum(w * residual^2),
    x = x,
    # what a residual weighs in the fit, and how much the fit follows a change of it
    weights = w * robustbase::Mwgt(scaled, tuning, fit$control$psi),
    follows = w * robustbase::Mpsi(scaled, tuning, fit$control$psi, deriv = 1)
  )
}

# Of an M-estimate at given scale: solve(Z'DZ) Z'D with D = w psi'(residual / scale).
robust_influence <- function(fits, rows, sign) {
  zero <- numeric(length(sign))
  out <- list(weights = zero, sign = sign, pull = zero, slope = zero, intercept = zero)
  for (i in which(lengths(rows) > 0L)) {
    fit <- fits[[i]]
    at <- rows[[i]]
    if (fit$status != "ok") next
    s0 <- sum(fit$follows)
    x_mean <- sum(fit$follows * fit$x) / s0
    spread <- sum(fit$follows * (fit$x - x_mean)^2)
    slope <- fit$follows * (fit$x - x_mean) / spread
    out$weights[at] <- fit$weights
    out$pull[at] <- fit$weights / spread
    out$slope[at] <- sign[at] * slope
    out$intercept[at] <- sign[at] * (fit$follows / s0 - x_mean * slope)
  }
  out
}
