# Reference: MendelianRandomization 0.10.0, mr_egger(robust = TRUE), robustbase 0.95.0; see
# fixtures/mr-textbook.R. Estimates are compared on the scale of the larger of estimate and
# standard error: an intercept of .002 with error .03 has fewer digits.

robust_effects <- function(name = "synthetic200") plain_effects(mr_reference()[[name]]$input)

test_that("robust fits equal mr_egger()", {
  skip_if_not_installed("robustbase")
  for (name in reference_sets) {
    for (method in c("egger_robust", "egger_robust_penalized")) {
      fit <- fit_mr(robust_effects(name), method = method)
      want <- textbook_reference()[[name]][[method]]
      expect_lt(abs(fit$estimate - want$Estimate) / max(abs(want$Estimate), want$StdError.Est), 1e-6)
      expect_lt(abs(fit$intercept - want$Intercept) / max(abs(want$Intercept), want$StdError.Int), 1e-6)
      expect_lt(relative_gap(c(fit$std.error, fit$intercept_se), want[c("StdError.Est", "StdError.Int")]), 0.02)
      expect_equal(fit$rse, want$RSE, tolerance = 1e-6)
      expect_equal(c(fit$conf.low, fit$conf.high), c(want$CILower.Est, want$CIUpper.Est), tolerance = 0.02)
      if (method == "egger_robust") expect_equal(fit$q, want$Heter.Stat[1], tolerance = 1e-6)
      if (method != "egger_robust") expect_true(is.na(fit$q))
    }
  }
})

test_that("egger_robust is lmrob() on oriented effects", {
  skip_if_not_installed("robustbase")
  input <- mr_reference()$underdispersed40$input
  s <- sign(input$bx)
  model <- with_seed(9L, summary(robustbase::lmrob(
    I(s * by) ~ I(s * bx), input,
    weights = 1 / input$byse^2, k.max = 500, maxit.scale = 500
  )))
  fit <- fit_mr(robust_effects("underdispersed40"), method = "egger_robust")
  expect_equal(fit$estimate, model$coefficients[2, 1], tolerance = 1e-6)
  expect_equal(fit$std.error, model$coefficients[2, 2] / min(1, model$sigma), tolerance = 0.02)
})

test_that("neither the random state nor the order of rows matters", {
  skip_if_not_installed("robustbase")
  effects <- robust_effects()
  set.seed(3)
  before <- .Random.seed
  first <- fit_mr(effects, method = "egger_robust")
  expect_identical(.Random.seed, before)
  set.seed(4)
  second <- fit_mr(effects[with_seed(3, sample(200))], method = "egger_robust")
  expect_equal(bare(second), bare(first), tolerance = 1e-12)
})

test_that("the influence of a variant is what changing its outcome effect does", {
  skip_if_not_installed("robustbase")
  input <- mr_reference()$synthetic200$input
  data <- c(input[c("bx", "bxse", "by", "byse")], list(group = rep(1L, 200)))
  options <- list(distribution = "normal", level = 0.95)
  influence <- attr(fit_egger_robust(data, 1L, options), "influence")()
  # At the scale found: the M-step alone, from where it ended.
  x <- abs(input$bx)
  w <- 1 / input$byse^2
  found <- robust_line(x, sign(input$bx) * input$by, w)
  slope_with <- function(by) {
    y <- sign(input$bx) * by
    control <- robustbase::lmrob.control(k.max = 2000, rel.tol = 1e-13)
    init <- list(coefficients = found$estimate, scale = found$sigma)
    robustbase::lmrob..M..fit(
      cbind(1, x) * sqrt(w), y * sqrt(w), init$coefficients, init$scale, control, method = "M"
    )$coefficients[[2L]]
  }
  for (j in c(1, 2, 40, 150)) {
    up <- down <- input$by
    up[j] <- up[j] + 1e-4
    down[j] <- down[j] - 1e-4
    expect_equal((slope_with(up) - slope_with(down)) / 2e-4, influence$slope[j], tolerance = 1e-4)
  }
})

test_that("what a robust fit cannot do is said", {
  skip_if_not_installed("robustbase")
  on_line <- list(bx = 1:8 / 10, bxse = rep(0.1, 8), by = 1:8 / 20, byse = rep(0.1, 8))
  fit <- fit_mr(plain_effects(on_line), method = "egger_robust")
  expect_match(fit$status, "robust regression")
  expect_true(is.na(fit$estimate))
  few <- fit_mr(plain_effects(lapply(on_line, `[`, 1:2)), method = "egger_robust")
  expect_identical(few$status, "fewer than 3 instruments")
})

test_that("a line through the few variants that count has no standard error, and says so", {
  skip_if_not_installed("robustbase")
  effects <- plain_effects(list(
    bx = c(0.1, 0.4, 0.9, 1.6), bxse = rep(0.01, 4), by = c(0, 0.000, 0.005, 0.001), byse = rep(0.0004, 4)
  ))
  fit <- fit_mr(effects, method = c("egger", "egger_robust_penalized"))
  expect_match(fit$status[2], "^robust regression has no standard error")
  expect_true(is.na(fit$std.error[2]) && is.na(fit$estimate[2]))
})
