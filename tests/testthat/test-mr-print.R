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
