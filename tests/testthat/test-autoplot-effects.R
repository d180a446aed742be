test_that("every variant is a point, and the strongest have error bars", {
  effects <- plot_effects()
  p <- autoplot(effects, n_bars = 5)
  points <- layers_of(p, "GeomPoint")[[1]]
  expect_equal(sort(points$x), sort(effects$beta_exposure))
  expect_equal(sort(points$y), sort(effects$beta_outcome))
  bars <- layers_of(p, "GeomLinerange")
  expect_equal(c(nrow(bars[[1]]), nrow(bars[[2]])), c(10, 10))
  one <- effects[effects$sequence == effects$sequence[1]]
  one <- one[order(-abs(one$beta_exposure))][1:5]
  expect_equal(sort(bars[[1]]$ymin[bars[[1]]$PANEL == 1]), sort(one$beta_outcome - one$se_outcome))
  expect_equal(sort(bars[[2]]$xmax[bars[[2]]$PANEL == 1]), sort(one$beta_exposure + one$se_exposure))
  expect_silent(draw(p))
  expect_silent(draw(autoplot(effects, n_bars = 0)))
})

test_that("variants at rounding or not selected are grey, missing ones counted", {
  effects <- plot_effects(1)
  effects$at_rounding[1:4] <- TRUE
  effects$selected <- TRUE
  effects$selected[5] <- FALSE
  effects$beta_outcome[6] <- NA
  p <- autoplot(effects)
  expect_equal(sum(layers_of(p, "GeomPoint")[[1]]$fill == faint), 5)
  expect_match(gsub("\n", " ", p$labels$caption), "1 of 60 variants not shown: an effect is missing")
  expect_silent(draw(p))
})

test_that("variants not used are in the legend where one is seen, else counted at the origin", {
  effects <- plot_effects(1)
  fill_guide <- function(p) p$scales$get_scales("fill")$guide
  expect_identical(fill_guide(autoplot(effects)), "none")
  effects$at_rounding[1:4] <- TRUE
  seen <- autoplot(effects)
  expect_s3_class(fill_guide(seen), "guide")
  expect_no_match(seen$labels$caption, "origin")
  effects[1:4, c("beta_exposure", "beta_outcome") := 1e-9]
  hidden <- autoplot(effects)
  expect_identical(fill_guide(hidden), "none")
  expect_match(gsub("\n", " ", hidden$labels$caption), "4 of 60 variants, not used, lie at the origin.", fixed = TRUE)
})

test_that("a plain table with the five columns will do", {
  effects <- plot_effects(1)[, c("sequence", "beta_exposure", "se_exposure", "beta_outcome", "se_outcome")]
  p <- autoplot.deepmr_effects(effects)
  expect_equal(nrow(layers_of(p, "GeomPoint")[[1]]), 60)
  expect_equal(p$labels$x, "effect on exposure")
})

test_that("lines are those of the fit, cut to the data", {
  effects <- plot_effects(1)
  fit <- suppressMessages(fit_mr(effects, method = c("egger_draws", "ivw"), error = "mc"))
  lines <- layers_of(autoplot(effects, fit = fit), "GeomSegment")[[1]]
  expect_equal(nrow(lines), 2)
  slope <- (lines$yend - lines$y) / (lines$xend - lines$x)
  expect_equal(slope, fit$estimate)
  expect_equal(lines$y[1] - slope[1] * lines$x[1], fit$intercept[1])
  expect_true(all(lines$x >= min(effects$beta_exposure) & lines$xend <= max(effects$beta_exposure)))
  expect_silent(draw(autoplot(fit)))
})

test_that("an oriented method has two half-lines, mirrored at the origin", {
  lines <- line_segments(0.1, 2, c(-1, 1), c(-9, 9), oriented = TRUE)
  expect_equal(lines$x, c(-1, 0))
  expect_equal(lines$y, c(-2.1, 0.1))
  expect_equal(lines$yend, c(-0.1, 2.1))
  expect_equal(nrow(line_segments(0.1, 2, c(-1, 1), c(-9, 9), oriented = FALSE)), 1)
  expect_equal(nrow(line_segments(NA, 2, c(-1, 1), c(-9, 9), oriented = TRUE)), 1)
  expect_true(orients("egger"))
  expect_false(orients("egger_draws"))
})

test_that("a line is cut at the box, and gone when it misses it", {
  expect_equal(unlist(clip_line(0, 1, c(-2, 2), c(-1, 1))), c(x = -1, xend = 1, y = -1, yend = 1))
  expect_equal(clip_line(0, -1, c(-2, 2), c(-1, 1))$y, 1)
  expect_equal(clip_line(0.5, 0, c(-2, 2), c(-1, 1))$x, -2)
  expect_equal(nrow(clip_line(10, 1, c(-2, 2), c(-1, 1))), 0)
})

test_that("fits without an estimate are named in the caption", {
  effects <- plot_effects(2)
  fit <- suppressMessages(fit_mr(effects, error = "mc"))
  fit$estimate[1] <- NA
  fit$status[1] <- "fewer than 3 instruments"
  p <- autoplot(effects, fit = fit)
  expect_equal(nrow(layers_of(p, "GeomSegment")[[1]]), 1)
  caption <- gsub("\n", " ", p$labels$caption)
  expect_match(caption, "1 of 2 fits without an estimate: fewer than 3 instruments (1)", fixed = TRUE)
  expect_silent(draw(p))
})

test_that("nine panels at most, unless sequences are named", {
  effects <- plot_effects(14, length = 4)
  p <- autoplot(effects)
  expect_equal(nlevels(p$data$panel), 9)
  expect_match(gsub("\n", " ", p$labels$caption), "5 of 14 sequences not shown")
  expect_equal(levels(autoplot(effects, sequences = "simulated13")$data$panel), "simulated13")
  expect_error(autoplot(effects, sequences = "simulated99"), class = "deepmr_error_argument")
  expect_error(autoplot(effects, n_bars = -1), class = "deepmr_error_argument")
})

test_that("several pairs of outputs get their own panels", {
  a <- plot_effects(2)
  b <- data.table::copy(a)
  b$exposure <- "other"
  both <- rbind(a, b)
  data.table::setattr(both, "class", class(a))
  p <- autoplot(both)
  expect_equal(
    levels(p$data$panel),
    c("simulated1\nexposure", "simulated1\nother", "simulated2\nexposure", "simulated2\nother")
  )
  expect_equal(p$labels$x, "effect on the exposure")
  expect_equal(p$labels$y, "effect on outcome")
})

test_that("no complete variant and missing columns stop", {
  effects <- plot_effects(1)
  effects$beta_exposure <- NA_real_
  expect_error(autoplot(effects), class = "deepmr_error_columns")
  effects$beta_exposure <- NULL
  expect_error(autoplot(effects), class = "deepmr_error_columns")
})
