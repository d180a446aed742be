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
#' @section What the error then means:
#' With `dropout = NULL` the T draws are T networks trained alike, and the errors of [fit_mr()] are
#' those of their mean (`"mc"`) over such networks. They are few: 5 members give 4 degrees of freedom,
#' and `egger_draws` often finds no instrument strength left. With dropout and several draws for each
#' member, draws of one member are not independent of each other, and [fit_mr()] tells apart what varies within
#' members (masks) and between them, by the column `n_members` of the table: its `"mc"` error is then
#' that of the mean of these very members, whose differences are no sampling error of it. About networks trained alike
#' compare with `dropout = NULL`; `"classical"` includes what members differ by. Choose `n_samples` as a
#' multiple of the number of members, so that each counts the same.
#'
#' @param models A list of at least one `deepmr_model`, each with a network of its own.
#' @return A `deepmr_model`.
#' @section Errors: `deepmr_error_ensemble`: members that do not fit together, or have the same weights.
#'   `deepmr_error_spread`: a member with [transform_spread()], which only the whole can have.
#' @references Lakshminarayanan, Pritzel and Blundell (2017) Simple and scalable predictive uncertainty
#'   estimation using deep ensembles. NeurIPS.
#' @examplesIf deepmr_python_info()$usable
#' net <- tempfile(fileext = ".py")
#' writeLines(c(
#'   "import torch",
#'   "from torch import nn",
#'   "def make(seed):",
#'   "    torch.manual_seed(seed)",
#'   "    return nn.Sequential(nn.Flatten(), nn.Linear(80, 8), nn.ReLU(), nn.Linear(8, 2))",
#'   "first, second, third = make(1), make(2), make(3)"
#' ), net)
#' member <- function(name) model_torch(paste0(net, ":", name), length = 20, outputs = c("x", "y"))
#' ensemble <- model_ensemble(lapply(c("first", "second", "third"), member))
#' # No dropout in these: each member is one draw.
#' saturation_mutagenesis(ensemble, c(s = "ACGTTGCAATACGGTACCAG"), dropout = NULL)
#' @export
model_ensemble <- function(models) {
  if (inherits(models, "deepmr_model") || !is.list(models) || !length(models)) {
    stop_deepmr("argument", "{.arg models} must be a list of models, not {.obj_type_friendly {models}}.")
  }
  for (i in seq_along(models)) {
    if (!inherits(models[[i]], "deepmr_model")) {
      stop_deepmr("argument", "{.arg models} must hold models; number {i} is {.obj_type_friendly {models[[i]]}}.")
    }
    check_model(models[[i]])
  }
  check_members_spread(lapply(models, `[[`, "transform"))
  new_model(
    call_backend("ensemble.ensemble", lapply(unname(models), `[[`, "handle")),
    transform = members_transform(lapply(models, `[[`, "transform")),
    scaled = Reduce(both_outputs, lapply(models, `[[`, "scaled"), NULL)
  )
}

# What to show for the members' own transforms, which stay theirs.
members_transform <- function(transforms, call = rlang::caller_env()) {
  scales <- vapply(transforms, format, "")
  if (length(unique(scales)) == 1L) {
    return(transforms[[1L]])
  }
  warn_deepmr(
    "scales", "The members are on different scales: {.val {unique(scales)}}.",
    "Their draws are taken together as they are; {.fn with_transform} gives each member its scale first.",
    call = call
  )
  new_transform(list(list(label = paste("by member:", paste(scales, collapse = "; ")), steps = list())))
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
