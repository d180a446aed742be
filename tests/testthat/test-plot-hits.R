shown_rows <- function(x, ...) position_rows(data.table::as.data.table(unclass(x)), "outcome", ..., call = NULL)

hit <- function(start, end, motif = "m", strand = "+", sequence = "simulated1") {
  data.table::data.table(sequence = sequence, motif = motif, start = start, end = end, strand = strand)
}

test_that("hits that reach into the window are cut to it and placed on its axis", {
  x <- placed_mutagenesis(2, 40)
  rows <- shown_rows(x, NULL, 10:30)
  hits <- rbind(hit(5, 12), hit(28, 40, strand = "-"), hit(1, 9), hit(31, 35), hit(15, 20, sequence = "simulated2"))
  found <- hits_shown(hits, rows, x, NULL)
  expect_identical(found$label, c("m >", "< m"))
  # On the minus strand of 1001 to 1040: position p lies at 1041 - p.
  expect_equal(-found$xmin, c(1031.5, 1013.5))
  expect_equal(-found$xmax, c(1028.5, 1010.5))
})

test_that("a hit on both strands at one place is one bar", {
  x <- placed_mutagenesis(1, 40)
  hits <- rbind(hit(5, 12, "b"), hit(5, 12, "b", "-"), hit(5, 12, "a"), hit(6, 13, "b", "-"))
  found <- hits_shown(hits, shown_rows(x, NULL, NULL), x, NULL)
  expect_setequal(found$label, c("< b >", "a >", "< b"))
})

test_that("motifs are scanned in the sequence read off the table", {
  sequences <- demo_sequences(1)
  x <- data.table::data.table(variants_of(sequences[[1]]), sequence = names(sequences), output = "outcome", effect = 0)
  rows <- shown_rows(x, NULL, NULL)
  found <- hits_shown(demo_motifs(), rows, x, NULL)
  wanted <- motif_hits(sequences, demo_motifs())
  expect_setequal(paste(found$motif, found$start, found$strand), paste(wanted$motif, wanted$start, wanted$strand))
  expect_error(hits_shown(demo_motifs(), rows, x[position > 3], NULL), "motif_hits", class = "deepmr_error_sequences")
})

test_that("what is neither motifs nor hits is an error", {
  rows <- shown_rows(placed_mutagenesis(), NULL, NULL)
  expect_error(hits_shown("Dref", rows, rows, NULL), class = "deepmr_error_argument")
  expect_error(hits_shown(hit(1, 2)[, "motif" := NULL], rows, rows, NULL), "motif", class = "deepmr_error_columns")
})

test_that("no two intervals of a lane overlap, and lanes are as few as can be", {
  expect_identical(first_free_lane(c(0, 1, 2, 5), c(4, 3, 6, 7)), c(1L, 2L, 3L, 1L))
  ends <- with_seed(1, data.table::data.table(left = sort(runif(40)), width = runif(40, 0, 0.2)))
  ends[, "right" := left + width]
  ends[, "lane" := first_free_lane(left, right)]
  ends[, expect_false(any(left[-1] < right[-.N])), by = "lane"]
  depth <- max(vapply(ends$left, function(at) sum(ends$left <= at & ends$right > at), 0))
  expect_identical(max(ends$lane), as.integer(depth))
})
