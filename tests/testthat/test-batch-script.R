# The parts of the script, without a subprocess.
batch_parts <- function() {
  parts <- new.env()
  for (file in list.files(system.file("scripts", "batch", package = "deepmr"), full.names = TRUE)) {
    sys.source(file, envir = parts)
  }
  parts
}

# Runs the installed script in `folder`, in an R of its own: exit code, stdout and stderr.
run_script <- function(..., folder = getwd()) {
  script <- Filter(file.exists, file.path(.libPaths(), "deepmr", "scripts", "deepmr.R"))
  testthat::skip_if(!length(script), "deepmr is not installed, and the script needs library(deepmr)")
  testthat::skip_if_not_installed("optparse")
  out <- tempfile()
  err <- tempfile()
  here <- setwd(folder)
  on.exit({
    setwd(here)
    unlink(c(out, err))
  })
  status <- system2(
    file.path(R.home("bin"), "Rscript"), shQuote(c(script[1L], ...)), stdout = out, stderr = err,
    env = c("R_TESTS=", paste0("R_LIBS=", shQuote(paste(.libPaths(), collapse = .Platform$path.sep))))
  )
  list(status = status, out = readLines(out), err = paste(readLines(err), collapse = "\n"))
}

# Exit code, stderr and stdout of a command line, in this R: starting another takes seconds.
command_line <- function(parts, ...) {
  old <- options()
  remap <- Sys.getenv("RETICULATE_REMAP_OUTPUT_STREAMS", NA)
  on.exit({
    options(old)
    if (is.na(remap)) Sys.unsetenv("RETICULATE_REMAP_OUTPUT_STREAMS")
  })
  message <- utils::capture.output(
    shown <- utils::capture.output(status <- parts$run_deepmr(c(...))),
    type = "message"
  )
  c(status = status, message = paste(message, collapse = "\n"), shown = paste(shown, collapse = "\n"))
}

files_in <- function(folder) list.files(folder, all.files = TRUE, no.. = TRUE)

test_folder <- function(envir = parent.frame()) {
  folder <- temporary_file(" dir", envir)
  dir.create(folder)
  do.call(on.exit, list(substitute(unlink(folder, recursive = TRUE), list(folder = folder)), add = TRUE), envir = envir)
  folder
}

test_that("fit writes what fit_mr(), tidy(), glance() and meta_analyze() give, and nothing to stdout", {
  folder <- test_folder()
  x <- simulate_mutagenesis(n_sequences = 2, length = 20)
  x$at_rounding[x$sequence == "simulated2"] <- TRUE
  saveRDS(x, file.path(folder, "x.rds"))
  ran <- run_script(
    "fit", "--table", "x.rds", "--exposure=exposure", "--outcome", "outcome", "--error", "mc", "--level", "0.9",
    "--out", "fit.rds", "--glance", "glance.tsv.gz", "--pooled", "pooled.tsv",
    folder = folder
  )
  expect_identical(ran$status, 0L, info = ran$err)
  expect_identical(ran$out, character())
  told <- "), each with 1 error (mc): 2 rows, 1 without an estimate, 0 weak"
  expect_match(ran$err, told, fixed = TRUE)
  expect_match(ran$err, "1: fewer than 3 instruments", fixed = TRUE)
  fit <- suppressMessages(fit_mr(x, exposure = "exposure", outcome = "outcome", error = "mc", level = 0.9))
  expect_equal(bare(readRDS(file.path(folder, "fit.rds"))), bare(fit))
  parts <- batch_parts()
  expect_equal(
    data.table::setDF(parts$read_text(file.path(folder, "glance.tsv.gz"), "x")), bare(glance(fit)),
    tolerance = 1e-12, ignore_attr = TRUE
  )
  pooled <- utils::read.delim(file.path(folder, "pooled.tsv"))
  expect_identical(pooled$status, "fewer than 2 sequences")
  expect_setequal(files_in(folder), c("x.rds", "fit.rds", "glance.tsv.gz", "pooled.tsv"))

  skip_if_not_installed("rmarkdown")
  skip_if_not(rmarkdown::pandoc_available(), "no pandoc")
  result <- command_line(
    parts, "report", "--fit", file.path(folder, "fit.rds"), "--mutagenesis", file.path(folder, "x.rds"),
    "--title", "A & B", "--out", file.path(folder, "r.html")
  )
  expect_identical(result[["status"]], "0", info = result)
  expect_identical(result[["shown"]], "")
  expect_true(any(grepl("<h1>A &amp; B</h1>", readLines(file.path(folder, "r.html")), fixed = TRUE)))
})

test_that("--weak and --test pool as meta_analyze() does, and what is said names them", {
  skip_if_not_installed("optparse")
  folder <- test_folder()
  path <- function(name) file.path(folder, name)
  parts <- batch_parts()
  # Slopes that agree better than their errors say, and one sequence whose exposure does not move.
  x <- simulate_mutagenesis(n_sequences = 4, length = 40)
  still <- which(x$sequence == "simulated4" & x$output == "exposure")
  x[still, c("effect", "effect_draws") := list(effect / 1000, lapply(effect_draws, `/`, 1000))]
  saveRDS(x, path("x.rds"))
  run <- function(...) {
    result <- command_line(
      parts, "fit", "--table", path("x.rds"), "--exposure", "exposure", "--outcome", "outcome", "--error", "classical",
      "--out", path("f.rds"), "--pooled", path("p.rds"), ...
    )
    expect_identical(result[["status"]], "0", info = result)
    list(pooled = readRDS(path("p.rds")), message = result[["message"]])
  }
  fit <- suppressMessages(fit_mr(x, exposure = "exposure", outcome = "outcome", error = "classical"))
  plain <- run()
  expect_equal(bare(plain$pooled), bare(suppressMessages(meta_analyze(fit))))
  expect_identical(plain$pooled$k_left_out, 1L)
  expect_match(plain$message, "Not pooled: 1 weak fit of 4.*\n.*--weak keep pools them too")
  expect_match(plain$pooled$status, "^narrower")
  expect_match(plain$message, "1 pooled interval is narrower .*--test adhoc gives one that they allow")
  given <- run("--weak", "keep", "--test", "adhoc", "--level", "0.8")
  expect_equal(bare(given$pooled), bare(meta_analyze(fit, weak = "keep", test = "adhoc", level = 0.8)))
  expect_no_match(given$message, "--weak|--test")
  # Their choices are those of the function.
  expect_setequal(eval(formals(meta_analyze)$weak), c("leave_out", "keep"))
  for (test in c("knha", "adhoc", "z", "t")) expect_silent(meta_analyze(fit, weak = "keep", test = test))
})

