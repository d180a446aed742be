# What was observed, matched to what was predicted, by sequence and output.

# `x`: a table of predict(), or any with `sequence`, `output` and `mean`. `labels`: `sequence`, `output`, `label`.
# One row for each prediction that has a label, in the order of `x`: `sequence`, `output`, `prob` (the mean over the
# draws), `label`.
labelled_predictions <- function(x, labels, arg = "x", call = rlang::caller_env()) {
  matched <- match_labels(x, labels, arg = arg, call = call)
  twice <- anyDuplicated(matched, by = prediction_keys)
  if (twice) {
    stop_deepmr(
      "labels",
      paste(
        "{.arg labels} has several labels of {.val {matched$output[twice]}}",
        "for the sequence {.val {matched$sequence[twice]}}."
      ),
      "Give one row for each sequence and output.",
      call = call
    )
  }
  data.table::setnames(matched, "mean", "prob")
  matched[, c(prediction_keys, "prob", "label"), with = FALSE]
}

prediction_keys <- c("sequence", "output")

# As labelled_predictions(), with repeated labels one row each, `columns` of `x` under their own names, and all columns
# of `labels`.
match_labels <- function(x, labels, columns = "mean", arg = "x", call = rlang::caller_env()) {
  x <- check_columns(x, c(prediction_keys, columns), arg, call = call)
  check_numeric_columns(x, columns, arg, call = call)
  labels <- check_columns(labels, c(prediction_keys, "label"), "labels", call = call)
  predicted <- keyed_by_text(x, columns)
  observed <- keyed_by_text(labels, setdiff(names(labels), c(prediction_keys, columns)))
  check_predicted_once(predicted, arg, call)
  check_labels_predicted(predicted, observed, arg, call)
  tell_unlabelled(predicted, observed)
  observed[predicted, on = prediction_keys, nomatch = NULL]
}

# A plain copy with `columns`, whose sequence and output are text, whatever they were read as.
keyed_by_text <- function(table, columns) {
  keys <- lapply(unclass(table)[prediction_keys], as.character)
  data.table::as.data.table(c(keys, unclass(table)[columns]))
}

check_predicted_once <- function(predicted, arg, call) {
  twice <- anyDuplicated(predicted, by = prediction_keys)
  if (twice) {
    stop_deepmr(
      "labels",
      paste(
        "{.arg {arg}} has several predictions of {.val {predicted$output[twice]}}",
        "for the sequence {.val {predicted$sequence[twice]}}."
      ),
      call = call
    )
  }
}

check_labels_predicted <- function(predicted, observed, arg, call) {
  if (!nrow(observed) || !nrow(predicted)) {
    empty <- if (nrow(observed)) arg else "labels"
    stop_deepmr("labels", "{.arg {empty}} has no rows.", call = call)
  }
  for (what in prediction_keys) {
    unknown <- setdiff(observed[[what]], predicted[[what]])
    if (length(unknown)) {
      stop_deepmr(
        "labels",
        paste(
          "{.arg labels} has the {what} {.val {unknown[1L]}}, which {.arg {arg}} has no prediction of",
          "({length(unknown)} of {length(unique(observed[[what]]))} are unknown)."
        ),
        c(
          "{.arg {arg}} has {.val {nearest_names(unknown[1L], unique(predicted[[what]]))}}, for example.",
          "Predict it too, or leave its labels out."
        ),
        call = call
      )
    }
  }
  without <- observed[!predicted, on = prediction_keys]
  if (nrow(without)) {
    stop_deepmr(
      "labels",
      paste(
        "{.arg labels} has a label of {.val {without$output[1L]}} for the sequence {.val {without$sequence[1L]}},",
        "which {.arg {arg}} has no prediction of."
      ),
      call = call
    )
  }
}

tell_unlabelled <- function(predicted, observed) {
  n <- nrow(predicted[!observed, on = prediction_keys])
  if (n) {
    cli::cli_inform(
      "{n} of {nrow(predicted)} predictions {?has/have} no label and {?is/are} left out.",
      class = "deepmr_message_unlabelled"
    )
  }
}
