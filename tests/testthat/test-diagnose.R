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

test_that("a slope apart from that of the strongest variants is doubted, by size and beyond chance", {
  strong <- function(estimate, bias = 0) {
    verdict_of(fit_with(
      estimate = estimate, n = 180L, strong_slope = 0.4, strong_correlation = 0.99, bias_pred = bias,
      conf.low = estimate - 0.05, conf.high = estimate + 0.05
    ), "strong_slope")
  }
  # standard error of the strongest 18: 0.4 sqrt((1 / .99^2 - 1) / 16) = .0142, so chance is sqrt(.0302^2 + .05^2)
  expect_identical(vapply(c(0.25, 0.28, 0.31, 0.39), strong, ""), c("bad", "doubt", "good", "good"))
  expect_identical(strong(0.25, bias = -0.1), "good")
  wide <- fit_with(
    estimate = 0.25, n = 180L, strong_slope = 0.4, strong_correlation = 0.9, bias_pred = 0,
    conf.low = 0.1, conf.high = 0.4
  )
  expect_identical(verdict_of(wide, "strong_slope"), "good")
})

test_that("its standard error is lm()'s for the strongest tenth", {
  effects <- estimate_effects(simulate_mutagenesis(1, length = 60), "exposure", "outcome")
  strong <- effects[order(-abs(effects$beta_exposure))[1:18]]
  fit <- summary(lm(beta_outcome ~ beta_exposure, strong))$coefficients[2L, ]
  found <- diagnose(fit_mr(effects, method = "ivw", error = "mc"))
  expect_match(
    found$sentence[found$diagnostic == "strong_slope"],
    sprintf("slope %.3g, standard error %.2g.", fit[[1L]], fit[[2L]]), fixed = TRUE
  )
})

test_that("it does not cry wolf for methods on draws, and does for weights where SEs are proportional to effects", {
  share <- function(name, method) {
    data <- coverage_data(name, 20L)
    fit <- fit_mr(data$effects, method = method, error = data$regime$error)
    mean(vapply(seq_len(nrow(fit)), function(i) verdict_of(fit[i], "strong_slope") != "good", TRUE))
  }
  for (name in c("A0.5p", "B0.05p", "A5g", "B0.5g")) expect_identical(share(name, "egger_draws"), 0, label = name)
  expect_gt(share("A0.5p", "ivw"), 0.5)
})

test_that("columns are asked for", {
  expect_error(diagnose(data.frame(sequence = "a")), class = "deepmr_error_columns")
  effects <- estimate_effects(simulate_mutagenesis(1, length = 12), "exposure", "outcome")
  expect_error(diagnose(effects), "Call `fit_mr\\(\\)` first", class = "deepmr_error_columns")
})
