halves <- function(effects, ...) {
  lapply(c(odd = "odd", even = "even"), function(half) {
    bare(fit_mr(select_instruments(effects, min_effect = 0.02, draws = half), ...))
  })
}

test_that("the slope is the mean of both ways round, with errors independent or not", {
  effects <- rbind(
    draws_effects(random_draws(n = 40, n_draws = 12), "a"),
    draws_effects(random_draws(n = 40, n_draws = 13, seed = 2), "b")
  )
  errors <- c("mc", "classical", "posterior")
  for (target in c("network", "structural")) {
    how <- list(method = c("egger_draws", "ivw"), error = errors, target = target)
    fit <- do.call(cross_fit_mr, c(list(effects, min_effect = 0.02), how))
    both <- do.call(halves, c(list(effects), how))
    expect_identical(bare(fit)[fit_keys], both$odd[fit_keys])
    expect_equal(fit$estimate, (both$odd$estimate + both$even$estimate) / 2)
    expect_equal(bare(fit)[c("estimate_odd", "std.error_even", "n_even")],
      data.frame(both$odd$estimate, both$even$std.error, both$even$n),
      ignore_attr = TRUE
    )
    together <- (both$odd$std.error + both$even$std.error) / 2
    apart <- sqrt(both$odd$std.error^2 + both$even$std.error^2) / 2
    independent <- fit$error == "mc" & fit$method == "egger_draws" & target == "network"
    expect_equal(fit$std.error, ifelse(independent, apart, together))
    expect_equal(fit$df[!independent], pmin(both$odd$df, both$even$df)[!independent])
    expect_equal(fit$conf.high, fit$estimate + qt(0.975, fit$df) * fit$std.error)
  }
  expect_match(fit$status[fit$method == "ivw" & fit$error == "posterior"], "^no draws in this method")
})

test_that("a half without an estimate leaves none, and says which", {
  draws <- random_draws(n = 12, n_draws = 8, error = 0.2)
  draws$x <- 0.001 * draws$x
  draws$x[1:4, ] <- draws$x[1:4, ] + 1:4
  draws$x[3:4, seq(2, 8, 2)] <- 0.001
  fit <- cross_fit_mr(draws_effects(draws), min_effect = 0.5, method = "egger_draws", error = "mc")
  expect_identical(fit$status, "chosen on even draws: fewer than 3 instruments")
  expect_true(is.na(fit$estimate) && is.na(fit$p.value) && !is.na(fit$estimate_odd))
  none <- cross_fit_mr(draws_effects(draws), min_effect = 100, method = "egger_draws", error = "mc")
  expect_identical(none$status, "fewer than 3 instruments")
})

test_that("meta_analyze() pools it, and one regression over all sequences is fitted by halves too", {
  effects <- data.table::rbindlist(lapply(1:4, function(i) {
    draws_effects(random_draws(n = 40, n_draws = 12, error = 0.4, seed = i), paste0("s", i))
  }))
  fit <- cross_fit_mr(effects, min_effect = 0.02, method = "egger_draws", error = "mc")
  pooled <- meta_analyze(fit, method = "DL")
  expect_identical(c(pooled$k, pooled$k_left_out), c(4L, 0L))
  # Weak in one half is weak.
  fit$status[1:2] <- status_of_halves(c("weak: I2_cov below 0.3", "ok"), c("ok", idle_words))
  expect_message(pooled <- meta_analyze(fit, method = "DL"), class = "deepmr_message_weak")
  expect_identical(c(pooled$k, pooled$k_left_out), c(2L, 2L))
  one <- cross_fit_mr(effects, min_effect = 0.02, method = "egger_draws", error = "mc", by = NULL)
  expect_identical(one$sequence, "all sequences")
  each <- halves(effects, method = "egger_draws", error = "mc", by = NULL)
  expect_equal(one$estimate, (each$odd$estimate + each$even$estimate) / 2)
  expect_error(cross_fit_mr(effects, level = 2), class = "deepmr_error_argument")
})

# A slope of .4; exposure effects no larger than the errors, which exposure and outcome share.
weak_draws <- function(seed, n = 150, n_draws = 20) {
  with_seed(seed, {
    bx <- rnorm(n, sd = ifelse(seq_len(n) < 20, 0.06, 0.03))
    shared <- matrix(rnorm(2 * n), n) %*% matrix(rnorm(2 * n_draws, sd = 0.6), 2)
    noise <- function() matrix(rnorm(n * n_draws), n)
    list(x = bx + 0.04 * (shared + noise()), y = 0.4 * bx + 0.04 * (noise() - 0.7 * shared))
  })
}

# Over many sequences in one regression: the slope of a few is a ratio whose mean is not that of its parts.
test_that("halves have no winner's curse, which the same draws have", {
  effects <- data.table::rbindlist(lapply(1:80, function(seed) draws_effects(weak_draws(seed), paste0("s", seed))))
  how <- list(method = "ivw_draws", error = "mc", target = "network", by = NULL)
  same <- do.call(fit_mr, c(list(select_instruments(effects, min_effect = 0.03)), how))
  apart <- do.call(cross_fit_mr, c(list(effects, min_effect = 0.03), how))
  expect_lt((same$estimate - 0.4) / same$std.error, -4)
  expect_lt(abs(apart$estimate - 0.4) / apart$std.error, 3)
  # One fit is of half of the draws; the mean of both is worth more.
  one <- do.call(fit_mr, c(list(select_instruments(effects, min_effect = 0.03, draws = "odd")), how))
  expect_lt(apart$std.error, 0.85 * one$std.error)
})

test_that("the 95 % interval of the mean of both halves covers", {
  skip_on_cran()
  holds <- vapply(1:80, function(seed) {
    fit <- cross_fit_mr(
      draws_effects(weak_draws(seed)), min_effect = 0.03, method = "ivw_draws", error = "mc", target = "network"
    )
    fit$conf.low <= 0.4 && 0.4 <= fit$conf.high
  }, TRUE)
  expect_gte(sum(holds), qbinom(1e-4, 80, 0.95))
})

test_that("a mutagenesis table is pointed on, and the method taken is said once", {
  x <- simulate_mutagenesis(2, length = 20)
  expect_error(cross_fit_mr(x), "estimate_effects", class = "deepmr_error_columns")
  said <- 0
  withCallingHandlers(
    cross_fit_mr(estimate_effects(x, "exposure", "outcome"), error = "mc"),
    deepmr_message_method = function(m) {
      said <<- said + 1
      invokeRestart("muffleMessage")
    }
  )
  expect_identical(said, 1)
})
