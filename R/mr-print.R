# How a fit reads on the console: what was fitted, what failed, what the errors mean.

error_words <- c(
  mc = "mc: error of the mean over the draws; target: the network's own slope",
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
  cli::cat_line(cli::pluralize(
    "Mendelian randomization: {nrow(x)} fit{?s} in {length(unique(x$sequence))} sequence{?s}"
  ))
  cli::cat_line("Methods: ", name_some(unique(x$method)))
  words <- error_words[intersect(names(error_words), x$error)]
  if (length(words)) cli::cat_line("Error ", words)
  cat_status(x)
  shown <- intersect(
    c(fit_keys, "estimate", "std.error", "conf.low", "conf.high", "p.value", "n", "n_left_out", "status"), names(x)
  )
  print(data.table::as.data.table(as.list(x)[shown]), ...)
  cli::cat_line(cli::pluralize("{length(setdiff(names(x), shown))} more column{?s}: glance(), tidy(), names()"))
  invisible(x)
}

cat_status <- function(x) {
  other <- table(x$status[x$status != "ok"])
  if (length(other)) cli::cat_line(as.integer(other), " x ", names(other))
}

#' Summary of many fits
#'
#' @param object A fit ([fit_mr()]).
#' @param ... Must be empty.
#' @return A data.table of class `deepmr_mr_summary`, one row per exposure x outcome x
#'   method x error: `n_fits`, `n_ok`, `n_weak` (estimate kept), `n_failed` (no
#'   estimate), and over the fits with an estimate the medians `estimate`,
#'   `std.error`, `i2` (`i2_cov` where the method has it, else `i2_gx`) and the share
#'   `significant` of fits whose interval leaves out 0. [meta_analyze()] pools.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 3, length = 30)
#' fit <- fit_mr(x, exposure = "exposure", outcome = "outcome")
#' summary(fit)
#' @method summary deepmr_mr_fit
#' @export
summary.deepmr_mr_fit <- function(object, ...) {
  rlang::check_dots_empty()
  check_columns(object, c(fit_keys, wald_columns, "i2_cov", "i2_gx", "status"), "object")
  fits <- data.table::as.data.table(as.list(object))
  out <- fits[, summarize_fits(.SD), by = c("exposure", "outcome", "method", "error")]
  data.table::setattr(out, "class", c("deepmr_mr_summary", "data.table", "data.frame"))
  out
}

summarize_fits <- function(fits) {
  has <- !is.na(fits$estimate)
  middle <- function(x) stats::median(as.numeric(x)[has], na.rm = TRUE)
  list(
    n_fits = nrow(fits), n_ok = sum(fits$status == "ok"),
    n_weak = sum(has & startsWith(fits$status, "weak")), n_failed = sum(!has),
    estimate = middle(fits$estimate), std.error = middle(fits$std.error),
    i2 = middle(data.table::fcoalesce(fits$i2_cov, fits$i2_gx)),
    significant = mean((fits$conf.low > 0 | fits$conf.high < 0)[has], na.rm = TRUE)
  )
}

#' @method print deepmr_mr_summary
#' @export
print.deepmr_mr_summary <- function(x, ...) {
  cli::cat_line("Medians over sequences; i2 is the share of the exposure effects' spread that is not error")
  words <- error_words[intersect(names(error_words), x$error)]
  if (length(words)) cli::cat_line("Error ", words)
  print(data.table::as.data.table(as.list(x)), ...)
  invisible(x)
}
