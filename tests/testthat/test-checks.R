test_that("a count beyond R's whole numbers is refused, not turned into NA", {
  # As a seed, NA would give the same masks for every such number.
  expect_error(check_count(3e9, "seed", min = 0L), "2147483647", class = "deepmr_error_argument")
  expect_identical(check_count(2147483647, "seed"), .Machine$integer.max)
  expect_error(simulate_mutagenesis(1, 3, seed = 20240131001), "seed", class = "deepmr_error_argument")
})

test_that("a missing argument is named, not R's complaint", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 5)
  calls <- list(
    x = quote(fit_mr()), x = quote(fit_mvmr()), x = quote(leave_one_out()), x = quote(estimate_effects()),
    exposure = quote(estimate_effects(x)), outcome = quote(estimate_effects(x, "exposure")),
    effects = quote(select_instruments()), beta = quote(i2_gx()), se = quote(i2_gx(1)), fit = quote(meta_analyze()),
    fit = quote(leave_one_sequence_out()), fit = quote(diagnose()), effects = quote(as_two_sample_mr())
  )
  for (i in seq_along(calls)) {
    error <- expect_error(eval(calls[[i]]), "is missing", class = "deepmr_error_argument")
    expect_match(conditionMessage(error), paste0("`", names(calls)[i], "` is missing"), fixed = TRUE)
  }
})
