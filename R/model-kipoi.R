#' A model from Kipoi
#'
#' Loads a PyTorch model of the Kipoi zoo, such as DeepSEA, Beluga or Basset, with the
#' kipoi package: from a model directory, or by its name in the zoo, in which case the
#' directory is fetched first. What `model.yaml` says decides the sequence length, the layout,
#' the order of the bases and the names of the outputs.
#'
#' The directory of a name is fetched once into `tools::R_user_dir("deepmr", "cache")` (the
#' environment variable `R_USER_CACHE_DIR` puts it elsewhere) and used from there afterwards;
#' so are weights that `model.yaml` gives as an address. Before each load their md5 sum is
#' verified against `model.yaml` or, where that gives none, against the download. Nothing is
#' written into the model directory or into `~/.kipoi`, and no dataloader of the model is used.
#' Predictions with dropout off are those of kipoi's `predict_on_batch()`.
#'
#' A model's Python file is code, and runs when the model is loaded: load models that you
#' trust. Weights are read without running any code in them.
#'
#' @section What is needed:
#' The Python packages in `requirements/kipoi.txt`; `install_deepmr(kipoi = TRUE)` installs them.
#'
#' @param model Path of a directory with a `model.yaml` (or of that file), or a name such as
#'   `"DeepSEA/predict"`.
#' @param source `"dir"` or `"kipoi"`: whether `model` is a directory or a name. By default
#'   a directory if there is one of this path.
#' @param bases Order of the four channels, for a `model.yaml` that names none or a wrong one. By default
#'   what it says (`alphabet` of the dataloader), else ACGT.
#' @return A `deepmr_model`. Labels that several outputs share get `#1`, `#2`, ...: see [outputs()].
#' @section Errors:
#' `deepmr_error_kipoi_missing` (the package kipoi, or something it needs),
#' `deepmr_error_kipoi_model` (`model.yaml` missing, broken, or of a model that is not torch or does
#' not take one-hot DNA), `deepmr_error_kipoi_fetch` (an unknown name, no network),
#' `deepmr_error_cache` (its folder cannot be written), and those of [model_torch()] for weights and
#' code; a wrong md5 sum is a `deepmr_error_weights`.
#' @references Avsec et al. (2019) The Kipoi repository accelerates community exchange and
#'   reuse of predictive models for genomics. Nature Biotechnology 37:592-600.
#' @seealso [model_torch()], [outputs()], `vignette("own-model")`
#' @examplesIf deepmr_python_info()$usable && reticulate::py_module_available("kipoi")
#' # The demo network as a model directory.
#' folder <- tempfile("kipoi-")
#' dir.create(folder)
#' writeLines(c("Dref", "Trl", "M1BP", "da", "accessibility"), file.path(folder, "labels.txt"))
#' writeLines(c(
#'   "defined_as: kipoi.model.PyTorchModel",
#'   "args: {module_file: demo_net.py, module_class: DemoNet, weights: demo_model.pt}",
#'   "info: {authors: [{name: deepmr}], doc: the demo network}",
#'   "schema:",
#'   "  inputs: {name: seq, special_type: DNASeq, shape: '(4, 500)', doc: one-hot DNA}",
#'   "  targets: {name: marks, shape: '(5, )', doc: probabilities, column_labels: [labels.txt]}"
#' ), file.path(folder, "model.yaml"))
#' files <- c("python/deepmr_torch/demo_net.py", "extdata/demo_model.pt")
#' invisible(file.copy(system.file(files, package = "deepmr"), folder))
#' model_kipoi(folder)
#' \dontrun{
#' # One of the zoo's, fetched at first use
#' model <- model_kipoi("DeepSEA/predict")
#' outputs(model, "HepG2", "FOXA1")
#' }
#' @export
model_kipoi <- function(model, source = NULL, bases = NULL) {
  path <- path.expand(check_string(model, "model", "a directory or a name,"))
  guessed <- is.null(source)
  source <- if (guessed) kipoi_source(path) else check_choice(source, c("dir", "kipoi"), "source")
  if (!is.null(bases)) check_string(bases, "bases", "an order of the four bases such as {.val ACGT},")
  declare_kipoi()
  cache <- tools::R_user_dir("deepmr", "cache")
  if (source == "dir") {
    new_model(call_backend("kipoi_source.from_directory", normalizePath(path, mustWork = FALSE), cache, bases))
  } else {
    cli::cli_inform("Looking for the Kipoi model {.val {model}}.")
    new_model(call_backend("kipoi_source.from_name", model, cache, bases, guessed))
  }
}

# A path that looks like one is a directory, there or not, so that a slip is not looked for on the network.
kipoi_source <- function(path) {
  if (dir.exists(path) || is_model_yaml(path) || grepl("^([./\\\\~]|[A-Za-z]:)", path)) "dir" else "kipoi"
}

# Python takes the directory of such a file.
is_model_yaml <- function(path) {
  basename(path) %in% c("model.yaml", "model.yml") && file.exists(path)
}
