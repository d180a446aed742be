skip_if_not_installed("Biostrings")

overlapping <- function(width = 30) {
  bed <- write_bed(c(
    "chr2\t20\t50\tlater\t0\t+", "chr1\t100\t130\ta b\t0\t+", "chr1\t110\t140\tb;c\t0\t-", "chr1\t0\t30\tc\t0\t-"
  ))
  sequences_bed(bed, genome_set(), width)
}

test_that("a VCF is read back by VariantAnnotation with the genome's alleles, and every effect", {
  skip_if_not_installed("VariantAnnotation")
  x <- made_up_mutagenesis(overlapping(), c("x", "8 y|z", "8_y_z"))
  file <- temporary_file(".vcf")
  expect_identical(write_vcf(x, file), file)
  vcf <- VariantAnnotation::readVcf(file)
  ranges <- SummarizedExperiment::rowRanges(vcf)
  chrom <- as.character(GenomeInfoDb::seqnames(ranges))
  position <- BiocGenerics::start(ranges)
  ref <- as.character(VariantAnnotation::ref(vcf))
  alt <- as.character(unlist(VariantAnnotation::alt(vcf)))
  expect_identical(unname(ref), unname(substr(made_up_genome()[chrom], position, position)))
  plus <- on_plus_strand(x, "x", NULL)
  key <- function(chrom, position, ref, alt) paste(chrom, position, ref, alt)
  keys <- key(chrom, position, ref, alt)
  expect_identical(anyDuplicated(keys), 0L)
  expect_setequal(keys, key(plus$chrom, plus$genome_position, plus$ref, plus$alt))
  expect_identical(GenomeInfoDb::seqlengths(vcf), c(chr2 = 700L, chr1 = 1200L))
  expect_false(is.unsorted(match(chrom, c("chr2", "chr1")) * 1e4 + position))

  # Every effect and SE under its window's name, also where two windows overlap.
  info <- VariantAnnotation::info(vcf)
  window <- as.list(info$SEQUENCE)
  expect_identical(max(lengths(window)), 2L)
  named <- c("x" = "x", "8_y_z" = "8 y|z", "8_y_z_1" = "8_y_z")
  for (name in names(named)) {
    back <- data.table::data.table(
      variant = rep(keys, lengths(window)), sequence = unlist(window),
      effect = unlist(as.list(info[[paste0("EFFECT_", name)]])), se = unlist(as.list(info[[paste0("SE_", name)]]))
    )
    wanted <- plus[plus$output == named[[name]]]
    wanted[, c("variant", "sequence") := list(key(chrom, genome_position, ref, alt), vcf_escape(sequence))]
    joined <- wanted[back, on = c("variant", "sequence")]
    expect_identical(nrow(back), nrow(wanted))
    expect_equal(joined$i.effect, joined$effect, tolerance = 1e-6) # seven digits are written
    expect_equal(joined$i.se, joined$se, tolerance = 1e-6)
  }
})

test_that("the file is plain VCF 4.3", {
  x <- made_up_mutagenesis(overlapping()["a b"], c("x", "y"))[position == 1]
  x[alt == "A" & output == "x", "se" := NA]
  file <- temporary_file(".vcf")
  write_vcf(x, file, outputs = "x")
  expect_snapshot(writeLines(sub("deepmr [0-9.]+", "deepmr", readLines(file))))
})

test_that("what cannot be written is stopped", {
  x <- made_up_mutagenesis(overlapping())
  file <- temporary_file(".vcf")
  expect_error(write_vcf(x, file, outputs = "z"), class = "deepmr_error_unknown_output")
  expect_error(write_vcf(x, "x.vcf.gz"), "bgzip", class = "deepmr_error_argument")
  expect_error(write_vcf(rbind(x, x), file), class = "deepmr_error_duplicated_rows")
  expect_error(write_vcf(simulate_mutagenesis(1, 10), file), "sequences_bed", class = "deepmr_error_columns")
  nowhere <- file.path(tempdir(), "not", "there")
  expect_error(write_vcf(x, file.path(nowhere, "x.vcf")), "dir.create", class = "deepmr_error_argument")
  expect_error(write_vcf(x, tempdir()), "is a folder", class = "deepmr_error_argument")
  one <- x[sequence == "a b" & position == 1]
  two <- rbind(one, data.table::copy(one)[, c("sequence", "ref") := list("other", "N")])
  expect_error(write_vcf(two, file), "two references", class = "deepmr_error_coordinates")
  expect_false(file.exists(file))
})
