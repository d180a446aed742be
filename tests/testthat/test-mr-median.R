# Reference: MendelianRandomization 0.10.0, mr_median(); see fixtures/mr-textbook.R.

test_that("medians equal mr_median()", {
  for (name in reference_sets) {
    effects <- plain_effects(mr_reference()[[name]]$input)
    fit <- fit_mr(effects, method = c("median", "median_weighted"))
    want <- textbook_reference()[[name]]
    expect_lt(relative_gap(fit$estimate, c(want$median_simple$Estimate, want$median_weighted$Estimate)), 1e-10)
    # Both are bootstraps, 1,000 times.
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

test_that("many variants have the bootstrap's value in large samples", {
  n <- most_for_bootstrap + 1L
  input <- with_seed(1L, list(bx = rnorm(n, sd = 0.05), bxse = rep(0.01, n), by = rnorm(n, sd = 0.02), byse = runif(n)))
  input$byse <- 0.005 + 0.02 * input$byse
  medians <- with_seed(2L, {
    draw <- function(b, se) b + se * matrix(rnorm(n * 400), n)
    ratio <- draw(input$by, input$byse) / draw(input$bx, input$bxse)
    weighted_median(as.vector(ratio), rep((input$bx / input$byse)^2, 400), rep(1:400, each = n), 400L)
  })
  fit <- fit_mr(plain_effects(input), method = "median_weighted")
  expect_equal(fit$std.error, sd(medians), tolerance = 0.15)
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

test_that("without draws the standard error is the bootstrap's also where errors are small beside the gaps of ratios", {
  bootstrap <- function(input, w, n = 4000L) {
    k <- length(w)
    draw <- function(b, se) b + se * matrix(rnorm(k * n), k)
    ratio <- draw(input$by, input$byse) / draw(input$bx, input$bxse)
    sd(weighted_median(as.vector(ratio), rep(w, n), rep(seq_len(n), each = k), n))
  }
  for (n in c(10, 11, 60)) {
    input <- with_seed(n, {
      bx <- runif(n, 0.5, 1.5)
      list(bx = bx, by = bx * rnorm(n, 0.4, 0.2))
    })
    # From a hundredth of the gap between neighbours to all of the ratios' spread
    for (size in c(2e-4, 0.001, 0.003, 0.01, 0.1)) {
      input$bxse <- input$byse <- rep(size, n)
      got <- fit_mr(plain_effects(input), method = c("median", "median_weighted"))$std.error
      want <- with_seed(1L, c(bootstrap(input, rep(1, n)), bootstrap(input, input$bx^2)))
      # two bootstraps of 1,000 and 4,000: SD 2.5 %
      expect_true(all(abs(got / want - 1) < 0.1), label = paste(n, size, toString(signif(got / want, 3))))
    }
  }
})
