#' Predictions of whole sequences under dropout
#'
#' The masks are those that [saturation_mutagenesis()] uses for the reference of
#' the same sequence, draw by draw.
#'
#' @param object A `deepmr_model`.
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
  asked <- check_run(object, sequences, outputs, dropout, n_samples, seed, batch_size)
  if (!missing(n_samples)) tell_unused_samples(n_samples, asked$n_samples)
  n_samples <- asked$n_samples
  draws <- check_flag(draws, "draws")
  run <- call_backend(
    "predict.Prediction", object$handle, asked$spec, as.list(asked$index - 1L), n_samples, asked$seed,
    batch_size = asked$batch_size, device = device
  )
  tables <- run_sequences(run, asked$sequences, "Predicting", function(name) {
    x <- vectors(call_backend(run$collect))
    table <- data.table::data.table(
      sequence = name, output = object$outputs[asked$index], mean = x$mean, var = x$var, n_draws = n_samples
    )
    if (draws) table[, "prediction_draws" := split_draws(x$draws, n_samples)]
    table
  })
  table <- data.table::rbindlist(tables)
  if (n_samples == 1L) data.table::set(table, j = "var", value = NA_real_)
  spread_prediction(table, object$transform)
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
  cat("<predictions> ", counted_by(x), ", ", draws_in_words(x$n_draws), "\n", sep = "")
  print_table(x, ...)
  invisible(x)
}
