skip_if_not_installed("Biostrings")

windows_of <- function(x) attr(x, "windows")

test_that("windows of even and odd width lie around the middle base, whatever the strand", {
  genome <- genome_set()
  place <- function(interval, width) {
    x <- suppressMessages(sequences_bed(write_bed(interval), genome, width))
    c(windows_of(x)$start, windows_of(x)$end)
  }
  # 101 to 105: the middle is 103. 101 to 104: of 102 and 103 the right one.
  expect_identical(place("chr1\t100\t105", 5), c(101L, 105L))
  expect_identical(place("chr1\t100\t104", 4), c(101L, 104L))
  expect_identical(place("chr1\t100\t105", 4), c(101L, 104L))
  expect_identical(place("chr1\t100\t104", 5), c(101L, 105L))
  expect_identical(place("chr1\t100\t105", 1), c(103L, 103L))
  expect_identical(place("chr1\t100\t105", 11), c(98L, 108L))
  expect_identical(place("chr1\t100\t105\tx\t0\t-", 10), place("chr1\t100\t105\tx\t0\t+", 10))
  expect_identical(place("chr1\t100\t137", NULL), c(101L, 137L))
  # The summit becomes base width %/% 2 + 1.
  for (width in c(20L, 21L)) {
    at <- place("chr1\t100\t205\tx\t0\t.\t1\t1\t1\t7", width)
    expect_identical(at[1L] + width %/% 2L, 108L)
  }
  expect_identical(place("chr1\t100\t105\tx\t0\t.\t1\t1\t1\t-1", 11), c(98L, 108L))
  expect_message(
    sequences_bed(write_bed("chr1\t100\t105\tx\t0\t.\t1\t1\t1\t-1"), genome, 11), "around its middle base",
    class = "deepmr_message_summit"
  )
})

test_that("sequences are the genome's, reverse complement on the minus strand", {
  bed <- write_bed(c("chr1\t49\t69\tplus\t0\t+", "chr1\t49\t69\tminus\t0\t-", "chr2\t0\t20\tdot\t0\t."))
  text <- made_up_genome()
  wanted <- c(substr(text[["chr1"]], 50, 69), substr(text[["chr2"]], 1, 20))
  turned <- as.character(Biostrings::reverseComplement(Biostrings::DNAString(wanted[1L])))
  x <- sequences_bed(bed, genome_set(soft_masked = TRUE), width = 20)
  expect_identical(plain_sequences(x), c(plus = wanted[1L], minus = turned, dot = wanted[2L]))
  expect_identical(
    windows_of(x),
    data.table::data.table(
      sequence = c("plus", "minus", "dot"), chrom = c("chr1", "chr1", "chr2"), start = c(50L, 50L, 1L),
      end = c(69L, 69L, 20L), strand = c("+", "-", "+"), chrom_length = c(1200L, 1200L, 700L)
    )
  )
  skip_if_not_installed("GenomicRanges")
  ranges <- GenomicRanges::GRanges(c(plus = "chr1:50-69:+", minus = "chr1:50-69:-", dot = "chr2:1-20"))
  expect_identical(as_sequences(ranges, genome_set()), x)
  wider <- as_sequences(ranges["plus"] + 7, genome_set(), width = 20)
  expect_identical(plain_sequences(wider), plain_sequences(x["plus"]))
})

test_that("every window that cannot be used is set aside, with its reason", {
  bed <- write_bed(c(
    "chr1\t100\t120\tgood", "chr1\t0\t10\tleft", "chr1\t1190\t1200\tright", "chr1\t1190\t1201\tbuild",
    "chrUn\t5\t9\tunknown", "chr2\t290\t310\tn_rich", "chr3\t90\t110\tiupac", "chr1\t50\t50\tzero",
    "chr1\t100\t120\tagain", "chr2\t282\t302\tsome_n"
  ))
  expect_message(x <- sequences_bed(bed, genome_set(), 20), class = "deepmr_message_set_aside")
  expect_identical(names(x), c("good", "some_n"))
  # 283 to 302 holds two N.
  expect_identical(windows_of(x)$start[2L], 283L)
  expect_snapshot(attr(x, "set_aside")[, c("name", "start", "end", "line", "reason", "detail")])
  expect_snapshot(x)
})

