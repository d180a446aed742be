test_that("characters, FASTA and DNAStringSet give the same named upper-case sequences", {
  wanted <- c(a = "ACGTNACGT", b = "TTTT")
  expect_identical(as_sequences(c(a = "acgtnACGT", b = "TTTT")), wanted)

  lines <- c(">a some words", "ACGTN", "", "  ACGT", ">b", "tttt")
  plain <- temporary_file(".fa")
  writeLines(lines, plain)
  expect_identical(as_sequences(plain), wanted)

  zipped <- temporary_file(".fa.gz")
  connection <- gzfile(zipped, "w")
  writeLines(lines, connection)
  close(connection)
  expect_identical(as_sequences(zipped), wanted)

  skip_if_not_installed("Biostrings")
  expect_identical(as_sequences(Biostrings::DNAStringSet(wanted)), wanted)
})

test_that("sequences without names are numbered", {
  expect_identical(as_sequences(c("A", "C")), c(sequence1 = "A", sequence2 = "C"))
})

test_that("bad sequences are stopped, each with its own message", {
  expect_snapshot(error = TRUE, {
    as_sequences(c(a = "ACGX"))
    as_sequences(c(a = "ACG", b = "AC-T"))
    as_sequences(c(a = "AC", a = "GT"))
    as_sequences(c(a = "AC", "GT"))
    as_sequences(c(a = ""))
    as_sequences(c(a = NA_character_))
    as_sequences(character())
    as_sequences(3)
    as_sequences("nowhere/promoters.fa")
  })
  expect_error(as_sequences(c(a = "ACGX")), class = "deepmr_error_characters")
})

test_that("FASTA files that are none are stopped", {
  empty <- temporary_file(".fa")
  file.create(empty)
  expect_error(as_sequences(empty), "holds no FASTA record", class = "deepmr_error_sequences")
  writeLines(c("ACGT", ">a", "ACGT"), empty)
  expect_error(as_sequences(empty), "begins with", class = "deepmr_error_sequences")
  writeLines(c(">a", ">b", "ACGT"), empty)
  expect_error(as_sequences(empty), "\"a\" is empty", class = "deepmr_error_sequences")
})
