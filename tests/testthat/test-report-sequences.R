test_that("sequences of a genome are told with their place and what was set aside", {
  x <- simulate_mutagenesis(n_sequences = 3, length = 10)
  fit <- fit_mr(x, exposure = "exposure", outcome = "outcome", method = "egger", error = "mc")
  windows <- data.table::data.table(
    sequence = paste0("simulated", 1:3), chrom = c("chr2", "chr1", "chr2"), start = c(101L, 201L, 301L),
    end = c(110L, 210L, 310L), strand = c("+", "-", "+"), chrom_length = 1000L
  )
  add_coordinates(x, structure(character(3), windows = windows))
  set_aside <- data.table::data.table(
    line = c(2L, 5L, 6L), name = c("p1", "p2", "p3"), chrom = "chr3", start = 1:3, end = 4:6, strand = "+",
    reason = c("too many N", "too many N", "unknown chromosome"), detail = c("40 % N", "<50 %> N", "chr3")
  )
  data.table::setattr(x, "set_aside", set_aside)
  page <- report_sequences(new_report(fit[fit$sequence != "simulated3"], x))
  place <- "<strong>2 sequences</strong> with 30 variants each. Cut from a genome: chr1 (1), chr2 (1)"
  expect_match(page, place, fixed = TRUE)
  expect_match(page, "3 set aside: too many N (2), unknown chromosome (1).", fixed = TRUE)
  table <- page_table(page, "The sequences")
  expect_identical(table$chromosome, c("chr2", "chr1"))
  expect_identical(table[["first mutated base"]], c("101", "201"))
  expect_identical(table[["last mutated base"]], c("110", "210"))
  expect_identical(table$strand, c("+", "-"))
  aside <- page_table(page, "Set aside")
  expect_identical(aside$detail, set_aside$detail)
  expect_identical(aside$line, c("2", "5", "6"))
})

test_that("sequences without a genome, and without a table", {
  x <- simulate_mutagenesis(n_sequences = 2, length = 10)
  fit <- fit_mr(x, exposure = "exposure", outcome = "outcome", method = "egger", error = "mc")
  # The first sequence lost its last position, in a plain table.
  part <- data.table::as.data.table(as.list(x))[!(sequence == "simulated1" & position == 10)]
  page <- report_sequences(new_report(fit, part))
  expect_match(page, "with 27 to 30 variants each. The table has no genome coordinates", fixed = TRUE)
  expect_identical(page_table(page, "The sequences")[["last mutated base"]], c("9", "10"))
  expect_match(report_sequences(new_report(fit)), "2 sequences fitted; where from is not known", fixed = TRUE)
  one <- report_sequences(new_report(fit[1], x))
  expect_match(one, "<strong>1 sequence</strong> with 30 variants in all", fixed = TRUE)
})

test_that("a mutagenesis keeps what sequences_bed() set aside", {
  skip_if_no_python()
  skip_if_not_installed("Biostrings")
  bed <- write_bed(c("chr1\t100\t120\tgood", "chr1\t1190\t1195\tedge"))
  sequences <- suppressMessages(sequences_bed(bed, genome_set(), 20))
  x <- saturation_mutagenesis(test_model(), sequences, positions = 1:2, n_samples = 2)
  expect_identical(attr(x, "set_aside")$name, "edge")
  expect_null(attr(saturation_mutagenesis(test_model(), test_sequences, positions = 1, n_samples = 2), "set_aside"))
})
