# What the methods on draws need of the draws, computed once per sequence x exposure x
# outcome and shared by all error definitions. O(n T^2) time, O(n T) memory. Matrices of
# draws are T x n: products over variants are then fast, and numbers per draw recycle.

# `x`, `y`: centre_draws() of exposure and outcome, under the same weights `w`.
# `n_members`: members of an ensemble that take turns over the draws.
draw_moments <- function(x, y, w, n_members = 1L) {
  n_draws <- nrow(x$errors)
  s0 <- sum(w)
  largest <- max(abs(x$effects / sqrt(w) + x$mean))
  sxx <- sum(x$effects^2)
  list(
    n = length(w), n_draws = n_draws, n_members = n_members, centred = x$centred,
    n_intercepts = as.integer(x$centred),
    s0 = s0, x_mean = x$mean, y_mean = y$mean,
    sxx = sxx, sxy = sum(x$effects * y$effects), syy = sum(y$effects^2),
    # Mx'AMx, Mx'AMy, T x T, and Mx'A by and so on, per draw; h = A bx
    kxx = tcrossprod(x$errors), kxy = tcrossprod(x$errors, y$errors), kyy = y$own,
    hx = drop(x$errors %*% x$effects), hy = drop(y$errors %*% x$effects),
    gx = drop(x$errors %*% y$effects), gy = drop(y$errors %*% y$effects),
    # per draw: weighted sum over variants, which only the intercept sees
    cx = x$common, cy = y$common,
    sum_h2 = sum(w * x$effects^2), sum_w2 = sum(w^2), sum_wh = sum(w^1.5 * x$effects),
    positions = position_moments(x, y, w, n_members),
    n_eff = s0^2 / sum(w^2), max_weight_share = max(w) / s0,
    spread = sxx > length(w) * .Machine$double.eps * s0 * largest^2
  )
}

# Draws of one output (T x n variants) as means over draws and deviations from them,
# multiplied by sqrt(w) and, for a line with an intercept (`centred`), taken from
# the weighted mean over variants: every form u'Av, with A = diag(w) - ww'/sum(w) or
# diag(w), is then a plain product. `own` is My'AMy, of which plain models need no more than
# the diagonal. `position` numbers the variants' positions, or is NULL.
centre_draws <- function(draws, w, centred = TRUE, position = NULL, n_members = 1L) {
  n_draws <- nrow(draws)
  effects <- colMeans(draws)
  errors <- draws - rep(effects, each = n_draws)
  mean <- 0
  common <- numeric(n_draws)
  if (centred) {
    common <- drop(errors %*% w)
    mean <- sum(w * effects) / sum(w)
    errors <- errors - common / sum(w)
  }
  if (any(w != 1)) errors <- errors * rep(sqrt(w), each = n_draws)
  effects <- sqrt(w) * (effects - mean)
  list(
    centred = centred, effects = effects, mean = mean, errors = errors, common = common,
    own = if (n_members > 1L) tcrossprod(errors) else diag(rowSums(errors^2), n_draws),
    sums = if (!is.null(position)) position_sums(effects, errors, position), position = position
  )
}

# Sums over the substitutions of each position: of the effects, and P x T of the errors.
position_sums <- function(effects, errors, position) {
  list(effects = drop(rowsum(effects, position, FALSE)), errors = rowsum(t(errors), position, FALSE))
}

# Sums over pairs of different substitutions of one position, of residuals, their errors
# (T x T) and influences; NULL where every position has one.
position_moments <- function(x, y, w, n_members) {
  position <- x$position
  if (is.null(position)) {
    return(NULL)
  }
  both <- function(a, b) sum(a * b)
  # T x T only where ensembles need it: else the draws' own products, on the diagonal
  products <- function(a, b) if (n_members > 1L) crossprod(a, b) else diag(colSums(a * b), ncol(a))
  total <- function(v) drop(rowsum(v, position, FALSE))
  sx <- x$sums
  sy <- y$sums
  h <- sqrt(w) * x$effects
  list(
    n = length(sx$effects),
    sxx = both(sx$effects, sx$effects) - sum(x$effects^2),
    sxy = both(sx$effects, sy$effects) - sum(x$effects * y$effects),
    syy = both(sy$effects, sy$effects) - sum(y$effects^2),
    # less the products of each variant with itself, which are kxx, kxy and kyy
    kxx = products(sx$errors, sx$errors), kxy = products(sx$errors, sy$errors), kyy = products(sy$errors, sy$errors),
    pairs = sum(total(sqrt(w))^2) - sum(w),
    h2 = sum(total(h)^2) - sum(h^2), wh = sum(total(w) * total(h)) - sum(w * h), w2 = sum(total(w)^2) - sum(w^2)
  )
}
