#' An ensemble of models
#'
#' Joins networks that predict the same outputs, say one architecture trained from several
#' seeds, into one model. Members take turns over the draws: draw t is member (t - 1) mod M
#' under the masks of draw t, so reference and variants of a draw always share member and mask,
#' and the spread over the draws is that of members and masks together. With dropout
#' off (`dropout = NULL`) there is one draw for each member, whose spread is that of a deep
#' ensemble (Lakshminarayanan et al. 2017).
#'
#' Members may differ in architecture, layout, base order, transform and order of their outputs; sequence
#' length and names of the outputs must be the same. The scale of the whole is set with
#' [with_transform()] as for any model, and comes after the members' own. An ensemble of one is
#' the plain model, number for number.
#'
#' With few members the variance over draws is known badly: 5 members alone give 4 degrees
#' of freedom. Choose `n_samples` as a multiple of the number of members, so that each counts the same.
#'
#' @param models A list of at least one `deepmr_model`, each with a network of its own.
#' @return A `deepmr_model`.
#' @section Errors: `deepmr_error_ensemble`: members that do not fit together.
#' @references Lakshminarayanan, Pritzel and Blundell (2017) Simple and scalable predictive uncertainty
#'   estimation using deep ensembles. NeurIPS.
#' @examplesIf deepmr_python_info()$usable
#' # Two networks that are the same: the spread over draws is that of dropout alone.
#' model_ensemble(list(model_demo(), model_demo()))
#' @export
model_ensemble <- function(models) {
  if (inherits(models, "deepmr_model") || !is.list(models) || !length(models)) {
    stop_deepmr("argument", "{.arg models} must be a list of models, not {.obj_type_friendly {models}}.")
  }
  for (model in models) check_model(model)
  new_model(
    call_backend("ensemble.ensemble", lapply(unname(models), `[[`, "handle")),
    scaled = Reduce(both_outputs, lapply(models, `[[`, "scaled"), NULL)
  )
}

# Each member must have a draw.
check_members <- function(n_samples, model, call = rlang::caller_env()) {
  members <- length(model$members)
  if (n_samples < members) {
    stop_deepmr(
      "argument", "{.arg n_samples} = {n_samples} is less than the {members} members of the ensemble.",
      "Take a multiple of {members}, such as {10 * members}.",
      call = call
    )
  }
}
