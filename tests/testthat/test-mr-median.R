# Reference: MendelianRandomization 0.10.0, mr_median(); see fixtures/mr-textbook.R.

test_that("medians equal mr_median()", {
  for (name in reference_sets) {
    effects <- plain_effects(mr_reference()[[name]]$input)
    fit <- fit_mr(effects, method = c("median", "median_weighted"))
    want <- textbook_reference()[[name]]
    expect_lt(relative_gap(fit$estimate, c(want$median_simple$Estimate, want$median_weighted$Estimate)), 1e-10)
    # The standard error in closed form is the large-sample value of their bootstrap.
    expect_lt(relative_gap(fit$std.error, c(want$median_simple$StdError, want$median_weighted$StdError)), 0.05)
    expect_identical(fit$se_from, rep("method", 2))
  }
})

test_that("the simple median is median() where the number of ratios is odd or even", {
  input <- mr_reference()$synthetic200$input
  for (n in c(99, 100)) {
    part <- lapply(input[effect_vectors], `[`, seq_len(n))
    expect_equal(fit_mr(plain_effects(part), method = "median")$estimate, median(part$by / part$bx))
  }
})

test_that("a ratio with nearly all of the weight is the median, at either end", {
  expect_equal(weighted_median(c(1, 2, 3), c(1, 1e-20, 1e-20), rep(1L, 3), 1L), 1)
  expect_equal(weighted_median(c(1, 2, 3), c(1e-20, 1e-20, 1), rep(1L, 3), 1L), 3)
  # shares of the weight below 2.5 / 7 and 5.5 / 7: a third of the way
  expect_equal(weighted_median(c(1, 2, 3), c(5, 1, 1), rep(1L, 3), 1L), 1 + 1 / 3)
  expect_identical(weighted_median(7, 1, 1L, 2L), c(7, NA))
})

test_that("weights of 0 change nothing, and groups are kept apart", {
  x <- c(3, 1, 2, 10, 30, 20, 40)
  w <- c(1, 2, 3, 1, 1, 1, 0)
  group <- c(1L, 1L, 1L, 2L, 2L, 2L, 2L)
  expect_equal(weighted_median(x, w, group, 2L)[2], 20)
  expect_equal(weighted_median(x, w, group, 2L)[1], weighted_median(x[1:3], w[1:3], rep(1L, 3), 1L))
})

test_that("with draws the standard error is the spread of medians with each draw's errors", {
  draws <- random_draws(n = 41, n_draws = 12)
  effects <- draws_effects(draws)
  fit <- fit_mr(effects, method = c("median", "median_weighted"))
  bx <- rowMeans(draws$x)
  by <- rowMeans(draws$y)
  for (wanted in c("mc", "classical")) {
    s <- sqrt(if (wanted == "mc") 1 / 12 else 1 + 1 / 12)
    medians <- vapply(1:12, function(t) {
      median((by + s * (draws$y[, t] - by)) / (bx + s * (draws$x[, t] - bx)))
    }, 0)
    row <- fit[fit$error == wanted & fit$method == "median"]
    expect_equal(row$std.error, sd(medians))
    expect_equal(c(row$df, row$conf.low), c(11, row$estimate - qt(0.975, 11) * row$std.error))
  }
  expect_identical(unique(fit$se_from), "draws")
})

test_that("the closed form is what many bootstraps with independent errors give", {
  input <- mr_reference()$underdispersed40$input
  n <- 20000L
  medians <- with_seed(2L, {
    ratio <- (input$by + input$byse * matrix(rnorm(40 * n), 40)) / (input$bx + input$bxse * matrix(rnorm(40 * n), 40))
    w <- (input$bx / input$byse)^2
    weighted_median(as.vector(ratio), rep(w, n), rep(seq_len(n), each = 40L), n)
  })
  fit <- fit_mr(plain_effects(input), method = "median_weighted")
  expect_equal(fit$std.error, sd(medians), tolerance = 0.05)
})

test_that("exposure effects of 0 have no ratio and are left out, visibly", {
  input <- mr_reference()$underdispersed40$input
  input$bx[3] <- 0
  fit <- fit_mr(plain_effects(input), method = c("median", "median_weighted", "ivw_delta", "ivw"))
  part <- fit_mr(plain_effects(lapply(input, `[`, -3)), method = c("median", "median_weighted", "ivw_delta"))
  left <- fit$method != "ivw"
  expect_equal(fit$estimate[left], part$estimate)
  expect_identical(fit$n_left_out[left], rep(1L, 3))
  reason <- augment(fit)
  expect_identical(unique(reason$reason[!reason$used]), "beta_exposure is 0: no ratio")
  expect_true(all(reason$used[reason$method == "ivw"]))
})

test_that("fewer than 3 ratios have no median", {
  few <- lapply(mr_reference()$n4$input, `[`, 1:2)
  fit <- fit_mr(plain_effects(few), method = c("median", "median_weighted"))
  expect_identical(unique(fit$status), "fewer than 3 instruments")
  expect_true(all(is.na(fit$estimate)))
})

test_that("exposure effects that are all missing keep their row", {
  effects <- plain_effects(lapply(mr_reference()$underdispersed40$input[effect_vectors], `[`, 1:3))
  effects$beta_exposure <- NA_real_
  fit <- fit_mr(effects, method = c("median", "median_weighted", "ivw_delta"))
  expect_identical(fit$n, c(0L, 0L, 0L))
  expect_true(all(is.na(fit$estimate)))
})
