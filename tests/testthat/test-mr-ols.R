test_that("ols is lm(): estimate, errors, intervals and p-values", {
  input <- mr_reference()$synthetic200$input
  model <- lm(by ~ bx, input)
  table <- summary(model)$coefficients
  bounds <- confint(model, level = 0.9)
  # distribution = "normal" has no hold on ols
  fit <- fit_mr(plain_effects(input), method = "ols", level = 0.9)
  expect_equal(
    c(fit$estimate, fit$std.error, fit$statistic, fit$p.value, fit$conf.low, fit$conf.high, fit$rse),
    unname(c(table["bx", ], bounds["bx", ], sigma(model))),
    tolerance = 1e-10
  )
  expect_equal(
    c(fit$intercept, fit$intercept_se, fit$intercept_statistic, fit$intercept_p, fit$intercept_low, fit$intercept_high),
    unname(c(table[1, ], bounds[1, ])),
    tolerance = 1e-10
  )
  expect_identical(fit$df, 198)
})

test_that("ols does not orient: the coding of a variant matters to its intercept", {
  input <- list(bx = c(-1, 1, 2, -2), bxse = rep(0.1, 4), by = c(0, 1, 2, -0.5), byse = rep(0.1, 4))
  fit <- fit_mr(plain_effects(input), method = "ols")
  expect_equal(c(fit$intercept, fit$estimate), unname(coef(lm(by ~ bx, input))))
  expect_false(isTRUE(all.equal(fit$intercept, unname(coef(lm(I(sign(bx) * by) ~ abs(bx), input))[1]))))
})
