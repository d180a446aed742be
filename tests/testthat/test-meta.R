# Reference: metafor 3.8.1, rma(); see fixtures/mr-reference.R.

as_fits <- function(input) {
  data.table::data.table(
    sequence = paste0("s", seq_along(input$yi)), exposure = "X", outcome = "Y",
    method = "egger", error = "mc", estimate = input$yi, std.error = input$sei
  )
}

test_that("pooling equals metafor's reference figures", {
  reference <- mr_reference()
  for (set in reference[c("meta25", "meta_tau0")]) {
    for (name in names(set$output)) {
      how <- strsplit(name, "_")[[1]]
      pooled <- meta_analyze(as_fits(set$input), method = how[1], test = if (length(how) == 2) how[2] else "z")
      got <- with(pooled, c(
        estimate, std.error, statistic, p.value, conf.low, conf.high, pred.low, pred.high, tau2, 100 * i2, q, q_p
      ))
      want <- unlist(set$output[[name]])
      # metafor finds the Paule-Mandel tau^2 by uniroot() with a tolerance of about 1e-4
      expect_equal(got, unname(want), tolerance = if (how[1] == "PM") 1e-4 else 1e-6)
      expect_equal(pooled$tau^2, pooled$tau2)
      # The slopes of the second set agree better than their errors let them.
      narrow <- identical(set, reference$meta_tau0) && length(how) == 2
      expect_identical(pooled$status != "ok", narrow)
    }
  }
})

test_that("the level reaches both intervals", {
  fits <- as_fits(mr_reference()$meta25$input)
  narrow <- meta_analyze(fits, level = 0.5)
  wide <- meta_analyze(fits)
  t_ratio <- qt(0.75, 24) / qt(0.975, 24)
  width <- function(m) c(m$conf.high - m$conf.low, m$pred.high - m$pred.low)
  expect_equal(width(narrow), width(wide) * t_ratio)
})

test_that("each exposure, outcome, method and error is pooled by itself", {
  fits <- as_fits(mr_reference()$meta25$input)
  other <- data.table::copy(fits)[, c("method", "estimate") := list("ivw", estimate + 1)]
  pooled <- meta_analyze(rbind(fits, other))
  expect_identical(pooled$method, c("egger", "ivw"))
  expect_equal(pooled$estimate[2], pooled$estimate[1] + 1, tolerance = 1e-6)
  expect_equal(pooled$k, c(25L, 25L))
})

test_that("unusable slopes are left out and counted", {
  fits <- as_fits(mr_reference()$meta25$input)
  spoilt <- data.table::copy(fits)
  spoilt$estimate[1] <- NA
  spoilt$std.error[2:4] <- c(0, NA, Inf)
  pooled <- meta_analyze(spoilt)
  same <- setdiff(names(pooled), "k_left_out")
  expect_equal(bare(pooled)[same], bare(meta_analyze(fits[5:25]))[same])
  expect_identical(c(pooled$k, pooled$k_left_out), c(21L, 4L))
})

test_that("fewer than 2 sequences keep a row", {
  fits <- as_fits(mr_reference()$meta25$input)
  one <- meta_analyze(fits[1])
  expect_identical(one$status, "fewer than 2 sequences")
  expect_true(is.na(one$estimate) && is.na(one$tau))
  fits[, "estimate" := NA_real_]
  none <- meta_analyze(fits)
  expect_identical(none$status, "fewer than 2 sequences")
  expect_identical(c(none$k, none$k_left_out), c(0L, 25L))
})

test_that("metafor's own words become the status", {
  fits <- as_fits(list(yi = c(0, 1, 5), sei = c(1e-9, 1, 1)))
  pooled <- meta_analyze(fits, method = "DL")
  expect_match(pooled$status, "^metafor: .*variance")
  expect_true(is.finite(pooled$estimate))
})

test_that("wrong input is refused", {
  fits <- as_fits(mr_reference()$meta25$input)
  expect_error(meta_analyze(rbind(fits, fits[1])), class = "deepmr_error_duplicated_rows")
  expect_error(meta_analyze(fits[, -"std.error"]), class = "deepmr_error_columns")
  expect_error(meta_analyze(fits, method = "GLS"), class = "deepmr_error_argument")
  expect_error(meta_analyze(fits, test = "chi"), class = "deepmr_error_argument")
  expect_error(meta_analyze(fits, level = 2), class = "deepmr_error_argument")
})

test_that("tidy, glance and print tell the same", {
  pooled <- meta_analyze(as_fits(mr_reference()$meta25$input))
  expect_equal(tidy(pooled)$conf.low, pooled$conf.low)
  expect_named(tidy(pooled), c(
    "exposure", "outcome", "method", "error", "term", "estimate", "std.error", "statistic", "p.value",
    "conf.low", "conf.high", "status"
  ))
  expect_equal(bare(glance(pooled))[c("k", "tau2", "pred.high")], bare(pooled)[c("k", "tau2", "pred.high")])
  expect_output(print(pooled), "REML, knha")
})

test_that("the pooled slope of simulated sequences covers the truth", {
  x <- simulate_mutagenesis(n_sequences = 12, length = 40, slope = 0.4, seed = 5)
  pooled <- meta_analyze(fit_mr(x, method = "egger_draws", exposure = "exposure", outcome = "outcome"), level = 0.999)
  expect_true(all(pooled$conf.low < 0.4 & pooled$conf.high > 0.4))
  expect_true(all(pooled$conf.low > 0.35 & pooled$conf.high < 0.45))
})

test_that("an interval narrower than the errors of the sequences is marked, and adhoc is not", {
  fits <- as_fits(list(yi = c(0.4, 0.41, 0.4, 0.4), sei = rep(0.1, 4)))
  expect_match(meta_analyze(fits)$status, "narrower than the errors")
  adhoc <- meta_analyze(fits, test = "adhoc")
  expect_identical(adhoc$status, "ok")
  expect_equal(adhoc$std.error, 0.1 / sqrt(4))
})
