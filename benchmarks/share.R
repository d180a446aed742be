# What R adds to the engine: seconds outside Python's steps for DeepSEA (random weights), and how long the results
# of 3,000 variants x 919 outputs take to arrive as a data.table. `Rscript benchmarks/share.R [draws, default 10]`
suppressMessages(pkgload::load_all(quiet = TRUE, helpers = FALSE))

n_draws <- if (length(commandArgs(TRUE))) as.integer(commandArgs(TRUE)[1L]) else 10L
model <- suppressMessages(model_torch(
  "benchmarks/networks.py:deepsea", length = 1000L, outputs = sprintf("y%d", 1:919), layout = "NC1L"
))
set.seed(1)
sequence <- c(s = paste(sample(c("A", "C", "G", "T"), 1000L, TRUE), collapse = ""))

# Seconds spent inside a function of the package, summed over its calls.
namespace <- environment(saturation_mutagenesis)
spent <- c(call_backend = 0, mutagenesis_rows = 0)
for (name in names(spent)) {
  local({
    name <- name
    original <- namespace[[name]]
    rlang::env_binding_unlock(namespace, name)
    namespace[[name]] <- function(...) {
      spent[[name]] <<- spent[[name]] + system.time(value <- original(...), gcFirst = FALSE)[["elapsed"]]
      value
    }
  })
}

run <- function(outputs) {
  spent[] <<- 0
  total <- system.time(suppressMessages(
    saturation_mutagenesis(model, sequence, outputs = outputs, n_samples = n_draws, draws = FALSE)
  ))[["elapsed"]]
  c(total = total, outside = total - spent[["call_backend"]], arriving = spent[["mutagenesis_rows"]])
}

some <- run(sprintf("y%d", 1:20))
cat(sprintf(
  "20 outputs, %d draws: %.1f s, %.2f s outside Python (%.1f %%; at 50 draws %.1f %%; asked below 5 %%)\n",
  n_draws, some[["total"]], some[["outside"]], 100 * some[["outside"]] / some[["total"]],
  100 * some[["outside"]] / (some[["total"]] * 50 / n_draws)
))
all <- run(NULL)
cat(sprintf("919 outputs: rows become a data.table in %.2f s (asked below 1 s)\n", all[["arriving"]]))
