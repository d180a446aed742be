skip_if_not_installed("ggseqlogo")

test_that("a tile stands at each position and alternative, in the colour of its effect", {
  x <- placed_mutagenesis(1, 20)
  p <- autoplot(x, "heatmap", output = "outcome")
  own <- x[output == "outcome"]
  tiles <- lapply(layers_of(p, "GeomTile"), function(tiles) {
    tiles$variant <- paste(-tiles$x, c("T", "G", "C", "A")[tiles$y])
    tiles
  })
  expect_setequal(tiles[[1]]$variant, paste(own$genome_position, own$alt))
  expect_setequal(tiles[[2]]$variant, paste(own$genome_position, own$ref))
  end <- p$scales$get_scales("fill")$limits
  expect_equal(end[1], -end[2])
  colour <- grDevices::col2rgb(tiles[[1]]$fill[match(paste(own$genome_position, own$alt), tiles[[1]]$variant)])
  clear <- abs(own$effect) > 0.2 * end[2]
  expect_gt(sum(clear & own$effect > 0), 0)
  expect_gt(sum(clear & own$effect < 0), 0)
  expect_identical((colour["red", ] > colour["blue", ])[clear], own$effect[clear] > 0)
  expect_silent(draw(p))
})

test_that("letters spell the reference, up to 150 positions", {
  x <- simulate_mutagenesis(1, 151, n_samples = 5)
  p <- autoplot(x, "heatmap", output = "outcome", positions = 1:150)
  expect_identical(letters_of(p)$base, unique(x[, c("position", "ref")])$ref[1:150])
  all <- autoplot(x, "heatmap", output = "outcome")
  expect_length(layers_of(all, "GeomPolygon"), 0)
  expect_match(caption_text(all), "Letters only for up to 150 positions")
})

test_that("below stands the largest standard error of each position", {
  x <- simulate_mutagenesis(1, 20)
  x[3, "se" := NA]
  p <- autoplot(x, "heatmap", output = x$output[3])
  bars <- rectangles_of(p)[[2]]
  largest <- x[output == x$output[3], list(se = max(se, na.rm = TRUE)), by = "position"]
  height <- bars$ymax - bars$ymin
  expect_equal(height[order(bars$xmin)] / max(height), largest$se / max(largest$se))
  # The mark on the axis stands where a bar of its size would end.
  y <- p$scales$get_scales("y")
  mark <- as.numeric(sub("SE ", "", y$labels[2]))
  expect_equal((y$breaks[2] - y$breaks[1]) / mark, max(height) / max(largest$se))
  none <- data.table::copy(x)[, "se" := NA_real_]
  without <- autoplot(none, "heatmap")
  expect_match(caption_text(without), "No standard errors")
  expect_silent(draw(without))
})

test_that("effects far beyond the others do not bleach them, and are counted", {
  effects <- c(seq(-1, 1, length.out = 300), 40)
  limit <- colour_limit(effects)
  expect_lte(limit$end, 1)
  expect_match(limit$sentence, "effects? beyond, the largest 40")
  expect_match(limit$labels, "^[<>] |^0$")
  expect_identical(colour_limit(effects[1:300]), list(end = 1, labels = c("-1", "0", "1"), sentence = NULL))
  expect_identical(colour_limit(c(0, 0, 0))$end, 1)
  expect_identical(colour_limit(numeric())$end, 1)
  # Few effects: the largest counts whatever the quantile.
  expect_identical(colour_limit(c(rep(0, 500), 3))$end, 3)
})

test_that("missing effects have no tile and are counted; nothing but zeros can be drawn", {
  x <- simulate_mutagenesis(1, 10)
  x[output == "outcome" & position == 4, "effect" := c(NA, Inf, 0.1)]
  p <- autoplot(x, "heatmap", output = "outcome")
  expect_equal(nrow(layers_of(p, "GeomTile")[[1]]), 28)
  expect_match(caption_text(p), "2 of 30 effects not shown: missing or infinite")
  expect_silent(draw(p))
  x[, c("effect", "se") := 0]
  expect_silent(draw(autoplot(x, "heatmap")))
  x[, "effect" := NA_real_]
  expect_silent(draw(autoplot(x, "heatmap")))
})

