test_that("a forest has a point and an interval for each fit, and a diamond for each pooled one", {
  fit <- plot_fit()
  p <- autoplot(fit, type = "forest", pooled = plot_pooled())
  points <- layers_of(p, "GeomPoint")[[1]]
  expect_equal(points$x, fit$estimate)
  intervals <- layers_of(p, "GeomLinerange")[[1]]
  expect_equal(intervals$xmin, fit$conf.low)
  expect_equal(intervals$xmax, fit$conf.high)
  # First sequence on top, its first method above the second.
  expect_equal(round(points$y), rep(6:1, each = 2))
  expect_true(points$y[1] > points$y[2])
  diamonds <- layers_of(p, "GeomPolygon")[[1]]
  expect_equal(range(diamonds$x), c(0.42, 0.50))
  expect_length(unique(diamonds$group), 2)
  expect_true(all(diamonds$y < 0))
  prediction <- layers_of(p, "GeomLinerange")[[2]]
  expect_equal(prediction$xmin, c(0.3, 0.3))
  expect_silent(draw(p))
})

test_that("one method needs no legend: the caption names it", {
  p <- autoplot(plot_fit(errors = "mc"), type = "forest")
  expect_match(p$labels$caption, "Method egger_draws, mc errors", fixed = TRUE)
  expect_equal(p$scales$get_scales("colour")$guide, "none")
  expect_length(layers_of(p, "GeomPolygon"), 0)
  expect_silent(draw(p))
})

test_that("truths are lines in their panel, or marks in the row of their sequence", {
  fit <- plot_fit()
  other <- data.table::copy(fit)
  other$exposure <- "Trl"
  both <- rbind(fit, other)
  data.table::setattr(both, "class", class(fit))
  truth <- data.frame(
    exposure = c("Dref", "Trl", "Trl"), truth_name = "oracle", value = c(0.4, 0.3, 0.35), sequence = c(NA, NA, "s2")
  )
  p <- autoplot(both, type = "forest", truth = truth)
  lines <- layers_of(p, "GeomVline")[[2]]
  expect_equal(lines$xintercept[order(lines$PANEL)], c(0.4, 0.3))
  mark <- layers_of(p, "GeomPoint")[[2]]
  expect_equal(c(mark$x, mark$y, as.integer(mark$PANEL)), c(0.35, 5, 2))
  everywhere <- autoplot(both, type = "forest", truth = data.frame(truth_name = "null", value = 0.1))
  expect_equal(nrow(layers_of(everywhere, "GeomVline")[[2]]), 2)
  expect_silent(draw(p))
})

test_that("a fit without an estimate keeps its row and its reason", {
  fit <- plot_fit(6, "mc")
  fit[2, c("estimate", "conf.low", "conf.high")] <- NA_real_
  fit$status[2] <- "no spread in exposure effects"
  p <- autoplot(fit, type = "forest")
  expect_equal(nrow(layers_of(p, "GeomPoint")[[1]]), 5)
  expect_true("s2" %in% ggplot2::layer_scales(p)$y$labels)
  expect_match(gsub("\n", " ", p$labels$caption), "no spread in exposure effects (1)", fixed = TRUE)
  expect_silent(draw(p))
  expect_silent(draw(autoplot(fit, type = "density")))
  fit[, c("estimate", "conf.low", "conf.high")] <- NA_real_
  expect_silent(draw(autoplot(fit, type = "forest")))
  expect_silent(draw(autoplot(fit, type = "density")))
})

test_that("pooled rows of other methods, errors or pairs are left aside", {
  fit <- plot_fit(6, "mc")
  p <- autoplot(fit, type = "forest", pooled = plot_pooled())
  expect_length(unique(layers_of(p, "GeomPolygon")[[1]]$group), 1)
  pooled <- rbind(plot_pooled("mc"), plot_pooled("mc"))
  pooled$exposure[2] <- "another"
  p <- autoplot(fit, type = "forest", pooled = pooled)
  expect_length(unique(layers_of(p, "GeomPolygon")[[1]]$group), 1)
})

test_that("densities have a tick per estimate, and a curve from five on", {
  fit <- plot_fit(6)
  p <- autoplot(fit, type = "density", pooled = plot_pooled(), truth = data.frame(truth_name = "t", value = 0.4))
  expect_equal(sort(layers_of(p, "GeomRug")[[1]]$x), sort(fit$estimate))
  expect_length(unique(layers_of(p, "GeomDensity")[[1]]$group), 2)
  expect_equal(layers_of(p, "GeomVline")[[2]]$xintercept, c(0.46, 0.46))
  expect_equal(layers_of(p, "GeomRect")[[1]]$xmin, c(0.42, 0.42))
  expect_silent(draw(p))
})

test_that("below five estimates a density is points without a y axis, the pooled band as high as the panel", {
  fit <- plot_fit(4)
  p <- autoplot(fit, type = "density", pooled = plot_pooled())
  expect_length(layers_of(p, "GeomDensity"), 0)
  points <- layers_of(p, "GeomPoint")[[1]]
  expect_equal(points$x, fit$estimate)
  expect_length(unique(points$y), 2)
  expect_null(ggplot2::layer_scales(p)$y$breaks)
  expect_null(p$labels$y)
  band <- layers_of(p, "GeomRect")[[1]]
  expect_identical(c(band$ymin, band$ymax), c(-Inf, -Inf, Inf, Inf))
  expect_match(p$labels$caption, "Points: one sequence each.", fixed = TRUE)
  expect_match(caption_text(p), "No curve: it takes five estimates of a method in each panel.", fixed = TRUE)
  expect_no_match(autoplot(plot_fit(6), type = "density")$labels$caption, "No curve")
  expect_silent(draw(p))
  # One panel with too few for a curve is enough: panels would differ in what a height means.
  other <- plot_fit(6)
  fit[, "exposure" := "Trl"]
  both <- rbind(fit, other)
  data.table::setattr(both, "class", class(fit))
  expect_length(layers_of(autoplot(both, type = "density"), "GeomDensity"), 0)
  expect_silent(draw(autoplot(both, type = "density")))
})

