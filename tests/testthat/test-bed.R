test_that("BED3 to BED12 are read, from 1 with both ends included, past comments, CRLF and spaces", {
  wanted <- data.table::data.table(
    name = c("a b", NA), chrom = c("chr1", "2"), start = c(11L, 1L), end = c(20L, 5L), strand = c("-", "+"),
    centre = NA_integer_, line = 5:6
  )
  bed6 <- c("# made up", "track name=x", "browser position chr1", "", "chr1\t10\t20\ta b\t0\t-", "2\t0\t5\t.\t0\t.")
  expect_identical(read_bed(write_bed(bed6)), wanted)
  expect_identical(read_bed(write_bed(paste0(bed6, "\r"))), wanted)
  zipped <- temporary_file(".bed.gz")
  connection <- gzfile(zipped, "w")
  writeLines(bed6, connection)
  close(connection)
  expect_identical(read_bed(zipped), wanted)

  plain <- data.table::copy(wanted)[, c("name", "strand", "line") := list(NA_character_, "+", 1:2)]
  expect_identical(read_bed(write_bed(c("chr1 10  20", "2 0 5"))), plain)
  rest <- "\t0\t-\t1\t2\t0\t1\t4,\t0,"
  bed12 <- read_bed(write_bed(paste0("chr1\t10\t20\tx", rest)))
  expect_identical(bed12, data.table::copy(wanted)[1L][, c("name", "line") := list("x", 1L)])
})

test_that("the tenth column of a narrowPeak is the summit, -1 is none", {
  peaks <- paste0("chr1\t10\t20\tx\t0\t.\t1\t2\t3\t", c(0, 9, -1))
  said <- character()
  bed <- withCallingHandlers(read_bed(write_bed(peaks)), deepmr_message_summit = function(m) {
    said <<- c(said, conditionMessage(m))
    invokeRestart("muffleMessage")
  })
  expect_identical(bed$centre, c(11L, 20L, NA))
  expect_length(said, 1L)
  expect_match(said, "1 of 3 intervals of the narrowPeak file has no summit")
  expect_no_message(read_bed(write_bed(peaks[1:2])))
})

test_that("lines that are no interval are stopped, with their number", {
  stopped <- function(lines) {
    error <- expect_error(read_bed(write_bed(lines)), class = "deepmr_error_bed")
    gsub(" of '[^']*'| of [^ ]*\\.bed", "", rlang::cnd_message(error))
  }
  expect_snapshot({
    writeLines(stopped(c("chrom\tstart\tend", "chr1\t1\t2")))
    writeLines(stopped(c("# made up", "chr1\t1\t2", "chrom\tstart\tend")))
    writeLines(stopped(c("#", "chr1\t20\t10")))
    writeLines(stopped("chr1\t-1\t10"))
    writeLines(stopped("chr1\t1.5\t10"))
    writeLines(stopped("chr1\t1"))
    writeLines(stopped(c("chr1\t1\t9", "chr1\t1\t9\tname")))
    writeLines(stopped("chr1\t1\t9\tname\t0\tplus"))
    writeLines(stopped("chr1\t10\t20\tx\t0\t.\t1\t2\t3\t10"))
  })
  expect_match(stopped("# nothing"), "holds no interval")
  expect_error(read_bed("nowhere.bed"), class = "deepmr_error_bed")
})
