funnel_fit <- function(...) {
  fit <- plot_fit(...)
  fit[, "std.error" := 0.01 * seq_len(nrow(fit))]
  fit
}

test_that("a funnel has a point for each fit and lines about the pooled estimate", {
  fit <- funnel_fit(6, "mc")
  p <- autoplot(fit, type = "funnel", pooled = plot_pooled("mc"))
  points <- layers_of(p, "GeomPoint")[[1]]
  expect_equal(points$x, fit$estimate)
  expect_equal(sort(abs(points$y)), fit$std.error)
  legs <- layers_of(p, "GeomSegment")[[2]]
  expect_equal(abs(legs$xend - legs$x), 1.96 * abs(legs$yend), tolerance = 1e-4)
  expect_silent(draw(p))
})

test_that("the lines of a funnel have the colour of their method, and are not dashed", {
  p <- autoplot(funnel_fit(6), type = "funnel", pooled = plot_pooled())
  for (lines in layers_of(p, "GeomSegment")) {
    expect_setequal(unique(lines$colour), okabe_ito[1:2])
    expect_equal(unique(lines$linetype), 1)
  }
})

test_that("a funnel without pooled estimates, without estimates or with several methods is drawn", {
  alone <- autoplot(funnel_fit(6), type = "funnel")
  expect_length(layers_of(alone, "GeomSegment"), 0)
  expect_match(caption_text(alone), "pass `pooled = meta_analyze(fit)`", fixed = TRUE)
  expect_silent(draw(autoplot(funnel_fit(6), type = "funnel", pooled = plot_pooled())))
  none <- funnel_fit(6)
  none[, c("estimate", "conf.low", "conf.high", "std.error")] <- NA_real_
  expect_silent(draw(autoplot(none, type = "funnel")))
  expect_error(autoplot(plot_fit(), type = "funnel"), "std.error", class = "deepmr_error_columns")
})
