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

test_that("ols does without standard errors, and only it", {
  effects <- plain_effects(mr_reference()$underdispersed40$input)
  none <- data.table::copy(effects)[, c("se_exposure", "se_outcome") := NA_real_]
  expect_message(fit <- fit_mr(none, method = c("egger", "ols")), "only .*ols", class = "deepmr_message_no_errors")
  model <- summary(lm(beta_outcome ~ beta_exposure, effects))$coefficients
  expect_identical(fit$n, c(0L, 40L))
  expect_identical(fit$n_left_out, c(40L, 0L))
  expect_identical(fit$status, c("fewer than 3 instruments", "ok"))
  expect_equal(c(fit$estimate[2], fit$std.error[2]), unname(model[2, 1:2]))
  # Diagnostics that need standard errors have none.
  expect_true(all(is.na(c(fit$i2_gx[2], fit$mean_f[2], fit$q_ivw[2], fit$q_egger[2], fit$rucker[2]))))
  expect_false(is.na(fit$cross_talk[2]))
  used <- augment(fit)
  expect_identical(used$used, used$method == "ols")
  expect_identical(nrow(suppressMessages(leave_one_out(none, method = "ols"))), 40L)
  expect_no_error(diagnose(fit))
  expect_no_error(summary(fit))
  # Some missing: the others are not lost for it.
  part <- data.table::copy(effects)
  part$se_exposure[1:3] <- NA
  fit <- fit_mr(part, method = c("ivw", "ols"))
  expect_identical(fit$n, c(37L, 40L))
  expect_equal(fit$estimate[2], model[2, 1])
  draws <- draws_effects(random_draws(n = 10, n_draws = 5))
  draws$se_exposure[1] <- NA
  expect_identical(fit_mr(draws, method = "ols", error = "mc", se = "draws")$n, 9L)
  expect_identical(fit_mr(draws, method = "ols", error = "mc")$n, 10L)
})
