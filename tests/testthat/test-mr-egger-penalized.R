# Reference: MendelianRandomization 0.10.0, mr_egger(penalized = TRUE); see fixtures/mr-textbook.R.

test_that("egger_penalized equals mr_egger() with normal and t intervals", {
  for (name in reference_sets) {
    effects <- plain_effects(mr_reference()[[name]]$input)
    reference <- textbook_reference()[[name]]
    for (distribution in c("normal", "t")) {
      fit <- fit_mr(effects, method = "egger_penalized", distribution = distribution)
      want <- reference[[if (distribution == "t") "egger_penalized_tdist" else "egger_penalized"]]
      got <- fit[, c(
        "estimate", "std.error", "conf.low", "conf.high", "intercept", "intercept_se", "intercept_low",
        "intercept_high", "rse", "i2_gx_weighted"
      ), with = FALSE]
      columns <- c(
        "Estimate", "StdError.Est", "CILower.Est", "CIUpper.Est", "Intercept", "StdError.Int", "CILower.Int",
        "CIUpper.Int", "RSE", "I.sq"
      )
      expect_lt(relative_gap(got, want[columns]), 1e-10)
      expect_lt(max(abs(c(fit$p.value - want$Pvalue.Est, fit$intercept_p - want$Pvalue.Int))), 1e-14)
      expect_true(is.na(fit$q))
    }
  }
})

test_that("egger_penalized is lm() twice", {
  input <- mr_reference()$synthetic200$input
  x <- abs(input$bx)
  y <- sign(input$bx) * input$by
  w <- 1 / input$byse^2
  penalty <- pmin(1, 100 * pchisq(w * resid(lm(y ~ x, weights = w))^2, 1, lower.tail = FALSE))
  model <- summary(lm(y ~ x, weights = w * penalty))
  fit <- fit_mr(plain_effects(input), method = "egger_penalized")
  expect_equal(c(fit$intercept, fit$estimate), unname(model$coefficients[, 1]), tolerance = 1e-10)
  expect_equal(fit$std.error, model$coefficients[2, 2] / min(1, model$sigma), tolerance = 1e-10)
  expect_equal(fit$n_eff, sum(w * penalty)^2 / sum((w * penalty)^2))
})

test_that("a line far from nearly all variants leaves nothing to fit, in words", {
  far <- list(bx = c(1, 2, 3, 4, 5) / 10, bxse = rep(1e-3, 5), by = c(0, 9, -5, 7, -8), byse = rep(1e-3, 5))
  fit <- fit_mr(plain_effects(far), method = "egger_penalized")
  expect_identical(fit$status, "fewer than 3 instruments left by the penalty")
  expect_true(is.na(fit$estimate))
})
