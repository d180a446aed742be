pooled_pairs <- function(n_exposures = 3, n_outcomes = 2) {
  pairs <- data.table::CJ(
    exposure = paste0("x", seq_len(n_exposures)), outcome = paste0("y", seq_len(n_outcomes)),
    error = c("mc", "classical"), sorted = FALSE
  )
  pairs[, c("method", "term", "status") := list("egger_draws", "overall", "ok")]
  pairs[, "estimate" := seq(-0.5, 0.6, length.out = .N)]
  pairs[, c("conf.low", "conf.high") := list(pairs$estimate - 0.2, pairs$estimate + 0.2)]
  data.table::setattr(pairs, "class", c("deepmr_meta", "data.table", "data.frame"))
  pairs
}

test_that("a cell for each pair, a frame where the interval leaves out 0, a number in each", {
  pooled <- pooled_pairs()
  p <- autoplot(pooled)
  tiles <- layers_of(p, "GeomTile")
  expect_equal(nrow(tiles[[1]]), 12)
  expect_equal(nrow(tiles[[2]]), sum(abs(pooled$estimate) > 0.2))
  expect_setequal(layers_of(p, "GeomText")[[1]]$label, sprintf("%.2g", pooled$estimate))
  expect_length(unique(tiles[[1]]$PANEL), 2)
  expect_silent(draw(p))
})

test_that("many cells have no numbers, and a few large slopes do not whiten the others", {
  pooled <- pooled_pairs(30, 10)
  pooled$estimate[1] <- 50
  p <- autoplot(pooled)
  expect_length(layers_of(p, "GeomText"), 0)
  expect_lt(p$scales$get_scales("fill")$limits[2], 1)
  expect_match(p$labels$caption, "Colours end at")
  expect_silent(draw(p))
})

test_that("pairs without an estimate are grey and explained", {
  pooled <- pooled_pairs()
  pooled[3, c("estimate", "conf.low", "conf.high")] <- NA_real_
  pooled$status[3] <- "fewer than 2 sequences"
  p <- autoplot(pooled)
  expect_equal(sum(layers_of(p, "GeomTile")[[1]]$fill == "grey85"), 1)
  expect_match(gsub("\n", " ", p$labels$caption), "fewer than 2 sequences (1)", fixed = TRUE)
  expect_silent(draw(p))
  pooled[, c("estimate", "conf.low", "conf.high")] <- NA_real_
  expect_silent(draw(autoplot(pooled)))
})

test_that("what is no heatmap stops", {
  expect_error(autoplot(pooled_pairs()[0]), class = "deepmr_error_no_rows")
  pooled <- pooled_pairs()
  pooled$term[1] <- "gc"
  expect_error(autoplot(pooled), "moderators", class = "deepmr_error_argument")
})

test_that("a real meta-analysis goes through", {
  fit <- suppressMessages(fit_mr(plot_effects(4, length = 10)))
  pooled <- suppressMessages(meta_analyze(fit), classes = "deepmr_message_weak")
  expect_silent(draw(autoplot(pooled)))
})
