# What the methods on draws need of the draws, computed once per sequence x exposure x
# outcome and shared by all error definitions. O(n T^2) time, O(n T) memory. Matrices of
# draws are T x n: products over variants are then fast, and numbers per draw recycle.

# `x`, `y`: centre_draws() of exposure and outcome, under the same weights `w`.
# `n_members`: members of an ensemble that take turns over the draws. `second_order`: products of different
# draws, which are most of the work and which of one network only error_variance() needs, for a structural target.
draw_moments <- function(x, y, w, n_members = 1L, second_order = TRUE) {
  n_draws <- nrow(x$errors)
  all_pairs <- second_order || n_members > 1L
  both <- x$errors * y$errors
  of_x <- x$errors %*% cbind(x$effects, y$effects)
  s0 <- sum(w)
  largest <- max(abs(x$effects / sqrt(w) + x$mean))
  sxx <- sum(x$effects^2)
  list(
    n = length(w), n_draws = n_draws, n_members = n_members, centred = x$centred,
    n_intercepts = as.integer(x$centred),
    s0 = s0, x_mean = x$mean, y_mean = y$mean,
    sxx = sxx, sxy = sum(x$effects * y$effects), syy = sum(y$effects^2),
    # Mx'AMx, Mx'AMy, T x T, and Mx'A bx, My'A bx and Mx'A by, per draw
    kxx = if (all_pairs) tcrossprod(x$errors) else x$own, kyy = y$own,
    kxy = if (all_pairs) tcrossprod(x$errors, y$errors) else diag(rowSums(both), n_draws),
    hx = of_x[, 1L], hy = drop(y$errors %*% x$effects), gx = of_x[, 2L],
    # per draw: weighted sum over variants, which only the intercept sees
    cx = x$common, cy = y$common,
    sum_h2 = sum(w * x$effects^2), sum_w2 = sum(w^2), sum_wh = sum(w * sqrt(w) * x$effects),
    positions = position_moments(x, y, w, n_members),
    # per variant: its summands of sxx and sxy and of the errors' share of them, for leave-one-out
    variants = list(
      w = w, xx = x$effects^2, xy = x$effects * y$effects,
      error_xx = x$squares, error_xy = sum_over_draws(both, x$errors, y$errors, n_members)
    ),
    n_eff = s0^2 / sum(w^2), max_weight_share = max(w) / s0,
    spread = sxx > length(w) * .Machine$double.eps * s0 * largest^2
  )
}

# Draws of one output (T x n variants) as means over draws and deviations from them,
# multiplied by sqrt(w) and, for a line with an intercept (`centred`), taken from
# the weighted mean over variants: every form u'Av, with A = diag(w) - ww'/sum(w) or
# diag(w), is then a plain product. `own` is My'AMy, of which plain models need no more than
# the diagonal; `squares` the same per variant. `position` numbers the variants' positions, or is NULL.
centre_draws <- function(draws, w, centred = TRUE, position = NULL, n_members = 1L) {
  n_draws <- nrow(draws)
  effects <- colMeans(draws)
  over_draws <- function(v) rep.int(v, rep.int(n_draws, length(v))) # much faster than `each`
  mean <- 0
  common <- numeric(n_draws)
  if (centred) {
    mean <- sum(w * effects) / sum(w)
    common <- drop(draws %*% w) - sum(w * effects)
  }
  errors <- draws - over_draws(effects) - common / sum(w) # in one line: large temporaries are used again
  if (any(w != 1)) errors <- errors * over_draws(sqrt(w))
  effects <- sqrt(w) * (effects - mean)
  squares <- errors^2
  list(
    centred = centred, effects = effects, mean = mean, errors = errors, common = common,
    own = if (n_members > 1L) tcrossprod(errors) else diag(rowSums(squares), n_draws),
    squares = sum_over_draws(squares, errors, errors, n_members),
    sums = if (!is.null(position)) position_sums(effects, errors, position), position = position
  )
}

# Per variant the sum of `products` = a * b over the draws, and, where an ensemble's members have several, `between`:
# that with each draw replaced by the mean of its member.
sum_over_draws <- function(products, a, b, n_members) {
  between <- 0
  if (!draws_independent(nrow(a), n_members)) {
    member <- draw_member(nrow(a), n_members)
    between <- colSums(rowsum(a, member) * rowsum(b, member) / tabulate(member))
  }
  list(total = colSums(products), between = between)
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
