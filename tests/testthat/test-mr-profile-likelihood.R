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
  for (psi in c(-0.5, 0, 0.9)) {
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
