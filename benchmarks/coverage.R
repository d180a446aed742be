# Do 95 % intervals hold the truth in 95 of 100? The regimes are those of tests/testthat/helper-coverage.R.
#   Rscript benchmarks/coverage.R [replicates, default 2000] [file, default benchmarks/coverage.csv]
# One row per regime, method and target: coverage, its Monte-Carlo error, median bias and width, replicates, fits
# without an estimate. The truth is the structural coefficient, or for target "network" the network's own slope
# over these variants (in regimes B the oracle's), and in regimes C the slope of the draw that is the truth.
options(warn = 1)
suppressMessages(pkgload::load_all(quiet = TRUE, helpers = FALSE))
here <- new.env(parent = asNamespace("deepmr"))
for (file in c("helper-effects.R", "helper-coverage.R")) sys.source(file.path("tests/testthat", file), here)

arguments <- commandArgs(TRUE)
n <- if (length(arguments)) as.integer(arguments[1L]) else 2000L
file <- if (length(arguments) > 1L) arguments[2L] else "benchmarks/coverage.csv"
batch <- min(100L, n)
regimes <- c(
  "A0.5", "A5", "A0.5g", "A5g", "B0.05", "B0.5", "B0.05g", "B0.5g", "B5g",
  "A0.5p", "A5p", "B0.05p", "B0.5p", "A0.5x", "A0.5px", "B0.05x", "A0.5d", "A0.5e",
  "A0.5o", "A0.5po", "A0.5pxo", "B0.05go", "C0.5", "C5"
)

one_regime <- function(name) {
  results <- lapply(seq_len(n / batch), function(i) one_batch(name, i))
  fits <- data.table::rbindlist(results)
  fits[, list(
    coverage = mean(low <= truth & truth <= high, na.rm = TRUE), bias = stats::median(estimate - truth, na.rm = TRUE),
    width = stats::median(high - low, na.rm = TRUE), replicates = .N, failed = sum(is.na(estimate))
  ), by = c("method", "target")]
}

one_batch <- function(name, i) {
  data <- here$coverage_data(name, batch, seed = i)
  truth <- data$truth
  error <- data$regime$error
  wanted <- if (error == "posterior") "draw" else "structural"
  target <- if (error == "posterior") "network" else "structural"
  fits <- function(label, wanted, ...) {
    fit <- deepmr::fit_mr(data$effects, error = error, ...)
    data.table::data.table(
      method = paste0(fit$method, label), target = wanted, estimate = fit$estimate, low = fit$conf.low,
      high = fit$conf.high, truth = truth[[wanted]][match(fit$sequence, unique(data$effects$sequence))]
    )
  }
  rbind(
    # The slope among the variants of a draw is no structural one.
    fits("", wanted, method = c("egger_draws", "ivw_draws", if (error != "posterior") "egger"), target = target),
    fits(", 1/SE^2", wanted, method = "egger_draws", weights = "inverse_variance", target = target),
    if (error != "posterior") fits("", "network", method = "egger_draws", target = "network")
  )
}

# Written regime by regime, so that a run that is stopped leaves what it has.
unlink(file)
for (name in regimes) {
  started <- proc.time()[["elapsed"]]
  table <- cbind(regime = name, one_regime(name))
  table[, c("coverage", "bias", "width") := lapply(.SD, round, 3), .SDcols = c("coverage", "bias", "width")]
  table[, "mc_error" := round(sqrt(0.05 * 0.95 / (replicates - failed)), 3)]
  data.table::fwrite(table, file, append = file.exists(file))
  print(table)
  message(sprintf("%-8s %4.0f s", name, proc.time()[["elapsed"]] - started))
}
