# p-values adjusted for how many there are: one family for each combination of the columns `family`. Rows
# without a p-value are no tests.

check_adjust <- function(adjust, call = rlang::caller_env()) {
  check_choice(adjust, stats::p.adjust.methods, "adjust", call)
}

# With a column `adj.p.value` beside `p.value`; none where nothing is to be adjusted.
add_adjusted_p <- function(table, adjust, family) {
  if (adjust != "none") {
    table[, "adj.p.value" := stats::p.adjust(.SD$p.value, adjust), by = family, .SDcols = "p.value"]
    last <- match("p.value", names(table))
    data.table::setcolorder(table, c(names(table)[seq_len(last)], "adj.p.value"))
  }
  table[]
}
