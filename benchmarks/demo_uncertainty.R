# Ways of being uncertain about the demo model's effects, against what its oracle knows: the table of the vignette
# "Can you trust the standard errors?". Writes inst/extdata/demo_uncertainty.csv; about ten minutes.
#   Rscript benchmarks/demo_uncertainty.R [sequences, default 20] [draws, default 50]
suppressMessages(pkgload::load_all(quiet = TRUE, helpers = FALSE))
library(data.table)
arguments <- as.integer(commandArgs(TRUE))
n_sequences <- if (length(arguments)) arguments[1L] else 20L
n_draws <- if (length(arguments) > 1L) arguments[2L] else 50L

model <- model_demo()
ensemble <- model_ensemble(lapply(1:5, model_demo))
sequences <- demo_sequences(n_sequences)
outputs <- c("Dref", "accessibility")

# Labels: what an assay would see, drawn from the oracle, of promoters that are not mutated. One half for the fits of
# recalibration, the other for the ECE.
others <- setdiff(names(demo_sequences(100)), names(sequences))
half <- seq_len(length(others) / 2)
fitting <- demo_sequences(100)[others[half]]
testing <- demo_sequences(100)[others[-half]]
set.seed(1)
assay <- function(sequences) {
  levels <- demo_truth(sequences)$levels[output %in% outputs]
  levels[, "label" := stats::rbinom(.N, 1, level)][]
}
labels <- assay(testing)
fitted_to <- assay(fitting)
predicted <- predict(model, fitting, outputs, n_samples = n_draws)
platt <- recalibrate(predicted, fitted_to, "platt")
# A regression would be repaired on measured levels: here the oracle's own, without noise.
spread <- recalibrate(predicted, setnames(copy(fitted_to)[, "label" := NULL], "level", "label"), "variance", noise = 0)

dropout <- function(...) list(model = model, dropout = dropout_spec(...))
ways <- list(
  "locked masks" = model,
  "unlocked masks" = dropout("unlocked"),
  "whole channels" = dropout(unit = "channel"),
  "every rate .02" = dropout(rate = 0.02),
  "every rate .2" = dropout(rate = 0.2),
  "every rate .4" = dropout(rate = 0.4),
  "convolutions only" = dropout(layers = c("features.3", "features.7")),
  "last layer only" = dropout(layers = "head.3"),
  "one more, after pooling" = dropout(extra = c(pool = 0.1)),
  "both strands" = model_both_strands(model),
  "Platt scaling" = with_transform(model, platt),
  "variance scaling" = with_transform(model, spread),
  "5 networks" = list(model = ensemble, dropout = NULL),
  "5 networks, locked masks" = ensemble
)
compare <- function(truth) {
  compare_uncertainty(
    ways, sequences, "Dref", "accessibility", truth = truth, labels = labels, labelled_sequences = testing,
    n_samples = n_draws, positions = seq(1, 500, by = 5)
  )
}
truth <- demo_truth(sequences)$effects[output %in% outputs]
table <- compare(truth)
# The same against the effects that matter only: there the columns of coverage tell something else.
strong <- suppressMessages(compare(truth[abs(effect) >= 0.01]))
covered <- grep("^coverage_", names(table), value = TRUE)
table[, (sub("coverage_", "coverage_strong_", covered)) := as.list(strong)[covered]]
print(table)
numbers <- names(table)[vapply(table, is.double, TRUE)]
table[, (numbers) := lapply(.SD, signif, 4), .SDcols = numbers]
fwrite(table, "inst/extdata/demo_uncertainty.csv")
