# A sequence of which no variant moves the exposure: small effects, well above their errors,
# which move together with the outcome's for reasons of the network.
idle_sequence <- function() {
  live <- simulate_mutagenesis(n_sequences = 4, length = 40, slope = 0.4)
  idle <- simulate_mutagenesis(n_sequences = 1, length = 40, slope = 2, seed = 7)
  idle[, "sequence" := "idle"]
  for (column in c("effect", "se")) idle[[column]] <- idle[[column]] / 10
  idle$effect_draws <- lapply(idle$effect_draws, `/`, 10)
  estimate_effects(rbind(live, idle), "exposure", "outcome")
}

test_that("a sequence whose variants hardly move the exposure is called weak, not ok", {
  effects <- idle_sequence()
  fit <- fit_mr(effects, method = c("egger_draws", "ivw"), error = "mc")
  idle <- fit[fit$sequence == "idle"]
  expect_identical(unique(idle$status), "weak: no variant moves the exposure as far as in other sequences")
  expect_true(all(idle$i2_cov > 0.9) && !anyNA(idle$estimate))
  expect_identical(unique(fit$status[fit$sequence != "idle"]), "ok")
})

test_that("the reach is the largest effect over the upper quartile of the largest", {
  effects <- idle_sequence()
  fit <- fit_mr(effects, method = "ols", error = "mc")
  largest <- tapply(abs(effects$beta_exposure), effects$sequence, max)[fit$sequence]
  expect_equal(fit$exposure_reach, unname(largest / quantile(largest, 0.75)), ignore_attr = TRUE)
})

test_that("below three sequences there is nothing to compare with", {
  effects <- idle_sequence()
  fit <- fit_mr(effects[effects$sequence %in% c("idle", "simulated1")], method = "ols")
  expect_true(all(is.na(fit$exposure_reach)))
  expect_identical(unique(fit$status), "ok")
})

test_that("units of the exposure do not matter, and exposures are kept apart", {
  effects <- idle_sequence()
  other <- data.table::copy(effects)
  other[, c("exposure", "beta_exposure", "se_exposure") := list("other", 50 * beta_exposure, 50 * se_exposure)]
  other$draws_exposure <- lapply(other$draws_exposure, `*`, 50)
  fit <- fit_mr(rbind(effects, other), method = "ols", error = "mc")
  expect_equal(fit$exposure_reach[fit$exposure == "other"], fit$exposure_reach[fit$exposure == "exposure"])
})