test_that("a failed run leaves the old file, and says why without a traceback", {
  folder <- test_folder()
  parts <- batch_parts()
  x <- simulate_mutagenesis(n_sequences = 2, length = 20)
  utils::capture.output(parts$write_table(x, file.path(folder, "x.tsv"), "table"), type = "message")
  writeLines("precious", file.path(folder, "fit.tsv"))
  ran <- run_script(
    "fit", "--table", "x.tsv", "--outcome", "outcome", "--exposure", "expsure", "--out", "fit.tsv",
    folder = folder
  )
  expect_identical(ran$status, 2L)
  expect_identical(ran$out, character())
  expect_match(ran$err, "--table has no output named \"expsure\", asked for in --exposure", fixed = TRUE)
  expect_match(ran$err, "Nearest: ", fixed = TRUE)
  expect_no_match(ran$err, "Backtrace|Execution halted|Calls:")
  expect_identical(readLines(file.path(folder, "fit.tsv")), "precious")

  skip_if_not_installed("optparse")
  result <- command_line(
    parts, "fit", "--table", file.path(folder, "x.tsv"), "--exposure", "exposure", "--outcome", "outcome",
    "--out", file.path(folder, "fit.tsv")
  )
  expect_identical(result[["status"]], "0", info = result)
  # The text has no draws.
  expect_match(result[["message"]], "Using --method egger: ", fixed = TRUE)
  fit <- fit_mr(x, exposure = "exposure", outcome = "outcome", method = "egger")
  tidied <- utils::read.delim(file.path(folder, "fit.tsv"))
  expect_equal(tidied, data.table::setDF(tidy(fit)), tolerance = 1e-12, ignore_attr = TRUE)
  expect_setequal(files_in(folder), c("x.tsv", "fit.tsv"))
})

test_that("mutagenize writes what saturation_mutagenesis() gives", {
  skip_if_no_python()
  folder <- test_folder()
  sequence <- demo_sequences(1)
  writeLines(c(">promoter 1", sequence), file.path(folder, "one.fa"))
  ran <- run_script(
    "mutagenize", "--demo", "--fasta", "one.fa", "--outputs", "Dref,accessibility", "--positions", "240-241,300",
    "--samples", "3", "--batch-size", "7", "--rate", "0.2", "--device", "cpu", "--seed", "2", "--out", "x.rds",
    folder = folder
  )
  expect_identical(ran$status, 0L, info = ran$err)
  expect_identical(ran$out, character())
  told <- "18 rows: 1 sequence, 2 outputs, 3 draws; mutagenesis [0-9]+ s, with start-up [0-9]+ s"
  expect_match(ran$err, told)
  x <- saturation_mutagenesis(
    model_demo(), c(promoter = unname(sequence)),
    outputs = c("Dref", "accessibility"), positions = c(240, 241, 300), n_samples = 3, batch_size = 7,
    dropout = dropout_spec(rate = 0.2), device = "cpu", seed = 2
  )
  expect_equal(bare(readRDS(file.path(folder, "x.rds"))), bare(x), tolerance = 1e-6)
})

# A genome of known content and a network of 20 bases, as files; `run(...)` mutagenizes to x.<extension>.
genome_run <- function(parts, folder) {
  path <- function(name) file.path(folder, name)
  write_genome(path("genome.fa"))
  net <- paste0(test_path("fixtures", "nets.py"), ":Small")
  function(..., out = "x.rds") {
    result <- command_line(
      parts, "mutagenize", "--torch", net, "--length", "20", "--output-names", "x,y", "--genome", path("genome.fa"),
      "--samples", "3", "--device", "cpu", "--batch-size", "7", "--out", path(out), ...
    )
    expect_identical(result[["status"]], "0", info = result)
    list(x = if (endsWith(out, ".rds")) readRDS(path(out)), message = result[["message"]])
  }
}

