# Do the intervals cover what the estimators aim at? The network's own slopes were computed once
# from 400 other masks by other code (data-raw/demo_model/07_network_slopes.py).

network_slopes <- function() {
  slopes <- data.table::as.data.table(utils::read.csv(demo_file("demo_network_slopes.csv")))
  slopes[, .(sequence, exposure, slope, slope_se = se)]
}

test_that("intervals of egger_draws cover the network's own slope in 90 % of sequences x exposures", {
  skip_if_no_python()
  skip_on_cran()
  x <- saturation_mutagenesis(model_demo(), demo_sequences(8), n_samples = 12)
  effects <- estimate_effects(x, setdiff(demo_outputs, "accessibility"), "accessibility")
  fit <- merge(fit_mr(effects, error = "mc"), network_slopes(), by = c("sequence", "exposure"))
  expect_identical(nrow(fit), 32L)
  expect_true(all(fit$status %in% c("ok", idle_words)))
  covered <- fit$conf.low <= fit$slope & fit$slope <= fit$conf.high
  expect_gte(mean(covered), 0.9)
  # Not by being wide: most intervals exclude the slope of the next exposure.
  expect_lt(stats::median(fit$conf.high - fit$conf.low), 0.15)
})

test_that("the stored slopes lie around the structural coefficients, with small Monte-Carlo errors", {
  slopes <- network_slopes()
  expect_identical(unique(slopes$sequence), names(demo_sequences(20)))
  expect_true(all(slopes$slope_se < 0.05 * pmax(1, abs(slopes$slope))))
  structural <- demo_truth(demo_sequences(1))$coefficients
  medians <- slopes[, .(slope = stats::median(slope)), by = exposure]
  expect_lt(max(abs(medians$slope - structural$coefficient[match(medians$exposure, structural$output)])), 0.05)
})
