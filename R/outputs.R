# The outputs of a model: what they are called, what that means, and a search among them.

#' The outputs of a model, all or those that match
#'
#' Lists what a model predicts, and finds predictions by their names: the rows found
#' go as they are into `outputs =` of [saturation_mutagenesis()] and `exposure =`,
#' `outcome =` of [estimate_effects()] and [fit_mr()].
#'
#' @section Search:
#' A row is found when every term matches it, ignoring case and taken as plain text.
#' Where a term is the whole of some cell, target, treatment, label or output, only the
#' rows where it is match; elsewhere those whose output contains it. So `"CTCF"` does
#' not find CTCFL, while `"FOXA"` finds FOXA1 and FOXA2. A search that finds nothing
#' returns a table with no rows and says in a message (of class
#' `deepmr_message_outputs`) which term matched nothing, with the nearest names.
#'
#' @section Cell, target and treatment:
#' They are read off the labels where these are written as a whole in one of two styles:
#' * `cell_target_treatment` (DeepSEA, Beluga), such as `HepG2_FOXA1_None`: at least
#'   80 % of the labels have three or more parts, and at least half end in `_None`.
#'   A cell or treatment may hold underscores of its own.
#' * `cell|target|treatment` (ExPecto, Sei): at least 80 % of the labels have three or more
#'   fields. Spaces around `|` are trimmed; a third field such as `ID:123` is a number,
#'   no treatment; fields after the third are not read.
#'
#' Everywhere else they are `NA`, and so is a part that is empty or `NA` in the label.
#' `"None"` is kept as it is: the treatment of the untreated.
#'
#' @param model A `deepmr_model`.
#' @param ... Terms to search for, each a string; none lists all outputs.
#' @return A data.table with one row per prediction found, in the model's order:
#'   \describe{
#'     \item{`index`}{place among the model's predictions, from 1}
#'     \item{`output`}{its name, unique}
#'     \item{`label`}{the name that the model's source gives it. Repeated labels are told
#'       apart by a number in `output` (`"A549_USF-1_None#1"`, `"A549_USF-1_None#2"`)
#'       that `label` leaves out.}
#'     \item{`cell`, `target`, `treatment`}{what the label says; `NA` where it does not}
#'   }
#' @section Errors:
#' `deepmr_error_argument` (no model, or a term that is not a string with text in it),
#' `deepmr_error_model_lost` (a model read back from a file).
#' @examplesIf deepmr_python_info()$usable
#' outputs(model_demo())
#' outputs(model_demo(), "dref")
#' @export
outputs <- function(model, ...) {
  check_model(model)
  terms <- check_terms(list(...))
  table <- describe_outputs(model$outputs)
  if (!length(terms)) {
    return(table)
  }
  found <- lapply(terms, find_output, table = table)
  rows <- which(Reduce(`&`, found))
  if (!length(rows)) tell_nothing_found(terms, vapply(found, any, TRUE), table)
  table[rows]
}

describe_outputs <- function(outputs) {
  label <- output_labels(outputs)
  data.table::data.table(index = seq_along(outputs), output = outputs, label = label, parse_labels(label))
}

check_terms <- function(terms, call = rlang::caller_env()) {
  for (i in seq_along(terms)) {
    term <- terms[[i]]
    if (!rlang::is_string(term) || !nzchar(trimws(term))) {
      stop_deepmr(
        "argument", "Term {i} must be one string with text in it, not {.obj_type_friendly {term}}.",
        "Give each term by itself: {.code outputs(model, \"HepG2\", \"FOXA1\")}.",
        call = call
      )
    }
  }
  named <- names(terms)[nzchar(names(terms))]
  if (length(named)) {
    stop_deepmr(
      "argument", "Terms have no names, and {.arg {named[1L]}} is no argument.",
      "A term is looked for in cell, target, treatment, label and output alike.",
      call = call
    )
  }
  terms
}

# TRUE for each row that the term matches.
find_output <- function(term, table) {
  term <- tolower(term)
  parts <- as.list(table)[c("cell", "target", "treatment", "label", "output")]
  exact <- Reduce(`|`, lapply(parts, function(part) tolower(part) %in% term))
  if (any(exact)) exact else grepl(term, tolower(table$output), fixed = TRUE)
}

tell_nothing_found <- function(terms, matched, table) {
  terms <- unlist(terms)
  text <- if (all(matched)) {
    c("!" = "No output matches {.val {terms}} together.", i = "Each matches some output by itself.")
  } else {
    term <- terms[!matched][1L]
    names <- unique(c(table$target, table$cell, table$treatment, table$label))
    near <- nearest_names(term, names[!is.na(names)])
    c("!" = "No output matches {.val {term}}.", i = "Nearest: {.val {near}}.")
  }
  cli::cli_inform(text, class = "deepmr_message_outputs")
}