test_that("--bed mutates windows of a genome, and tells and writes what was set aside", {
  skip_if_no_python()
  skip_if_not_installed("optparse")
  skip_if_not_installed("Rsamtools")
  parts <- batch_parts()
  folder <- test_folder()
  path <- function(name) file.path(folder, name)
  peaks <- c("chr1\t300\t400\ta\t0\t-\t1\t1\t1\t7", "chr1\t1190\t1200\tedge\t0\t.\t1\t1\t1\t-1")
  writeLines(peaks, path("peaks.narrowPeak"))
  run <- genome_run(parts, folder)
  ran <- run(
    "--bed", path("peaks.narrowPeak"), "--positions", "4-5", "--windows", path("windows.tsv"),
    "--window-fasta", path("w.fa")
  )
  windows <- suppressMessages(sequences_bed(path("peaks.narrowPeak"), path("genome.fa"), 20))
  expected <- saturation_mutagenesis(
    test_model(), windows,
    positions = 4:5, n_samples = 3, device = "cpu", batch_size = 7
  )
  expect_equal(bare(ran$x), bare(expected), tolerance = 1e-6)
  # Base 4 of the minus strand, whose window ends at 318.
  expect_identical(ran$x$genome_position[1L], attr(windows, "windows")$end - 3L)
  expect_match(ran$message, "1 window set aside", fixed = TRUE)
  expect_match(ran$message, "All of them: --windows", fixed = TRUE)
  # One line on the index.
  about_index <- grep("index|samtools", strsplit(ran$message, "\n")[[1]], value = TRUE)
  expect_length(about_index, 1L)
  expect_match(about_index, "making one for this session. To keep one: samtools faidx '.*genome.fa'$")
  expect_match(ran$message, "1 window of 20 bases, from peaks.narrowPeak", fixed = TRUE)
  expect_identical(plain_sequences(as_sequences(path("w.fa"))), plain_sequences(windows))
  written <- parts$read_text(path("windows.tsv"), "x")
  expect_identical(written$sequence, c("a", "edge"))
  expect_identical(written$start[1L], attr(windows, "windows")$start)
  expect_identical(written$reason, c(NA, "window beyond the chromosome"))
  expect_identical(written$detail[2L], attr(windows, "set_aside")$detail)

  # The text table has the coordinates too, and is fitted as it is.
  run("--bed", path("peaks.narrowPeak"), out = "x.tsv")
  text <- parts$read_text(path("x.tsv"), "x")
  expect_identical(unique(text$chrom), "chr1")
  expect_identical(text$strand[1L], "-")
  fitted <- command_line(
    parts, "fit", "--table", path("x.tsv"), "--exposure-of", "peaks/x.bed", "--outcome", "y", "--method", "ols",
    "--out", path("f.rds")
  )
  expect_identical(fitted[["status"]], "0", info = fitted)
  expect_match(fitted[["message"]], "Exposure, by the name of x.bed: x (", fixed = TRUE)
  expect_equal(bare(readRDS(path("f.rds"))), bare(fit_mr(text, "ols", exposure = "x", outcome = "y")))

  writeLines("chr9\t3\t9", path("other.bed"))
  wrong <- command_line(
    parts, "mutagenize", "--demo", "--bed", path("other.bed"), "--genome", path("genome.fa"), "--out", path("y.rds")
  )
  expect_identical(wrong[["status"]], "2")
  expect_match(wrong[["message"]], "None of the chromosomes of --bed is in --genome", fixed = TRUE)
})

test_that("--pick draws bound and unbound windows by the seed", {
  skip_if_no_python()
  skip_if_not_installed("optparse")
  skip_if_not_installed("Rsamtools")
  parts <- batch_parts()
  folder <- test_folder()
  bed <- file.path(folder, "p.bed")
  writeLines(sprintf("chr1\t%d\t%d", seq(100, 900, 100), seq(120, 920, 100)), bed)
  run <- genome_run(parts, folder)
  table <- file.path(folder, "windows.rds")
  ran <- run("--bed", bed, "--pick", "6", "--seed", "4", "--positions", "1", "--windows", table)
  expected <- suppressWarnings(
    sample_sequences(bed, 6, genome = file.path(folder, "genome.fa"), width = 20, seed = 4)
  )
  expect_identical(unique(ran$x$sequence), names(expected))
  expect_match(ran$message, "6 windows of 20 bases: 3 on intervals of p.bed, 3 elsewhere", fixed = TRUE)
  written <- readRDS(table)
  expect_identical(written$bound, rep(c(TRUE, FALSE), each = 3L))
  expect_identical(written$gc, attr(expected, "windows")$gc)
  too_many <- command_line(
    parts, "mutagenize", "--demo", "--bed", bed, "--genome", file.path(folder, "genome.fa"), "--pick", "90",
    "--out", file.path(folder, "y.rds")
  )
  expect_identical(too_many[["status"]], "2", info = too_many)
})

test_that("--vcf gives the effects of its variants, and what was set aside", {
  skip_if_no_python()
  skip_if_not_installed("optparse")
  skip_if_not_installed("Rsamtools")
  parts <- batch_parts()
  folder <- test_folder()
  vcf <- file.path(folder, "v.vcf")
  ref <- substr(made_up_genome()[["chr1"]], 500, 500)
  other <- setdiff(c("A", "C", "G", "T"), ref)
  lines <- sprintf("chr1\t500\t%s\t%s\t%s\t.\t.\t.", c("rs1", "rs2", "rs3"), ref, c(other[2:1], "AT"))
  writeLines(c("##fileformat=VCFv4.3", lines), vcf)
  table <- file.path(folder, "windows.tsv.gz")
  ran <- genome_run(parts, folder)("--vcf", vcf, "--windows", table)
  expected <- suppressMessages(
    variant_effects(test_model(), vcf, file.path(folder, "genome.fa"), n_samples = 3, device = "cpu", batch_size = 7)
  )
  expect_equal(bare(ran$x), bare(expected), tolerance = 1e-6)
  expect_match(ran$message, "1 variant set aside", fixed = TRUE)
  written <- parts$read_text(table, "x")
  expect_identical(written$id, c("rs1", "rs2", "rs3"))
  expect_identical(written$position, rep(500L, 3L))
  expect_identical(written$reason, c(NA, NA, "insertion or deletion: not supported"))
  expect_identical(written$sequence, c(rep(unique(ran$x$sequence), 2L), "NA"))
})

