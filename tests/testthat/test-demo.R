oracle_fixture <- function(name) {
  utils::read.csv(test_path("fixtures", name), stringsAsFactors = FALSE)
}

# Levels of any sequence, window by window: no use of what a variant leaves unchanged.
brute_levels <- function(sequence) {
  oracle <- read_oracle()
  base <- match(strsplit(sequence, "")[[1L]], c("A", "C", "G", "T"))
  levels <- mapply(function(llr, mu) {
    total <- 0
    for (start in seq_len(length(base) - ncol(llr) + 1L)) {
      window <- base[seq(start, length.out = ncol(llr))]
      if (anyNA(window)) next
      forward <- sum(llr[cbind(window, seq_along(window))])
      reverse <- sum(llr[cbind(5L - rev(window), seq_along(window))])
      total <- total + log1p(exp(forward + mu)) + log1p(exp(reverse + mu))
    }
    1 - exp(-total)
  }, oracle$llr, oracle$mu)
  c(levels, accessibility = 0.05 + 0.4 * levels[["Dref"]] + 0.3 * levels[["Trl"]] + 0.2 * levels[["M1BP"]])
}

test_that("demo_sequences() gives named held-out promoters", {
  all <- demo_sequences(100)
  expect_length(demo_sequences(), 20L)
  expect_identical(demo_sequences(3), all[1:3])
  expect_true(all(nchar(all) == 500L))
  expect_true(all(grepl("^[ACGT]+$", all)))
  expect_match(names(all), "^chr2R:[0-9]+-[0-9]+\\([+-]\\)$")
  expect_identical(anyDuplicated(names(all)), 0L)
  expect_error(demo_sequences(101), "100 demo sequences", class = "deepmr_error_argument")
  expect_error(demo_sequences(0), class = "deepmr_error_argument")
})

test_that("the R oracle equals the Python oracle", {
  promoters <- demo_sequences(100)
  levels <- oracle_fixture("demo_oracle_levels.csv")
  expect_identical(names(promoters), levels$sequence)
  wide <- do.call(rbind, lapply(promoters, function(x) {
    oracle_sequence(x, read_oracle())$levels$level
  }))
  expect_lt(max(abs(wide - as.matrix(levels[-1L]))), 1e-6)

  effects <- oracle_fixture("demo_oracle_effects.csv")
  truth <- demo_truth(substring(promoters[1:3], 381L))$effects
  outputs <- names(effects)[-(1:4)]
  expect_identical(unique(truth$output), outputs)
  rows <- truth[output == outputs[1L]]
  expect_identical(as.list(rows[, c("sequence", "position", "ref", "alt")]), as.list(effects[1:4]))
  wide <- matrix(truth$effect, ncol = length(outputs), byrow = TRUE)
  expect_lt(max(abs(wide - as.matrix(effects[-(1:4)]))), 1e-6)
})

test_that("SNV effects equal full recomputation, ends and N included", {
  sequence <- "NTATCGATAACAGCTGNGAGAGAGAGTGGTCACACTGA"
  truth <- demo_truth(c(s = tolower(sequence)))
  reference <- brute_levels(sequence)
  expect_equal(truth$levels$level, unname(reference), tolerance = 1e-12)
  expect_true(all(reference[1:4] > 0.3))
  base <- strsplit(sequence, "")[[1L]]
  expect_setequal(unique(truth$effects$position), which(base != "N"))
  expected <- unlist(lapply(which(base != "N"), function(position) {
    lapply(setdiff(c("A", "C", "G", "T"), base[position]), function(alt) {
      variant <- sequence
      substr(variant, position, position) <- alt
      brute_levels(variant) - reference
    })
  }))
  expect_equal(truth$effects$effect, unname(expected), tolerance = 1e-9)
  expect_identical(truth$effects$ref, base[truth$effects$position])
})

test_that("accessibility is the structural equation", {
  truth <- demo_truth(demo_sequences(2))
  coefficients <- c(Dref = 0.4, Trl = 0.3, M1BP = 0.2, da = 0)
  expect_identical(truth$coefficients$output, names(coefficients))
  expect_identical(truth$coefficients$coefficient, unname(coefficients))
  levels <- matrix(truth$levels$level, ncol = 5L, byrow = TRUE)
  expect_equal(levels[, 5L], 0.05 + drop(levels[, 1:4] %*% coefficients), tolerance = 1e-14)
  effects <- matrix(truth$effects$effect, ncol = 5L, byrow = TRUE)
  expect_lt(max(abs(effects[, 5L] - effects[, 1:4] %*% coefficients)), 1e-14)
  expect_identical(nrow(effects), 2L * 1500L)
})

test_that("a sequence and its reverse complement have the same levels", {
  sequence <- demo_sequences(1)
  reverse <- chartr("ACGT", "TGCA", paste(rev(strsplit(sequence, "")[[1L]]), collapse = ""))
  truth <- demo_truth(c(forward = unname(sequence), reverse = reverse))$levels
  expect_equal(truth[sequence == "forward", level], truth[sequence == "reverse", level], tolerance = 1e-12)
})

test_that("an all-N sequence is unbound and has no variants", {
  truth <- demo_truth(c(n = strrep("N", 20)))
  expect_equal(truth$levels$level, c(0, 0, 0, 0, 0.05))
  expect_identical(nrow(truth$effects), 0L)
})

test_that("demo_truth() refuses what is not DNA, or shorter than a motif", {
  expect_error(demo_truth(1), class = "deepmr_error_sequences")
  expect_error(demo_truth(c(bad = "ACGTXACGTACGTACG")), "X", class = "deepmr_error_characters")
  expect_error(demo_truth(c(short = "ACGTACGTAC")), "at least 11 bases", class = "deepmr_error_length")
})

test_that("the requirement holds and the help page states what was measured", {
  evaluation <- utils::read.csv(demo_file("demo_evaluation.csv"), colClasses = "character")
  expect_identical(evaluation$output, c("Dref", "Trl", "M1BP", "da", "accessibility"))
  expect_true(all(as.numeric(c(evaluation$level_arm, evaluation$level_shipped)) >= 0.9))
  expect_true(all(as.numeric(evaluation$effect_pooled) >= 0.8))
  source <- test_path("..", "..", "R", "demo.R")
  skip_if_not(file.exists(source), "the sources are not here")
  stated <- grep("^#' \\| [^-]", readLines(source), value = TRUE)[-1L]
  cells <- lapply(strsplit(stated, "|", fixed = TRUE), function(x) trimws(gsub("`", "", x[-1L])))
  expect_identical(do.call(rbind, cells), unname(as.matrix(evaluation)))
})
