skip_if_not_installed("Biostrings")

# Windows of both strands that overlap, and one with N.
both_strands <- function() {
  bed <- write_bed(c(
    "chr1\t0\t40\ta\t0\t+", "chr1\t20\t60\tb\t0\t-", "chr1\t1160\t1200\tend\t0\t-", "chr2\t270\t302\tn\t0\t-"
  ))
  sequences_bed(bed, genome_set(soft_masked = TRUE), NULL)
}

test_that("genome -> window -> variant -> genome gives the same base, at every position of both strands", {
  x <- made_up_mutagenesis(both_strands(), "x")
  genome <- made_up_genome()
  plus <- on_plus_strand(x, "x", NULL)
  expect_identical(plus$ref, unname(substr(genome[plus$chrom], plus$genome_position, plus$genome_position)))
  # The variant put into the genome and cut out again is the variant put into the sequence.
  sequences <- both_strands()
  by_genome <- vapply(seq_len(nrow(x)), function(i) {
    changed <- genome
    substr(changed[[plus$chrom[i]]], plus$genome_position[i], plus$genome_position[i]) <- plus$alt[i]
    window <- attr(sequences, "windows")[match(x$sequence[i], names(sequences))]
    text <- Biostrings::DNAString(substr(changed[[window$chrom]], window$start, window$end))
    as.character(if (window$strand == "-") Biostrings::reverseComplement(text) else text)
  }, "")
  by_sequence <- vapply(seq_len(nrow(x)), function(i) {
    text <- sequences[[x$sequence[i]]]
    substr(text, x$position[i], x$position[i]) <- x$alt[i]
    text
  }, "")
  expect_identical(by_genome, by_sequence)
})

test_that("coordinates stay through effects, instruments, fits, augment() and leave_one_out()", {
  x <- made_up_mutagenesis(both_strands())
  effects <- suppressMessages(estimate_effects(x, "x", "y", reverse = TRUE))
  fit <- suppressMessages(fit_mr(select_instruments(effects), method = "ols"))
  key <- c("sequence", "position", "alt")
  wanted <- unique(data.table::as.data.table(as.list(x)[c(key, coordinate_columns)]))
  without <- leave_one_out(effects, method = "ols", error = "mc")
  for (table in list(effects, suppressWarnings(augment(fit)), without)) {
    got <- unique(data.table::as.data.table(as.list(table)[c(key, coordinate_columns)]))
    expect_identical(got[order(sequence, position, alt)], wanted[order(sequence, position, alt)])
  }
  expect_identical(names(x)[1:7], c(variant_columns, coordinate_columns))
  expect_identical(names(effects)[1:7], c(variant_columns, coordinate_columns))
})

test_that("saturation mutagenesis of windows has their coordinates, of other sequences none", {
  skip_if_no_python()
  bed <- write_bed(c("chr1\t0\t20\ta\t0\t+", "chr1\t20\t40\tb\t0\t-"))
  windows <- sequences_bed(bed, genome_set(), 20)
  x <- saturation_mutagenesis(test_model(), windows, outputs = "x", n_samples = 2)
  made_up <- made_up_mutagenesis(windows, "x")
  same <- c(variant_columns, coordinate_columns)
  expect_identical(
    data.table::as.data.table(as.list(x)[same]), data.table::as.data.table(as.list(made_up)[same])
  )
  plain <- saturation_mutagenesis(test_model(), plain_sequences(windows), outputs = "x", n_samples = 2)
  expect_identical(plain$effect, x$effect)
  expect_identical(intersect(coordinate_columns, names(plain)), character())
})

test_that("the demo's windows are those of its names", {
  windows <- attr(demo_sequences(100), "windows")
  expect_identical(window_id(windows), windows$sequence)
  expect_identical(unique(windows$end - windows$start), 499L)
})

test_that("as_granges() has alleles of the plus strand and the effects", {
  skip_if_not_installed("GenomicRanges")
  x <- made_up_mutagenesis(both_strands())
  x[, "effect_draws" := lapply(effect, function(e) c(e, e))]
  ranges <- as_granges(x)
  expect_identical(BiocGenerics::start(ranges), x$genome_position)
  expect_identical(as.character(GenomeInfoDb::seqnames(ranges)), x$chrom)
  expect_identical(unique(as.character(BiocGenerics::strand(ranges))), "*")
  found <- as.character(Biostrings::extractAt(genome_set()[["chr1"]], IRanges::ranges(ranges)[x$chrom == "chr1"]))
  expect_identical(ranges$ref[x$chrom == "chr1"], found)
  expect_identical(ranges$effect, x$effect)
  expect_identical(ranges$sequence_strand, x$strand)
  expect_null(ranges$effect_draws)
})

test_that("as_granges() knows the lengths of chromosomes where the table does", {
  skip_if_not_installed("GenomicRanges")
  x <- made_up_mutagenesis(both_strands(), "x")
  expect_identical(GenomeInfoDb::seqlengths(as_granges(x)), c(chr1 = 1200L, chr2 = 700L))
  # A plain table, and windows that do not say it.
  plain <- data.table::as.data.table(as.list(x))
  expect_identical(GenomeInfoDb::seqlengths(as_granges(plain)), c(chr1 = NA_integer_, chr2 = NA_integer_))
  data.table::setattr(x, "provenance", list(windows = data.table::data.table(chrom = "chr1")))
  expect_identical(GenomeInfoDb::seqlengths(as_granges(x[chrom == "chr1"])), c(chr1 = NA_integer_))
})

test_that("tables without coordinates are stopped, rows without are left out and counted", {
  skip_if_not_installed("GenomicRanges")
  error <- expect_error(as_granges(simulate_mutagenesis(1, 10)), class = "deepmr_error_columns")
  expect_match(rlang::cnd_message(error), "lacks chrom, .*sequences_bed")
  mixed <- c(both_strands(), c(own = "ACGT"))
  x <- made_up_mutagenesis(mixed, "x")
  expect_message(ranges <- as_granges(x), "12 rows", class = "deepmr_message_no_coordinates")
  expect_false("own" %in% ranges$sequence)
  none <- made_up_mutagenesis(mixed)[sequence == "own"]
  error <- expect_error(as_granges(none), class = "deepmr_error_coordinates")
  expect_match(rlang::cnd_message(error), "sequences_bed")
})
