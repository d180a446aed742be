test_that("printing names methods, errors and failures", {
  effects <- rbind(
    draws_effects(random_draws(n = 9, n_draws = 4), "long"),
    draws_effects(random_draws(n = 2, n_draws = 4), "short")
  )
  fit <- fit_mr(effects, method = c("egger_draws", "ivw"))
  text <- capture.output(print(fit))
  expect_match(text[1], "8 fits in 2 sequences")
  expect_match(text[2], "egger_draws, ivw")
  expect_match(text, "mc: error of the mean over the draws", all = FALSE)
  expect_match(text, "classical: the truth plus one unseen error", all = FALSE)
  expect_match(text, "2 x fewer than 3 instruments", all = FALSE)
  expect_output(print(fit[, "estimate"]), "estimate")
})

test_that("summary counts and takes medians over the fits with an estimate", {
  effects <- rbind(
    draws_effects(random_draws(n = 9, n_draws = 4, seed = 1), "a"),
    draws_effects(random_draws(n = 9, n_draws = 4, seed = 2), "b"),
    draws_effects(random_draws(n = 9, n_draws = 4, seed = 3), "c"),
    draws_effects(random_draws(n = 2, n_draws = 4), "short")
  )
  fit <- fit_mr(effects, method = "ols", error = "mc")
  table <- summary(fit)
  expect_identical(c(table$n_fits, table$n_ok, table$n_failed), c(4L, 3L, 1L))
  expect_equal(table$estimate, median(fit$estimate[1:3]))
  expect_equal(table$significant, mean(fit$p.value[1:3] < 0.05))
  expect_output(print(table), "Medians over sequences")
})
