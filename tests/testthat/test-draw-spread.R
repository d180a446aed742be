# The effects of `x` with draws spread by hand: factor `by` for the exposure, `by_outcome` for the outcome.
spread_effects <- function(x, by, by_outcome) {
  x <- data.table::copy(x)
  factor <- c(exposure = by, outcome = by_outcome)
  for (role in names(factor)) {
    about <- function(d) mean(d) + sqrt(factor[[role]]) * (d - mean(d))
    draws <- paste0("draws_", role)
    se <- paste0("se_", role)
    data.table::set(x, j = draws, value = list(lapply(x[[draws]], about)))
    data.table::set(x, j = se, value = sqrt(factor[[role]]) * x[[se]])
    data.table::set(x, j = paste0("spread_", role), value = factor[[role]])
  }
  data.table::set(x, j = "cov_exposure_outcome", value = sqrt(by * by_outcome) * x$cov_exposure_outcome)
  x
}

plain_effects <- function() {
  estimate_effects(simulate_mutagenesis(3, length = 25, slope = 0.4, seed = 8L), "exposure", "outcome")
}

numbers <- function(table) {
  table <- data.table::setDT(as.list(table))
  unlist(table[, names(table)[vapply(table, is.numeric, TRUE)], with = FALSE])
}

test_that("the Monte-Carlo error is that of the draws before they were spread, by every method", {
  plain <- plain_effects()
  methods <- c("egger_draws", "ivw_draws", "egger", "ivw", "ivw_delta", "median_weighted", "divw")
  fit <- function(x, ...) fit_mr(x, method = methods, error = "mc", ...)
  for (factors in list(c(4, 4), c(0.25, 0.25), c(9, 0.5))) {
    spread <- spread_effects(plain, factors[1L], factors[2L])
    expect_equal(numbers(fit(spread)), numbers(fit(plain)), tolerance = 1e-8)
    expect_equal(numbers(fit(spread, se = "draws")), numbers(fit(plain, se = "draws")), tolerance = 1e-8)
  }
  together <- fit_mr(plain, method = "egger_draws", error = "mc", by = NULL)
  expect_equal(
    numbers(fit_mr(spread, method = "egger_draws", error = "mc", by = NULL)), numbers(together), tolerance = 1e-8
  )
  turned <- function(x) numbers(fit_mr(x, method = "egger_draws", error = "mc", reverse = TRUE))
  expect_equal(turned(spread), turned(plain), tolerance = 1e-8)
})

test_that("other errors are those of the spread draws, whatever the columns say", {
  plain <- plain_effects()
  spread <- spread_effects(plain, 4, 4)
  silent <- data.table::copy(spread)[, c("spread_exposure", "spread_outcome") := NULL]
  methods <- c("egger_draws", "egger", "ols")
  errors <- c("classical", "posterior")
  both <- fit_mr(spread, method = methods, error = c("mc", errors))
  wanted <- fit_mr(silent, method = methods, error = errors)
  expect_equal(numbers(both[error %in% errors]), numbers(wanted), tolerance = 1e-12)
  expect_identical(both$error, fit_mr(plain, method = methods, error = c("mc", errors))$error)
  # The mistake that the columns are there against: errors of means taken for four times what they are.
  mistaken <- fit_mr(silent, method = "egger_draws", error = "mc")
  right <- both[method == "egger_draws" & error == "mc"]
  expect_equal(1 - mistaken$i2_cov, 4 * (1 - right$i2_cov), tolerance = 1e-8)
  # Standard errors taken as they stand are not scaled back.
  given <- fit_mr(spread, method = "egger_paper")
  expect_equal(numbers(given), numbers(fit_mr(silent, method = "egger_paper")), tolerance = 1e-12)
})

test_that("leave_one_out(), fit_mvmr() and as_mr_input() tell the draws apart too", {
  plain <- plain_effects()
  spread <- spread_effects(plain, 4, 0.5)
  left_out <- function(x) leave_one_out(x, method = c("egger_draws", "ivw"), error = c("mc", "classical"))
  by_error <- function(x, error) left_out(x)[["estimate"]][left_out(x)$error == error]
  expect_equal(by_error(spread, "mc"), by_error(plain, "mc"), tolerance = 1e-8)
  expect_false(isTRUE(all.equal(by_error(spread, "classical"), by_error(plain, "classical"))))

  second <- data.table::copy(plain)[, exposure := "second"]
  second[, draws_exposure := Map(`+`, draws_exposure, 2 * beta_outcome^2)]
  second[, beta_exposure := beta_exposure + 2 * beta_outcome^2]
  many <- rbind(plain, second)
  for (se in c("method", "draws")) {
    of <- function(x) fit_mvmr(x, method = "mv_ivw", error = "mc", se = se)
    expect_equal(numbers(of(spread_effects(many, 4, 0.5))), numbers(of(many)), tolerance = 1e-8)
  }

  for (error in c("mc", "classical")) {
    ours <- textbook_effects(spread, NULL, NULL, error)$se_outcome
    factor <- if (error == "mc") 1 else sqrt(0.5)
    expect_equal(ours, factor * textbook_effects(plain, NULL, NULL, error)$se_outcome, tolerance = 1e-12)
  }
})

test_that("halves of spread draws, and factors that are none, are refused", {
  spread <- spread_effects(plain_effects(), 2, 2)
  expect_snapshot(error = TRUE, {
    select_instruments(spread, draws = "odd")
    fit_mr(data.table::copy(spread)[3L, spread_outcome := NA])
    fit_mr(data.table::copy(spread)[3L, spread_exposure := -1])
    fit_mr(data.table::copy(spread)[, spread_exposure := NULL])
  })
})

test_that("a mutagenesis table's column `spread` goes with the effects", {
  skip_if_no_python()
  model <- with_transform(test_model(), transform_spread(c(x = 4, y = 0.25)))
  mutate <- function(model) saturation_mutagenesis(model, test_sequences[1L], n_samples = 6)
  x <- mutate(model)
  expect_identical(x$spread, ifelse(x$output == "x", 4, 0.25))
  effects <- estimate_effects(x, "y", "x")
  expect_identical(unique(effects[, c(spread_exposure, spread_outcome)]), c(0.25, 4))
  fit <- function(x, error) fit_mr(x, method = "egger_draws", error = error, exposure = "y", outcome = "x")
  plain <- mutate(test_model())
  expect_equal(fit(x, "mc")$estimate, fit(plain, "mc")$estimate, tolerance = 1e-6)
  expect_gt(fit(x, "classical")$i2_cov, fit(plain, "classical")$i2_cov)
  # Spread by 0, nothing is left to fit.
  none <- mutate(with_transform(test_model(), transform_spread(0)))
  expect_identical(unique(fit(none, c("mc", "classical"))$n), 0L)
})