test_that("motifs writes what motif_disruption() gives, and its verdict goes to the log", {
  skip_on_cran()
  skip_if_not_installed("optparse")
  parts <- batch_parts()
  folder <- test_folder()
  path <- function(name) file.path(folder, name)
  sequences <- demo_sequences(2)
  effects <- demo_truth(sequences)$effects
  data.table::set(effects, j = "mean_alt", value = NA_real_)
  saveRDS(effects, path("x.rds"))
  part <- effects[effects$position > 3 & effects$sequence == names(sequences)[1]]
  saveRDS(part, path("part.rds"))
  writeLines(paste0(">", names(sequences), "\n", plain_sequences(sequences)), path("all.fa"))
  motifs <- path("two.jaspar")
  writeLines(readLines(demo_file("demo_motifs.jaspar"))[1:10], motifs) # Dref and Trl
  run <- function(...) command_line(parts, "motifs", "--motifs", motifs, "--seed", "3", ...)
  result <- run(
    "--table", path("x.rds"), "--outputs", "Dref=Dref,Trl=Trl", "--out", path("all.rds"),
    "--by-sequence", path("s.tsv"), "--variants", path("v.tsv.gz")
  )
  expect_identical(result[["status"]], "0", info = result)
  expect_identical(result[["shown"]], "")
  expected <- motif_disruption(effects, read_motifs(motifs), outputs = c(Dref = "Dref", Trl = "Trl"), seed = 3)
  expect_equal(readRDS(path("all.rds")), expected)
  expect_match(result[["message"]], "Variants that lower Trl sit in Trl hits", fixed = TRUE)
  expect_equal(
    data.table::setDF(parts$read_text(path("s.tsv"), "x")), bare(expected$by_sequence),
    tolerance = 1e-12, ignore_attr = TRUE
  )
  expect_identical(nrow(parts$read_text(path("v.tsv.gz"), "x")), nrow(expected$variants))

  if (requireNamespace("rmarkdown", quietly = TRUE) && rmarkdown::pandoc_available()) {
    covered <- data.table::copy(effects)
    covered[, c("se", "n_draws", "at_rounding") := list(abs(effect) / 2 + 0.01, 20L, FALSE)]
    saveRDS(fit_mr(covered, "ols", exposure = "Dref", outcome = "accessibility"), path("fit.rds"))
    parts$write_table(se_coverage(covered, effects), path("c.tsv"), "coverage")
    page <- command_line(
      parts, "report", "--fit", path("fit.rds"), "--motifs", path("all.rds"), "--calibration", path("c.tsv"),
      "--out", path("r.html")
    )
    expect_identical(page[["status"]], "0", info = page)
    written <- paste(readLines(path("r.html")), collapse = " ")
    verdict <- grep("lower Dref", disruption_words(expected), fixed = TRUE, value = TRUE)
    expect_length(verdict, 1L)
    expect_true(grepl(escape_html(verdict), written, fixed = TRUE))
    # Intervals twice as wide as needed hold every effect.
    expect_true(grepl("standard errors are larger than they need be", written, fixed = TRUE))
  }

  without <- run("--table", path("part.rds"), "--out", path("p.tsv"))
  expect_identical(without[["status"]], "2")
  expect_match(without[["message"]], "give it in --fasta", fixed = TRUE)
  with <- run("--table", path("part.rds"), "--fasta", path("all.fa"), "--out", path("p.tsv"))
  expect_identical(with[["status"]], "0", info = with)
  expected <- motif_disruption(part, read_motifs(motifs), sequences, seed = 3)
  pooled <- data.table::setDF(parts$read_text(path("p.tsv"), "x"))
  expect_equal(pooled, bare(expected$pooled), tolerance = 1e-12, ignore_attr = TRUE)
})

test_that("--by all fits one regression, and is named where sequences have too few variants", {
  folder <- test_folder()
  path <- function(name) file.path(folder, name)
  x <- simulate_mutagenesis(n_sequences = 4, length = 8)
  x[, "sequence" := paste(sequence, position, alt)]
  saveRDS(x, path("x.rds"))
  run <- function(...) {
    command_line(
      batch_parts(), "fit", "--table", path("x.rds"), "--exposure", "exposure", "--outcome", "outcome", "--error", "mc",
      "--out", path("fit.rds"), ...
    )
  }
  alone <- run()
  expect_identical(alone[["status"]], "0", info = alone)
  expect_match(alone[["message"]], "--by all --method ivw_draws", fixed = TRUE)
  expect_no_match(alone[["message"]], "by = NULL|variant_effects|saturation_mutagenesis")
  all <- run("--by", "all", "--method", "ivw_draws")
  expect_identical(all[["status"]], "0", info = all)
  expected <- fit_mr(x, "ivw_draws", "mc", exposure = "exposure", outcome = "outcome", by = NULL)
  expect_equal(bare(readRDS(path("fit.rds"))), bare(expected))
  expect_match(run("--by", "all", "--pooled", path("p.tsv"))[["message"]], "nothing to pool", fixed = TRUE)
})

test_that("a wrong name of an output is told before the variants are read", {
  skip_if_no_python()
  skip_if_not_installed("optparse")
  folder <- test_folder()
  writeLines("no variants", file.path(folder, "v.vcf"))
  writeLines("no genome", file.path(folder, "g.fa"))
  run <- function(outputs) {
    command_line(
      batch_parts(), "mutagenize", "--demo", "--vcf", file.path(folder, "v.vcf"), "--genome",
      file.path(folder, "g.fa"), "--outputs", outputs, "--out", file.path(folder, "x.rds")
    )
  }
  expect_match(run("Drf")[["message"]], "The model has no output named \"Drf\", asked for in --outputs", fixed = TRUE)
  expect_match(run("Dref")[["message"]], "is no FASTA file|v.vcf' does not begin with")
})

