#' The layers of a model's network
#'
#' Their names are those by which [dropout_spec()] adds dropout after them.
#'
#' @param model A `deepmr_model`.
#' @return A data.table with one row per layer (module) of each network, in the order of the network's definition:
#'   \describe{
#'     \item{`member`}{source of the network: of an ensemble, of the member}
#'     \item{`layer`}{its name: the path of the module in the network. A module that has several names is listed under
#'       its first.}
#'     \item{`type`}{its class, such as `"Conv1d"`}
#'     \item{`shape`}{shape of what it gives for one sequence, e.g. `"1 x 24 x 100"` for 24 channels at 100 positions,
#'       different ones joined by ", "; `NA` where no dropout can be added after it: it is not
#'       called, gives not one tensor of floating-point numbers, or is compiled (TorchScript)}
#'   }
#' @section Errors: Those of [saturation_mutagenesis()] for a network that draws random numbers other than dropout.
#' @seealso [dropout_spec()]; printing a model shows its own dropout calls.
#' @examplesIf deepmr_python_info()$usable
#' layers(model_demo())
#' @export
layers <- function(model) {
  check_model(model)
  members <- to_r(call_backend("extra.layers", model$handle))
  data.table::rbindlist(lapply(seq_along(members), function(i) {
    shape <- lapply(members[[i]]$shape, function(shape) if (is.null(shape)) NA_character_ else shape)
    data.table::data.table(
      member = model$members[i], layer = as.character(unlist(members[[i]]$layer)),
      type = as.character(unlist(members[[i]]$type)), shape = as.character(unlist(shape))
    )
  }))
}
