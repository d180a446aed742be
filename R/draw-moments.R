# What egger_draws needs of the draws, computed once per sequence x exposure x outcome
# and shared by all error definitions. O(n T^2) time, O(n T) memory.

# `x`, `y`: centre_draws() of exposure and outcome, under the same weights `w`.
draw_moments <- function(x, y, w) {
  n_draws <- ncol(x$errors)
  s0 <- sum(w)
  # Mx'AMx and Mx'AMy, T x T; their diagonals sum to (T - 1) tr(A S)
  kxx <- crossprod(x$errors)
  kxy <- crossprod(x$errors, y$errors)
  largest <- max(abs(x$effects / sqrt(w) + x$mean))
  sxx <- sum(x$effects^2)
  list(
    n = length(w), n_draws = n_draws, s0 = s0, x_mean = x$mean, y_mean = y$mean,
    sxx = sxx, sxy = sum(x$effects * y$effects), syy = sum(y$effects^2),
    trace_xx = sum(diag(kxx)) / (n_draws - 1), trace_xy = sum(diag(kxy)) / (n_draws - 1),
    trace_yy = sum(y$errors^2) / (n_draws - 1), kxx = kxx, kxy = kxy,
    # per draw: weighted sum over variants, and projection on h = w (bx - mean)
    cx = x$common, cy = y$common,
    hx = drop(crossprod(x$errors, x$effects)), hy = drop(crossprod(y$errors, x$effects)),
    sum_h2 = sum(w * x$effects^2), sum_w2 = sum(w^2), sum_wh = sum(w^1.5 * x$effects),
    n_eff = s0^2 / sum(w^2), max_weight_share = max(w) / s0,
    spread = sxx > length(w) * .Machine$double.eps * s0 * largest^2
  )
}

# Draws of one output (n variants x T) as means over draws and deviations from them,
# both centred over variants by the weighted mean and multiplied by sqrt(w), so that
# every form u'Av with A = diag(w) - ww'/sum(w) is a plain product. `common` keeps, per
# draw, the weighted sum of the deviations, which only the intercept sees.
centre_draws <- function(draws, w) {
  effects <- rowMeans(draws)
  errors <- draws - effects
  common <- drop(crossprod(errors, w))
  mean <- sum(w * effects) / sum(w)
  errors <- sqrt(w) * (errors - rep(common / sum(w), each = length(w)))
  list(effects = sqrt(w) * (effects - mean), mean = mean, errors = errors, common = common)
}