test_that("a genome compressed by plain gzip is refused at once, one by bgzip is not", {
  parts <- batch_parts()
  folder <- test_folder()
  plain <- file.path(folder, "g.fa.gz")
  to <- gzfile(plain, "w")
  writeLines(c(">chr1", strrep("ACGT", 50)), to)
  close(to)
  expect_error(parts$as_genome(plain), "unpack it, or compress it with bgzip", class = "deepmr_usage_error")
  expect_false(parts$is_plain_gzip(test_path("test-batch-script.R")))
  skip_if_not_installed("Rsamtools")
  writeLines(c(">chr1", strrep("ACGT", 50)), file.path(folder, "b.fa"))
  blocks <- Rsamtools::bgzip(file.path(folder, "b.fa"))
  expect_identical(parts$as_genome(blocks), blocks)
})

test_that("windows set aside keep the line of their file, where it is known", {
  parts <- batch_parts()
  used <- data.table::data.table(sequence = "a", chrom = "chr1", start = 1L, end = 9L, strand = "+")
  aside <- data.table::data.table(
    sequence = "b", chrom = "chr1", start = 0L, end = 8L, strand = "+", reason = "too many N", detail = "all", line = 7L
  )
  file <- temporary_file(".tsv")
  parts$write_table(parts$with_reasons(used, aside), file, "table of windows")
  expect_identical(parts$read_text(file, "x")$line, c(NA, 7L))
  aside[, "line" := NULL]
  expect_false("line" %in% names(parts$with_reasons(used, aside)))
})

test_that("a genome that is no file is a BSgenome package, or 1", {
  parts <- batch_parts()
  expect_error(parts$as_genome("BSgenome.Nowhere.none"), "In R: BiocManager::install", class = "simpleError")
  expect_error(parts$as_genome("BSgenomes.fa"), "there is no file", class = "deepmr_usage_error")
})

test_that("--help and --version go to stdout; a wrong command line is 2", {
  for (run in list(run_script("--help"), run_script("mutagenize", "--help"))) {
    expect_identical(run$status, 0L)
    expect_match(run$out, "Usage: Rscript deepmr.R", all = FALSE)
    expect_match(run$out, "--bed [A-Za-z0-9_]+[.](bed|narrowPeak)", all = FALSE)
    expect_identical(run$err, "")
  }
  expect_match(run$out, "start, end and position count bases from 1", all = FALSE)
  version <- run_script("--version")
  expect_identical(version$status, 0L)
  expect_identical(version$out, paste("deepmr", utils::packageVersion("deepmr")))
  wrong <- run_script("fit", "--tabel", "x.rds")
  expect_identical(wrong$status, 2L)
  expect_identical(wrong$out, character())
  expect_match(wrong$err, "There is no option --tabel. The nearest is --table.", fixed = TRUE)
})