test_that("what is set aside knows its line of the file, and stays with a selection", {
  bed <- write_bed(c(
    "# made up", "chr1\t0\t10\tleft", "track name=x", "chr1\t100\t120\tgood", "", "chr1\t200\t220\talso",
    "chr1\t1190\t1200\tright"
  ))
  expect_message(x <- sequences_bed(bed, genome_set(), 20), "such as left \\(line 2\\)")
  set_aside <- attr(x, "set_aside")
  expect_identical(set_aside$line, c(2L, 7L))
  expect_identical(readLines(bed)[set_aside$line], c("chr1\t0\t10\tleft", "chr1\t1190\t1200\tright"))
  expect_output(print(x), "2 set aside: window beyond the chromosome (2), lines 2, 7 of the file", fixed = TRUE)
  for (part in list(x["also"], rev(x), c(x[1], x[2]), as_sequences(x), c(x[1], own = "ACGT"))) {
    expect_identical(attr(part, "set_aside"), set_aside)
  }
  # Of two files, a line would not say of which; equal lines of one file count each.
  bed <- write_bed(c("chr1\t100\t120\ta", "chr1\t0\t10\tb", "chr1\t0\t10\tb"))
  other <- suppressMessages(sequences_bed(bed, genome_set(), 20))
  joined <- attr(c(x[1], other, x[2]), "set_aside")
  expect_identical(joined$name, c("left", "right", "b", "b"))
  expect_null(joined$line)
  expect_error(
    sequences_bed(write_bed(c("#", "chr1\t0\t10\tleft")), genome_set(), 20), "left \\(line 2\\): -4 to 15",
    class = "deepmr_error_sequences"
  )
  skip_if_not_installed("GenomicRanges")
  ranges <- GenomicRanges::GRanges(c(left = "chr1:1-10", good = "chr1:101-120"))
  expect_message(x <- as_sequences(ranges, genome_set(), width = 20), "such as left: -4", fixed = TRUE)
  expect_null(attr(x, "set_aside")$line)
  expect_output(print(x), "1 set aside: window beyond the chromosome (1); see", fixed = TRUE)
})

test_that("max_n is the largest share of N that stays", {
  # 291 to 310 has 10 N of 20.
  bed <- write_bed("chr2\t290\t310")
  expect_length(suppressMessages(sequences_bed(bed, genome_set(), 20, max_n = 0.5)), 1L)
  expect_error(sequences_bed(bed, genome_set(), 20, max_n = 0.49), "too many N", class = "deepmr_error_sequences")
})

test_that("names are the file's, or the window's; repeated ones get the window", {
  bed <- write_bed(c(
    "chr1\t100\t120\tCTCF\t0\t-", "chr1\t200\t220\tCTCF\t0\t+", "chr1\t300\t320\t.\t0\t+", "chr1\t9\t29\tx\t0\t."
  ))
  expect_message(x <- sequences_bed(bed, genome_set(), 20), class = "deepmr_message_renamed")
  expect_identical(names(x), c("CTCF_chr1:101-120(-)", "CTCF_chr1:201-220(+)", "chr1:301-320(+)", "x"))
})

test_that("chromosomes called otherwise are an error that says so", {
  bed <- write_bed("1\t100\t120")
  expect_snapshot(error = TRUE, sequences_bed(bed, genome_set(), 20))
  expect_error(sequences_bed(bed, genome_set(), 20), class = "deepmr_error_chromosomes")
  expect_error(sequences_bed(bed, genome_set()), "width", class = "deepmr_error_argument")
})

test_that("selection, order, joining and names keep the windows; changed bases lose them", {
  bed <- write_bed(c("chr1\t100\t120\ta", "chr1\t200\t220\tb\n", "chr1\t300\t320\tc"))
  x <- sequences_bed(bed, genome_set(), 20)
  expect_identical(windows_of(x[c("c", "a")])$start, c(301L, 101L))
  expect_identical(x[c(FALSE, TRUE, TRUE)], x[-1])
  expect_identical(head(x, 2), x[1:2])
  expect_identical(rev(rev(x)), x)
  expect_identical(c(x[1], x[2:3]), x)
  expect_identical(as_sequences(x), x)
  expect_identical(windows_of(stats::setNames(x, c("d", "e", "f")))$sequence, c("d", "e", "f"))
  expect_identical(names(x), c("a", "b", "c")) # not changed in place
  mixed <- c(x[1], c(own = "ACGT"))
  expect_identical(plain_sequences(mixed), c(plain_sequences(x[1]), own = "ACGT"))
  expect_identical(windows_of(mixed)$chrom, c("chr1", NA))
  # c() asks its first argument alone, which here is R's own: documented, as no package can change it.
  expect_identical(c(c(own = "ACGT"), x[1]), c(own = "ACGT", plain_sequences(x[1])))
  expect_identical(as_sequences(mixed), mixed)

  changed <- x
  changed[1] <- strrep("A", 20)
  expect_identical(changed, replace(plain_sequences(x), 1, strrep("A", 20)))
  expect_message(cut <- as_sequences(substr(x, 1, 10)), class = "deepmr_message_changed")
  expect_identical(cut, substr(plain_sequences(x), 1, 10))
  partly <- sub(substr(x[["b"]], 1, 20), strrep("A", 20), x)
  expect_message(partly <- as_sequences(partly), "1 sequence was changed", class = "deepmr_message_changed")
  expect_identical(windows_of(partly)$start, c(101L, NA, 301L))
  expect_identical(names(partly), names(x))
  expect_error(as_sequences(x[c(1, 1)]), "Two sequences", class = "deepmr_error_sequences")
})
