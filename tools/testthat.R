# Runs the R tests against the installed package; writes the counts to the file named as argument.
results <- as.data.frame(testthat::test_local(
  ".", reporter = "summary", load_package = "installed", stop_on_failure = FALSE
))
counts <- c(
  passed = sum(results$passed), failed = sum(results$failed) + sum(results$error), skipped = sum(results$skipped)
)
saveRDS(counts, commandArgs(trailingOnly = TRUE))
