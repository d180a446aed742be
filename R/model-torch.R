#' A model from your own torch code
#'
#' @param module One of
#'   * `"path/net.py:Net"`: a Python file and what makes the network in it, a class or
#'     function that needs no arguments, or a module. A Python file is code: it runs when it
#'     is loaded.
#'   * `"path/net.pt"`: a TorchScript file, saved with `torch.jit.save()`.
#'   * an `nn.Module` that you hold through reticulate.
#' @param weights Path of a state dict (`.pt`, `.pth` or `.safetensors`), saved with
#'   `torch.save(model.state_dict(), path)`; it is read without running any code in
#'   it. The entries `state_dict`, `model_state_dict` and `model` of a checkpoint and the prefix
#'   `module.` that `DataParallel` adds are understood. `NULL` leaves the weights as they are: those of
#'   the module or file, or for a class those that it starts with, untrained, which is said.
#' @param length Sequence length in bases.
#' @param outputs Names of the predictions, in order; by default `output1`,
#'   `output2`, ... A module may return a tensor (sequences x predictions), or a
#'   tuple, list or dict of them, which are joined; the keys of a dict become names.
#' @param layout How one-hot DNA goes in: `"NCL"` (N, 4, L), `"NC1L"`
#'   (N, 4, 1, L), `"NCL1"` (N, 4, L, 1) or `"NLC"` (N, L, 4). `N` bases are 1/4
#'   in each channel.
#' @param bases Order of the four channels.
#' @return A `deepmr_model`. The module itself is borrowed: after each use it is
#'   as it was, in mode, weights and device (`weights` are loaded into it). Normalisation layers always run in
#'   evaluation mode. A model lives as long as the R session and cannot be saved
#'   with `saveRDS()`; tables made with it can.
#' @details Predictions are used as the module gives them; [with_transform()] puts them
#'   on another scale, such as probabilities for a network that gives logits. Every
#'   kind of dropout can be locked: modules of `nn.Dropout`'s family, functional
#'   calls, and that inside attention layers, LSTM and GRU.
#' @section Errors:
#' `deepmr_error_model_file` (no such file, or its code stops), `deepmr_error_weights`
#' (missing, truncated, an HTML page, a git-lfs pointer, a pickle with code, keys that do not
#' fit), `deepmr_error_model` (not a torch network, not one-hot DNA of this length and layout, another
#' number of outputs).
#' @seealso [model_kipoi()], [model_ensemble()], [outputs()], `vignette("own-model")`
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
  check_string(bases, "bases", "an order of the four bases such as {.val ACGT},")
  if (!is.null(weights)) weights <- path.expand(check_string(weights, "weights", "the path of a file,"))
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
  if (is.null(weights) && is.character(module) && !file.exists(path.expand(module))) tell_untrained(module)
  new_model(handle)
}

# Forgotten weights would go unseen: an untrained network gives numbers too.
tell_untrained <- function(module) {
  cli::cli_inform(
    c(
      "!" = "No weights are given: the network is as {.val {module}} makes it, in most cases untrained.",
      "i" = "{.code weights = } takes the file of a state dict."
    ),
    class = "deepmr_message_untrained"
  )
}
