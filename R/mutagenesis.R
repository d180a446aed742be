# The class of mutagenesis tables. Later steps check columns, never attributes, so
# a plain data.table with the same columns serves as well.

new_mutagenesis <- function(table, provenance = list()) {
  data.table::setattr(table, "provenance", provenance)
  data.table::setattr(table, "class", c("deepmr_mutagenesis", "data.table", "data.frame"))
  table
}

# Column names of a mutagenesis table (`effect_draws`, a list-column, is optional).
mutagenesis_columns <- c(
  "sequence", "position", "ref", "alt", "output", "mean_ref", "mean_alt",
  "var_ref", "var_alt", "cov", "effect", "se", "n_draws", "at_rounding"
)