test_that("every kind of wrong command line is told apart, before any work", {
  skip_if_not_installed("optparse")
  parts <- batch_parts()
  folder <- test_folder()
  path <- function(name) file.path(folder, name)
  writeLines(c(">a", "ACGTTGCAATACGGTACCAG"), path("a.fa"))
  writeLines(c("no", "fasta"), path("b.fa"))
  writeLines("x", path("net.py"))
  saveRDS(simulate_mutagenesis(1, 5), path("x.rds"))
  saveRDS(1:3, path("number.rds"))
  saveRDS(fit_mr(readRDS(path("x.rds")), "ols", exposure = "exposure", outcome = "outcome"), path("fitted.rds"))
  dir.create(path("folder.rds"))
  writeLines("chr1\t3\t9", path("a.bed"))
  writeLines(c("1 2", "3 4", "5 6", "7 8"), path("m.pfm"))
  saveRDS(suppressMessages(estimate_effects(readRDS(path("x.rds")), "exposure", "outcome")), path("e.rds"))
  bed <- c("mutagenize", "--demo", "--bed", path("a.bed"), "--out", path("y.rds"))
  motifs <- c("motifs", "--table", path("x.rds"), "--out", path("m.tsv"))
  demo <- c("mutagenize", "--demo", "--fasta", path("a.fa"), "--out", path("y.rds"))
  net <- c("mutagenize", "--torch", paste0(path("net.py"), ":Net"), "--fasta", path("a.fa"), "--out", path("y.rds"))
  fit <- c("fit", "--table", path("x.rds"), "--out", path("f.rds"))
  named <- c(fit, "--outcome", "outcome")
  cases <- list(
    list(character(), "command is missing"),
    list("mutagenise", "no command 'mutagenise'"),
    list(c("fit", "x.rds"), "'x.rds' is not an option"),
    list(c("fit", "--tab", "x"), "no option --tab"),
    list(c("fit", "--table"), "--table needs a value"),
    list(c("fit", "--table", "--out", "x"), "--table needs a value"),
    list(c("fit", "--table="), "--table needs a value"),
    list(c("fit", "--table", "x", "--table", "y"), "--table is there twice"),
    list("mutagenize", "--out must be given"),
    list(c(demo, "--bed", path("a.bed"), "--genome", path("a.fa")), "exactly one of --fasta, --bed and --vcf, not 2"),
    list(demo[c(1:2, 5:6)], "exactly one of --fasta, --bed and --vcf, not 0"),
    list(bed, "--bed needs --genome"),
    list(replace(bed, 3, "--vcf"), "--vcf needs --genome"),
    list(c(demo, "--genome", path("a.fa")), "--genome has no meaning with --fasta"),
    list(c(demo, "--windows", path("w.tsv")), "--windows has no meaning with --fasta"),
    list(c(demo, "--pick", "5"), "--pick has no meaning with --fasta"),
    list(c(replace(bed, 3, "--vcf"), "--genome", path("a.fa"), "--pick", "5"), "--pick has no meaning with --vcf"),
    list(c(replace(bed, 3, "--vcf"), "--genome", path("a.fa"), "--positions", "5"), "--positions has no meaning"),
    list(c(bed, "--genome", "/no/g.fa"), "--genome: there is no file '/no/g.fa'"),
    list(c(bed, "--genome", path("a.fa"), "--pick", "1"), "--pick must be a whole number of at least 2"),
    list(c(bed, "--genome", path("a.fa"), "--positions", "x"), "--positions must be like"),
    list(c(bed, "--genome", path("a.fa"), "--windows", path("w.csv")), "--windows must end in .rds or"),
    list(c(bed, "--genome", path("a.fa"), "--windows", path("y.rds")), "Two outputs"),
    list(c(bed[1:5], path("a.bed"), "--genome", path("a.fa")), "must end in .rds"),
    list("motifs", "--table and --motifs and --out must be given"),
    list(c(motifs, "--motifs", path("a.bed")), "a.bed"),
    list(c(motifs, "--motifs", path("m.pfm"), "--outputs", "m"), "--outputs must be like FOXA1=HepG2_FOXA1_None, not"),
    list(c(motifs, "--motifs", path("m.pfm")), "e.g. --outputs FOXA1=HepG2_FOXA1."),
    list(c(motifs, "--motifs", path("m.pfm"), "--outputs", "m=z"), "--table has no output named"),
    list(c(motifs, "--motifs", path("m.pfm"), "--out", path("x.tsv")), "--out is there twice"),
    list(c(replace(motifs, 3, path("fitted.rds")), "--motifs", path("m.pfm")), "is a fit, not a mutagenesis table"),
    list(c("outputs", "--demo", "--of-file", "Dref.bed", "Dref"), "Give terms or --of-file, not both"),
    list(c(named, "--exposure-of", "a.bed", "--exposure", "exposure"), "contradict each other"),
    list(c(named, "--exposure-of", "a.bed"), "No output fits the file name 'a.bed'"),
    list(c("fit", "--table", path("e.rds"), "--exposure-of", "a", "--out", path("f.rds")), "a --table that mutagenize"),
    list(c(demo, "--draws=TRUE"), "--draws takes no value"),
    list(c(demo, "--samples", "ten"), "--samples must be a number, not 'ten'"),
    list(c(demo, "--samples", "0x10"), "--samples must be a number"),
    list(c(demo, "--samples", "1"), "at least 2, not '1'"),
    list(c(demo, "--seed", "-1"), "--seed must be a whole number"),
    list(c(demo, "--rate", "1.5"), "[0, 1)"),
    list(c(demo, "--dropout-extra", "conv1"), "--dropout-extra must be like conv1=0.2,features.3=0.1, not 'conv1'"),
    list(c(demo, "--dropout-extra", "conv1=1"), "between 0 and 1"),
    list(c(demo, "--dropout", "off", "--dropout-extra", "a=0.1"), "--dropout-extra has no meaning with --dropout off"),
    list(c(demo, "--mask", "lock"), "--mask must be locked or unlocked"),
    list(c(demo, "--positions", "5-2"), "does not lie within 1 to 20"),
    list(c(demo, "--positions", "1-2000000000"), "does not lie within"),
    list(c(demo, "--positions", "1,,2"), "--positions must be like"),
    list(c(demo, "--outputs", "a,,b"), "empty name"),
    list(c(demo, "--outputs", "a,a"), "'a' twice"),
    list(c(demo, "--outputs", "@/no/file"), "no file '/no/file'"),
    list(c(demo, "--draws", "--no-draws"), "contradict"),
    list(c(demo, "--length", "20"), "--length has no meaning with --demo"),
    list(c(demo, "--kipoi", "m"), "exactly one of"),
    list(c("mutagenize", "--fasta", path("a.fa"), "--out", path("y.rds")), "exactly one of"),
    list(net, "--length must be given"),
    list(c(net, "--length", "20", "--layout", "LCN"), "--layout must be"),
    list(c(net, "--length", "20", "--weights", "/no/w.pt"), "no file '/no/w.pt'"),
    list(c(net, "--length", "20", "--weights", paste0(path("net.py"), ",/no/v.pt")), "no file '/no/v.pt'"),
    list(c(replace(net, 3, "/no/net.pt"), "--length", "20"), "no file '/no/net.pt'"),
    list(c(net, "--length", "20", "--bases", "ACGU"), "--bases must be an order of A, C, G and T, not 'ACGU'"),
    list(c("mutagenize", "--kipoi", "../no/model", demo[3:6]), "no folder '../no/model'"),
    list(c(demo, "--transform", "log"), "--transform must be logit or sigmoid"),
    list(c(demo, "--dropout", "no"), "--dropout must be on or off"),
    list(c(demo, "--dropout", "off", "--rate", "0.1"), "--rate has no meaning with --dropout off"),
    list(c("outputs", "HepG2"), "exactly one of"),
    list(c(replace(net, 3, "net.py"), "--length", "20"), "--torch must be like net.py:Net"),
    list(replace(demo, 4, path("none.fa")), "no file"),
    list(replace(demo, 4, folder), "is a folder"),
    list(replace(demo, 4, path("b.fa")), "holds no FASTA record"),
    list(replace(demo, 6, "/no/folder/y.rds"), "no folder '/no/folder'"),
    list(replace(demo, 6, path("y.csv")), "must end in .rds"),
    list(replace(demo, 6, path("folder.rds")), "is a folder"),
    list(c(replace(demo, 6, path("y.tsv")), "--draws"), "holds no draws"),
    list(fit, "--exposure and --outcome must be given"),
    list(c(fit, "--level", "95"), "--level must lie between 0 and 1"),
    list(c(fit, "--error", "mcc"), "--error must be"),
    list(c(fit, "--pooled", path("f.rds")), "Two outputs"),
    list(c(fit, "--weak", "keep"), "--weak needs --pooled"),
    list(c(fit, "--pooled", path("p.tsv"), "--weak", "maybe"), "--weak must be leave_out or keep, not 'maybe'"),
    list(c(fit, "--pooled", path("p.tsv"), "--test", "F"), "--test must be knha or adhoc or z or t, not 'F'"),
    list(replace(fit, 5, path("x.rds")), "is an input of this run"),
    list(replace(fit, 3, path("number.rds")), "holds no table"),
    list(c("fit", "--table", path("f.rds"), "--out", path("g.rds")), "no file"),
    list(c(named, "--exposure", "exposre"), "--table has no output named \"exposre\", asked for in --exposure"),
    list(c(named, "--exposure", "exposure", "--method", "eger"), "--method must be one or more of"),
    list(replace(fit, 3, path("fitted.rds")), "fitted.rds' is a fit, not a mutagenesis table or a table of effects"),
    list(c("report", "--fit", path("x.rds"), "--out", path("r.html")), "x.rds' is a mutagenesis table, not a fit"),
    list(
      c("report", "--fit", path("fitted.rds"), "--mutagenesis", path("fitted.rds"), "--out", path("r.html")),
      "is a fit, not a mutagenesis table"
    ),
    list(c("report", "--fit", path("fit.tsv"), "--out", path("r.html")), "must be the .rds of a fit"),
    list(
      c("report", "--fit", path("fitted.rds"), "--motifs", path("x.rds"), "--out", path("r.html")),
      "x.rds' is not what motifs --out writes"
    ),
    list(
      c("report", "--fit", path("fitted.rds"), "--calibration", path("x.rds"), "--out", path("r.html")), "calibration"
    )
  )
  for (case in cases) {
    result <- command_line(parts, case[[1L]])
    info <- paste(c(case[[1L]], "->", result), collapse = " ")
    expect_identical(result[["status"]], "2", info = info)
    expect_true(grepl(case[[2L]], result[["message"]], fixed = TRUE), info = info)
    expect_identical(result[["shown"]], "", info = info)
  }
  expect_setequal(files_in(folder), c(
    "a.fa", "b.fa", "a.bed", "m.pfm", "net.py", "x.rds", "e.rds", "number.rds", "fitted.rds", "folder.rds"
  ))
})

