# Everything with n x n matrices over all variants of all sequences. Between sequences the covariance of the
# draws is 0 (own masks) or that of the draws side by side (shared).
pooled_brute <- function(sets, error, centred, shared, target, w, position = NULL) {
  size <- vapply(sets, function(s) nrow(s$x), 1L)
  sequence <- rep(seq_along(sets), size)
  n_draws <- vapply(sets, function(s) ncol(s$x), 1L)
  n <- length(sequence)
  block <- function(i, j) outer(sequence == i, sequence == j)
  cf <- function(t) switch(error, mc = 1 / t, classical = 1 + 1 / t)
  covariance <- function(a, b) {
    if (shared) {
      return(cf(n_draws[1]) * cov(t(do.call(rbind, lapply(sets, `[[`, a))), t(do.call(rbind, lapply(sets, `[[`, b)))))
    }
    s <- matrix(0, n, n)
    for (i in seq_along(sets)) {
      s[sequence == i, sequence == i] <- cf(n_draws[i]) * cov(t(sets[[i]][[a]]), t(sets[[i]][[b]]))
    }
    s
  }
  bx <- unlist(lapply(sets, function(s) rowMeans(s$x)))
  by <- unlist(lapply(sets, function(s) rowMeans(s$y)))
  same <- outer(sequence, sequence, "==")
  centre <- diag(n) - centred * same * rep(w, each = n) / drop(same %*% w)
  a <- diag(w) %*% centre
  sxx <- covariance("x", "x")
  sxy <- covariance("x", "y")
  syy <- covariance("y", "y")
  trace <- function(m) sum(diag(m))
  form <- function(u, m, v = u) drop(t(u) %*% m %*% v)
  den <- form(bx, a) - trace(a %*% sxx)
  theta <- (form(bx, a, by) - trace(a %*% sxy)) / den
  srr <- syy - theta * (sxy + t(sxy)) + theta^2 * sxx
  sxr <- sxy - theta * sxx
  h <- drop(a %*% bx)
  u <- sqrt(w) * drop(centre %*% (by - theta * bx))
  root <- diag(sqrt(w)) %*% centre
  suu <- root %*% srr %*% t(root)
  df_line <- n - 1 - centred * length(sets)
  tau2 <- max(0, sum(u^2) - trace(suu)) * n / (df_line * sum(w))
  pairs <- if (is.null(position)) matrix(0, n, n) else same * outer(position, position, "==") - diag(n)
  common <- sum(pairs * (tcrossprod(u) - suu)) / max(1, sum(pairs * tcrossprod(sqrt(w))))
  common <- min(max(0, common), tau2) * (target == "structural")
  direct <- tau2 * (target == "structural") * diag(n) + common * pairs
  n_positions <- if (is.null(position)) n else nrow(unique(data.frame(sequence, position)))
  direct_df <- n / (1 + (n / n_positions - 1) * (if (tau2 > 0) common / tau2 else 0)^2) - (n - df_line)
  x_mean <- if (centred) sum(w * bx) / sum(w) else 0
  r <- drop(a %*% (by - theta * bx)) / den * (target == "network")
  line <- function(influence, residual, weak) {
    variance <- function(mask) {
      form(influence, mask * srr) + 2 * form(residual, mask * sxr, influence) + form(residual, mask * sxx)
    }
    second <- function(mask) if (target == "network") 0 else weak * trace(a %*% (mask * sxr) %*% a %*% (mask * sxr))
    masks <- if (shared) list(matrix(1, n, n)) else lapply(seq_along(sets), function(i) block(i, i))
    parts <- vapply(masks, function(mask) variance(mask) + second(mask), 0)
    parts_df <- if (shared) n_draws[1] - 1 else n_draws - 1
    from_draws <- sum(parts)
    draws_df <- from_draws^2 / sum(parts^2 / parts_df)
    extra <- form(influence, direct)
    c(sqrt(from_draws + extra), (from_draws + extra)^2 / (from_draws^2 / draws_df + extra^2 / direct_df))
  }
  slope <- line(h / den, r, 1 / den^2)
  intercept <- line(w / sum(w) - x_mean * h / den, -x_mean * r, x_mean^2 / den^2)
  list(
    estimate = theta, std.error = slope[1], df = slope[2], i2_cov = den / form(bx, a),
    rse = sqrt(sum(u^2) / df_line), intercept = if (centred) sum(w * (by - theta * bx)) / sum(w) else NA_real_,
    intercept_se = if (centred) intercept[1] else NA_real_, intercept_df = if (centred) intercept[2] else NA_real_,
    n_eff = sum(w)^2 / sum(w^2), max_weight_share = max(w) / sum(w)
  )
}

