# `make test`: the R tests, the R tests again as on a machine without Python, and
# the Python tests. The last line is the total.

run_testthat <- function(python) {
  counts <- tempfile(fileext = ".rds")
  status <- system2(
    file.path(R.home("bin"), "Rscript"), c("tools/testthat.R", counts),
    env = c("NOT_CRAN=true", if (!python) "DEEPMR_PYTHON=none")
  )
  if (file.exists(counts)) readRDS(counts) else c(passed = 0, failed = max(1, status), skipped = 0)
}

run_pytest <- function() {
  report <- tempfile(fileext = ".xml")
  python <- file.path(path.expand(reticulate::virtualenv_root()), "r-deepmr", "bin", "python")
  status <- system2(python, c(
    "-m", "pytest", "-q", "-p", "no:cacheprovider", paste0("--junitxml=", report), "tests/python"
  ))
  number <- function(name, text) as.integer(sub(sprintf(".*<testsuite [^>]*\\b%s=\"([0-9]+)\".*", name), "\\1", text))
  text <- if (file.exists(report)) paste(readLines(report, warn = FALSE), collapse = " ") else ""
  if (!grepl("<testsuite ", text)) {
    return(c(passed = 0, failed = max(1, status), skipped = 0))
  }
  failed <- number("failures", text) + number("errors", text)
  skipped <- number("skipped", text)
  c(passed = number("tests", text) - failed - skipped, failed = failed, skipped = skipped)
}

heading <- function(text) cat("\n== ", text, "\n", sep = "")
heading("R tests")
total <- run_testthat(python = TRUE)
heading("R tests without Python")
# What skips here has run above: no skip worth reporting.
total <- total + replace(run_testthat(python = FALSE), "skipped", 0)
heading("Python tests")
total <- total + run_pytest()
cat(sprintf("\n%d passed, %d failed, %d skipped\n", total[["passed"]], total[["failed"]], total[["skipped"]]))
quit(status = as.integer(total[["failed"]] > 0))