test_that("a wrong command line is 2, whatever fails in the run is 1", {
  parts <- batch_parts()
  error <- function(what, ...) rlang::error_cnd(c(paste0("deepmr_error_", what), "deepmr_error"), message = c(...))
  code <- function(...) parts$exit_code(error(...))
  meant <- c(
    "argument", "unknown_output", "ambiguous_output", "unknown_method", "device", "model", "model_file", "kipoi_model",
    "weights", "length", "columns"
  )
  for (what in meant) expect_identical(code(what, "x"), 2L, info = what)
  run <- c("not_finite", "memory", "too_large", "no_dropout", "python", "python_start", "not_installed", "cache")
  for (what in run) expect_identical(code(what, "x"), 1L, info = what)
  expect_identical(parts$exit_code(simpleError("x")), 1L)
  # One class for two things: the words are Python's.
  expect_identical(code("kipoi_fetch", "There is no Kipoi model 'DeepSEEA': neither"), 2L)
  expect_identical(code("kipoi_fetch", "The download failed"), 1L)
  source <- readLines(system.file("python", "deepmr_torch", "kipoi_fetch.py", package = "deepmr"))
  for (words in strsplit(parts$unknown_kipoi_name, "|", fixed = TRUE)[[1]]) {
    expect_true(any(grepl(words, source, fixed = TRUE)), info = words)
  }
})

test_that("errors speak of options, and of a cause in one line", {
  parts <- batch_parts()
  cause <- python_condition(list(type = "ValueError", message = "bad\nlines", traceback = "File \"a\"\n  secret()"))
  e <- rlang::catch_cnd(stop_deepmr(
    "argument", "{.arg n_samples} is wrong for {.arg x}.", "{.fn outputs} lists all 3.",
    parent = cause
  ))
  text <- parts$error_text(e, c("samples", "outputs"))
  # No option sets `x` here.
  expect_match(text, "--samples is wrong for `x`.", fixed = TRUE)
  expect_match(text, "`Rscript deepmr.R outputs` lists all 3", fixed = TRUE)
  expect_match(text, "Caused by: ValueError: bad$")
  expect_no_match(text, "secret|lines")
  expect_match(parts$in_shell_words("Use device = 'cpu'.", "device"), "Use --device cpu.", fixed = TRUE)
  warned <- rlang::catch_cnd(tell_unmatched(c(0, 0.1), call = NULL))
  said <- "like these; the column gc of --windows FILE has them all"
  expect_match(parts$error_text(warned, "windows"), said)
  expect_no_match(parts$error_text(warned, "windows"), "attr")
})

test_that("warnings are lines on stderr and change no exit code", {
  skip_if_not_installed("optparse")
  parts <- batch_parts()
  parts$dispatch <- function(args) warn_deepmr("untrained", "The network is untrained.")
  result <- command_line(parts, "fit")
  expect_identical(result[["status"]], "0")
  expect_identical(result[["message"]], "Warning: The network is untrained.")
})

test_that("the sentence of a fit counts fits, errors and weak ones", {
  fit <- fit_mr(simulate_mutagenesis(2, 20), c("egger", "ols"), exposure = "exposure", outcome = "outcome")
  fit$status[1:3] <- "weak: I2_cov below 0.3"
  expect_identical(
    batch_parts()$fit_sentence(fit),
    paste(
      "4 fits (sequence x exposure x outcome x method), each with 2 errors (mc, classical): 8 rows,",
      "0 without an estimate, 3 weak"
    )
  )
})

