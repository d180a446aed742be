test_that("autoplot() is ggplot2's generic", {
  expect_identical(autoplot, ggplot2::autoplot)
})

test_that("mean_variance has one point per variant and a ring per sequence", {
  x <- simulate_mutagenesis(n_sequences = 3, length = 20)
  p <- autoplot(x)
  points <- layers_of(p, "GeomPoint")
  expect_equal(nrow(points[[1]]), nrow(x))
  expect_equal(sort(points[[1]]$x), sort(x$mean_alt))
  expect_equal(sort(10^points[[1]]$y), sort(x$var_alt))
  expect_equal(nrow(points[[2]]), 3 * 2)
  expect_setequal(unique(points[[1]]$colour), okabe_ito[1:3])
  expect_silent(draw(p))
})

test_that("points a log axis cannot show are left out and counted", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 20)
  x$var_alt[1:2] <- c(0, NA)
  p <- autoplot(x)
  expect_equal(nrow(layers_of(p, "GeomPoint")[[1]]), nrow(x) - 2)
  expect_match(gsub("\n", " ", p$labels$caption), "2 of 120 points not shown")
  expect_silent(draw(p))
})

test_that("se_effect leaves out rounding and zeros, each counted", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 20)
  x$at_rounding[1:3] <- TRUE
  x$effect[4] <- 0
  x$se[5] <- NA
  p <- autoplot(x, type = "se_effect")
  points <- layers_of(p, "GeomPoint")[[1]]
  expect_equal(sort(10^points$x), sort(abs(x$effect[-(1:5)])))
  expect_equal(sort(10^points$y), sort(x$se[-(1:5)]))
  caption <- gsub("\n", " ", p$labels$caption)
  expect_match(caption, "3 of 120 points not shown: effect or error at float rounding level")
  expect_match(caption, "2 of 120 points not shown: missing, or zero")
  expect_silent(draw(p))
})

test_that("many sequences get a ramp in the order of their predictions, above twelve no legend", {
  x <- simulate_mutagenesis(n_sequences = 13, length = 5)
  p <- autoplot(x)
  expect_equal(p$scales$get_scales("colour")$guide, "none")
  level <- tapply(x$mean_ref, x$sequence, mean)
  expect_equal(levels(p$data$sequence), names(sort(level)))
  expect_match(gsub("\n", " ", p$labels$caption), "13 sequences, from the lowest")
  few <- autoplot(x[x$sequence %in% unique(x$sequence)[1:7]])
  expect_false(identical(few$scales$get_scales("colour")$guide, "none"))
})

test_that("a table that fell back to fewer columns, and unknown types, stop", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 5)
  expect_error(autoplot(x, type = "pie"), class = "deepmr_error_argument")
  x$var_alt <- NULL
  expect_error(autoplot(x), class = "deepmr_error_columns")
})

test_that("arguments that a type does not use stop, and say whose they are", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 5)
  expect_error(autoplot(x, output = "outcome"), "heatmap.*logo", class = "deepmr_error_argument")
  expect_error(autoplot(x, "logo", exposure = "exposure"), "before_after", class = "deepmr_error_argument")
  expect_error(
    autoplot(x, "before_after", exposure = "exposure", outcome = "outcome", positions = 1:3), "positions",
    class = "deepmr_error_argument"
  )
  expect_error(autoplot(x, "logo", postions = 1:3), class = "rlib_error_dots_nonempty")
})

test_that("a plot leaves the table as it was", {
  x <- simulate_mutagenesis(n_sequences = 2, length = 5)
  before <- data.table::copy(x)
  autoplot(x)
  autoplot(x, type = "se_effect")
  autoplot(x, type = "before_after", exposure = "exposure", outcome = "outcome")
  if (requireNamespace("ggseqlogo", quietly = TRUE)) {
    autoplot(x, type = "heatmap")
    autoplot(x, type = "logo")
  }
  expect_equal(x, before)
})

test_that("pictures stay as they are", {
  skip_if_not_installed("vdiffr")
  x <- simulate_mutagenesis(n_sequences = 2, length = 10)
  vdiffr::expect_doppelganger("mean and variance", autoplot(x))
})

test_that("a table with nothing to show is an error that says so", {
  x <- simulate_mutagenesis(n_sequences = 2, length = 5)
  expect_error(autoplot(x[0]), "no rows", class = "deepmr_error_no_rows")
  rounding <- data.table::copy(x)
  rounding$at_rounding <- TRUE
  expect_error(autoplot(rounding, "se_effect"), "rounding", class = "deepmr_error_no_rows")
  x$var_alt <- 0
  expect_error(autoplot(x), "log axis", class = "deepmr_error_no_rows")
  expect_error(autoplot(plot_effects()[0]), "no rows", class = "deepmr_error_no_rows")
  for (type in c("scatter", "forest", "density")) {
    expect_error(autoplot(plot_fit()[0], type), "no rows", class = "deepmr_error_no_rows")
  }
})
