# One fit whose figures are set by hand.
fit_with <- function(..., method = "egger_draws") {
  fit <- fit_mr(simulate_mutagenesis(n_sequences = 3, length = 30, noise = 0.05),
    exposure = "exposure", outcome = "outcome", method = method, error = "mc"
  )[1]
  given <- list(...)
  for (column in names(given)) data.table::set(fit, j = column, value = given[[column]])
  fit
}

verdict_of <- function(fit, wanted) {
  found <- diagnose(fit)
  found$verdict[found$diagnostic == wanted]
}

test_that("every diagnostic that a fit has is a row with a sentence", {
  fit <- fit_with(method = c("egger_draws"))
  found <- diagnose(fit)
  expect_named(found, c(fit_keys, "diagnostic", "value", "verdict", "sentence"))
  expect_setequal(found$diagnostic, setdiff(names(diagnostic_rules), "q"))
  expect_setequal(diagnose(fit_with(method = "egger"))$diagnostic, names(diagnostic_rules))
  expect_true(all(grepl("^[A-Z0-9].*[.]$", found$sentence)))
  expect_false(any(grepl("NA|NaN", found$sentence)))
  expect_equal(found$value[found$diagnostic == "i2_cov"], fit$i2_cov)
})

test_that("a fit without an estimate has its status and nothing else", {
  short <- draws_effects(random_draws(n = 2, n_draws = 4))
  found <- diagnose(fit_mr(short, method = c("egger", "ivw"), error = "mc"))
  expect_identical(found$diagnostic[found$method == "egger"], "status")
  expect_identical(found$sentence[1], "There is no estimate: fewer than 3 instruments.")
  expect_true("n" %in% found$diagnostic[found$method == "ivw"])
})

test_that("thresholds are those of the help page", {
  judge <- function(column, values, diagnostic = column, method = "egger_draws", ...) {
    vapply(values, function(value) {
      verdict_of(do.call(fit_with, c(stats::setNames(list(value), column), list(..., method = method))), diagnostic)
    }, "")
  }
  three <- c("bad", "doubt", "good")
  expect_identical(judge("i2_cov", c(0.2, 0.5, 0.7)), three)
  expect_identical(judge("i2_cov", c(0.2, 0.7, 0.95), method = "egger"), three)
  expect_identical(judge("i2_gx", c(0.5, 0.7, 0.95), i2_cov = NA_real_), three)
  expect_identical(judge("i2_gx", 0.5), NA_character_)
  expect_identical(judge("bias_pred", c(-0.3, 0.1, 0.01), method = "egger", std.error = 0.1), three)
  expect_identical(judge("bias_pred", 0.3, std.error = 0.1), "good")
  expect_identical(judge("n_eff", c(3, 7, 30)), three)
  expect_identical(judge("max_weight_share", c(0.6, 0.3, 0.1)), three)
  expect_identical(judge("exposure_reach", c(0.2, 0.4, 0.9)), three)
  expect_identical(judge("mean_f", c(5, 50)), c("doubt", "good"))
  expect_identical(judge("n", c(9L, 10L)), c("doubt", "good"))
  loo <- function(low, high) {
    verdict_of(fit_with(
      loo_low = low, loo_high = high, estimate = 0.4, std.error = 0.1, conf.low = 0.2, conf.high = 0.6
    ), "leave_one_out")
  }
  expect_identical(c(loo(-0.1, 0.5), loo(0.2, 0.45), loo(0.35, 0.45)), three)
})

test_that("a slope near that of the weak variants is cross-talk, where these correlate", {
  talk <- function(estimate, correlation, weak = 0.9) {
    verdict_of(fit_with(
      estimate = estimate, cross_talk = correlation, cross_talk_slope = weak, strong_slope = 0.4
    ), "cross_talk")
  }
  expect_identical(talk(0.86, 0.8), "bad")
  expect_identical(talk(0.42, 0.8), "doubt")
  expect_identical(talk(0.86, 0.2), "good")
  expect_identical(talk(0.42, 0.8, weak = 0.45), "good")
})

test_that("columns are asked for", {
  expect_error(diagnose(data.frame(sequence = "a")), class = "deepmr_error_columns")
})
