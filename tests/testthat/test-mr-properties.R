# What must not matter, over all methods that can be fitted here.

property_effects <- function() {
  estimate_effects(simulate_mutagenesis(n_sequences = 3, length = 25, n_samples = 10), "exposure", "outcome")
}

# lmrob() stops at 1e-7 of the coefficients.
tolerance_of <- function(method) ifelse(grepl("robust|paper", method), 1e-5, 1e-8)

expect_same_fits <- function(got, want, columns) {
  expect_identical(got$method, want$method)
  for (i in seq_len(nrow(want))) {
    expect_equal(
      unlist(bare(got)[i, columns]), unlist(bare(want)[i, columns]),
      tolerance = tolerance_of(want$method[i]), label = paste("columns of", want$method[i], want$error[i])
    )
  }
}

slope_columns <- c("estimate", "std.error", "df", "p.value", "conf.low", "conf.high", "n", "n_eff")

test_that("the order of rows and of sequences changes no fit", {
  effects <- property_effects()
  for (se in c("method", "draws")) {
    fit <- fit_mr(effects, method = fittable_methods(), se = se)
    shuffled <- fit_mr(effects[with_seed(3L, sample(nrow(effects)))], method = fittable_methods(), se = se)
    data.table::setorderv(fit, fit_keys)
    data.table::setorderv(shuffled, fit_keys)
    expect_same_fits(shuffled, fit, c(slope_columns, "intercept", "mean_f", "i2_cov", "loo_low"))
  }
})

test_that("sequences apart and put together again have the same fits", {
  effects <- property_effects()
  methods <- setdiff(fittable_methods(), "egger_paper") # which looks at all of them
  for (se in c("method", "draws")) {
    together <- fit_mr(effects, method = methods, se = se)
    apart <- data.table::rbindlist(lapply(unique(effects$sequence), function(name) {
      fit_mr(effects[effects$sequence == name], method = methods, se = se)
    }))
    expect_same_fits(apart, together, slope_columns)
  }
})

test_that("units of exposure and outcome scale estimates and nothing else", {
  effects <- property_effects()
  scaled <- data.table::copy(effects)
  scaled[, c("beta_exposure", "se_exposure") := list(8 * beta_exposure, 8 * se_exposure)]
  scaled[, c("beta_outcome", "se_outcome") := list(0.25 * beta_outcome, 0.25 * se_outcome)]
  scaled$draws_exposure <- lapply(scaled$draws_exposure, `*`, 8)
  scaled$draws_outcome <- lapply(scaled$draws_outcome, `*`, 0.25)
  for (se in c("method", "draws")) {
    fit <- fit_mr(effects, method = fittable_methods(), se = se)
    other <- fit_mr(scaled, method = fittable_methods(), se = se)
    in_units <- c("estimate", "std.error", "conf.low", "conf.high", "loo_low", "cross_talk_slope", "strong_slope")
    for (column in in_units) data.table::set(other, j = column, value = other[[column]] * 32)
    data.table::set(other, j = "intercept", value = other$intercept * 4)
    unitless <- c("p.value", "n_eff", "i2_cov", "i2_gx", "mean_f", "exposure_reach", "cross_talk", "q")
    expect_same_fits(other, fit, c(in_units, "intercept", unitless))
  }
})

test_that("coding a variant the other way changes only methods with an intercept and no orientation", {
  effects <- property_effects()
  flipped <- data.table::copy(effects)
  at <- seq(1L, nrow(effects), 3L)
  for (column in c("beta_exposure", "beta_outcome")) data.table::set(flipped, at, column, -effects[[column]][at])
  for (column in c("draws_exposure", "draws_outcome")) {
    draws <- effects[[column]]
    draws[at] <- lapply(draws[at], `-`)
    data.table::set(flipped, j = column, value = list(draws))
  }
  free <- Filter(function(method) method$oriented || !method$intercept, method_registry()[fittable_methods()])
  # The filter of egger_paper is about the mean; direct effects that a position's substitutions share have signs, so
  # standard errors from draws are those of variants without position.
  methods <- setdiff(names(free), c("egger_paper", "ivw_draws"))
  for (se in c("method", "draws")) {
    fit <- function(x) fit_mr(if (se == "draws") x[, -"position"] else x, method = methods, se = se)
    expect_same_fits(fit(flipped), fit(effects), c(slope_columns, "i2_cov", "loo_high"))
  }
  slopes <- function(x) fit_mr(x, method = methods, se = "draws")$estimate
  expect_equal(slopes(flipped), slopes(effects), tolerance = 1e-5)
  through_origin <- function(x) fit_mr(x, method = "ivw_draws")$estimate
  expect_equal(through_origin(flipped), through_origin(effects))
  ols <- fit_mr(effects, method = "ols")$estimate
  expect_false(isTRUE(all.equal(fit_mr(flipped, method = "ols")$estimate, ols)))
})

test_that("a variant without weight changes nothing but the count of those left out", {
  effects <- property_effects()
  more <- data.table::copy(effects[1])
  more[, c("position", "beta_outcome", "se_outcome") := list(999L, 5, Inf)]
  more$draws_outcome <- list(rep(5, 10))
  methods <- fittable_methods()
  fit <- fit_mr(effects, method = methods)
  extended <- fit_mr(rbind(effects, more), method = methods)
  expect_same_fits(extended, fit, c(slope_columns, "rse", "i2_gx", "cross_talk"))
  expect_identical(sum(extended$n_left_out - fit$n_left_out), sum(fit$sequence == effects$sequence[1]))
  # In the limit too: 1/SE^2 of next to nothing.
  faint <- data.table::copy(effects)
  data.table::set(faint, 5L, "se_outcome", 1e9)
  columns <- c("sequence", effect_columns)
  weighted <- c("egger", "egger_penalized", "ivw", "ivw_delta", "divw", "profile_likelihood", "median_weighted")
  slopes <- function(x) fit_mr(x[, columns, with = FALSE], method = weighted)$estimate
  expect_equal(slopes(faint), slopes(effects[-5]), tolerance = 1e-5)
})
