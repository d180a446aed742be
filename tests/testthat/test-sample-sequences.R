skip_if_not_installed("Biostrings")

# Two chromosomes of 20,000 bases; the GC content rises from .2 to .8 along each.
sloped_genome <- function() {
  Biostrings::DNAStringSet(with_seed(2, vapply(c(chr1 = 1, chr2 = 2), function(i) {
    gc <- stats::runif(20000) < seq(0.2, 0.8, length.out = 20000)
    paste(ifelse(gc, sample(c("G", "C"), 20000, TRUE), sample(c("A", "T"), 20000, TRUE)), collapse = "")
  }, "")))
}

# Peaks of 60 to 155 bases, mostly where the GC content is high.
peaks_bed <- function(envir = parent.frame()) {
  start <- seq(10000, 19500, 500)
  strand <- rep(c("+", "-"), 10)
  write_bed(sprintf("chr%d\t%d\t%d\t.\t0\t%s", rep(1:2, 10), start, start + seq(60, 155, 5), strand), envir)
}

peak_table <- function(file) read_bed(file)

overlaps <- function(a, b) {
  any(vapply(seq_len(nrow(a)), function(i) {
    any(a$chrom[i] == b$chrom & a$start[i] <= b$end & a$end[i] >= b$start)
  }, TRUE))
}

test_that("half lie on peaks, half overlap none, matched for GC content", {
  bed <- peaks_bed()
  genome <- sloped_genome()
  x <- sample_sequences(bed, 20, genome = genome, width = 100)
  windows <- attr(x, "windows")
  expect_identical(windows$bound, rep(c(TRUE, FALSE), each = 10L))
  bound <- windows[windows$bound]
  unbound <- windows[!windows$bound]
  centred <- sequences_bed(bed, genome, 100)
  expect_identical(x[windows$bound][1:10], x[1:10])
  expect_in <- function(a, b) expect_identical(setdiff(a, b), character())
  expect_in(bound$sequence, names(centred))
  expect_false(overlaps(unbound, peak_table(bed)))
  expect_false(overlaps(unbound, bound))
  for (i in seq_len(9)) expect_false(overlaps(unbound[i], unbound[-seq_len(i)]))
  # Sorted, the GC contents of partners stand side by side.
  expect_lte(max(abs(sort(bound$gc) - sort(unbound$gc))), 2 * gc_tolerance)
  counts <- Biostrings::letterFrequency(Biostrings::DNAStringSet(plain_sequences(x)), "GC", as.prob = TRUE)
  expect_equal(windows$gc, as.vector(counts))
  # Without matching they have the genome's, .5, not the peaks', .65.
  plain <- attr(sample_sequences(bed, 20, match = "width", genome = genome, width = 100), "windows")
  expect_gt(mean(plain$gc[1:10]) - mean(plain$gc[11:20]), 0.05)
  # Sequences are those of their windows.
  text <- Biostrings::subseq(genome[windows$chrom], windows$start, windows$end)
  turned <- ifelse(windows$strand == "-", as.character(Biostrings::reverseComplement(text)), as.character(text))
  expect_identical(unname(plain_sequences(x)), unname(turned))
  expect_identical(sort(bound$strand), sort(unbound$strand))
})

test_that("widths are the partners' where the peaks' own are kept", {
  x <- suppressWarnings(sample_sequences(peaks_bed(), 20, genome = sloped_genome(), width = NULL))
  width <- nchar(x)
  expect_identical(sort(unname(width[1:10])), sort(unname(width[11:20])))
  expect_gt(length(unique(width)), 5L)
})

test_that("the seed decides, and R's random state stays", {
  bed <- peaks_bed()
  genome <- sloped_genome()
  set.seed(5)
  before <- .Random.seed
  x <- sample_sequences(bed, 10, genome = genome, width = 50)
  expect_identical(.Random.seed, before)
  set.seed(6)
  expect_identical(sample_sequences(bed, 10, genome = genome, width = 50), x)
  other <- sample_sequences(bed, 10, genome = genome, width = 50, seed = 2)
  expect_gt(length(setdiff(names(other), names(x))), 2L)
})

test_that("shares and chromosomes are as asked for", {
  bed <- peaks_bed()
  genome <- sloped_genome()
  bound <- function(...) attr(suppressWarnings(sample_sequences(bed, genome = genome, width = 50, ...)), "windows")
  expect_identical(sum(bound(n = 10, bound = 0.3)$bound), 3L)
  expect_identical(sum(bound(n = 5, bound = 1)$bound), 5L)
  none <- bound(n = 25, bound = 0)
  expect_identical(sum(none$bound), 0L)
  expect_identical(nrow(none), 25L)
  expect_identical(unique(bound(n = 10, chromosomes = "chr2")$chrom), "chr2")
})

test_that("too few peaks or places are stopped, unlike ones are told", {
  bed <- peaks_bed()
  genome <- sloped_genome()
  sampled <- function(...) sample_sequences(bed, genome = genome, ...)
  expect_error(sampled(n = 60, width = 50), "takes 30, but", class = "deepmr_error_too_few")
  expect_error(sampled(n = 2, width = 50, chromosomes = "2"), "chr2", class = "deepmr_error_chromosomes")
  expect_error(sampled(n = 2, width = 50, match = "at"), class = "deepmr_error_argument")
  expect_error(sampled(n = 2), "width", class = "deepmr_error_argument")
  # One peak covers all but 40 bases.
  all_bound <- write_bed("chr1\t40\t20000")
  expect_error(
    sample_sequences(all_bound, 2, genome = genome, width = 50, chromosomes = "chr1"), "unbound",
    class = "deepmr_error_too_few"
  )
  # The peaks are all G; the rest has none.
  extreme <- Biostrings::DNAStringSet(c(chr1 = paste0(strrep("A", 2000), strrep("G", 1000), strrep("T", 2000))))
  expect_warning(
    sample_sequences(write_bed("chr1\t2000\t3000"), 2, genome = extreme, width = 100),
    "at most by 1", class = "deepmr_warning_unmatched_gc"
  )
})

test_that("candidates are read block by block, all of them", {
  genome <- open_genome(sloped_genome())
  start <- seq(1L, by = 7L, length.out = 2 * windows_per_block + 3L) %% 19000L + 1L
  pool <- data.table::data.table(chrom = "chr1", start = start, end = start + 49L)
  read <- read_candidates(pool, genome, 0.1)
  expect_identical(read$start, start)
  expect_identical(read$bases, genome$read(pool$chrom, pool$start, pool$end))
  expect_identical(nrow(read_candidates(pool[0], genome, 0.1)), 0L)

  old <- options(cli.dynamic = TRUE, cli.progress_show_after = 0)
  on.exit(options(old))
  slow <- list(read = function(...) {
    Sys.sleep(0.3) # the bar redraws five times a second at most
    genome$read(...)
  })
  shown <- utils::capture.output(read <- read_candidates(pool, slow, 0.1), type = "message")
  expect_match(paste(shown, collapse = " "), "Reading candidate windows")
})
