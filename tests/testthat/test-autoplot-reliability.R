test_that("the reliability diagram shows the table and its calibration error", {
  prob <- c(.05, .15, .25, .45, .55, .65, .85, .95, 1, 0)
  label <- c(0, 0, 1, 0, 1, 1, 1, 1, 1, 0)
  bins <- reliability(prob, label, bins = 5)
  p <- autoplot(bins)
  points <- layers_of(p, "GeomPoint")[[1]]
  expect_equal(points$x, bins$mean_prob)
  expect_equal(points$y, bins$event_rate)
  interval <- layers_of(p, "GeomLinerange")[[1]]
  expect_equal(interval$ymin, bins$conf.low)
  bars <- layers_of(p, "GeomRect")[[1]]
  expect_equal((bars$ymax - bars$ymin) / (bars$ymax - bars$ymin)[1], bins$n / bins$n[1])
  expect_equal(layers_of(p, "GeomText")[[1]]$label, as.character(bins$n))
  expect_match(p$labels$subtitle, "5 bins: 0.150 (n = 10)", fixed = TRUE)
  expect_silent(draw(p))
})

test_that("adaptive bins get a strip of ranges instead of bars", {
  prob <- with_seed(1, stats::rbeta(500, 0.3, 15))
  p <- autoplot(reliability(prob, as.integer(prob > 0.05), type = "adaptive"))
  strip <- layers_of(p, "GeomRect")[[1]]
  expect_length(unique(strip$ymax - strip$ymin), 1)
  expect_match(p$labels$caption, "50 predictions each")
  expect_silent(draw(p))
  expect_silent(draw(autoplot(reliability(0.3, 1))))
  expect_silent(draw(autoplot(reliability(c(0, 0, 0), c(0, 0, 0), type = "adaptive"))))
})

test_that("each output has a panel with its own histogram, axes and error", {
  table <- labelled_table(200, shift = c(rare = -6, common = 0))
  errors <- calibration_error(table, table, resamples = 0)
  p <- autoplot(reliability(table, table))
  built <- ggplot2::ggplot_build(p)
  expect_equal(
    as.character(built$layout$layout$panel), sprintf("%s\n%.3f (n = %d)", errors$output, errors$ece, errors$n)
  )
  bars <- layers_of(p, "GeomRect")[[1]]
  counts <- reliability(table, table)
  for (i in 1:3) {
    height <- with(bars[bars$PANEL == i, ], ymax - ymin)
    n <- counts$n[counts$output == errors$output[i]]
    expect_equal(height / max(height), n / max(n))
  }
  expect_length(layers_of(p, "GeomText"), 0)
  expect_silent(draw(p))
  rare <- built$layout$panel_params[[which(errors$output == "rare")]]
  adaptive <- ggplot2::ggplot_build(autoplot(reliability(table, table, type = "adaptive")))
  expect_lt(adaptive$layout$panel_params[[which(errors$output == "rare")]]$x.range[2], 0.5 * rare$x.range[2])
  expect_silent(draw(autoplot(reliability(table, table)[output == "rare" & bin == 1])))
  expect_error(autoplot(reliability(table, table)[0]), class = "deepmr_error_no_rows")
})

test_that("pictures stay as they are", {
  skip_if_not_installed("vdiffr")
  bins <- reliability((1:100 - 0.5) / 100, as.integer((1:100 * 37) %% 100 < 1:100))
  vdiffr::expect_doppelganger("reliability", autoplot(bins))
})
