# A deepmr model: a Python object and what R needs to know of it.

new_model <- function(handle) {
  about <- to_r(call_backend("describe.about", handle))
  structure(
    list(
      handle = handle, source = about$source, length = as.integer(about$length), layout = about$layout,
      bases = about$bases, outputs = as.character(unlist(about$outputs))
    ),
    class = "deepmr_model"
  )
}

#' The demonstration model
#'
#' A small convolutional network with dropout, trained on 500-bp promoters of
#' *Drosophila melanogaster* to predict the occupancy of four transcription
#' factors and an accessibility that depends linearly on three of them, so that
#' the truth is known: see [demo_truth()].
#'
#' @return A `deepmr_model` with sequence length 500.
#' @seealso [demo_sequences()] for sequences that it has never seen.
#' @examplesIf deepmr_python_info()$usable
#' model_demo()
#' @export
model_demo <- function() {
  new_model(call_backend("load.demo", demo_file("demo_model.pt"), as.list(demo_outputs)))
}

#' A model from your own torch code
#'
#' @param module `"path/net.py:Net"`, a Python file and the class in it (made
#'   without arguments), or an `nn.Module` that you hold through reticulate. A
#'   Python file is code: it runs when it is loaded.
#' @param weights Path of a state dict, saved with
#'   `torch.save(model.state_dict(), path)`; it is read without running any code in
#'   it. `NULL` leaves the weights as they are: those of the module that you hold, or
#'   for a class those that it starts with, untrained.
#' @param length Sequence length in bases.
#' @param outputs Names of the predictions, in order; by default `output1`,
#'   `output2`, ... A module may return a tensor (sequences x predictions), or a
#'   tuple, list or dict of them, which are joined.
#' @param layout How one-hot DNA goes in: `"NCL"` (N, 4, L), `"NC1L"`
#'   (N, 4, 1, L), `"NCL1"` (N, 4, L, 1) or `"NLC"` (N, L, 4). `N` bases are 1/4
#'   in each channel.
#' @param bases Order of the four channels.
#' @return A `deepmr_model`. The module itself is borrowed: after each use it is
#'   as it was, in mode, weights and device. Normalisation layers always run in
#'   evaluation mode. A model lives as long as the R session and cannot be saved
#'   with `saveRDS()`; tables made with it can.
#' @details Predictions are used as the module gives them: return probabilities if
#'   effects shall be changes of probability, logits if changes of log odds. Every
#'   kind of dropout can be locked: modules of `nn.Dropout`'s family, functional
#'   calls, and that inside attention layers, LSTM and GRU.
#' @examplesIf deepmr_python_info()$usable
#' net <- tempfile(fileext = ".py")
#' writeLines(c(
#'   "import torch.nn as nn",
#'   "class Net(nn.Sequential):",
#'   "    def __init__(self):",
#'   "        super().__init__(nn.Flatten(), nn.Linear(80, 8), nn.ReLU(),",
#'   "                         nn.Dropout(0.2), nn.Linear(8, 2), nn.Sigmoid())"
#' ), net)
#' model_torch(paste0(net, ":Net"), length = 20, outputs = c("FOXA1", "accessibility"))
#' @export
model_torch <- function(module, weights = NULL, length, outputs = NULL, layout = "NCL", bases = "ACGT") {
  length <- check_count(length, "length")
  check_choice(layout, c("NCL", "NC1L", "NCL1", "NLC"), "layout")
  if (!is.null(outputs)) check_output_names(outputs)
  outputs <- if (!is.null(outputs)) as.list(outputs)
  if (!is.null(weights)) weights <- path.expand(weights)
  handle <- if (is_python_object(module)) {
    call_backend("load.from_module", module, length, outputs, layout, bases, weights)
  } else if (is.character(module) && base::length(module) == 1L) {
    call_backend("load.from_file", path.expand(module), length, outputs, layout, bases, weights)
  } else {
    stop_deepmr(
      "argument", "{.arg module} must be a string or a torch module, not {.obj_type_friendly {module}}.",
      "Write {.val path/net.py:Net}, or pass an nn.Module held by reticulate."
    )
  }
  new_model(handle)
}

check_model <- function(model, call = rlang::caller_env()) {
  if (!inherits(model, "deepmr_model")) {
    stop_deepmr(
      "argument", "{.arg model} must be a deepmr model, not {.obj_type_friendly {model}}.",
      "Make one with {.fn model_demo} or {.fn model_torch}.",
      call = call
    )
  }
  if (is_null_handle(model$handle)) {
    stop_deepmr(
      "model_lost", "This model was saved and read back: its network is gone.",
      "Make it again; models cannot be saved with {.fn saveRDS}, tables made with them can.",
      call = call
    )
  }
  invisible(model)
}

#' @export
print.deepmr_model <- function(x, ...) {
  check_model(x)
  calls <- data.table::as.data.table(to_r(call_backend("describe.dropout_calls", x$handle)))
  parameters <- to_r(call_backend("describe.n_parameters", x$handle))
  shown <- utils::head(x$outputs, 6L)
  more <- length(x$outputs) - length(shown)
  cat("<deepmr model> ", x$source, "\n", sep = "")
  cat("Input:   ", x$length, " bases, one-hot ", x$layout, ", channels ", x$bases, "\n", sep = "")
  cat("Outputs: ", paste(shown, collapse = ", "), if (more) paste0(", and ", more, " more"), "\n", sep = "")
  cat("Weights: ", format(parameters, big.mark = ","), " parameters\n", sep = "")
  if (nrow(calls)) {
    cat("Dropout calls, in the order of a forward pass:\n")
    print(calls, row.names = FALSE, class = FALSE)
  } else {
    cat("Dropout: none, so no Monte-Carlo dropout\n")
  }
  invisible(x)
}
