# How a fit reads on the console: what was fitted, what failed, what the errors mean.

error_words <- c(
  mc = "mc: error of the mean over the draws, about the network itself",
  classical = "classical: the truth plus one unseen error with the draws' covariance",
  posterior = "posterior: the truth is one more draw",
  given = "given: standard errors as they stand in the table"
)

#' @method print deepmr_mr_fit
#' @export
print.deepmr_mr_fit <- function(x, ...) {
  if (!is_to_be_printed(x)) {
    return(invisible(x))
  }
  if (!all(c(fit_keys, "estimate", "status") %in% names(x))) {
    print_table(x, ...)
    return(invisible(x))
  }
  where <- if (all(is.na(x$n_sequences))) {
    cli::pluralize("in {length(unique(x$sequence))} sequence{?s}")
  } else {
    cli::pluralize("over {max(x$n_sequences, na.rm = TRUE)} sequence{?s} in one regression")
  }
  cli::cat_line(cli::pluralize("Mendelian randomization: {nrow(x)} fit{?s} "), where)
  cli::cat_line("Methods: ", name_some(unique(x$method)))
  words <- error_words[intersect(names(error_words), x$error)]
  if (length(words)) cli::cat_line("Error ", words)
  cat_status(x)
  shown <- intersect(
    c(fit_keys, "estimate", "std.error", "conf.low", "conf.high", "p.value", "adj.p.value", "n", "n_sequences",
      "n_left_out", "status"), names(x)
  )
  print(data.table::as.data.table(as.list(x)[shown]), ...)
  cli::cat_line(cli::pluralize("{length(setdiff(names(x), shown))} more column{?s}: glance(), tidy(), names()"))
  invisible(x)
}

cat_status <- function(x) {
  other <- table(x$status[x$status != "ok"])
  if (length(other)) cli::cat_line(as.integer(other), " x ", names(other))
}
