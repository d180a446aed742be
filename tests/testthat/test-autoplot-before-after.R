few_variants <- function(...) simulate_mutagenesis(...)[position <= 3]

test_that("a point has the predictions before and after, in the panel of its output", {
  x <- few_variants(3, 10)
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

test_that("from ten variants of a sequence on it has a strip, in the order of the exposure before", {
  x <- simulate_mutagenesis(4, 10)
  level <- c(simulated1 = 0.3, simulated2 = 0.1, simulated3 = 0.4, simulated4 = 0.2)
  x[output == "exposure", c("mean_alt", "mean_ref") := list(level[sequence] + effect, level[sequence])]
  p <- autoplot(x, "before_after", exposure = "exposure", outcome = "outcome")
  before <- layers_of(p, "GeomSegment")[[1]]
  before <- before[order(before$PANEL, before$x), ]
  expect_equal(before$y[1:4], c(0.1, 0.2, 0.3, 0.4))
  sorted <- c("simulated2", "simulated4", "simulated1", "simulated3")
  outcome <- unique(x[output == "outcome", c("sequence", "mean_ref")])
  expect_equal(before$y[5:8], outcome$mean_ref[match(sorted, outcome$sequence)])
  # Within its strip a variant stands by its position.
  points <- layers_of(p, "GeomPoint")[[1]]
  own <- x[sequence == "simulated4" & output == "outcome"]
  strip <- points[points$PANEL == 2 & round(points$x) == 2, ]
  expect_equal(strip$y[order(strip$x)], own$mean_alt[order(own$position)])
  expect_equal(range(strip$x), c(1.6, 2.4))
  expect_match(caption_text(p), "black lines: the prediction before")
  expect_silent(draw(p))
  expect_identical(within_strip(c(7, 7)), c(0, 0))
})

test_that("one sequence stands by position", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 12)
  p <- autoplot(x, "before_after", exposure = "exposure", outcome = "outcome")
  points <- layers_of(p, "GeomPoint")[[1]]
  wanted <- x[order(output != "exposure")]
  expect_setequal(paste(points$x, points$y), paste(wanted$position, wanted$mean_alt))
  lines <- layers_of(p, "GeomHline")[[1]]
  expect_setequal(lines$yintercept, unique(x$mean_ref))
  expect_identical(p$labels$x, "position in simulated1")
  expect_error(
    autoplot(x, "before_after"), "exposure.* is missing.*outcome", class = "deepmr_error_argument"
  )
})

test_that("the fewer points, the larger", {
  size <- function(x) {
    layers_of(autoplot(x, "before_after", exposure = "exposure", outcome = "outcome"), "GeomPoint")[[1]]$size[1]
  }
  sizes <- c(size(few_variants(1, 10)), size(simulate_mutagenesis(2, 20)), size(simulate_mutagenesis(4, 60)))
  expect_true(all(diff(sizes) < 0))
  expect_identical(point_size(data.frame(panel = rep("a", 1e5))), 0.7)
})

test_that("an exposure without a prediction before has its strip last", {
  x <- simulate_mutagenesis(2, 10)
  x[sequence == "simulated1" & output == "exposure", "mean_ref" := NA]
  p <- autoplot(x, "before_after", exposure = "exposure", outcome = "outcome")
  expect_identical(levels(p$data$sequence), c("simulated2", "simulated1"))
  expect_match(caption_text(p), "30 of 120 points not shown")
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
