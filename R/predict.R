#' Predictions of whole sequences under dropout
#'
#' The masks are those that [saturation_mutagenesis()] uses for the reference of
#' the same sequence, draw by draw.
#'
#' @param object A `deepmr_model`.
#' @param dropout How dropout is used: [dropout_spec()], or `NULL` for dropout
#'   switched off, which takes one pass and gives no variance.
#' @param draws Whether to keep the T predictions in the list-column
#'   `prediction_draws`.
#' @param ... Not used.
#' @inheritParams saturation_mutagenesis
#' @return A `deepmr_prediction`, a data.table with one row per sequence x output:
#'   `sequence`, `output`, `mean` and `var` (sample variance over the draws,
#'   divisor T - 1) on the model's scale, `n_draws`, and `prediction_draws`.
#' @examplesIf deepmr_python_info()$usable
#' predict(model_demo(), demo_sequences(2), n_samples = 10)
#' @export
predict.deepmr_model <- function(object, sequences, outputs = NULL, dropout = dropout_spec(), n_samples = 50L,
                                 draws = FALSE, seed = 1L, batch_size = NULL, device = NULL, ...) {
  check_model(object)
  sequences <- as_sequences(sequences)
  check_sequence_lengths(sequences, object)
  index <- match_outputs(outputs, object)
  if (is.null(dropout)) n_samples <- 1L else check_spec(dropout)
  n_samples <- check_count(n_samples, "n_samples", min = if (is.null(dropout)) 1L else 2L)
  draws <- check_flag(draws, "draws")
  seed <- check_count(seed, "seed", min = 0L)
  if (!is.null(batch_size)) batch_size <- check_count(batch_size, "batch_size")
  run <- call_backend(
    "predict.Prediction", object$handle, if (!is.null(dropout)) backend_spec(dropout), as.list(index - 1L), n_samples,
    seed, batch_size = batch_size, device = device
  )
  tables <- run_sequences(run, sequences, "Predicting", function(name) {
    x <- vectors(call_backend(run$collect))
    table <- data.table::data.table(
      sequence = name, output = object$outputs[index], mean = x$mean, var = x$var, n_draws = n_samples
    )
    if (draws) table[, "prediction_draws" := split_draws(x$draws, n_samples)]
    table
  })
  table <- data.table::rbindlist(tables)
  # Python's NaN for "one pass has no variance" is R's NA.
  if (is.null(dropout)) data.table::set(table, j = "var", value = NA_real_)
  data.table::setattr(table, "class", c("deepmr_prediction", "data.table", "data.frame"))
  table
}

#' @export
print.deepmr_prediction <- function(x, ...) {
  if (!is_to_be_printed(x)) {
    return(invisible(x))
  }
  if (!all(c("sequence", "output", "mean", "var", "n_draws") %in% names(x))) {
    print_table(x, ...)
    return(invisible(x))
  }
  draws <- unique(x$n_draws)
  how <- if (identical(draws, 1L)) "dropout off" else paste(paste(draws, collapse = " or "), "draws")
  cat("<predictions> ", counted_by(x), ", ", how, "\n", sep = "")
  print_table(x, ...)
  invisible(x)
}
