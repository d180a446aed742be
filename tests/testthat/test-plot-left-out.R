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
    expect_setequal(grey$colour, not_pooled)
    expect_match(caption_text(p), "not pooled (weak instruments).", fixed = TRUE)
    expect_silent(draw(p))
  }
  intervals <- layers_of(autoplot(fit, type = "forest", pooled = pooled), "GeomLinerange")[[2]]
  expect_equal(intervals$xmin, fit$conf.low[c(2, 5)])
  expect_setequal(intervals$colour, not_pooled)
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
  vdiffr::expect_doppelganger("forest left out", autoplot(weak_fit(), type = "forest", pooled = pooled))
})