test_that("hits stand above the map, panels are sequences, and files are written", {
  x <- placed_mutagenesis(3, 30)
  hits <- data.table::data.table(sequence = "simulated2", motif = "m", start = 3L, end = 9L, strand = "+")
  p <- autoplot(x, "heatmap", output = "outcome", sequences = c("simulated2", "simulated1"), motifs = hits)
  bars <- rectangles_of(p)
  expect_equal(c(bars[[3]]$xmin, bars[[3]]$xmax), c(2002.5, 2009.5))
  expect_identical(as.integer(bars[[3]]$PANEL), which(startsWith(levels(p$data$panel), "simulated2,")))
  expect_silent(draw(p))
  # R's own SVG: svglite's would shift the letters of all later snapshots of pictures by a hundredth of a point.
  devices <- list(.png = NULL, .pdf = NULL, .svg = if (capabilities("cairo")) grDevices::svg)
  for (extension in names(devices)) {
    file <- temporary_file(extension)
    ggplot2::ggsave(file, p, device = devices[[extension]], width = 5, height = 3.5)
    expect_gt(file.size(file), 5000)
  }
})

test_that("each panel has the lanes of its own hits, above the letters", {
  x <- placed_mutagenesis(4, 30)
  hits <- data.table::data.table(
    sequence = "simulated3", motif = c("a", "b", "c"), start = 3L, end = 9L, strand = "+"
  )
  p <- autoplot(x, "heatmap", output = "outcome", sequences = unique(x$sequence), motifs = hits)
  heights <- vapply(ggplot2::ggplot_build(p)$layout$panel_params, function(panel) diff(panel$y.range), 0)
  own <- which(startsWith(levels(p$data$panel), "simulated3"))
  expect_equal(unique(round(heights[-own], 6)), round(heights[own] - 0.2 - 3 * lane_height, 6))
  expect_gt(min(rectangles_of(p)[[3]]$ymin), max(letters_of(p)$high))
  expect_silent(draw(p))
})

test_that("positions without a row are empty, with a line through", {
  x <- simulate_mutagenesis(1, 30)
  p <- autoplot(x, "heatmap", output = "outcome", positions = c(3:10, 16:20, 22))
  background <- rectangles_of(p)[[1]]
  expect_setequal((background$xmin + background$xmax) / 2, c(3:10, 16:20, 22))
  line <- layers_of(p, "GeomSegment")[[1]]
  expect_equal(line[c("x", "xend")], data.frame(x = c(10.5, 20.5), xend = c(15.5, 21.5)))
  expect_match(caption_text(p), "Thin line: not mutated, or not in `positions`.", fixed = TRUE)
  holes <- autoplot(x[!position %in% 11:15], "heatmap", output = "outcome")
  expect_match(caption_text(holes), "Thin line: not mutated.", fixed = TRUE)
  whole <- autoplot(x, "heatmap", output = "outcome")
  expect_length(layers_of(whole, "GeomSegment"), 0)
  expect_no_match(caption_text(whole), "Thin line|Light grey")
  # A list of variants has not all three alternatives.
  expect_match(caption_text(autoplot(x[-1], "heatmap", output = x$output[1])), "Light grey without a bar: no effect")
  expect_silent(draw(p))
})

test_that("one position, as of a list of variants, is a map", {
  x <- placed_mutagenesis(1, 20)[position == 7]
  expect_silent(draw(autoplot(x, "heatmap")))
  expect_silent(draw(autoplot(x[alt == alt[1]], "logo")))
  many <- simulate_mutagenesis(3, 20)[position == 7]
  expect_error(autoplot(many, "heatmap"), "one position of each sequence", class = "deepmr_error_argument")
})

test_that("a map looks as it did", {
  skip_on_cran()
  skip_if_not_installed("vdiffr")
  hits <- data.table::data.table(
    sequence = "simulated1", motif = c("first", "second"), start = c(3L, 6L), end = c(9L, 14L), strand = c("+", "-")
  )
  x <- placed_mutagenesis(1, 30)
  vdiffr::expect_doppelganger("heatmap", autoplot(x, "heatmap", output = "outcome", motifs = hits))
})
