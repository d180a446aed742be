skip_if_not_installed("ggseqlogo")

test_that("letters are as high as mutations lower the prediction on average, and point down where they raise it", {
  x <- placed_mutagenesis(1, 20)
  p <- autoplot(x, "logo", output = "outcome")
  drawn <- letters_of(p)
  own <- x[output == "outcome"]
  wanted <- vapply(split(own, by = "genome_position"), function(own) -sum(own$effect) / 3, 0)
  place <- as.character(round(-drawn$x))
  expect_identical(drawn$base, own$ref[match(place, own$genome_position)])
  # By the outlines, which are drawn to within a hundredth of the height.
  height <- ifelse(drawn$high > -drawn$low, drawn$high, drawn$low)
  expect_equal(height, unname(wanted[place]), tolerance = 0.02)
  expect_true(any(wanted > 0) && any(wanted < 0))
  expect_silent(draw(p))
})

test_that("a position counts the alternatives that it has", {
  rows <- data.table::data.table(x = c(1, 1, 2), panel = "p", ref = c("A", "A", "C"), effect = c(-1, -3, 5))
  expect_equal(reference_importance(rows)$importance, c(2, -5))
})

test_that("missing effects are counted, and if all are missing that is said", {
  x <- simulate_mutagenesis(1, 10)
  x[output == "exposure" & position == 2, "effect" := NA]
  p <- autoplot(x, "logo", output = "exposure")
  expect_match(caption_text(p), "3 of 30 effects not shown")
  expect_length(unique(p$data$x), 9)
  x[, "effect" := NA_real_]
  expect_error(autoplot(x, "logo"), "missing", class = "deepmr_error_no_rows")
  x[, "effect" := 0]
  expect_silent(draw(autoplot(x, "logo")))
})

test_that("letters too many to be read call for a window", {
  x <- simulate_mutagenesis(1, 151, n_samples = 5)
  expect_match(caption_text(autoplot(x, "logo", output = "outcome")), "up to 150 positions: see `positions`")
  expect_no_match(caption_text(autoplot(x, "logo", output = "outcome", positions = 2:151)), "positions")
})

test_that("a logo looks as it did", {
  skip_on_cran()
  skip_if_not_installed("vdiffr")
  hits <- data.table::data.table(sequence = "simulated2", motif = "first", start = 3L, end = 9L, strand = "+")
  both <- c("simulated1", "simulated2")
  vdiffr::expect_doppelganger("logo", autoplot(placed_mutagenesis(2, 30), "logo", sequences = both, motifs = hits))
})
