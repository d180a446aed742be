# A deepmr model: a Python object and what R needs to know of it.

# `transform`: what was put on it by with_transform(); `scaled`: the outputs that it has numbers for
# (NULL: all).
new_model <- function(handle, transform = transform_identity(), scaled = NULL) {
  about <- to_r(call_backend("describe.about", handle))
  member <- function(what) as.character(unlist(about$members[[what]]))
  structure(
    list(
      handle = handle, source = about$source, length = as.integer(about$length),
      outputs = as.character(unlist(about$outputs)), members = member("source"), layout = member("layout"),
      bases = member("bases"), transform = transform, scaled = scaled
    ),
    class = "deepmr_model"
  )
}

check_model <- function(model, call = rlang::caller_env()) {
  if (!inherits(model, "deepmr_model")) {
    stop_deepmr(
      "argument", "{.arg model} must be a deepmr model, not {.obj_type_friendly {model}}.",
      "Make one with {.fn model_kipoi}, {.fn model_torch}, {.fn model_ensemble} or {.fn model_demo}.",
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
  found <- to_r(call_backend("describe.examine", x$handle))
  parameters <- vapply(found, function(member) member$parameters, 0)
  shown <- utils::head(x$outputs, 6L)
  more <- length(x$outputs) - length(shown)
  shown <- paste0(paste(shown, collapse = ", "), if (more) paste0(", and ", big(more), " more"))
  line <- function(name, ...) cat(formatC(paste0(name, ":"), width = -12L), ..., "\n", sep = "")
  cat("<deepmr model> ", x$source, "\n", sep = "")
  line("Input", big(x$length), " bases, one-hot ", either(input_in_words(x$layout)), ", channels ", either(x$bases))
  line("Outputs", big(length(x$outputs)), ": ", shown)
  if (length(x$transform)) line("Scale", format(x$transform))
  line("Parameters", either(big(parameters)), if (length(x$members) > 1L) " in each member")
  line("Device", found[[1L]]$device)
  tables <- lapply(found, dropout_table)
  if (length(unique(tables)) == 1L) {
    print_dropout("Dropout", tables[[1L]], found[[1L]]$problem)
  } else {
    for (i in seq_along(found)) print_dropout(paste("Dropout of", x$members[i]), tables[[i]], found[[i]]$problem)
  }
  invisible(x)
}

big <- function(x) format(x, big.mark = ",", trim = TRUE)

# One value, or all different ones of an ensemble's members.
either <- function(x) paste(unique(x), collapse = " or ")

input_in_words <- function(layout) {
  shapes <- c(NCL = "(N, 4, L)", NC1L = "(N, 4, 1, L)", NCL1 = "(N, 4, L, 1)", NLC = "(N, L, 4)")
  paste(layout, shapes[layout])
}

dropout_table <- function(member) {
  data.table::as.data.table(lapply(member[c("name", "kind", "rate", "mask")], unlist))
}

print_dropout <- function(title, calls, problem) {
  title <- formatC(paste0(title, ": "), width = -12L)
  if (!nrow(calls) && is.null(problem)) {
    cat(title, "none of its own; dropout_spec(extra = ) adds some after layers(model)\n", sep = "")
    return(invisible())
  }
  lockable <- if (is.null(problem)) "can be locked" else "cannot be locked"
  cat(title, counted(nrow(calls), "call"), " in a forward pass; masks ", lockable, "\n", sep = "")
  if (!is.null(problem)) cat(strwrap(problem, prefix = "  "), sep = "\n")
  if (nrow(calls)) print(calls, row.names = FALSE, class = FALSE)
}
