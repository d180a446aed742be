test_that("estimates and intervals beyond the axis become arrows, counted", {
  fit <- plot_fit(20, "mc")
  fit$estimate[3] <- 40
  fit$conf.low[3] <- -10
  fit$conf.high[3] <- 90
  fit$conf.high[4] <- 50
  p <- autoplot(fit, type = "forest")
  expect_equal(nrow(layers_of(p, "GeomPoint")[[1]]), 19)
  expect_lt(max(layers_of(p, "GeomLinerange")[[1]]$xmax), 2)
  expect_equal(vapply(layers_of(p, "GeomSegment"), nrow, 1L), c(1L, 2L))
  caption <- gsub("\n", " ", p$labels$caption)
  expect_match(caption, "1 of 20 estimates lies beyond the axis.")
  expect_match(caption, "Arrows: 2 intervals go beyond the axis.")
  expect_silent(draw(p))
})

test_that("truths and pooled estimates are always within the axis", {
  fit <- plot_fit(6, "mc")
  pooled <- plot_pooled("mc")
  pooled$estimate <- 3
  rows <- within_window(
    transform(data.table::as.data.table(fit), pair = pair_label(fit), label = method_label(fit)), pooled,
    data.table::data.table(value = -2, pair = pair_label(fit)[1])[0L]
  )
  expect_true(all(rows$left <= 0 & rows$right >= 0.5))
  p <- autoplot(fit, type = "forest", truth = data.frame(truth_name = "far", value = -2), pooled = pooled)
  expect_lte(ggplot2::layer_scales(p)$x$range$range[1], -2)
  expect_gte(ggplot2::layer_scales(p)$x$range$range[2], 3)
})

# The panel's axis without the room that ggplot2 adds on both sides.
axis_of <- function(plot) {
  x <- ggplot2::ggplot_build(plot)$layout$panel_params[[1]]$x.range
  x + c(1, -1) * diff(x) * 0.05 / 1.1
}

test_that("the axis reaches to the ends of the pooled intervals", {
  fit <- plot_fit(3, "mc")
  pooled <- plot_pooled("mc")
  pooled[, c("conf.low", "conf.high", "pred.low", "pred.high") := list(0.2, 0.7, -0.1, 0.9)]
  p <- autoplot(fit, type = "forest", pooled = pooled)
  expect_equal(axis_of(p), c(-0.1, 0.9))
  expect_equal(layers_of(p, "GeomLinerange")[[2]][c("xmin", "xmax")], data.frame(xmin = -0.1, xmax = 0.9))
  expect_equal(sum(vapply(layers_of(p, "GeomSegment"), nrow, 1L)), 0)
  expect_no_match(p$labels$caption, "Arrows")
  # What a type does not draw does not widen its axis: sequences span 0 to 0.56.
  expect_equal(axis_of(autoplot(fit, type = "density", pooled = pooled)), c(0, 0.7))
  expect_silent(draw(p))
})

test_that("of wild pooled intervals the axis has as much again on either side, with an arrow", {
  fit <- plot_fit(3, "mc")
  pooled <- plot_pooled("mc")
  pooled[, c("pred.low", "pred.high") := list(-40, Inf)]
  p <- autoplot(fit, type = "forest", pooled = pooled)
  expect_equal(axis_of(p), c(0 - 0.56, 0.56 + 0.56))
  arrows <- do.call(rbind, layers_of(p, "GeomSegment"))
  expect_equal(arrows$xend, c(-0.56, 1.12))
  expect_true(all(arrows$y < 0))
  expect_match(caption_text(p), "Arrows: 1 interval goes beyond the axis.")
  pooled[, "conf.high" := 50]
  band <- layers_of(autoplot(fit, type = "density", pooled = pooled), "GeomRect")[[1]]
  expect_identical(c(band$xmin, band$xmax), c(0.42, Inf))
  expect_silent(draw(p))
})
