test_that("the small example gives the values computed by hand", {
  ranks <- uncertainty_rank(c(0.05, 0.2, 0.4, 0.6), c(0.1, 0.2, 0.2, 0.3, 0.5))
  expect_equal(ranks$rank, c(0, 0.4, 0.8, 1))
  expect_equal(ranks$flagged, c(FALSE, FALSE, FALSE, TRUE))
  expect_equal(ranks$value, c(0.05, 0.2, 0.4, 0.6))
})

test_that("ranks equal counting, with ties", {
  values <- with_seed(1, list(x = round(stats::rexp(60), 1), reference = round(stats::rexp(150), 1)))
  slow <- vapply(values$x, function(u) {
    (sum(values$reference < u) + 0.5 * sum(values$reference == u)) / length(values$reference)
  }, 0)
  ranks <- uncertainty_rank(values$x, values$reference, threshold = 0.5)
  expect_equal(ranks$rank, slow, tolerance = 1e-14)
  expect_identical(ranks$flagged, slow > 0.5)
  # a rank at the threshold is not above it
  expect_false(uncertainty_rank(2, c(1, 3), threshold = 0.5)$flagged)
})

test_that("predictions are ranked by their standard deviation within their own output", {
  reference <- data.frame(sequence = rep(paste0("r", 1:4), 2), output = rep(c("a", "b"), each = 4), var = c(1:4, 11:14)^2)
  x <- data.frame(sequence = c("s2", "s1", "s1"), output = c("b", "a", "b"), var = c(12.5, 3, 100)^2)
  ranks <- uncertainty_rank(x, reference)
  expect_equal(ranks$sequence, x$sequence)
  expect_equal(ranks$sd, c(12.5, 3, 100))
  expect_equal(ranks$rank, c(0.5, 0.625, 1))
  expect_equal(ranks$flagged, c(FALSE, FALSE, TRUE))
})

test_that("a sequence unlike the reference ranks high on the demo model's predictions", {
  skip_if_no_python()
  made <- predict(model_demo(), demo_sequences(6), outputs = c("Dref", "da"), n_samples = 8)
  ranks <- uncertainty_rank(made, made)
  slow <- mapply(function(output, var) {
    of_output <- made$var[made$output == output]
    (sum(of_output < var) + 0.5 * sum(of_output == var)) / 6
  }, made$output, made$var)
  expect_equal(ranks$rank, unname(slow))
})

test_that("bad input stops with its own class", {
  for (bad in list(NA_real_, NaN, Inf, "1", numeric(), matrix(1, 2, 2))) {
    expect_error(uncertainty_rank(bad, 1), class = "deepmr_error_argument")
    expect_error(uncertainty_rank(1, bad), class = "deepmr_error_argument")
  }
  table <- data.frame(sequence = "s", output = "a", var = 1)
  expect_error(uncertainty_rank(table, 1), class = "deepmr_error_argument")
  expect_error(uncertainty_rank(1, table), class = "deepmr_error_argument")
  expect_error(uncertainty_rank(table[-3], table), class = "deepmr_error_columns")
  expect_error(uncertainty_rank(table, transform(table, output = "b")), class = "deepmr_error_unknown_output")
  expect_error(uncertainty_rank(table, transform(table, var = NA_real_)), class = "deepmr_error_no_draws")
  expect_error(uncertainty_rank(transform(table, var = -1), table), class = "deepmr_error_argument")
  expect_error(uncertainty_rank(table[0, ], table), class = "deepmr_error_argument")
  expect_error(uncertainty_rank(1, 1, threshold = 2), class = "deepmr_error_argument")
  expect_error(uncertainty_rank(1), class = "deepmr_error_argument")
  expect_error(uncertainty_rank(), class = "deepmr_error_argument")
})
