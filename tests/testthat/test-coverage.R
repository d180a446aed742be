# A short, seeded version of benchmarks/coverage.R: do 95 % intervals hold the truth? The bounds miss a true .95 once in
# 10,000 other seeds. Regimes: helper-coverage.R.

n_replicates <- 80L
least <- qbinom(1e-4, n_replicates, 0.95)

held <- function(name, target = "structural", truth = target, method = "egger_draws", ...) {
  data <- coverage_data(name, n_replicates, seed = 7L)
  # "structural" is the default, of which textbook methods know nothing
  asked <- if (target == "network") list(target = target)
  fit <- do.call(fit_mr, c(list(data$effects, method = method, error = data$regime$error, ...), asked))
  covered <- coverage_of(fit, data$truth[[truth]])
  stats::setNames(covered$coverage * covered$n, covered$method)
}

test_that("intervals of the default hold the structural slope, weak or strong, gain or not, SE proportional or not", {
  skip_on_cran()
  for (name in c("A5", "A5g", "B0.05g", "A0.5p", "B0.05p", "A0.5d")) {
    expect_gte(min(held(name, method = c("egger_draws", "ivw_draws"))), least, label = name)
  }
})

test_that("a decoy whose slope is 0 is not taken for a cause", {
  skip_on_cran()
  for (name in c("A0.5o", "A0.5po", "B0.05go")) expect_gte(held(name), least, label = name)
})

test_that("intervals for the network's own slope hold it, of an ensemble too", {
  skip_on_cran()
  for (name in c("A0.5o", "A0.5x", "A0.5e")) expect_gte(held(name, target = "network"), least, label = name)
})

test_that("the posterior holds the slope of the draw that is the truth", {
  skip_on_cran()
  expect_gte(held("C0.5", "network", truth = "draw"), least)
})

test_that("what the corrections are for: the textbook's intervals do not hold it", {
  skip_on_cran()
  expect_lt(held("A0.5g", method = "egger"), least)
  expect_lt(held("B0.5", method = "egger"), least)
  # Where SEs are proportional to effects, weights 1/SE^2 listen to the background.
  expect_lt(held("A0.5p", weights = "inverse_variance"), least)
})
