# Reference: MendelianRandomization 0.10.0, mr_ivw(); see fixtures/mr-reference.R.

expect_ivw <- function(fit, reference) {
  got <- c(fit$estimate, fit$std.error, fit$conf.low, fit$conf.high, fit$p.value, fit$rse, fit$q, fit$mean_f)
  want <- with(reference, c(Estimate, StdError, CILower, CIUpper, Pvalue, RSE, Heter.Stat[1], Fstat))
  # 15 digits of z = 22 leave 13 of the p-value, which is compared with the rest.
  expect_lt(max(abs(got / want - 1)), 1e-10)
  expect_equal(fit$q_p, reference$Heter.Stat[2], tolerance = 1e-9)
}

test_that("ivw equals mr_ivw() on every reference set, with its rule for the model", {
  reference <- mr_reference()
  for (set in reference[c("synthetic200", "underdispersed40")]) {
    effects <- plain_effects(set$input)
    expect_ivw(fit_mr(effects, method = "ivw"), set$ivw)
    expect_ivw(fit_mr(effects, method = "ivw", distribution = "t"), set$ivw_t)
    expect_ivw(fit_mr(effects, method = "ivw", model = "fixed"), set$ivw_fixed)
    expect_ivw(fit_mr(effects, method = "ivw", model = "random"), set$ivw_random)
  }
  expect_ivw(fit_mr(plain_effects(reference$n3$input), method = "ivw"), reference$n3$ivw)
  expect_ivw(fit_mr(plain_effects(reference$n4$input), method = "ivw"), reference$n4$ivw)
})

test_that("ivw is lm() through the origin", {
  input <- mr_reference()$synthetic200$input
  model <- summary(lm(by ~ 0 + bx, input, weights = 1 / byse^2))
  fit <- fit_mr(plain_effects(input), method = "ivw")
  expect_equal(fit$estimate, model$coefficients[1, 1], tolerance = 1e-10)
  expect_equal(fit$std.error, model$coefficients[1, 2] / min(1, model$sigma), tolerance = 1e-10)
  expect_true(is.na(fit$intercept))
})

test_that("one instrument is the Wald ratio; two are fixed effects", {
  input <- mr_reference()$n4$input
  one <- fit_mr(plain_effects(lapply(input, `[`, 1)), method = "ivw")
  expect_equal(one$estimate, input$by[1] / input$bx[1])
  expect_equal(one$std.error, input$byse[1] / abs(input$bx[1]))
  expect_true(is.na(one$q) && is.na(one$q_p))
  expect_identical(one$status, "ok")
  two <- fit_mr(plain_effects(lapply(input, `[`, c(1, 4))), method = "ivw")
  expect_gt(two$rse, 1)
  expect_equal(two$std.error, 1 / sqrt(sum((input$bx / input$byse)[c(1, 4)]^2)))
})

test_that("one instrument has no t interval, and says so", {
  fit <- fit_mr(plain_effects(lapply(mr_reference()$n4$input, `[`, 1)), method = "ivw", distribution = "t")
  expect_identical(fit$status, "one instrument: no t interval")
  expect_false(is.na(fit$estimate))
  expect_true(is.na(fit$conf.low) && is.na(fit$p.value))
})

test_that("ivw_delta equals mr_ivw(weights = 'delta'), with psi", {
  for (name in reference_sets) {
    effects <- plain_effects(mr_reference()[[name]]$input)
    reference <- textbook_reference()[[name]]
    expect_ivw(fit_mr(effects, method = "ivw_delta"), reference$ivw_delta)
    expect_ivw(fit_mr(effects, method = "ivw_delta", psi = 0.3), reference$ivw_delta_psi0.3)
  }
})

test_that("ivw_delta is lm() with the variances of the ratios as weights", {
  input <- mr_reference()$synthetic200$input
  variance <- with(input, (byse / bx)^2 + (by * bxse / bx^2)^2 - 2 * 0.5 * by * byse * bxse / bx^3)
  model <- summary(lm(I(by / bx) ~ 1, input, weights = 1 / variance))
  fit <- fit_mr(plain_effects(input), method = "ivw_delta", psi = 0.5)
  expect_equal(fit$estimate, model$coefficients[1, 1], tolerance = 1e-10)
  expect_equal(fit$std.error, model$coefficients[1, 2] / min(1, model$sigma), tolerance = 1e-10)
})

test_that("psi is a correlation", {
  effects <- plain_effects(mr_reference()$n4$input)
  for (psi in list(1, -1, 2, NA, "a", c(0.1, 0.2))) {
    expect_error(fit_mr(effects, method = "ivw_delta", psi = psi), "psi", class = "deepmr_error_argument")
  }
})
