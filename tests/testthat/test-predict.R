test_that("moments are those of the draws, and draws do not depend on the number of them", {
  skip_if_no_python()
  model <- test_model()
  x <- predict(model, test_sequences, n_samples = 10, draws = TRUE)
  expect_equal(x$mean, vapply(x$prediction_draws, mean, 0))
  expect_equal(x$var, vapply(x$prediction_draws, stats::var, 0))
  fewer <- predict(model, test_sequences, n_samples = 4, draws = TRUE)
  expect_equal(
    fewer$prediction_draws, lapply(x$prediction_draws, utils::head, 4L),
    tolerance = 1e-6
  )
})

test_that("dropout switched off is one pass without variance", {
  skip_if_no_python()
  x <- predict(test_model(), test_sequences, dropout = NULL, outputs = "y")
  expect_identical(x$n_draws, c(1L, 1L))
  expect_identical(x$var, c(NA_real_, NA_real_))
  # The mean over masks lies near it, within five standard errors of 400 draws.
  mc <- predict(test_model(), test_sequences, n_samples = 400, outputs = "y", dropout = dropout_spec(rate = 0.01))
  expect_true(all(abs(mc$mean - x$mean) < 5 * sqrt(mc$var / 400) + 0.002))
})

test_that("the table prints a header and no list-column", {
  skip_if_no_python()
  expect_output(print(predict(test_model(), test_sequences, dropout = NULL)), "2 sequences, 2 outputs, dropout off")
  expect_output(print(predict(test_model(), test_sequences, n_samples = 2, draws = TRUE)), "Not shown")
})

test_that("a number of draws that dropout switched off has no use for is said", {
  skip_if_no_python()
  off <- function(...) predict(test_model(), test_sequences, dropout = NULL, ...)
  expect_message(x <- off(n_samples = 30), "n_samples = 30.* not used", class = "deepmr_message_n_samples")
  expect_identical(unique(x$n_draws), 1L)
  expect_no_message(off(), class = "deepmr_message_n_samples")
  expect_message(
    saturation_mutagenesis(test_model(), test_sequences, dropout = NULL, n_samples = 30, positions = 1),
    class = "deepmr_message_n_samples"
  )
})
