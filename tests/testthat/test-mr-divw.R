# Reference: MendelianRandomization 0.10.0, mr_divw(); see fixtures/mr-textbook.R.

test_that("divw equals mr_divw() with and without overdispersion", {
  for (name in reference_sets) {
    effects <- plain_effects(mr_reference()[[name]]$input)
    models <- c(divw = "default", divw_no_overdispersion = "fixed")
    for (figure in names(models)) {
      fit <- fit_mr(effects, method = "divw", model = models[[figure]])
      want <- textbook_reference()[[name]][[figure]]
      got <- fit[, c("estimate", "std.error", "conf.low", "conf.high", "p.value"), with = FALSE]
      expect_lt(relative_gap(got, want[c("Estimate", "StdError", "CILower", "CIUpper", "Pvalue")]), 1e-10)
      expect_equal((fit$mean_f - 1) * sqrt(fit$n), want$Condition, tolerance = 1e-10)
    }
  }
})

test_that("psi takes the covariance of the errors out, and the standard error follows", {
  # Errors of correlation .6 in both: over many replicates the estimate is centred and the SE right.
  psi <- 0.6
  replicates <- with_seed(5L, lapply(1:400, function(i) {
    truth <- rnorm(80, sd = 0.2)
    x <- rnorm(80, sd = 0.1)
    y <- psi * x + sqrt(1 - psi^2) * rnorm(80, sd = 0.1)
    data.table::data.table(
      sequence = paste0("s", i), beta_exposure = truth + x, se_exposure = 0.1,
      beta_outcome = 0.3 * truth + y, se_outcome = 0.1
    )
  }))
  effects <- data.table::rbindlist(replicates)
  fit <- fit_mr(effects, method = "divw", psi = psi, model = "fixed")
  expect_lt(abs(mean(fit$estimate) - 0.3), 4 * sd(fit$estimate) / 20)
  expect_gt(mean(fit_mr(effects, method = "divw", model = "fixed")$estimate), 0.4)
  expect_equal(mean(fit$std.error), sd(fit$estimate), tolerance = 0.12)
})

test_that("a denominator that is not positive fails, in words", {
  weak <- list(bx = c(0.1, -0.2, 0.1), bxse = rep(0.3, 3), by = 1:3 / 10, byse = rep(0.1, 3))
  fit <- fit_mr(plain_effects(weak), method = "divw")
  expect_match(fit$status, "^denominator not positive")
  expect_true(all(is.na(fit[, c("estimate", "std.error", "conf.low", "p.value"), with = FALSE])))
})

test_that("weak instruments keep the estimate and are called weak", {
  middling <- list(bx = c(0.4, -0.5, 0.6), bxse = rep(0.3, 3), by = 1:3 / 10, byse = rep(0.1, 3))
  fit <- fit_mr(plain_effects(middling), method = "divw")
  expect_match(fit$status, "^weak: ")
  expect_false(is.na(fit$estimate))
})

test_that("without exposure errors divw is ivw", {
  input <- mr_reference()$underdispersed40$input
  input$bxse[] <- 0
  fit <- fit_mr(plain_effects(input), method = c("divw", "ivw"), model = "fixed")
  expect_equal(fit$estimate[1], fit$estimate[2])
  expect_equal(fit$std.error[1], fit$std.error[2])
})
