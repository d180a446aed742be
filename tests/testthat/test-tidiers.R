fitted_example <- function(method = c("egger_draws", "egger", "ivw")) {
  effects <- estimate_effects(simulate_mutagenesis(n_sequences = 2, length = 8), "exposure", "outcome")
  list(effects = effects, fit = fit_mr(effects, method = method))
}

test_that("tidy gives a row per coefficient, with the intercept's own figures", {
  fit <- fitted_example()$fit
  table <- tidy(fit)
  expect_named(table, c(
    "sequence", "exposure", "outcome", "method", "error", "term", "estimate", "std.error", "statistic",
    "p.value", "conf.low", "conf.high", "status"
  ))
  expect_equal(nrow(table), nrow(fit) + sum(fit$method != "ivw"))
  slopes <- table[table$term == "slope", ]
  expect_equal(bare(slopes)[-6], bare(fit)[names(slopes)[-6]])
  egger <- fit$method == "egger"
  intercepts <- table[table$term == "intercept" & table$method == "egger", ]
  expect_equal(intercepts$std.error, fit$intercept_se[egger])
  expect_equal(intercepts$conf.high, fit$intercept_high[egger])
  expect_identical(table$term[1:2], c("slope", "intercept"))
})

test_that("tidy hands on p-values that were adjusted, of slopes", {
  fit <- fit_mr(fitted_example()$effects, method = "egger", adjust = "holm")
  table <- tidy(fit)
  expect_identical(table$adj.p.value[table$term == "slope"], fit$adj.p.value)
  expect_true(all(is.na(table$adj.p.value[table$term == "intercept"])))
  expect_identical(match("adj.p.value", names(table)), match("p.value", names(table)) + 1L)
})

test_that("failed fits stay in tidy and glance", {
  effects <- draws_effects(random_draws(n = 2, n_draws = 4))
  fit <- fit_mr(effects, method = "egger_draws")
  expect_equal(nrow(tidy(fit)), 4)
  expect_true(all(is.na(tidy(fit)$estimate)))
  expect_identical(unique(glance(fit)$status), "fewer than 3 instruments")
})

test_that("glance has a row per fit with the diagnostics", {
  fit <- fitted_example()$fit
  table <- glance(fit)
  expect_equal(table$i2_gx, fit$i2_gx)
  expect_true(all(c("n", "mean_f", "q", "q_p", "rse", "n_eff", "i2_cov", "status") %in% names(table)))
  expect_false(any(c("estimate", "intercept") %in% names(table)))
})

test_that("residuals of augment are those of lm(), in the coding of the variants", {
  example <- fitted_example(c("egger", "ols"))
  table <- augment(example$fit)
  expect_equal(nrow(table), nrow(example$effects) * 2 * 2)
  first <- example$effects[example$effects$sequence == "simulated1", ]
  rows <- function(name) table[table$sequence == "simulated1" & table$method == name & table$error == "mc", ]
  expect_equal(rows("ols")$residual, unname(resid(lm(beta_outcome ~ beta_exposure, first))))
  s <- sign(first$beta_exposure)
  egger <- lm(I(s * beta_outcome) ~ I(s * beta_exposure), first, weights = 1 / se_outcome^2)
  expect_equal(rows("egger")$residual, s * unname(resid(egger)))
  expect_equal(table$fitted + table$residual, table$beta_outcome)
})

test_that("augment works on a part of a fit, and asks for lost variants", {
  example <- fitted_example()
  part <- example$fit[3:4]
  expect_equal(bare(augment(part)), bare(augment(part, data = example$effects)))
  expect_equal(nrow(augment(part)), 2 * 24)
  bound <- data.table::rbindlist(list(part, part))
  expect_error(augment.deepmr_mr_fit(bound), class = "deepmr_error_no_variants")
  foreign <- data.table::copy(part)[, "sequence" := "elsewhere"]
  expect_error(augment(foreign), class = "deepmr_error_no_variants")
})
