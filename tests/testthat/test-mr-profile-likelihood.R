# Reference: least value of the sum of squares, and mr.raps 0.2 (mr.raps.simple: l2 loss, without
# overdispersion); see fixtures/mr-textbook.R.

test_that("estimate and Q equal the reference, with and without correlated errors", {
  for (name in reference_sets) {
    effects <- plain_effects(mr_reference()[[name]]$input)
    for (psi in c(0, 0.3)) {
      fit <- fit_mr(effects, method = "profile_likelihood", psi = psi)
      want <- textbook_reference()[[name]][[if (psi) "profile_likelihood_psi0.3" else "profile_likelihood"]]
      expect_equal(fit$estimate, want$Estimate, tolerance = 1e-7)
      expect_equal(fit$q, want$Q, tolerance = 1e-10)
    }
  }
})

test_that("with fixed effects it is mr.raps.simple()", {
  for (name in reference_sets) {
    fit <- fit_mr(plain_effects(mr_reference()[[name]]$input), method = "profile_likelihood", model = "fixed")
    want <- textbook_reference()[[name]]$raps_simple_l2
    expect_equal(c(fit$estimate, fit$std.error), c(want$beta.hat, want$beta.se), tolerance = 1e-7)
    expect_equal(fit$q, want$chi.sq.test, tolerance = 1e-10)
  }
})

test_that("it is optimize() on the sum of squares, to the floor", {
  input <- mr_reference()$synthetic200$input
  sum_of_squares <- function(theta, psi) {
    with(input, sum((by - theta * bx)^2 / (byse^2 + theta^2 * bxse^2 - 2 * theta * psi * bxse * byse)))
  }
  for (psi in c(-0.5, 0, 0.6)) {
    fit <- fit_mr(plain_effects(input), method = "profile_likelihood", psi = psi)
    grid <- optimize(sum_of_squares, c(-3, 3), psi = psi, tol = 1e-10)
    expect_equal(fit$q, grid$objective, tolerance = 1e-10)
    expect_equal(fit$estimate, grid$minimum, tolerance = 1e-6)
  }
})

test_that("the random model widens by the residual standard error, as for ivw", {
  effects <- plain_effects(mr_reference()$synthetic200$input)
  fixed <- fit_mr(effects, method = "profile_likelihood", model = "fixed")
  random <- fit_mr(effects, method = "profile_likelihood")
  expect_equal(random$std.error / fixed$std.error, sqrt(fixed$q / 199))
})

test_that("without exposure errors it is ivw", {
  input <- mr_reference()$underdispersed40$input
  input$bxse[] <- 0
  fit <- fit_mr(plain_effects(input), method = c("profile_likelihood", "ivw"), psi = 0.4)
  expect_equal(fit$estimate[2], fit$estimate[1], tolerance = 1e-10)
  expect_equal(fit$std.error[2], fit$std.error[1], tolerance = 1e-8)
  expect_equal(fit$q[2], fit$q[1])
})

test_that("its influence is what changing an outcome effect does, also with psi", {
  input <- mr_reference()$synthetic200$input
  for (psi in c(0, 0.4)) {
    options <- list(distribution = "normal", level = 0.95, model = "fixed", psi = psi)
    slope <- function(by) {
      data <- utils::modifyList(c(input[effect_vectors], list(group = rep(1L, 200))), list(by = by))
      fit_profile_likelihood(data, 1L, options)
    }
    influence <- attr(slope(input$by), "influence")()
    for (j in c(1, 40, 150)) {
      shift <- replace(numeric(200), j, 1e-4)
      numeric <- (slope(input$by + shift)$estimate - slope(input$by - shift)$estimate) / 2e-4
      expect_equal(influence$slope[j], numeric, tolerance = 1e-5)
    }
  }
})

test_that("no signal in the exposure, or none at all, is said", {
  weak <- list(bx = c(0.1, -0.2, 0.1), bxse = rep(0.3, 3), by = c(0.01, 0.02, -0.01), byse = rep(0.1, 3))
  fit <- fit_mr(plain_effects(weak), method = "profile_likelihood")
  expect_match(fit$status, "^denominator not positive")
  weak$bx[] <- 0
  expect_identical(fit_mr(plain_effects(weak), method = "profile_likelihood")$status, "no spread in exposure effects")
})

# A third of the variants has direct effects of SD `direct`; SEs grow with effects.
direct_effects_input <- function(seed, direct, theta = 0.3) {
  with_seed(seed, {
    bx <- rnorm(300, sd = 0.1) * ifelse(runif(300) < 0.3, 1, 0.1)
    by <- theta * bx + rnorm(300, sd = direct) * (runif(300) < 0.3)
    bxse <- 0.2 * (abs(bx) + 0.005)
    byse <- 0.1 * (abs(by) + 0.005)
    list(bx = bx + rnorm(300, sd = bxse), bxse = bxse, by = by + rnorm(300, sd = byse), byse = byse)
  })
}

test_that("a deeper valley of steep slopes, those of exposure on outcome, is passed over", {
  for (seed in 1:4) {
    input <- direct_effects_input(seed, direct = 0.05)
    q <- function(theta) with(input, sum((by - theta * bx)^2 / (byse^2 + theta^2 * bxse^2)))
    near <- optimize(q, c(0, 1), tol = 1e-10)
    expect_gt(near$objective, q(100)) # or there would be nothing to pass over
    fit <- fit_mr(plain_effects(input), method = "profile_likelihood")
    expect_equal(fit$estimate, near$minimum, tolerance = 1e-6)
    expect_equal(fit$q, near$objective, tolerance = 1e-10)
    expect_identical(fit$status, "ok")
  }
})

test_that("where only slopes of exposure on outcome are best, there is no estimate and the status says so", {
  decoy <- with_seed(1, {
    bx <- rnorm(300, sd = 0.05)
    by <- rnorm(300, sd = 0.1)
    plain_effects(list(bx = bx, bxse = rep(0.01, 300), by = by, byse = rep(0.01, 300)))
  })
  fit <- fit_mr(decoy, method = c("profile_likelihood", "divw"))
  expect_identical(is.na(fit$estimate), c(FALSE, TRUE)[match(fit$method, c("divw", "profile_likelihood"))])
  expect_match(fit$status[is.na(fit$estimate)], "^the best slope is not that of outcome on exposure: direct effects")
  # A psi far from the truth does the same: the slope is -0.18 where divw's is 0.48.
  wrong <- fit_mr(plain_effects(mr_reference()$synthetic200$input), method = "profile_likelihood", psi = 0.9)
  expect_match(wrong$status, "^the best slope is not that of outcome on exposure")
})

test_that("without direct effects that status is rare, also for a slope of 0 or weak instruments", {
  one <- function(i, theta, error, n = 60) {
    bx <- rnorm(n, sd = 0.1)
    noise <- function() rnorm(n, sd = error)
    plain_effects(list(
      bx = bx + noise(), bxse = rep(error, n), by = theta * bx + noise(), byse = rep(error, n)
    ), paste0("s", i))
  }
  for (theta in c(0, 0.3, 3)) {
    for (error in c(0.01, 0.07)) {
      effects <- with_seed(1, data.table::rbindlist(lapply(1:200, one, theta, error)))
      fit <- fit_mr(effects, method = "profile_likelihood")
      # 3 standard errors: .3 % of 200, and no more than 6 of them once in 10,000
      expect_lte(sum(startsWith(fit$status, "the best slope")), qbinom(1 - 1e-4, 200, 0.003))
      expect_lt(abs(median(fit$estimate, na.rm = TRUE) - theta), 0.1 * max(theta, 0.3))
    }
  }
})
