weak_fit <- function() {
  fit <- plot_fit(6, "mc")
  fit[, "std.error" := 0.05]
  fit[c(2, 5), "status" := c("weak: I2_cov below 0.3", "chosen on odd draws: weak: I2_cov below 0.3")]
  fit
}

points_of <- function(plot) do.call(rbind, lapply(layers_of(plot, "GeomPoint"), `[`, c("x", "shape", "colour")))

test_that("weak fits left out of the pool are hollow and grey, and the caption says why", {
  fit <- weak_fit()
  pooled <- suppressMessages(meta_analyze(fit))
  for (type in c("forest", "funnel", "density")) {
    p <- autoplot(fit, type = type, pooled = pooled)
    grey <- if (type == "density") {
      layers_of(p, "GeomRug")[[2]]
    } else {
      points <- points_of(p)
      expect_setequal(points$x[points$shape == 19], fit$estimate[-c(2, 5)])
      points[points$shape == 1, ]
    }
    expect_equal(grey$x, fit$estimate[c(2, 5)])
    expect_setequal(grey$colour, left_out_colour)
    expect_match(caption_text(p), "not pooled (weak instruments).", fixed = TRUE)
    expect_silent(draw(p))
  }
  intervals <- layers_of(autoplot(fit, type = "forest", pooled = pooled), "GeomLinerange")[[2]]
  expect_equal(intervals$xmin, fit$conf.low[c(2, 5)])
  expect_setequal(intervals$colour, left_out_colour)
})

test_that("those are hollow that meta_analyze() leaves out", {
  fit <- weak_fit()
  fit[6, "std.error" := NA_real_]
  hollow <- function(pooled) {
    p <- autoplot(fit, type = "forest", pooled = pooled)
    list(n = sum(points_of(p)$shape == 1), caption = caption_text(p))
  }
  without <- suppressMessages(meta_analyze(fit))
  expect_identical(hollow(without)$n, without$k_left_out)
  expect_match(hollow(without)$caption, "Hollow: not pooled (weak instruments; no standard error).", fixed = TRUE)
  with <- meta_analyze(fit, weak = "keep")
  expect_identical(hollow(with)$n, with$k_left_out)
  expect_match(hollow(with)$caption, "Hollow: not pooled (no standard error).", fixed = TRUE)
  # A part of the fits is drawn as all of them are.
  drawn <- function(rows, pooled) sum(points_of(autoplot(fit[rows], type = "forest", pooled = pooled))$shape == 1)
  expect_identical(drawn(1:3, with), 0L)
  expect_identical(drawn(1:3, without), 1L)
  # From a file, by the number of fits, where just the pooled ones are shown.
  from_file <- function(pooled) data.table::as.data.table(as.list(pooled))
  expect_identical(hollow(from_file(without))$n, 3L)
  expect_identical(hollow(from_file(with))$n, 1L)
  expect_identical(drawn(1:3, from_file(without)), 0L)
  expect_identical(hollow(from_file(without)[, -"k"])$n, 1L)
  # Nothing pooled: nothing left out of it.
  expect_identical(hollow(NULL)$n, 0L)
  # One good fit is too few for a pooled slope; the others are left out all the same.
  fit[1:5, "status" := "weak: I2_cov below 0.3"]
  fit[6, "std.error" := 0.05]
  none <- suppressMessages(meta_analyze(fit))
  expect_identical(none$estimate, NA_real_)
  expect_identical(hollow(none)$n, 5L)
  expect_silent(draw(autoplot(fit, type = "forest", pooled = none)))
})

test_that("a forest with fits left out looks as it did", {
  skip_on_cran()
  skip_if_not_installed("vdiffr")
  pooled <- plot_pooled("mc")
  pooled[, c("conf.low", "pred.low", "pred.high") := list(0.1, -5, 0.9)]
  data.table::setattr(pooled, "pooling", list(weak = "leave_out"))
  vdiffr::expect_doppelganger("forest left out", autoplot(weak_fit(), type = "forest", pooled = pooled))
})

test_that("a fit without an interval that lies beyond the axis has an arrow; a funnel names what it shows", {
  fit <- plot_fit(6, "mc")
  fit[, "std.error" := 0.05]
  fit[6, c("estimate", "std.error", "conf.low", "conf.high") := list(1e5, NA_real_, NA_real_, NA_real_)]
  forest <- autoplot(fit, type = "forest", pooled = meta_analyze(fit))
  arrows <- layers_of(forest, "GeomSegment")
  expect_identical(sum(vapply(arrows, NROW, 1L)), 1L)
  expect_match(caption_text(forest), "1 of 6 estimates lies beyond the axis.", fixed = TRUE)
  expect_no_match(caption_text(forest), "Arrows")
  expect_silent(draw(forest))
  expect_no_match(caption_text(autoplot(fit, type = "funnel", pooled = meta_analyze(fit))), "Hollow")
})

test_that("pooled slopes of other fits, or for a scatter, are refused", {
  expect_error(autoplot(plot_fit(6, "mc"), pooled = plot_pooled("mc")), "not used", class = "deepmr_error_argument")
  fit <- plot_fit(6, "mc")
  other <- data.table::copy(plot_pooled("mc"))[, "method" := "ivw"]
  for (type in c("forest", "funnel", "density")) {
    fit[, "std.error" := 0.05]
    expect_error(autoplot(fit, type = type, pooled = other), "no row of what", class = "deepmr_error_argument")
  }
})