test_that("several diamonds are named, a single one is pooled", {
  names_of <- function(fit, pooled) {
    labels <- autoplot(fit, type = "forest", pooled = pooled)$scales$get_scales("y")$labels
    setdiff(labels, fit$sequence)
  }
  expect_identical(names_of(plot_fit(errors = "mc"), plot_pooled("mc")), "pooled")
  expect_identical(names_of(plot_fit(), plot_pooled()), c("pooled, mc", "pooled, classical"))
  # In the order of the fits, whatever the order of the pooled table.
  expect_identical(names_of(plot_fit(), plot_pooled(c("classical", "mc"))), c("pooled, mc", "pooled, classical"))
  methods <- function(x) {
    two <- rbind(x, data.table::copy(x)[, "method" := "ivw"])
    data.table::setattr(two, "class", class(x))
  }
  expect_identical(
    names_of(methods(plot_fit(errors = "mc")), methods(plot_pooled("mc"))), c("pooled, egger_draws", "pooled, ivw")
  )
  expect_identical(
    names_of(methods(plot_fit()), methods(plot_pooled())),
    c("egger_draws (mc)", "egger_draws (classical)", "ivw (mc)", "ivw (classical)")
  )
})

test_that("the prediction interval is promised only where it is seen", {
  told <- function(tau) {
    pooled <- plot_pooled()
    pooled$tau <- tau
    gsub("\n", " ", autoplot(plot_fit(), type = "forest", pooled = pooled)$labels$caption)
  }
  expect_match(told(1), "thin line: prediction interval.", fixed = TRUE)
  expect_no_match(told(0), "thin line")
  expect_match(told(0:1), "thin line: prediction interval, hidden where there is no spread", fixed = TRUE)
})

test_that("one fit over all sequences is not called one sequence", {
  fit <- suppressMessages(fit_mr(plot_effects(3), method = "ivw", error = "mc", by = NULL))
  for (type in c("forest", "funnel", "density")) {
    p <- autoplot(fit, type = type)
    expect_match(p$labels$caption, "Points: all sequences together", fixed = TRUE)
    if (type != "forest") expect_identical(p$labels$x, "slope over all sequences")
    expect_silent(draw(p))
  }
})

test_that("a cross-fitted table, which has no intercepts, has a forest", {
  fit <- suppressMessages(cross_fit_mr(plot_effects(3), method = "egger_draws", error = "mc", target = "network"))
  p <- autoplot(fit, type = "forest", pooled = suppressMessages(meta_analyze(fit)))
  expect_equal(layers_of(p, "GeomPoint")[[1]]$x, fit$estimate)
  expect_silent(draw(p))
  expect_error(autoplot(plot_effects(3), fit = fit), "intercept", class = "deepmr_error_columns")
})

test_that("real fits and pooled tables go through every type", {
  effects <- plot_effects(6, length = 10)
  fit <- suppressMessages(fit_mr(effects))
  pooled <- suppressMessages(meta_analyze(fit), classes = "deepmr_message_weak")
  for (type in c("scatter", "forest", "funnel", "density")) {
    expect_silent(draw(autoplot(fit, type = type, pooled = if (type != "scatter") pooled)))
  }
})

test_that("a fit's scatter has each variant once, also of a plain table or a part of the fit", {
  effects <- plot_effects(2, length = 10)
  fit <- suppressMessages(fit_mr(effects, method = c("egger", "ivw")))
  expect_equal(nrow(layers_of(autoplot(fit), "GeomPoint")[[1]]), 60)
  plain <- effects[, c("sequence", "beta_exposure", "se_exposure", "beta_outcome", "se_outcome")]
  fit_plain <- suppressMessages(fit_mr(plain, method = c("egger", "ivw")))
  expect_equal(nrow(layers_of(autoplot(fit_plain), "GeomPoint")[[1]]), 60)
  part <- fit[fit$sequence == fit$sequence[1]]
  expect_equal(nrow(layers_of(autoplot(part, data = effects), "GeomPoint")[[1]]), 30)
})

test_that("bad types, truths and pooled tables stop", {
  fit <- plot_fit()
  expect_error(autoplot(fit, type = "galbraith"), class = "deepmr_error_argument")
  expect_error(autoplot(fit, type = "forest", truth = data.frame(value = 1)), class = "deepmr_error_columns")
  expect_error(
    autoplot(fit, type = "forest", truth = data.frame(truth_name = "a", value = "b")),
    class = "deepmr_error_columns"
  )
  expect_error(autoplot(fit, type = "forest", pooled = data.frame(estimate = 1)), class = "deepmr_error_columns")
  fit$status <- NULL
  expect_error(autoplot(fit, type = "forest"), class = "deepmr_error_columns")
})

test_that("pictures of fits stay as they are", {
  skip_if_not_installed("vdiffr")
  truth <- data.frame(truth_name = "structural coefficient", value = 0.4)
  vdiffr::expect_doppelganger("forest", autoplot(plot_fit(), type = "forest", pooled = plot_pooled(), truth = truth))
})

test_that("further columns of the truths do not get in the way", {
  truth <- data.frame(truth_name = "known", value = 0.4, truth = 1, pair = "a", here = 2)
  p <- autoplot(plot_fit(), type = "forest", truth = truth)
  expect_equal(layers_of(p, "GeomVline")[[2]]$xintercept, 0.4)
  expect_silent(draw(p))
})
