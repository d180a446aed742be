ask <- function(x, output = "outcome", sequences = NULL, positions = NULL) {
  position_rows(data.table::as.data.table(unclass(x)), output, sequences, positions, NULL)
}

test_that("rows of one output, few sequences and a window are those asked for", {
  x <- placed_mutagenesis(3, 20)
  rows <- ask(x, "exposure", c("simulated3", "simulated1"), 5:9)
  expect_setequal(paste(rows$sequence, rows$position), paste0("simulated", rep(c(1, 3), each = 5), " ", 5:9))
  same <- x[output == "exposure" & sequence != "simulated2" & position %in% 5:9]
  expect_equal(rows$effect, same$effect)
  first <- ask(x, NULL)
  expect_identical(unique(first$output), x$output[1])
  expect_identical(unique(first$sequence), x$sequence[1])
  expect_identical(
    attr(first, "sentences"),
    c("1 of 2 outputs not shown: see `output`.", "2 of 3 sequences not shown: see `sequences`.")
  )
  expect_null(attr(rows, "sentences"))
})

test_that("the axis has places in the genome, on the minus strand from the right", {
  rows <- ask(placed_mutagenesis(), sequences = c("simulated1", "simulated2"))
  minus <- rows[sequence == "simulated1"]
  expect_equal(abs(minus$x), minus$genome_position)
  expect_true(all(diff(minus$x[order(minus$position)]) >= 0))
  expect_equal(rows[sequence == "simulated2"]$x, 2000 + rows[sequence == "simulated2"]$position)
  expect_match(levels(rows$panel)[1], "simulated1, chr2 minus strand, bases 1 to 20", fixed = TRUE)
  expect_match(attr(rows, "axis"), "(falling on the minus strand)", fixed = TRUE)
  expect_identical(attr(ask(placed_mutagenesis()), "axis"), "position on chr2, falling from left to right")
  p <- autoplot(placed_mutagenesis(1), "logo", output = "outcome")
  x_scale <- ggplot2::ggplot_build(p)$layout$panel_params[[1]]$x
  expect_equal(as.numeric(gsub(",", "", x_scale$get_labels())), -x_scale$get_breaks())
})

test_that("a window that begins at a chromosome's first base has its axis too", {
  x <- placed_mutagenesis(1)
  x[, c("genome_position", "strand") := list(position, "+")]
  expect_identical(attr(ask(x), "axis"), "position on chr2")
})

test_that("without coordinates, or where one sequence has none, positions are shown", {
  expect_identical(ask(simulate_mutagenesis(1, 10))$x, as.numeric(rep(1:10, each = 3)))
  x <- placed_mutagenesis()
  x[sequence == "simulated2", c("chrom", "genome_position", "strand") := list(NA, NA, NA)]
  rows <- ask(x, sequences = c("simulated1", "simulated2"))
  expect_equal(rows$x, rows$position)
  expect_identical(attr(rows, "axis"), "position in the sequence")
})

test_that("what cannot be shown is an error that says so", {
  x <- placed_mutagenesis(5)
  all <- unique(x$sequence)
  expect_error(ask(x, "outcomes"), "outcome", class = "deepmr_error_unknown_output")
  expect_error(ask(x, c("exposure", "outcome")), class = "deepmr_error_argument")
  expect_error(ask(x, sequences = all), "5 sequences; a picture has room for 4", class = "deepmr_error_argument")
  expect_error(ask(x, sequences = "s9"), "s9", class = "deepmr_error_argument")
  expect_error(ask(x, sequences = all[c(1, 1)]), class = "deepmr_error_argument")
  expect_error(ask(x, sequences = character()), class = "deepmr_error_argument")
  expect_error(ask(x, positions = 1000:1010), "run from 1 to 20", class = "deepmr_error_argument")
  expect_error(ask(x, positions = 2.5), class = "deepmr_error_argument")
  expect_error(ask(rbind(x, x)), class = "deepmr_error_duplicated_rows")
  odd <- data.table::copy(x)
  odd[2, "ref" := "R"]
  expect_error(ask(odd), "R", class = "deepmr_error_columns")
  x[4, "genome_position" := 7L]
  expect_error(ask(x, x$output[4]), "simulated1", class = "deepmr_error_coordinates")
})

test_that("breaks are whole numbers off the ends", {
  expect_equal(inner_breaks(c(0.5, 4.5)), 1:4)
  expect_equal(inner_breaks(c(200, 260)), c(220, 240))
})

test_that("four short windows stand two by two, on axes of their own where these differ", {
  laid_out <- function(x, n, positions, type = "heatmap") {
    skip_if_not_installed("ggseqlogo")
    p <- autoplot(x, type, output = "outcome", sequences = unique(x$sequence)[seq_len(n)], positions = positions)
    layout <- ggplot2::ggplot_build(p)$layout
    expect_silent(draw(p))
    list(columns = max(layout$layout$COL), x = max(layout$layout$SCALE_X), y = max(layout$layout$SCALE_Y))
  }
  placed <- placed_mutagenesis(4, 80)
  expect_identical(laid_out(placed, 4, 1:75), list(columns = 2L, x = 4L, y = 4L))
  expect_identical(laid_out(placed, 4, 1:76)$columns, 1L)
  expect_identical(laid_out(placed, 3, 1:75)$columns, 1L)
  # Heights of letters are to be compared.
  expect_identical(laid_out(placed, 4, 1:75, "logo"), list(columns = 2L, x = 4L, y = 1L))
  expect_identical(laid_out(simulate_mutagenesis(4, 80), 4, 1:75)$x, 1L)
  expect_match(levels(ask(placed, sequences = unique(placed$sequence), positions = 1:9)$panel)[2], "simulated2\nchr2")
})
