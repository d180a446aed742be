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

test_that("weak fits are not pooled unless they are to be kept", {
  fits <- as_fits(mr_reference()$meta25$input)
  fits[, "status" := "ok"]
  # A slope of the background, with a small standard error
  fits[3:4, c("estimate", "std.error", "status") := list(5, 0.001, c(idle_words, "weak: I2_cov below 0.3"))]
  fits[5, c("estimate", "status") := list(NA_real_, "weak: no number")]
  expect_message(pooled <- meta_analyze(fits), "Not pooled: 2 weak fits of 25", class = "deepmr_message_weak")
  expect_no_message(strong <- meta_analyze(fits[-(3:4)]))
  same <- setdiff(names(pooled), "k_left_out")
  expect_equal(bare(pooled)[same], bare(strong)[same])
  expect_identical(c(pooled$k, pooled$k_left_out), c(22L, 3L))
  expect_no_message(all <- meta_analyze(fits, weak = "keep"))
  expect_equal(bare(all), bare(meta_analyze(fits[, -"status"])))
  expect_identical(all$k, 24L)
  each <- suppressMessages(leave_one_sequence_out(fits))
  expect_identical(nrow(each), 22L)
  expect_identical(nrow(leave_one_sequence_out(fits, weak = "keep")), 24L)
  fits$gc <- seq_len(25)
  expect_identical(suppressMessages(meta_analyze(fits, mods = ~gc))$k, c(22L, 22L))
  expect_error(meta_analyze(fits, weak = "no"), "weak", class = "deepmr_error_argument")
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
  pooled <- meta_analyze(fits, method = "REML")
  expect_match(pooled$status, "^metafor: .*variance")
  expect_match(meta_analyze(fits, method = "DL")$status, "^sampling variances differ")
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
  expect_output(print(pooled), "(REML, Knapp-Hartung)", fixed = TRUE)
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

test_that("the native estimators equal metafor to 1e-8, for every test", {
  sets <- c(
    lapply(mr_reference()[c("meta25", "meta_tau0")], `[[`, "input"),
    with_seed(1, lapply(1:20, function(i) {
      k <- sample(2:12, 1)
      list(yi = rnorm(k, sd = runif(1, 0, 3)), sei = exp(rnorm(k)))
    }))
  )
  for (input in sets) {
    for (method in c("DL", "PM", "FE")) {
      for (test in c("knha", "adhoc", "z", "t")) {
        pooling <- list(method = method, test = test, level = 0.9)
        got <- pool_native(input$yi, input$sei, pooling)$result
        # metafor's Paule-Mandel stops at 1e-4 unless told
        arguments <- list(yi = input$yi, sei = input$sei, control = list(tol = 1e-14))
        fit <- suppressWarnings(run_rma(arguments, pooling))
        interval <- predict(fit, level = 90)
        bounds <- if (method == "FE") c(NA_real_, NA_real_) else c(interval$pi.lb, interval$pi.ub)
        want <- c(unlist(rma_coefficients(fit)), bounds, unlist(rma_heterogeneity(fit)))
        expect_equal(unlist(got[meta_columns]), want, tolerance = 1e-8, ignore_attr = TRUE)
      }
    }
  }
})

test_that("without each sequence, the others are pooled", {
  fits <- as_fits(mr_reference()$meta25$input)
  fits$estimate[7] <- NA
  for (method in c("REML", "DL")) {
    without <- leave_one_sequence_out(fits, method = method)
    expect_identical(without$left_out, fits$sequence[-7])
    alone <- meta_analyze(fits[-3], method = method)
    row <- bare(without)[without$left_out == "s3", ]
    expect_equal(row[names(bare(alone))], bare(alone), ignore_attr = TRUE)
    expect_equal(row$change, alone$estimate - meta_analyze(fits, method = method)$estimate)
  }
  two <- leave_one_sequence_out(fits[1:2])
  expect_identical(two$status, rep("fewer than 2 sequences", 2))
  expect_identical(nrow(leave_one_sequence_out(fits[7])), 0L)
})

# Moderators

test_that("moderators equal metafor's and one row per coefficient", {
  input <- mr_reference()$meta25$input
  fits <- as_fits(input)
  gc <- data.frame(sequence = fits$sequence, gc = seq(0.3, 0.7, length.out = 25), kind = rep_len(c("a", "b"), 25))
  both <- rbind(fits, data.table::copy(fits)[, "method" := "ivw"])
  pooled <- meta_analyze(both, mods = ~ gc + kind, data = gc[25:1, ])
  want <- metafor::rma(yi = input$yi, sei = input$sei, mods = ~ gc + kind, data = gc, test = "knha")
  expect_identical(pooled$term, rep(c("intercept", "gc", "kindb"), 2))
  expect_equal(pooled$estimate[1:3], drop(want$beta), ignore_attr = TRUE)
  expect_equal(pooled$p.value[4:6], want$pval)
  expect_equal(pooled$qm_p[1], want$QMp)
  expect_identical(tidy(pooled)$term, pooled$term)
  expect_equal(nrow(glance(pooled)), 2)
  expect_output(print(pooled), "kindb")
  own <- cbind(fits, gc[2])
  expect_equal(meta_analyze(own, mods = ~gc)$estimate, meta_analyze(fits, mods = ~gc, data = gc)$estimate)
  gc$gc[1:2] <- NA
  expect_identical(meta_analyze(fits, mods = ~gc, data = gc)$k_left_out, c(2L, 2L))
  few <- meta_analyze(fits[1:4], mods = ~gc, data = gc)
  expect_identical(few$status, "fewer than 3 sequences")
})

test_that("moderators that are none are refused", {
  fits <- as_fits(mr_reference()$meta25$input)
  expect_error(meta_analyze(fits, mods = "gc"), "formula", class = "deepmr_error_moderators")
  expect_error(meta_analyze(fits, mods = ~gc), "gc", class = "deepmr_error_columns")
  expect_error(meta_analyze(fits, mods = ~estimate), "pooled", class = "deepmr_error_moderators")
  gc <- data.frame(sequence = "s1", gc = 0.5)
  expect_error(meta_analyze(fits, mods = ~gc, data = gc), "no row", class = "deepmr_error_moderators")
  expect_error(meta_analyze(fits, data = gc), "names none", class = "deepmr_error_moderators")
})

# Masks shared between sequences: sequences_with_masks().

test_that("masks that sequences share are found, and own ones are not taken for shared", {
  masks <- function(shared, seed) {
    fit <- fit_mr(sequences_with_masks(shared, seed = seed), method = "egger_draws", error = "mc")
    meta_analyze(fit, method = "DL")$masks
  }
  expect_identical(vapply(1:5, masks, "", shared = TRUE), rep("shared", 5))
  expect_identical(vapply(1:5, masks, "", shared = FALSE), rep("own", 5))
  p <- with_seed(1, vapply(1:1000, function(i) {
    independence_p(scale(matrix(rnorm(20 * 8), 20), scale = FALSE))
  }, 0))
  expect_lt(mean(p < 0.05), 0.09)
  expect_equal(mean(p < 1e-4), 0)
})

test_that("the jackknife is that of the pooled slope, draw by draw", {
  effects <- sequences_with_masks(TRUE, k = 4, n_draws = 8)
  fit <- fit_mr(effects, method = "egger_draws", error = "mc", target = "network")
  pooled <- meta_analyze(fit, masks = "shared")
  w <- 1 / (fit$std.error^2 + pooled$tau2)
  w <- w / sum(w)
  without <- vapply(1:8, function(t) {
    again <- data.table::copy(effects)
    for (role in c("exposure", "outcome")) {
      draws <- lapply(again[[paste0("draws_", role)]], `[`, -t)
      again[, paste0(c("draws_", "beta_"), role) := list(draws, vapply(draws, mean, 0))]
    }
    again$n_draws <- 7L
    sum(w * fit_mr(again, method = "egger_draws", error = "mc")$estimate)
  }, 0)
  jackknife <- 7 / 8 * sum((without - mean(without))^2)
  each <- vapply(fit$slope_without_draw, function(x) 7 / 8 * sum((x - mean(x))^2), 0)
  own <- sum(w^2 * (pooled$tau2 + pmax(0, fit$std.error^2 - each)))
  expect_equal(pooled$estimate, sum(w * fit$estimate))
  expect_equal(pooled$std.error, sqrt(jackknife + own), tolerance = 1e-8)
  expect_identical(pooled$masks, "shared")
  expect_output(print(pooled), "Masks shared between sequences in 1 of 1")
})

test_that("with shared masks the jackknife covers, and pooling as if independent does not", {
  skip_on_cran()
  hits <- vapply(1:60, function(seed) {
    effects <- sequences_with_masks(TRUE, k = 12, seed = 100 + seed)
    fit <- fit_mr(effects, method = "egger_draws", error = "mc")
    holds <- function(masks) {
      pooled <- meta_analyze(fit, method = "DL", masks = masks)
      pooled$conf.low <= 0.4 && 0.4 <= pooled$conf.high
    }
    c(shared = holds("shared"), own = holds("own"))
  }, c(TRUE, TRUE))
  expect_gte(sum(hits["shared", ]), qbinom(1e-4, 60, 0.95))
  expect_lt(sum(hits["own", ]), qbinom(1e-4, 60, 0.95))
})

test_that("neither a sequence that cannot tell nor words about the errors hide shared masks", {
  fit <- fit_mr(sequences_with_masks(TRUE), method = "egger_draws", error = "mc")
  hole <- data.table::copy(fit)
  hole$slope_without_draw[[3]][2] <- NA
  pooled <- meta_analyze(hole)
  expect_identical(pooled$masks, "shared")
  expect_match(pooled$status, "^masks shared between sequences: standard error too small")
  own <- fit_mr(sequences_with_masks(FALSE), method = "egger_draws", error = "mc")
  own$slope_without_draw[[3]][2] <- NA
  expect_identical(meta_analyze(own)$masks, "own")
  precise <- data.table::copy(fit)
  precise$std.error[2] <- 1e-9
  worded <- meta_analyze(precise, method = "DL")
  expect_match(worded$status, "^sampling variances differ")
  expect_identical(worded$masks, "shared")
  by_jackknife <- pool_jackknife(
    pool_native(precise$estimate, precise$std.error, list(method = "DL", test = "knha", level = 0.95))$result,
    precise$estimate, precise$std.error, precise$slope_without_draw, "mc", 0.95
  )
  expect_equal(worded$std.error, by_jackknife$std.error)
})

test_that("masks that are said to be shared, of slopes that cannot tell, are marked", {
  fits <- as_fits(mr_reference()$meta25$input)
  expect_match(meta_analyze(fits, masks = "shared")$status, "^masks shared between sequences")
  expect_true(is.na(meta_analyze(fits)$masks))
  fit <- fit_mr(sequences_with_masks(TRUE), method = "egger_draws", error = "mc")
  gc <- data.frame(sequence = fit$sequence, gc = seq_len(12))
  expect_match(meta_analyze(fit, mods = ~gc, data = gc)$status[1], "^masks shared between sequences")
})

test_that("what stands twice is called what it is", {
  fits <- data.table::data.table(
    sequence = paste0("s", 1:5), exposure = "X", outcome = "Y", method = "ivw", error = "mc",
    estimate = c(0.3, 0.5, 0.4, 0.2, 0.6), std.error = 0.1, gc = c(0.4, 0.5, 0.45, 0.6, 0.55)
  )
  expect_error(meta_analyze(rbind(fits, fits)), "Each fit may stand once", class = "deepmr_error_duplicated_rows")
  gc <- fits[, c("sequence", "gc")]
  expect_error(meta_analyze(fits[, -"gc"], mods = ~gc, data = rbind(gc, gc)), "Each sequence may stand once")
  expect_error(meta_analyze(fits, mods = gc ~ 1), "not `gc ~ 1`", class = "deepmr_error_moderators")
})

test_that("the header says what the columns are: coefficients, a common slope or a mean", {
  fits <- data.table::data.table(
    sequence = paste0("s", 1:5), exposure = "X", outcome = "Y", method = "ivw", error = "mc",
    estimate = c(0.3, 0.5, 0.4, 0.2, 0.6), std.error = 0.1, gc = c(0.4, 0.5, 0.45, 0.6, 0.55)
  )
  shown <- function(...) paste(capture.output(print(meta_analyze(fits, ...))), collapse = "\n")
  expect_match(shown(), "estimate: mean slope.*pred.low")
  expect_match(shown(mods = ~gc), "coefficient of the regression on moderators")
  expect_match(shown(method = "FE", test = "z"), "the same in all sequences")
  expect_no_match(shown(mods = ~gc), "pred")
  expect_no_match(shown(method = "FE", test = "z"), "pred")
})
