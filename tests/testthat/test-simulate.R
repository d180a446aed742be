test_that("a simulated table has the columns and identities of a real one", {
  x <- simulate_mutagenesis(n_sequences = 2, length = 30, n_samples = 15)
  expect_identical(setdiff(mutagenesis_columns, names(x)), character())
  expect_equal(x$effect, vapply(x$effect_draws, mean, 0))
  expect_equal(x$se, vapply(x$effect_draws, stats::sd, 0))
  expect_equal(x$se^2, x$var_ref + x$var_alt - 2 * x$cov)
  expect_equal(x$mean_alt - x$mean_ref, x$effect)
  expect_true(all(x$ref != x$alt))
  expect_identical(anyDuplicated(x[, c("sequence", "position", "alt", "output")]), 0L)
})

test_that("the slope of the simulation is found again", {
  x <- simulate_mutagenesis(n_sequences = 6, length = 80, n_samples = 30, slope = -0.7, noise = 0.2)
  fit <- fit_mr(x, exposure = "exposure", outcome = "outcome", method = "egger_draws", error = "mc")
  # Six independent estimates: their mean within four of its standard errors.
  expect_lt(abs(mean(fit$estimate) + 0.7), 4 * sqrt(mean(fit$std.error^2) / 6))
})

test_that("a seed means one table, and the session's random state is left alone", {
  set.seed(3)
  before <- .Random.seed
  x <- simulate_mutagenesis(1, 10, seed = 5)
  expect_identical(.Random.seed, before)
  expect_identical(simulate_mutagenesis(1, 10, seed = 5)$effect, x$effect)
  expect_false(identical(simulate_mutagenesis(1, 10, seed = 6)$effect, x$effect))
})
