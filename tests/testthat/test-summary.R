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

good_fit <- function(...) {
  x <- simulate_mutagenesis(n_sequences = 4, length = 60, noise = 0.05)
  fit_mr(x, exposure = "exposure", outcome = "outcome", method = "egger_draws", error = "mc", ...)
}

test_that("a fit without anything against it is believed, in three sentences", {
  found <- summary(good_fit())
  expect_identical(found$believe, "yes")
  expect_match(found$words, "^In 4 of 4 sequences the slope of outcome on exposure is estimated: its median is 0")
  expect_match(found$words, "Believe it, as the slope of this network; whether the network is right")
  expect_identical(lengths(gregexpr("[.:%)] [A-Z]", found$words)), 2L)
  expect_output(print(found), "egger_draws, mc: In 4 of 4")
})

test_that("weighted methods that miss the slope of the strongest variants are not simply believed", {
  x <- simulate_mutagenesis(8, length = 60, slope = 0.4, pleiotropy = 0.01)
  methods <- c("ivw", "egger", "median_weighted", "egger_draws")
  found <- summary(fit_mr(x, exposure = "exposure", outcome = "outcome", method = methods, error = "mc"))
  off <- abs(found$estimate - 0.4) > 0.1
  expect_identical(found$method[!off], "egger_draws")
  expect_identical(found$believe == "yes", !off)
  expect_match(found$words[off], "the slope is not that of the variants that move the exposure most")
})

test_that("failed fits are not believed", {
  short <- draws_effects(random_draws(n = 2, n_draws = 4))
  found <- summary(fit_mr(short, method = "egger", error = "mc"))
  expect_identical(found$believe, "no")
  expect_match(found$words, "^There is no estimate. There is no estimate. Do not believe it: see the column status")
})

test_that("a fault in some sequences asks for care, in most of them it is the reason not to believe", {
  fit <- good_fit()
  one <- data.table::copy(fit)
  one$exposure_reach[1] <- 0.1
  expect_identical(summary(one)$believe, "with care")
  expect_match(summary(one)$words, "In 1 of 4 sequences hardly any variant moves the exposure")
  most <- data.table::copy(fit)
  most$i2_cov[1:3] <- 0.1
  expect_identical(summary(most)$believe, "no")
  expect_match(summary(most)$words, "In 3 of 4 sequences much of the exposure effects' spread is error. Do not believe")
})

test_that("a single fit is told with its interval, and many rows are printed up to a number", {
  fit <- good_fit()[1]
  expect_match(summary(fit)$words, sprintf("^The slope of outcome on exposure is %.3g \\(interval", fit$estimate))
  effects <- draws_effects(random_draws(n = 20, n_draws = 6))
  text <- capture.output(print(summary(fit_mr(effects, method = c("egger", "ivw", "ols", "egger_draws", "divw")))))
  expect_match(text, "other rows are in the column words", all = FALSE)
})
