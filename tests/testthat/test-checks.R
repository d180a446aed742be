test_that("a count beyond R's whole numbers is refused, not turned into NA", {
  # As a seed, NA would give the same masks for every such number.
  expect_error(check_count(3e9, "seed", min = 0L), "2147483647", class = "deepmr_error_argument")
  expect_identical(check_count(2147483647, "seed"), .Machine$integer.max)
  expect_error(simulate_mutagenesis(1, 3, seed = 20240131001), "seed", class = "deepmr_error_argument")
})
