# A file that holds `lines`.
motif_file <- function(..., extension = ".txt", envir = parent.frame()) {
  file <- temporary_file(extension, envir)
  writeLines(c(...), file)
  file
}

meme_head <- c("MEME version 4", "", "ALPHABET= ACGT", "", "strands: + -", "")

test_that("JASPAR's file is read as it stands", {
  motifs <- demo_motifs()
  expect_s3_class(motifs, "deepmr_motifs")
  expect_identical(names(motifs), c("Dref", "Trl", "M1BP", "da"))
  expect_identical(rownames(motifs$da), c("A", "C", "G", "T"))
  expect_identical(unname(motifs$da["C", ]), c(1009, 15, 28, 982, 19, 18))
  about <- attr(motifs, "about")
  expect_identical(about$id[4], "MA2308.1")
  expect_identical(about$nsites[1], 3112)
})

test_that("one motif is the same from every format, compressed or not", {
  numbers <- c("10 0 5 2", "0 20 5 2", "5 0 5 8", "5 0 5 8")
  want <- do.call(rbind, lapply(strsplit(numbers, " "), as.numeric))
  labelled <- paste(c("A", "C", "G", "T"), "[", numbers, "]")
  files <- list(
    motif_file(">MA1.1\tx", labelled),
    motif_file(">MA1.1 x", numbers),
    motif_file("", ">MA1.1 x", paste0(c("A: ", "C: ", "G: ", "T: "), numbers), ""),
    motif_file(">MA1.1 x", rev(labelled)),
    motif_file(">MA1.1 x\r", paste0(labelled, "\r")),
    motif_file(numbers), motif_file(rev(paste(c("a", "c", "g", "t"), "|", numbers)))
  )
  zipped <- temporary_file(".pfm.gz")
  connection <- gzfile(zipped, "w")
  writeLines(labelled, connection)
  close(connection)
  for (file in c(files, zipped)) expect_identical(unname(read_motifs(file)[[1]]), want)
  expect_identical(names(read_motifs(zipped)), sub("[.]pfm[.]gz$", "", basename(zipped)))
  frequencies <- apply(t(want) / colSums(want), 1, paste, collapse = " ")
  meme <- motif_file(
    meme_head, "Background letter frequencies", "A 0.3 C 0.2", "G 0.2 T 0.3", "", "MOTIF MA1.1 x", "",
    "letter-probability matrix: alength= 4 w= 4 nsites= 20 E= 0", frequencies, "URL http://x"
  )
  motif <- read_motifs(meme)
  expect_equal(unname(motif$x), sweep(want, 2, colSums(want), "/"))
  expect_equal(unlist(attr(motif, "about")[c("nsites", "A", "C", "G", "T")], use.names = FALSE), c(20, .3, .2, .2, .3))
})

test_that("MEME's full text output is read, both ways of naming motifs", {
  full <- motif_file(
    "****", "MEME - Motif discovery tool", "MEME version 5.0.5", 'ALPHABET "DNA" DNA-LIKE', 'A "Adenine" CC0000 ~ T',
    "END ALPHABET", "Background letter frequencies (from file x):", "A 0.25 C 0.25 G 0.25 T 0.25 ",
    "MOTIF TAC MEME-1\twidth =   3  sites =  17  llr = 50", "----", "\tMotif TAC MEME-1 Description", "A  ::a",
    "log-odds matrix: alength= 4 w= 2 n= 10 bayes= 1 E= 1", "-10 20 3 4 ", "-10 20 3 4 ", "----",
    "letter-probability matrix: alength= 4 w= 2 nsites= 17 E= 1.2e-003 ",
    " 0.1  0.2  0.3  0.4 ", " 1.0  0.0  0.0  0.0 ",
    "------", "", "MOTIF  2 width = 1 sites = 5", "letter-probability matrix: alength= 4 w= 1 nsites= 5", "0 0 1 0"
  )
  motifs <- read_motifs(full)
  expect_identical(names(motifs), c("MEME-1", "2"))
  expect_equal(unname(motifs[[1]][, 1]), c(.1, .2, .3, .4))
  expect_identical(attr(motifs, "about")$nsites, c(17, 5))
})