test_that("outputs prints the table on stdout, all or what is searched for", {
  skip_if_no_python()
  ran <- run_script("outputs", "--demo", "dref")
  expect_identical(ran$status, 0L, info = ran$err)
  table <- utils::read.delim(text = ran$out, colClasses = c("integer", rep("character", 5)))
  expect_equal(table, data.table::setDF(outputs(model_demo(), "dref")), ignore_attr = TRUE)
  skip_if_not_installed("optparse")
  nothing <- command_line(batch_parts(), "outputs", "--demo", "zzz")
  expect_identical(nothing[["status"]], "0")
  expect_identical(nothing[["shown"]], "index\toutput\tlabel\tcell\ttarget\ttreatment")
  expect_match(nothing[["message"]], "No output matches", fixed = TRUE)
  named <- command_line(batch_parts(), "outputs", "--demo", "--of-file", "embryo_Dref.narrowPeak")
  expect_identical(named[["status"]], "0")
  expect_match(named[["shown"]], "\tlabel Dref\tembryo narrow Peak$|\tlabel Dref\tembryo narrowPeak$")
})

test_that("models in all their forms: untrained, TorchScript, an ensemble, dropout off, another scale", {
  skip_if_no_python()
  skip_if_not_installed("optparse")
  parts <- batch_parts()
  folder <- test_folder()
  path <- function(name) file.path(folder, name)
  net <- paste0(test_path("fixtures", "nets.py"), ":Small")
  torch <- reticulate::import("torch")
  module <- torch$nn$Sequential(
    torch$nn$Flatten(), torch$nn$Linear(80L, 2L), torch$nn$Dropout(0.2), torch$nn$Sigmoid()
  )
  torch$jit$save(torch$jit$script(module), path("net.pt"))
  code <- c(
    "import sys, torch", sprintf("sys.path.insert(0, r'%s')", normalizePath(test_path("fixtures"))),
    "import nets", "net = nets.Small()", sprintf("torch.save(net.state_dict(), r'%s')", path("a.pt")),
    "net.conv.weight.data *= 2", sprintf("torch.save(net.state_dict(), r'%s')", path("b.pt"))
  )
  reticulate::py_run_string(paste(code, collapse = "\n"), local = TRUE)
  writeLines(c(">first", test_sequences[["first"]]), path("one.fa"))
  run <- function(...) {
    result <- command_line(
      parts, "mutagenize", "--length", "20", "--fasta", path("one.fa"), "--positions", "3-4", "--out", path("x.rds"),
      "--device", "cpu", ...
    )
    expect_identical(result[["status"]], "0", info = result)
    list(x = readRDS(path("x.rds")), message = result[["message"]])
  }
  untrained <- run("--torch", net, "--samples", "2")
  expect_length(gregexpr("No weights are given", untrained$message)[[1]], 1L)
  script <- run("--torch", path("net.pt"), "--samples", "2")
  expect_no_match(script$message, "No weights")
  expect_match(attr(script$x, "provenance")$source, "net.pt", fixed = TRUE)

  weights <- paste(path("a.pt"), path("b.pt"), sep = ",")
  both <- run("--torch", net, "--weights", weights, "--dropout", "off", "--transform", "logit")
  ensemble <- model_ensemble(lapply(c(path("a.pt"), path("b.pt")), function(file) {
    model_torch(net, weights = file, length = 20)
  }))
  expected <- saturation_mutagenesis(
    with_transform(ensemble, transform_logit()), test_sequences["first"],
    dropout = NULL, positions = 3:4, device = "cpu"
  )
  expect_equal(bare(both$x), bare(expected), tolerance = 1e-6)
  expect_match(both$message, "2 draws; mutagenesis", fixed = TRUE)

  for (wrong in list(c("--outputs", "outptu1"), c("--device", "gpu"))) {
    given <- c("--torch", net, "--weights", path("a.pt"), "--length", "20", "--fasta", path("one.fa"), wrong)
    result <- command_line(parts, "mutagenize", given, "--out", path("y.rds"))
    expect_identical(result[["status"]], "2", info = result)
  }
})

test_that("values are read as they are meant", {
  parts <- batch_parts()
  names_file <- temporary_file(".txt")
  writeLines(c("a, with comma", "", "b "), names_file)
  expect_identical(parts$as_names(list(x = paste0("@", names_file)), "x"), c("a, with comma", "b"))
  expect_identical(parts$as_names(list(x = "a, b"), "x"), c("a", "b"))
  expect_identical(parts$as_positions(list(positions = "10-12,3,11"), 20), c(3L, 10L, 11L, 12L))
  expect_identical(parts$as_number(list(x = "-1.5e-2"), "x"), -0.015)
  skip_if_not_installed("optparse")
  options <- parts$fit_command()$options
  expect_identical(parts$parse_options(c("--out=a=b=", "--level", "-1"), options), list(out = "a=b=", level = "-1"))
})

test_that("tables of text keep names as text", {
  parts <- batch_parts()
  file <- temporary_file(".tsv.gz")
  table <- data.table::data.table(
    sequence = c("001", "NA", "1e5", "a \"b\""), output = "T", effect = c(0.1, NA, -1e-300, 1 / 3),
    at_rounding = c(TRUE, FALSE, NA, TRUE), nothing = NA_real_, status = "ok",
    chrom = c("1", NA, "X", NA), id = NA_character_
  )
  parts$write_table(table, file, "table")
  expect_equal(parts$read_text(file, "--table"), table, tolerance = 1e-14, ignore_attr = TRUE)
  table[, "status" := "two\nlines"]
  parts$write_table(table, file, "table")
  expect_identical(unique(parts$read_text(file, "--table")$status), "two lines")
  table[, "sequence" := "two\tcells"]
  expect_error(parts$write_table(table, file, "table"), "write .rds", fixed = TRUE)
  cut <- temporary_file(".tsv")
  writeLines(c("sequence\teffect", "a\t1", "b\t2\t3"), cut)
  expect_error(parts$read_text(cut, "--table"), "not a whole table", class = "deepmr_usage_error")
})
