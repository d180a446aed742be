skip_if_not_installed("Biostrings")

# Any genome gives the text that was written, in upper case.
expect_genome <- function(genome) {
  text <- made_up_genome()
  expect_identical(genome$lengths, stats::setNames(nchar(text), names(text)))
  chrom <- c("chr2", "chr1", "chr3", "chr1")
  start <- c(290L, 1L, 250L, 1200L)
  end <- c(310L, 160L, 300L, 1200L)
  expect_identical(genome$read(chrom, start, end), unname(substr(text[chrom], start, end)))
}

test_that("a DNAStringSet, a FASTA file and a 2bit file are the same genome", {
  expect_genome(open_genome(genome_set()))
  named <- stats::setNames(genome_set(), paste(names(made_up_genome()), "made up"))
  expect_genome(open_genome(named))

  skip_if_not_installed("Rsamtools")
  file <- temporary_file(".fa")
  write_genome(file)
  expect_message(genome <- open_genome(file), class = "deepmr_message_index")
  expect_genome(genome)
  expect_false(file.exists(paste0(file, ".fai")))
  # Once a session.
  expect_no_message(open_genome(file))
  Rsamtools::indexFa(file)
  expect_no_message(expect_genome(open_genome(file)))
  unlink(paste0(file, ".fai"))

  zipped <- Rsamtools::bgzip(file, temporary_file(".fa.gz"))
  expect_message(genome <- open_genome(zipped), class = "deepmr_message_index")
  expect_genome(genome)
})

test_that("a 2bit file and a BSgenome are genomes too", {
  skip_if_not_installed("rtracklayer")
  # 2bit has no IUPAC codes.
  bases <- gsub("[Rr]", "A", made_up_genome(soft_masked = TRUE))
  folder <- tempfile()
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  file <- file.path(folder, "single_sequences.2bit")
  rtracklayer::export(Biostrings::DNAStringSet(bases), file)
  read <- function(genome) genome$read(c("chr2", "chr1"), c(250L, 45L), c(420L, 60L))
  wanted <- unname(toupper(substr(bases[c("chr2", "chr1")], c(250, 45), c(420, 60))))
  expect_identical(read(open_genome(file)), wanted)
  expect_identical(open_genome(file)$lengths, nchar(bases))

  skip_if_not_installed("BSgenome")
  make <- utils::getFromNamespace("BSgenome", "BSgenome")
  made <- make(
    "Homo fictus", "nobody", "test1", "nobody", NA, "2020", NA, "nowhere", names(bases), character(), character(),
    "none", folder
  )
  expect_identical(read(open_genome(made)), wanted)
})

test_that("files that are no genome are stopped", {
  expect_error(open_genome("nowhere.fa"), class = "deepmr_error_genome")
  expect_error(open_genome(3), class = "deepmr_error_argument")
  expect_error(open_genome(unname(genome_set())), "name of its own", class = "deepmr_error_genome")
  skip_if_not_installed("Rsamtools")
  plain_gzip <- temporary_file(".fa.gz")
  connection <- gzfile(plain_gzip, "w")
  write_genome(connection)
  close(connection)
  expect_error(suppressMessages(open_genome(plain_gzip)), "bgzip", class = "deepmr_error_genome")
  empty <- temporary_file(".2bit")
  file.create(empty)
  skip_if_not_installed("rtracklayer")
  expect_error(suppressWarnings(open_genome(empty)), class = "deepmr_error_genome")
})

test_that("the reverse complement is Biostrings'", {
  text <- c(a = "ACGTN", b = "TTGAC", c = "A")
  theirs <- Biostrings::reverseComplement(Biostrings::DNAStringSet(text))
  expect_identical(reverse_complement(text), as.character(theirs))
})

test_that("what is no genome is refused without reading it out", {
  file <- temporary_file(".fa")
  writeLines(c("x", "y"), file)
  expect_error(open_genome(file), "no FASTA file", class = "deepmr_error_genome")
  chromosomes <- c(a = strrep("ACGT", 500), b = strrep("ACGT", 500))
  refused <- expect_error(open_genome(chromosomes), "not 2 strings", class = "deepmr_error_argument")
  expect_lt(nchar(conditionMessage(refused)), 400)
  expect_match(same_names_remedy("1", c("chr1", "chr2"), "bed"), "put .* before those of")
  expect_match(same_names_remedy("chr1", c("1", "2"), "bed"), "take .* off those of")
  expect_no_match(same_names_remedy("chr1", c("I", "II"), "bed"), "put|take")
})