test_that("the probabilities of a MEME file have the scores of JASPAR's counts, where they hold them", {
  motifs <- demo_motifs()
  meme <- function(decimals, nsites) {
    lines <- unlist(lapply(names(motifs), function(name) {
      p <- t(motifs[[name]]) / colSums(motifs[[name]])
      rows <- apply(matrix(sprintf("%.*f", decimals, p), nrow(p)), 1L, paste, collapse = " ")
      c(paste("MOTIF", name), paste("letter-probability matrix: alength= 4 nsites=", nsites[[name]]), rows)
    }))
    read_motifs(motif_file(meme_head, lines))
  }
  sites <- lapply(motifs, function(x) sum(x[, 1L]))
  f <- c(.3, .2, .2, .3)
  for (decimals in c(4, 6, 8)) {
    read <- log_odds(meme(decimals, sites), f)[c("Dref", "M1BP", "da")]
    expect_equal(read, log_odds(motifs, f)[-2L], tolerance = 1e-12)
  }
  expect_identical(motif_hits(demo_sequences(20), meme(6, sites)), motif_hits(demo_sequences(20), motifs))
  # Too few decimals, other sites: scores are those of the probabilities as they stand.
  coarse <- meme(2, sites)
  p <- coarse$da[, 1L]
  expect_equal(log_odds(coarse, f)$da[, 1L], log2((p / sum(p) * sites$da + .8 * f) / (sites$da + .8) / f))
  twenty <- meme(6, lapply(sites, function(x) 20))
  expect_gt(max(abs(log_odds(twenty, f)$da - log_odds(motifs, f)$da)), 1)
})

test_that("probabilities and counts that are none of nsites stay as they are", {
  meme <- function(nsites, ...) {
    file <- motif_file(meme_head, "MOTIF x", paste("letter-probability matrix: alength= 4", nsites), ...)
    read_motifs(file)$x
  }
  rows <- c(".9977 .0023 0 0", "0 .9977 .0023 0", ".0023 0 .4977 .5", "0 0 .0023 .9977")
  as_text <- matrix(as.numeric(unlist(strsplit(rows, " "))), 4L, byrow = TRUE)
  for (nsites in c("nsites= 100", "", "nsites= 20")) {
    expect_identical(unname(meme(nsites, rows)), t(as_text))
  }
  # Cut off, not rounded: 1/3 of 6 sites.
  expect_identical(unname(meme("nsites= 6", ".333 .333 .166 .166")[, 1]), c(2, 2, 1, 1) / 6)
  expect_identical(unname(meme("nsites= 6", "3.33e-1 .333 .166 .166")[1, 1]), .333)
  # JASPAR's counts are not rounded, nor scaled to whole ones.
  odds <- function(...) {
    file <- motif_file(...)
    unname(log_odds(read_motifs(file))[[1L]][, 1L])
  }
  expected <- function(n, sites) log2((n / sum(n) * sites + .2) / (sites + .8) / .25)
  expect_equal(odds(">m x", "99.8 0.1", "0.1 99.8", "0.1 0.1", "0 0"), expected(c(99.8, .1, .1, 0), 100))
  expect_equal(odds(">m x", "18 20", "1 0", "0 0", "0 0"), expected(c(18, 1, 0, 0), 20))
})

