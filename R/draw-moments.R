# What egger_draws needs of the draws, computed once per sequence x exposure x outcome
# and shared by all error definitions. O(n T^2) time, O(n T) memory.

# Draws of exposure and outcome as n x T matrices, `w` the weights of the variants.
draw_moments <- function(draws_x, draws_y, w) {
  n_draws <- ncol(draws_x)
  s0 <- sum(w)
  x <- centre_draws(draws_x, w)
  y <- centre_draws(draws_y, w)
  h <- w * x$effect
  list(
    n = nrow(draws_x), n_draws = n_draws, s0 = s0, x_mean = x$mean, y_mean = y$mean,
    sxx = sum(h * x$effect), sxy = sum(h * y$effect), syy = sum(w * y$effect^2),
    # tr(A S_xx) and so on
    trace_xx = sum(w * x$errors^2) / (n_draws - 1),
    trace_xy = sum(w * x$errors * y$errors) / (n_draws - 1),
    trace_yy = sum(w * y$errors^2) / (n_draws - 1),
    # per draw: weighted sum over variants, and projection on h
    cx = x$common, cy = y$common,
    hx = drop(h %*% x$errors), hy = drop(h %*% y$errors),
    kxx = crossprod(x$errors, w * x$errors), kxy = crossprod(x$errors, w * y$errors),
    sum_h2 = sum(h^2), sum_w2 = sum(w^2), sum_wh = sum(w * h),
    n_eff = s0^2 / sum(w^2), max_weight_share = max(w) / s0,
    spread = sum(h * x$effect) > nrow(draws_x) * .Machine$double.eps * s0 * max(abs(x$effect + x$mean))^2
  )
}

# Means over draws and deviations from them, both centred over variants (the centring
# matrix A applied once and for all: AMx = (I - 1w'/s0)'Mx up to the weights). `common`
# keeps, per draw, the weighted sum of the deviations, which only the intercept sees.
centre_draws <- function(draws, w) {
  effect <- rowMeans(draws)
  errors <- draws - effect
  common <- drop(w %*% errors)
  mean <- sum(w * effect) / sum(w)
  errors <- errors - rep(common / sum(w), each = nrow(draws))
  list(effect = effect - mean, mean = mean, errors = errors, common = common)
}
