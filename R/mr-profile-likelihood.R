# Profile likelihood (Zhao et al. 2020, Ann Stat 48:1742-1769, without their robust loss):
# the slope theta at which sum e^2 / d is least, e = by - theta bx and d = byse^2 + theta^2
# bxse^2 - 2 theta c its variance, c = psi bxse byse. The least value is Q. What maximum
# likelihood with one parameter per variant aims at, in one dimension.
#
# With x = bx + e k / d (k = theta bxse^2 - c), the exposure effect given e, the score is
# sum e x / d; its variance is V = I + sum bxse^2 byse^2 (1 - psi^2) / d^2 and its mean
# slope is I, estimated without bias by sum [(bx^2 - bxse^2) byse^2 + (by^2 - byse^2)
# bxse^2 - 2 c (bx by - c)] / d^2. SE = sqrt(V) / I.
#
# The sum has no term for direct effects on the outcome. Where they are large beside the errors a steep slope, which
# puts them down to the exposure, makes it smaller than any slope of outcome on exposure: the valley there is then
# the regression of exposure on outcome upside down, often of the other sign, and the valley asked for may be gone.
# The errors' share taken off, a slope theta leaves sum (by - theta bx)^2, a parabola about the slope theta_1 that divw
# has with equal weights, so beyond |theta - theta_1| = |theta_1| it leaves more than no slope does. (Equal weights:
# where SEs grow with effects those of divw listen to the background.) Without direct effects the two slopes differ by
# less than the standard error of theta_1, as both are consistent and this one is efficient (Hausman 1978,
# Econometrica 46:1251-1271). So only valleys within |theta_1| + 3 of these count; `status` says if there is none.

fit_profile_likelihood <- function(data, n_groups, options) {
  group <- data$group
  n <- tabulate(group, n_groups)
  range <- profile_range(data, options$psi, n_groups)
  theta <- profile_minimum(data, options$psi, n_groups, range)
  steep <- is.na(theta) & !is.na(range$low)
  at <- profile_terms(data, theta[group], options$psi)
  sums <- group_sums(list(
    q = at$e^2 / at$d, information = at$information, noise = (data$bxse * data$byse / at$d)^2,
    xx = data$bx^2
  ), group, n_groups)
  strong <- sums$information > 0
  noise <- sums$noise * (1 - options$psi^2)
  status <- origin_status(n, sums$xx, options)
  status[sums$xx > 0 & !(strong & !is.na(theta))] <-
    "denominator not positive: exposure effects carry no signal beyond their error"
  status[steep] <- paste(
    "the best slope is not that of outcome on exposure:", "direct effects are taken for error of the exposure"
  )
  theta[!(strong & sums$xx > 0)] <- NA_real_
  sums$information[!strong] <- NA_real_
  se <- sqrt(sums$information + noise) / sums$information
  rse <- ifelse(n > 1, sqrt(sums$q / (n - 1)), NA_real_)
  inflation <- ifelse(random_effects(n, options) & !is.na(rse), pmax(1, rse), 1)
  weights <- 1 / at$d
  table <- fit_table(
    wald(theta, inflation * se, origin_df(theta, n, options), options$level),
    intercept = NULL, status,
    rse = rse, q = ifelse(n > 1, sums$q, NA_real_), q_df = n - 1, balance = weight_balance(weights, group, n_groups)
  )
  set_influence(table, function() {
    curvature <- group_sums(list(curvature = at$curvature), group, n_groups)$curvature
    origin_influence(data$bx + 2 * at$e * at$k / at$d, weights, curvature[group])
  })
}

# Per variant at slope `theta`: residual, its variance, terms of the information and of minus half the
# second derivative of the likelihood.
profile_terms <- function(data, theta, psi) {
  overlap <- psi * data$bxse * data$byse
  e <- data$by - theta * data$bx
  d <- data$byse^2 + theta^2 * data$bxse^2 - 2 * theta * overlap
  k <- theta * data$bxse^2 - overlap
  list(
    e = e, d = d, k = k, score = e * (data$bx + e * k / d) / d,
    information = ((data$bx^2 - data$bxse^2) * data$byse^2 + (data$by^2 - data$byse^2) * data$bxse^2 -
      2 * overlap * (data$bx * data$by - overlap)) / d^2,
    curvature = (data$bx^2 + 4 * data$bx * e * k / d - e^2 * data$bxse^2 / d + 4 * (e * k / d)^2) / d
  )
}

# Slopes of outcome on exposure, see above; NA, all of them, where theta_1 is not to be had.
profile_range <- function(data, psi, n_groups) {
  group <- data$group
  overlap <- psi * data$bxse * data$byse
  sums <- group_sums(list(xy = data$bx * data$by - overlap, xx = data$bx^2 - data$bxse^2), group, n_groups)
  slope <- ifelse(sums$xx > 0, sums$xy / sums$xx, NA_real_)
  theta <- slope[group]
  score <- data$bx * (data$by - theta * data$bx) + theta * data$bxse^2 - overlap
  n <- tabulate(group, n_groups)
  se <- sqrt(group_sums(list(score = score^2), group, n_groups)$score * n / (n - 1)) / sums$xx
  width <- abs(slope) + 3 * se
  list(low = slope - width, high = slope + width)
}

# The slope as an angle, on a scale where errors of exposure and outcome are alike: all
# slopes are then a bounded range, on which a grid finds the valleys and halving the floor of the deepest in `range`.
# NA where there is none.
profile_minimum <- function(data, psi, n_groups, range, n_grid = 48L, n_halvings = 52L) {
  group <- data$group
  errors <- group_sums(list(x = data$bxse^2, y = data$byse^2), group, n_groups)
  # Without exposure errors the sum is a parabola about IVW's slope.
  scale <- ifelse(errors$x > 0, sqrt(errors$y / errors$x), 1 + abs(ivw_line(data, n_groups)$slope))
  total <- function(what, angle) {
    theta <- (scale * tan(angle))[group]
    terms <- profile_terms(data, theta, psi)
    value <- if (what == "q") terms$e^2 / terms$d else terms$score
    group_sums(list(value = value), group, n_groups)$value
  }
  step <- pi / n_grid
  grid <- step * (seq_len(n_grid) - 0.5) - pi / 2
  values <- vapply(grid, function(angle) total("q", rep(angle, n_groups)), numeric(n_groups))
  values <- matrix(values, n_groups)
  values[is.na(values)] <- Inf
  # slopes of -Inf and Inf are the same: the grid is a circle
  valley <- values <= values[, c(n_grid, seq_len(n_grid - 1L))] & values <= values[, c(seq_len(n_grid)[-1L], 1L)]
  at <- rep(grid, each = n_groups)
  edge <- lapply(range, function(slope) atan(slope / scale))
  outside <- at + step < edge$low | at - step > edge$high
  values[!valley | outside %in% TRUE] <- Inf
  best <- grid[max.col(-values, ties.method = "first")]
  low <- pmax(best - step, -pi / 2)
  high <- pmin(best + step, pi / 2)
  for (i in seq_len(n_halvings)) {
    middle <- (low + high) / 2
    # the likelihood still rises: its top is to the right
    rises <- total("score", middle) > 0
    low <- ifelse(rises, middle, low)
    high <- ifelse(rises, high, middle)
  }
  theta <- scale * tan((low + high) / 2)
  outside <- theta < range$low | theta > range$high
  theta[!is.finite(do.call(pmin, asplit(values, 2L))) | outside %in% TRUE] <- NA_real_
  theta
}
