# `make test`: the R tests, and beside them the R tests again as on a machine without Python (but those that
# skip_on_cran(): simulations, which never ask for it) and the Python tests, whose output waits in a file until the
# first are done. The last line is the total.

run_testthat <- function(python, log = "") {
  counts <- tempfile(fileext = ".rds")
  status <- run(
    file.path(R.home("bin"), "Rscript"), c("tools/testthat.R", counts), log,
    env = if (python) "NOT_CRAN=true" else c("NOT_CRAN=false", "DEEPMR_PYTHON=none")
  )
  if (file.exists(counts)) readRDS(counts) else c(passed = 0, failed = max(1, status), skipped = 0)
}

run_pytest <- function(log = "") {
  report <- tempfile(fileext = ".xml")
  python <- file.path(path.expand(reticulate::virtualenv_root()), "r-deepmr", "bin", "python")
  status <- run(python, c(
    "-m", "pytest", "-q", "-p", "no:cacheprovider", paste0("--junitxml=", report), "tests/python"
  ), log)
  number <- function(name, text) as.integer(sub(sprintf(".*<testsuite [^>]*\\b%s=\"([0-9]+)\".*", name), "\\1", text))
  text <- if (file.exists(report)) paste(readLines(report, warn = FALSE), collapse = " ") else ""
  if (!grepl("<testsuite ", text)) {
    return(c(passed = 0, failed = max(1, status), skipped = 0))
  }
  failed <- number("failures", text) + number("errors", text)
  skipped <- number("skipped", text)
  c(passed = number("tests", text) - failed - skipped, failed = failed, skipped = skipped)
}

# `log`: "" is the console. One thread each: with two runs, more would wait for one another.
run <- function(command, args, log, env = character()) {
  system2(command, args, stdout = log, stderr = log, env = c(env, "OMP_NUM_THREADS=1"))
}

heading <- function(text) cat("\n== ", text, "\n", sep = "")

logs <- c("R tests without Python" = tempfile(), "Python tests" = tempfile())
beside <- parallel::mcparallel(list(run_testthat(python = FALSE, logs[1L]), run_pytest(logs[2L])))
heading("R tests")
total <- run_testthat(python = TRUE)
others <- parallel::mccollect(beside)[[1L]]
if (inherits(others, "try-error")) stop(others)
for (name in names(logs)) {
  heading(name)
  writeLines(readLines(logs[[name]], warn = FALSE))
}
# What skips without Python has run with it: no skip worth reporting.
total <- total + replace(others[[1L]], "skipped", 0) + others[[2L]]
cat(sprintf("\n%d passed, %d failed, %d skipped\n", total[["passed"]], total[["failed"]], total[["skipped"]]))
quit(status = as.integer(total[["failed"]] > 0))
