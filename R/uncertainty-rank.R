#' How unusual is an uncertainty?
#'
#' The percentile of an uncertainty (predictive standard deviation, entropy, ...) within those of a reference, such as
#' the training sequences. A sequence of a high rank is unlike what the network knows, or hard for it;
#' its effects and their errors deserve less trust.
#'
#' @details
#' The rank of u is its mid-rank, (number of reference values below u + half of those equal to u) / N. Reference
#' values from sequences like those of `x` give ranks that are uniform between 0 and 1, so that one in twenty is flagged
#' at a `threshold` of 0.95 with nothing unusual about it.
#'
#' Take the uncertainty of the unmutated sequence (`predict()`; `sqrt(var_ref)` of a mutagenesis table), or the median
#' of `sqrt(var_alt)` over its mutants.
#'
#' @param x What to rank: a numeric vector, or predictions (`predict()`, or a data frame with the columns `sequence`,
#'   `output`, `var`), whose standard deviations over the draws are ranked for each output on its own.
#' @param reference What to rank within: the same kind of thing as `x`. It must have every output of `x`.
#' @param threshold Ranks above it are flagged.
#' @return A data.table in the order of `x`: `value` (for predictions: `sequence`, `output`, `sd`), `rank` (0 to 1) and
#'   `flagged`.
#' @section Errors:
#' `deepmr_error_argument` (not numeric, empty, missing or not finite; a `threshold` outside 0 to 1; one of the two is a
#' table and the other is not), `deepmr_error_columns`, `deepmr_error_unknown_output` (an output that `reference`
#' lacks), `deepmr_error_no_draws` (predictions with dropout off have no variance).
#' @examples
#' uncertainty_rank(c(0.05, 0.2, 0.4, 0.6), reference = c(0.1, 0.2, 0.2, 0.3, 0.5))
#' # The unmutated sequences of one table within those of another
#' known <- simulate_mutagenesis(n_sequences = 20, length = 4)
#' new <- simulate_mutagenesis(n_sequences = 3, length = 4, noise = 0.5, seed = 2)
#' of_reference <- function(x) unique(x[, list(sequence, output, var = var_ref)])
#' uncertainty_rank(of_reference(new), of_reference(known))
#' @export
uncertainty_rank <- function(x, reference, threshold = 0.95) {
  check_given(x, "x", "a numeric vector or predictions")
  check_given(reference, "reference", "a numeric vector or predictions")
  threshold <- check_number(threshold, "threshold", lower = 0, upper = 1)
  if (is.data.frame(x) != is.data.frame(reference)) {
    stop_deepmr(
      "argument", "{.arg x} is {.obj_type_friendly {x}} and {.arg reference} {.obj_type_friendly {reference}}.",
      "Give two tables of predictions or two numeric vectors."
    )
  }
  table <- if (is.data.frame(x)) rank_predictions(x, reference) else rank_values(x, reference)
  data.table::set(table, j = "flagged", value = table$rank > threshold)
  table[]
}

rank_values <- function(x, reference, call = rlang::caller_env()) {
  for (arg in c("x", "reference")) {
    values <- get(arg)
    check_values(values, arg, is.finite, "finite", call)
    if (!length(values)) stop_deepmr("argument", "{.arg {arg}} is empty.", call = call)
  }
  data.table::data.table(value = as.numeric(x), rank = mid_rank(x, reference))
}

rank_predictions <- function(x, reference, call = rlang::caller_env()) {
  x <- predicted_sd(x, "x", call)
  reference <- predicted_sd(reference, "reference", call)
  unknown <- setdiff(x$output, reference$output)
  if (length(unknown)) {
    stop_deepmr(
      "unknown_output", "{.arg reference} has no prediction of {.val {unknown}}.",
      "It has {.val {unique(reference$output)}}.",
      call = call
    )
  }
  rank <- numeric(nrow(x))
  for (rows in split(seq_len(nrow(x)), x$output)) {
    rank[rows] <- mid_rank(x$sd[rows], reference$sd[reference$output == x$output[rows[1L]]])
  }
  data.table::set(x, j = "rank", value = rank)
}

predicted_sd <- function(x, arg, call) {
  x <- check_columns(x, c("sequence", "output", "var"), arg, call = call)
  if (!nrow(x)) stop_deepmr("argument", "{.arg {arg}} has no rows.", call = call)
  if (all(is.na(x$var))) {
    stop_deepmr(
      "no_draws", "{.arg {arg}} has no variances: its predictions are of one draw.",
      "Predict with dropout: {.code predict(model, sequences, dropout = dropout_spec())}.",
      call = call
    )
  }
  check_values(x$var, paste0(arg, "$var"), function(v) is.finite(v) & v >= 0, "finite and not negative", call)
  data.table::data.table(sequence = x$sequence, output = as.character(x$output), sd = sqrt(x$var))
}

mid_rank <- function(x, reference) {
  sorted <- sort(reference)
  below <- findInterval(x, sorted, left.open = TRUE)
  (below + findInterval(x, sorted)) / (2 * length(sorted))
}
