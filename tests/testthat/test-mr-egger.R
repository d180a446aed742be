# Reference: MendelianRandomization 0.10.0, mr_egger(); see fixtures/mr-reference.R.

expect_egger <- function(fit, reference) {
  got <- c(
    fit$estimate, fit$std.error, fit$conf.low, fit$conf.high,
    fit$intercept, fit$intercept_se, fit$intercept_low, fit$intercept_high, fit$rse, fit$q, fit$i2_gx_weighted
  )
  want <- with(reference, c(
    Estimate, StdError.Est, CILower.Est, CIUpper.Est,
    Intercept, StdError.Int, CILower.Int, CIUpper.Int, RSE, Heter.Stat[1], I.sq
  ))
  expect_lt(max(abs(got / want - 1)), 1e-10)
  # The reference's normal p-values have an absolute error of about 1e-16.
  p <- c(fit$p.value, fit$intercept_p) - c(reference$Pvalue.Est, reference$Pvalue.Int)
  expect_lt(max(abs(p)), 1e-14)
  expect_equal(fit$q_p, reference$Heter.Stat[2], tolerance = 1e-9)
}

test_that("egger equals mr_egger() on every reference set", {
  reference <- mr_reference()
  for (name in c("synthetic200", "underdispersed40", "n3", "n4")) {
    set <- reference[[name]]
    effects <- plain_effects(set$input)
    expect_egger(fit_mr(effects, method = "egger"), set$egger)
    expect_egger(fit_mr(effects, method = "egger", distribution = "t"), set$egger_t)
    if (!is.null(set$egger_90)) expect_egger(fit_mr(effects, method = "egger", level = 0.9), set$egger_90)
  }
})

test_that("the t p-value of a strong effect keeps its digits", {
  set <- mr_reference()$synthetic200
  fit <- fit_mr(plain_effects(set$input), method = "egger", distribution = "t")
  expect_equal(fit$p.value, set$egger_t$Pvalue.Est, tolerance = 1e-9)
})

test_that("egger is lm() on oriented effects with weights 1/se^2", {
  input <- mr_reference()$synthetic200$input
  s <- sign(input$bx)
  model <- summary(lm(I(s * by) ~ I(s * bx), input, weights = 1 / byse^2))
  fit <- fit_mr(plain_effects(input), method = "egger")
  expect_equal(c(fit$intercept, fit$estimate), unname(model$coefficients[, 1]), tolerance = 1e-10)
  expect_equal(
    c(fit$intercept_se, fit$std.error), unname(model$coefficients[, 2]) / min(model$sigma, 1),
    tolerance = 1e-10
  )
})

test_that("an exposure effect of exactly 0 keeps its outcome effect", {
  input <- lapply(mr_reference()$n4$input, identity)
  input$bx[4] <- 0
  model <- lm(c(by[1], -by[2], by[3], by[4]) ~ abs(bx), input, weights = 1 / byse^2)
  fit <- fit_mr(plain_effects(input), method = "egger")
  expect_equal(c(fit$intercept, fit$estimate), unname(coef(model)), tolerance = 1e-10)
})

test_that("flipping alleles changes nothing, and units scale as they must", {
  effects <- plain_effects(mr_reference()$synthetic200$input)
  fit <- fit_mr(effects, method = "egger", distribution = "t")
  flipped <- data.table::copy(effects)
  flipped[seq(1, 200, 3), c("beta_exposure", "beta_outcome") := list(-beta_exposure, -beta_outcome)]
  flipped_fit <- fit_mr(flipped, method = "egger", distribution = "t")
  same <- setdiff(names(fit), c("cross_talk", "cross_talk_slope", "strong_correlation", "strong_slope"))
  expect_equal(bare(flipped_fit)[same], bare(fit)[same])
  scaled <- data.table::copy(effects)
  scaled[, c("beta_exposure", "se_exposure") := list(10 * beta_exposure, 10 * se_exposure)]
  scaled[, c("beta_outcome", "se_outcome") := list(-2 * beta_outcome, 2 * se_outcome)]
  other <- fit_mr(scaled, method = "egger", distribution = "t")
  expect_equal(other$estimate, -fit$estimate / 5)
  expect_equal(other$std.error, fit$std.error / 5)
  expect_equal(other$intercept, -2 * fit$intercept)
  expect_equal(c(other$conf.low, other$conf.high), -c(fit$conf.high, fit$conf.low) / 5)
  expect_equal(other$i2_gx_weighted, fit$i2_gx_weighted)
})

test_that("a perfect fit has the stated errors", {
  effects <- plain_effects(list(bx = 1:5 / 10, bxse = rep(0.01, 5), by = 0.1 + 1:5 / 20, byse = rep(0.02, 5)))
  fit <- fit_mr(effects, method = "egger")
  expect_equal(c(fit$estimate, fit$intercept, fit$std.error), c(0.5, 0.1, 0.02 / sqrt(0.1)))
  expect_identical(fit$status, "ok")
})

test_that("outcome effects that are all 0 have p-value 1, also under t", {
  effects <- plain_effects(list(bx = 1:5 / 10, bxse = rep(0.01, 5), by = rep(0, 5), byse = rep(0.02, 5)))
  fit <- fit_mr(effects, method = "egger", distribution = "t")
  expect_identical(c(fit$p.value, fit$intercept_p), c(1, 1))
})

test_that("many fits at once equal each alone and lm(), whether groups are alike in size, or rows in order", {
  table <- with_seed(4, {
    units <- data.table::CJ(sequence = c("s1", "s2", "s3"), exposure = c("a", "b"), variant = 1:30, sorted = FALSE)
    n <- nrow(units)
    units[, c("beta_exposure", "se_exposure") := list(stats::rnorm(n), stats::runif(n, 0.1, 0.2))]
    units[, c("beta_outcome", "se_outcome") := list(0.3 * beta_exposure + stats::rnorm(n), stats::runif(n, 0.1, 1))]
  })
  tables <- list(alike = table, unlike = table[-c(3, 40:55, 100)], shuffled = table[with_seed(5, sample(180))])
  for (name in names(tables)) {
    fit <- bare(fit_mr(tables[[name]], method = "egger"))
    for (i in seq_len(nrow(fit))) {
      rows <- tables[[name]][sequence == fit$sequence[i] & exposure == fit$exposure[i]]
      alone <- bare(fit_mr(rows, method = "egger"))
      # the reach compares sequences, so one alone has none
      same <- setdiff(names(fit), "exposure_reach")
      expect_equal(fit[i, same], alone[, same], ignore_attr = TRUE)
      turn <- sign(rows$beta_exposure)
      line <- stats::lm(turn * beta_outcome ~ abs(beta_exposure), rows, weights = 1 / rows$se_outcome^2)
      expect_equal(c(fit$intercept[i], fit$estimate[i]), unname(stats::coef(line)))
      expect_equal(fit$rse[i], summary(line)$sigma)
    }
  }
})
