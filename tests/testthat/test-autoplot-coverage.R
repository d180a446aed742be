curve_b <- function() coverage_curve(rep(0, 4), c(1, 1, 2, 2), c(0.5, -1.5, 1, -3))

test_that("the shaded area is the miscalibration area, and the subtitle gives it", {
  plot <- autoplot(curve_b())
  draw(plot)
  expect_identical(plot$labels$subtitle, "miscalibration area: 0.156 (n = 4)")
  ribbon <- layers_of(plot, "GeomRibbon")[[1]]
  width <- diff(ribbon$x)
  height <- ribbon$ymax - ribbon$ymin
  # trapezoids are exact between the corners of a step curve
  expect_equal(sum(width * (height[-1] + height[-length(height)]) / 2), 0.1562146423, tolerance = 1e-9)
  steps <- layers_of(plot, "GeomStep")[[3]]
  expect_equal(steps$y, c(0, 0.5, 1, 1))
  expect_match(autoplot(curve_b(), type = "quantile")$labels$subtitle, "0.162", fixed = TRUE)
})

test_that("long curves are thinned in the picture, not in the area", {
  sd <- with_seed(1, stats::runif(3000, 0.5, 2))
  y <- with_seed(2, stats::rnorm(3000)) * sd * 1.5
  plot <- autoplot(coverage_curve(rep(0, 3000), sd, y))
  expect_identical(nrow(layers_of(plot, "GeomStep")[[3]]), 1000L)
  area <- interval_calibration(rep(0, 3000), sd, y)$miscalibration_area
  expect_match(plot$labels$subtitle, sprintf("%.3f (n = 3,000)", area), fixed = TRUE)
})

test_that("coverage has a point per output, level, interval and set, and the intervals of the table", {
  x <- simulate_mutagenesis(n_sequences = 4, length = 12)
  truth <- x[, list(sequence, position, alt, output, effect = vapply(effect_draws, function(d) d[1], 0))]
  half <- data.table::copy(x)[, "se" := se / 2]
  coverage <- se_coverage(list(given = x, halved = half), truth)
  plot <- autoplot(coverage)
  draw(plot)
  expect_identical(nrow(layers_of(plot, "GeomPoint")[[1]]), 2L * 3L * 4L * 2L)
  expect_setequal(layers_of(plot, "GeomLinerange")[[1]]$ymin, coverage$cluster.low)
  expect_match(plot$labels$caption, "bootstrap")
  one <- se_coverage(x[sequence == "simulated1"], truth[sequence == "simulated1"])
  plot <- autoplot(one)
  draw(plot)
  expect_setequal(layers_of(plot, "GeomLinerange")[[1]]$ymin, one$conf.low)
  expect_match(plot$labels$caption, "exact intervals")
})

test_that("unknown types, missing columns and empty tables stop", {
  expect_error(autoplot(curve_b(), type = "pie"), class = "deepmr_error_argument")
  expect_error(autoplot(curve_b()[type == "quantile"]), class = "deepmr_error_no_rows")
  expect_error(autoplot(curve_b()[, !"conf.low"]), class = "deepmr_error_columns")
  x <- simulate_mutagenesis(n_sequences = 2, length = 4)
  coverage <- se_coverage(x, x[, list(sequence, position, alt, output, effect)])
  expect_error(autoplot(coverage[0]), class = "deepmr_error_no_rows")
  expect_error(autoplot(coverage[, !"coverage"]), class = "deepmr_error_columns")
})