expect_pooled_brute <- function(effects, sets, shared, target, weights = "equal", position = NULL) {
  floored <- unlist(lapply(split(effects$se_outcome, effects$sequence), function(se) 1 / pmax(se, 0.1 * median(se))^2))
  w <- if (weights == "equal") rep(1, nrow(effects)) else unname(floored)
  fit <- fit_mr(
    effects, method = c("egger_draws", "ivw_draws"), by = NULL, target = target, weights = weights,
    masks = if (shared) "shared" else "own"
  )
  expect_identical(nrow(fit), 4L)
  for (i in seq_len(nrow(fit))) {
    want <- pooled_brute(sets, fit$error[i], fit$method[i] == "egger_draws", shared, target, w, position)
    expect_equal(as.list(bare(fit)[i, names(want)]), want, tolerance = 1e-8)
  }
}

test_that("methods on draws equal brute force over all variants, masks shared or not", {
  sets <- pooled_draws()
  effects <- pooled_effects(sets)
  for (shared in c(TRUE, FALSE)) {
    for (target in c("structural", "network")) expect_pooled_brute(effects, sets, shared, target)
    expect_pooled_brute(effects, sets, shared, "structural", weights = "inverse_variance")
  }
})

test_that("sequences with masks of their own may have different numbers of draws", {
  sets <- pooled_draws(n_draws = c(12, 7, 9))
  effects <- pooled_effects(sets)
  for (target in c("structural", "network")) expect_pooled_brute(effects, sets, FALSE, target)
  fit <- fit_mr(effects, method = "egger_draws", error = c("mc", "posterior"), by = NULL)
  expect_identical(fit$status, c("ok", "numbers of draws differ between sequences"))
  expect_identical(fit$masks, c(NA_character_, NA_character_))
  shared <- fit_mr(effects, method = c("egger_draws", "egger"), se = "draws", error = "mc", by = NULL, masks = "shared")
  expect_identical(shared$status, rep("numbers of draws differ between sequences", 2))
  expect_true(all(is.na(shared$estimate)))
})

test_that("substitutions of one position share direct effects within their sequence only", {
  sets <- pooled_draws(n = c(12, 18, 6), error = 0.2)
  for (i in 1:3) {
    shift <- with_seed(i, rnorm(nrow(sets[[i]]$y) / 3, sd = 0.1))
    sets[[i]]$y <- sets[[i]]$y + rep(shift, each = 3)
  }
  effects <- data.table::rbindlist(Map(function(s, name) triples_of(draws_effects(s, name)), sets, names(sets)))
  expect_pooled_brute(effects, sets, FALSE, "structural", position = effects$position)
  # A sequence with one variant at each position has no pairs.
  effects$position[effects$sequence == "s3"] <- 1:6
  position <- ifelse(effects$sequence == "s3", 100 + seq_len(nrow(effects)), effects$position)
  expect_pooled_brute(effects, sets, FALSE, "structural", position = position)
})

test_that("the posterior is that of the slopes of the draws of all sequences", {
  sets <- pooled_draws()
  each <- vapply(1:12, function(t) {
    data <- data.frame(
      x = unlist(lapply(sets, function(s) s$x[, t])), y = unlist(lapply(sets, function(s) s$y[, t])),
      sequence = rep(names(sets), c(12, 18, 4))
    )
    coef(lm(y ~ x + sequence, data))[["x"]]
  }, 0)
  fit <- fit_mr(pooled_effects(sets), method = "egger_draws", error = "posterior", target = "network", by = NULL)
  expect_equal(c(fit$std.error, fit$df), c(sd(each) * sqrt(1 + 1 / 12), 11))
})

test_that("shared masks are found and covered, and own masks are not taken for shared", {
  skip_on_cran()
  slope <- function(shared, masks, seed) {
    effects <- sequences_with_masks(shared, seed = seed)
    fit <- fit_mr(effects, method = "egger_draws", error = "mc", by = NULL, masks = masks)
    list(masks = fit$masks, holds = fit$conf.low <= 0.4 && 0.4 <= fit$conf.high)
  }
  for (seed in 1:3) {
    expect_identical(slope(TRUE, "auto", seed)$masks, "shared")
    expect_identical(slope(FALSE, "auto", seed)$masks, "own")
  }
  hits <- vapply(1:60, function(seed) {
    c(shared = slope(TRUE, "auto", 100 + seed)$holds, wrong = slope(TRUE, "own", 100 + seed)$holds)
  }, c(TRUE, TRUE))
  expect_gte(sum(hits["shared", ]), qbinom(1e-4, 60, 0.95))
  expect_lt(sum(hits["wrong", ]), qbinom(1e-4, 60, 0.95))
})

test_that("members of an ensemble are the same networks in every sequence", {
  effects <- pooled_effects(pooled_draws())
  effects[, "n_members" := 3L]
  fit <- fit_mr(effects, method = c("egger_draws", "ols"), error = "classical", by = NULL, se = "draws")
  expect_identical(fit$masks, c("shared", "shared"))
  own <- fit_mr(effects, method = "egger_draws", error = "classical", by = NULL, masks = "own")
  expect_false(isTRUE(all.equal(own$std.error, fit$std.error[1])))
  effects[, "n_members" := 1L]
  expect_identical(fit_mr(effects, method = "egger_draws", error = "mc", by = NULL)$masks, "own")
})
