test_that("a point has the predictions before and after, in the panel of its output", {
  x <- simulate_mutagenesis(3, 10)
  p <- autoplot(x, "before_after", exposure = "outcome", outcome = "exposure")
  points <- layers_of(p, "GeomPoint")[[1]]
  panels <- c("exposure: outcome", "outcome: exposure")
  expect_identical(levels(p$data$panel), panels)
  for (i in 1:2) {
    own <- x[output == c("outcome", "exposure")[i]]
    expect_setequal(paste(points$x, points$y)[points$PANEL == i], paste(own$mean_ref, own$mean_alt))
  }
  expect_setequal(unique(points$colour), okabe_ito[1:3])
  expect_silent(draw(p))
})

test_that("sequences are those asked for, missing predictions are counted", {
  x <- simulate_mutagenesis(3, 10)
  x[1:2, "mean_alt" := c(NA, Inf)]
  two <- c("simulated1", "simulated3")
  p <- autoplot(x, "before_after", exposure = "exposure", outcome = "outcome", sequences = two)
  expect_setequal(levels(p$data$sequence), two)
  expect_match(caption_text(p), "2 of 120 points not shown")
  expect_silent(draw(p))
})

test_that("what cannot be shown is an error that says so", {
  x <- simulate_mutagenesis(2, 10)
  plot <- function(...) autoplot(x, "before_after", ...)
  expect_error(plot(outcome = "outcome"), "exposure", class = "deepmr_error_argument")
  expect_error(plot(exposure = "exposure", outcome = "exposure"), class = "deepmr_error_same_output")
  expect_error(plot(exposure = "exposures", outcome = "outcome"), class = "deepmr_error_unknown_output")
  expect_error(plot(exposure = "exposure", outcome = "outcome", sequences = "s9"), class = "deepmr_error_argument")
  x[, "mean_alt" := NA_real_]
  expect_error(plot(exposure = "exposure", outcome = "outcome"), class = "deepmr_error_no_rows")
})

test_that("the picture looks as it did", {
  skip_on_cran()
  skip_if_not_installed("vdiffr")
  x <- simulate_mutagenesis(n_sequences = 3, length = 10)
  p <- autoplot(x, "before_after", exposure = "exposure", outcome = "outcome")
  vdiffr::expect_doppelganger("before and after", p)
})
