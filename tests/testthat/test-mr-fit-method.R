test_that("several exposures and outcomes of one sequence equal single fits", {
  one <- random_draws(n = 12, n_draws = 6, seed = 1)
  two <- random_draws(n = 12, n_draws = 6, seed = 2)
  effects <- rbind(
    draws_effects(one, exposure = "A"),
    draws_effects(list(x = two$x, y = one$y), exposure = "B"),
    draws_effects(two, exposure = "A", outcome = "Z")
  )
  fit <- fit_mr(effects, method = "egger_draws", error = "mc")
  alone <- function(x, y) draws_kernel(moments_of(list(x = x, y = y)), "mc", "structural", 0.95)$estimate
  expect_equal(fit$estimate, c(alone(one$x, one$y), alone(two$x, two$y), alone(two$x, one$y)))
})

test_that("methods come in the order of the registry, errors in that of the call", {
  effects <- draws_effects(random_draws(n = 8, n_draws = 6))
  fit <- fit_mr(effects, method = c("ivw", "egger_draws"), error = c("classical", "mc"))
  expect_identical(fit$method, rep(c("egger_draws", "ivw"), each = 2))
  expect_identical(fit$error, rep(c("classical", "mc"), 2))
})

test_that("every registered method says what it is", {
  for (method in method_registry()) {
    expect_true(is.function(method$fit) && is.logical(method$needs_draws) && is.logical(method$oriented))
    expect_true(all(nzchar(unlist(method[c("label", "formula", "reference", "needs")]))))
  }
})
