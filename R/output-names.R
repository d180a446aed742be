# Outputs in arguments: names, or rows of outputs(), and what is said where one is unknown.

# The names that `x` stands for: itself, or the column `output` of rows of outputs().
output_names <- function(x, arg, call = rlang::caller_env()) {
  if (!is.data.frame(x)) {
    if (is.list(x)) {
      stop_deepmr(
        "argument", "{.arg {arg}} must be names or rows of {.fn outputs}, not a list.",
        "Join tables of rows with {.fn rbind}.",
        call = call
      )
    }
    return(x)
  }
  check_columns(x, "output", arg, call)
  if (!nrow(x)) {
    stop_deepmr(
      "no_output", "{.arg {arg}} is a table without rows: the search found no output.",
      "Search with fewer or shorter terms in {.fn outputs}.",
      call = call
    )
  }
  if (is.factor(x$output)) as.character(x$output) else x$output
}

check_output_names <- function(outputs, wanted = "one for each prediction", call = rlang::caller_env()) {
  if (!is.character(outputs) || !length(outputs) || anyNA(outputs)) {
    stop_deepmr("argument", "{.arg outputs} must be names, {wanted}, not {.val {or_none(outputs)}}.", call = call)
  }
  if (anyDuplicated(outputs)) {
    stop_deepmr(
      "argument", "{.arg outputs} must be distinct names; {.val {outputs[duplicated(outputs)][1]}} stands there twice.",
      call = call
    )
  }
}

# Positions of the wanted outputs among the model's, from 1.
match_outputs <- function(wanted, model, call = rlang::caller_env()) {
  if (is.null(wanted)) {
    return(seq_along(model$outputs))
  }
  wanted <- output_names(wanted, "outputs", call)
  check_output_names(wanted, "or rows of outputs()", call)
  check_known_outputs(
    wanted, model$outputs, "The model",
    hint = "{.fn outputs} lists all {length(known)}, and searches them by parts of their names.", call = call
  )
  match(wanted, model$outputs)
}

# `wanted` as names, all of them among the outputs `known` of the table `x`.
check_outputs <- function(wanted, known, arg, call = rlang::caller_env()) {
  wanted <- output_names(wanted, arg, call)
  if (!is.character(wanted) || !length(wanted) || anyNA(wanted)) {
    stop_deepmr(
      "argument", "{.arg {arg}} must be one or more output names, not {.obj_type_friendly {wanted}}.",
      call = call
    )
  }
  check_known_outputs(wanted, known, "{.arg x}", arg, call = call)
  wanted
}

# `holder` of the outputs and `hint` are cli text.
check_known_outputs <- function(wanted, known, holder, arg = "outputs", hint = NULL, call) {
  unknown <- setdiff(wanted, known)
  if (!length(unknown)) {
    return(invisible(wanted))
  }
  name <- unknown[1L]
  same <- known[output_labels(known) == name]
  if (length(same)) {
    stop_deepmr(
      "ambiguous_output", paste(holder, "has {length(same)} outputs labelled {.val {name}}: {.val {same}}."),
      "Name those that you want in {.arg {arg}}.",
      call = call
    )
  }
  near <- nearest_names(name, known)
  stop_deepmr(
    "unknown_output", paste(holder, "has no output named {.val {name}}, asked for in {.arg {arg}}."),
    paste(c("Nearest: {.val {near}}.", hint), collapse = " "),
    call = call
  )
}
