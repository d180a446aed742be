# Printing of deepmr's tables: a header in words, then the table without its list-columns.

# Prints a table without its list-columns, which would flood the console; says which those are.
print_table <- function(x, topn = 3L, ...) {
  hidden <- names(x)[vapply(x, is.list, TRUE)]
  print(data.table::setDT(as.list(x)[setdiff(names(x), hidden)]), topn = topn, ...)
  if (length(hidden)) cli::cat_line(cli::pluralize("Not shown: the list-column{?s} {hidden}"))
}

# FALSE right after `x[, new := ...]`, which data.table does not print either.
is_to_be_printed <- function(x) {
  data.table::shouldPrint(x)
}

# "1 row", "3,000 rows"
counted <- function(n, what) {
  paste0(format(n, big.mark = ",", trim = TRUE), " ", what, ifelse(n != 1, "s", ""))
}

# "20 sequences, 5 outputs"
counted_by <- function(x) {
  paste0(counted(data.table::uniqueN(x$sequence), "sequence"), ", ", counted(data.table::uniqueN(x$output), "output"))
}

# "50 draws", or what one draw means
draws_in_words <- function(n_draws) {
  n <- unique(n_draws)
  if (identical(as.integer(n), 1L)) "dropout off" else paste(paste(n, collapse = " or "), "draws")
}
