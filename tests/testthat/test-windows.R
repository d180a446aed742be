test_that("overlaps are found whatever the order, and only on one chromosome", {
  overlap_slowly <- function(chrom, start, end) {
    vapply(seq_along(start), function(i) {
      any(chrom[-i] == chrom[i] & start[-i] <= end[i] & end[-i] >= start[i])
    }, NA)
  }
  with_seed(3, for (n in c(1L, 2L, 12L, 40L)) {
    chrom <- sample(c("chr1", "chr2"), n, replace = TRUE)
    start <- sample(1000L, n)
    end <- start + sample(60L, n, replace = TRUE)
    expect_identical(overlaps_another(chrom, start, end), overlap_slowly(chrom, start, end))
  })
  # One long window over two that lie apart.
  expect_identical(overlaps_another(rep("a", 4), c(1L, 5L, 20L, 41L), c(40L, 6L, 21L, 50L)), c(TRUE, TRUE, TRUE, FALSE))
})

test_that("windows that overlap, on either strand, are told", {
  skip_if_not_installed("Biostrings")
  bed <- write_bed(c(
    "chr1\t300\t320\ta\t0\t+", "chr1\t300\t320\tb\t0\t-", "chr1\t310\t330\tc\t0\t+", "chr1\t500\t520\td\t0\t+"
  ))
  expect_message(sequences_bed(bed, genome_set(), 20), "3 of 4 windows overlap", class = "deepmr_message_overlap")
  apart <- write_bed(c("chr1\t300\t320\ta", "chr1\t320\t340\tb"))
  expect_no_message(sequences_bed(apart, genome_set(), 20))
})