test_that("what is wrong with a file is said", {
  wrong <- function(want, ...) {
    expect_error(read_motifs(motif_file(...)), want, class = "deepmr_error_motifs")
  }
  wrong("no motif", "")
  wrong("no motif", "nothing to see", "here")
  wrong("no motif", meme_head)
  wrong("has 3 rows", ">m x", "1 2", "3 4", "5 6")
  wrong("has 5 rows", "1 2", "1 2", "1 2", "1 2", "1 2")
  wrong("has 0 rows", ">m x", ">n y", "1 2", "1 2", "1 2", "1 2")
  wrong("-2", "1 -2", "1 2", "1 2", "1 2")
  wrong("values", "1 2", "1 2 3", "1 2", "1 2")
  wrong("\"abc\"", "1 2", "1 abc", "1 2", "1 2")
  wrong("\"NA\"", "1 2", "1 NA", "1 2", "1 2")
  wrong("Inf", "1 2", "1 1e999", "1 2", "1 2")
  wrong("Column 2 .* only zeros", "1 0", "1 0", "1 0", "1 0")
  wrong("begin with", "A 1", "C 1", "G 1", "G 1")
  wrong("without a name", ">", "1", "1", "1", "1")
  matrix_line <- "letter-probability matrix: alength= 4 w= 1"
  wrong("sums to 0.9", meme_head, "MOTIF x", matrix_line, "0.3 0.2 0.2 0.2")
  wrong("has 3 values", meme_head, "MOTIF x", matrix_line, "0.3 0.4 0.3")
  wrong("has 0 rows, but its line says w= 1", meme_head, "MOTIF x", matrix_line, "")
  wrong("has 2 rows", meme_head, "MOTIF x", matrix_line, "1 0 0 0", "1 0 0 0")
  wrong("value -0.1", meme_head, "MOTIF x", matrix_line, "-0.1 0.4 0.3 0.4")
  wrong("belongs to no", meme_head, matrix_line, "1 0 0 0")
  wrong("ACDEF", "MEME version 4", "ALPHABET= ACDEFGHIKLMNPQRSTVWY", "MOTIF x")
  wrong("background letter frequencies", meme_head, "Background letter frequencies", "A 0.5 C 0.5 G 0.5 T 0.5")
  expect_error(read_motifs(tempdir()), "no motif file", class = "deepmr_error_motifs")
  expect_error(read_motifs("nowhere.meme"), "no motif file", class = "deepmr_error_motifs")
  bytes <- temporary_file(".bin")
  writeBin(as.raw(c(0:255, 0:255)), bytes)
  expect_error(read_motifs(bytes), class = "deepmr_error_motifs")
  expect_error(read_motifs(demo_file("demo_motifs.jaspar"), format = "meme"), "no motif", class = "deepmr_error_motifs")
  expect_error(read_motifs(motif_file("1"), format = "transfac"), "transfac", class = "deepmr_error_argument")
  expect_error(read_motifs(3), class = "deepmr_error_argument")
})

test_that("motifs are taken, joined and printed", {
  motifs <- demo_motifs()
  expect_identical(names(motifs[c("da", "Trl")]), c("da", "Trl"))
  expect_identical(attr(motifs[-1], "about")$name, c("Trl", "M1BP", "da"))
  expect_error(motifs["no"], "\"no\"", class = "deepmr_error_motifs")
  both <- c(motifs["da"], motifs["da"], motifs["Dref"])
  expect_identical(names(both), c("da (MA2308.1)", "da (MA2308.1) #1", "Dref"))
  expect_identical(both[[2]], motifs$da)
  expect_snapshot(print(motifs))
})

test_that("log-odds are the formula, with the file's background where there is one", {
  file <- motif_file(">m m", "8 1", "0 1", "0 1", "2 1")
  motif <- read_motifs(file)
  odds <- log_odds(motif, pseudocount = 2)$m
  expect_equal(unname(odds[, 1]), log2(c(8.5, 0.5, 0.5, 2.5) / 12 / 0.25))
  # Column 2 has 4 of the motif's 10 sites: its frequencies count.
  expect_equal(unname(odds[, 2]), rep(0, 4))
  skewed <- log_odds(motif, c(T = .4, A = .1, G = .2, C = .3), pseudocount = 1)$m
  expect_equal(unname(skewed[, 1]), log2(c(8.1, .3, .2, 2.4) / 11 / c(.1, .3, .2, .4)))
  meme <- motif_file(
    meme_head, "Background letter frequencies", "A 0.1 C 0.4 G 0.4 T 0.1", "MOTIF x", "letter-probability matrix:",
    "0.5 0.5 0 0"
  )
  expect_equal(unname(log_odds(read_motifs(meme))$x[, 1]), log2((c(10, 10, 0, 0) / .8 + c(.1, .4, .4, .1)) /
    (20 / .8 + 1) / c(.1, .4, .4, .1)))
  expect_error(log_odds(motif, c(.5, .5, .5, .5)), class = "deepmr_error_argument")
  expect_error(log_odds(motif, c(1, 0, 0, 0)), class = "deepmr_error_argument")
  expect_error(log_odds(motif, pseudocount = 0), class = "deepmr_error_argument")
  expect_error(log_odds(list()), "must be motifs", class = "deepmr_error_argument")
})
