# Bins of predicted probabilities, and the checks that come before them.

# Bin i of k is [(i - 1)/k, i/k), the last one closed. Comparing with the edges, not
# flooring prob * k, keeps 0.29 of 100 bins where it belongs.
width_bin <- function(prob, bins) {
  findInterval(prob, (0:bins) / bins, rightmost.closed = TRUE)
}

# Near-equal counts with ties together: the bin of the mean rank. Some bins stay empty
# when many predictions tie.
adaptive_bin <- function(prob, bins) {
  as.integer(floor((rank(prob) - 0.5) * bins / length(prob))) + 1L
}

# Per non-empty bin: `n`, its `share` of the predictions, the share of ones `rate`, and the `gap` between that and the
# mean prediction.
gaps_by_bin <- function(prob, label, bin) {
  n <- tapply(prob, bin, length)
  rate <- tapply(label, bin, mean)
  list(n = n, share = n / length(prob), rate = rate, gap = abs(rate - tapply(prob, bin, mean)))
}

# Predictions with their labels, checked, as a data.table of `prob`, `label` (0/1) and `cluster`; of a table of
# predictions also `output`. `args`: what the caller's arguments are called.
calibration_data <- function(prob, label, clusters = NULL, args = c("prob", "label"), call = rlang::caller_env()) {
  if (is.data.frame(prob)) {
    if (!is.null(clusters)) {
      stop_deepmr(
        "argument", "{.arg clusters} are the sequences where {.arg {args[1L]}} is a table of predictions.",
        "Leave {.arg clusters} out.",
        call = call
      )
    }
    data <- labelled_predictions(prob, label, arg = args[1L], call = call)
    checked <- check_predictions(data$prob, data$label, c(paste0(args[1L], "$mean"), "labels$label"), call = call)
    data.table::set(data, j = "label", value = checked)
    return(data.table::setnames(data, "sequence", "cluster")[])
  }
  label <- check_predictions(prob, label, args, call = call)
  check_clusters(clusters, length(prob), call)
  data.table::data.table(
    prob = as.vector(prob), label = label, cluster = if (is.null(clusters)) seq_along(prob) else as.vector(clusters)
  )
}

check_clusters <- function(clusters, n, call) {
  if (is.null(clusters)) {
    return(invisible())
  }
  if (!is.atomic(clusters) || length(clusters) != n || anyNA(clusters)) {
    stop_deepmr(
      "argument",
      paste(
        "{.arg clusters} must be a vector as long as {.arg prob} ({n}) without missing values;",
        "it is {.obj_type_friendly {clusters}} of length {length(clusters)} with {sum(is.na(clusters))} missing."
      ),
      call = call
    )
  }
}

# Rows of calibration_data() by output in order of appearance; data without outputs are one set without a name.
split_outputs <- function(data) {
  if (is.null(data$output)) list(data) else split(data, by = "output", sorted = FALSE)
}

# The same, and all outputs' rows as "(pooled)".
by_output <- function(data) {
  c(split_outputs(data), if (!is.null(data$output)) stats::setNames(list(data), "(pooled)"))
}

# Stops unless `prob` and `label`, which the user knows as `args`, fit together; returns the labels as 0/1 numbers.
check_predictions <- function(prob, label, args, call = rlang::caller_env()) {
  if (!is.numeric(prob) || length(dim(prob)) > 1L) {
    stop_deepmr(
      "probability", "{.arg {args[1L]}} must be a numeric vector, not {.obj_type_friendly {prob}}.",
      "Give one output at a time, for example one column of a matrix.",
      call = call
    )
  }
  if (!(is.numeric(label) || is.logical(label)) || length(dim(label)) > 1L) {
    stop_deepmr(
      "label", "{.arg {args[2L]}} must be a vector of 0/1 or TRUE/FALSE, not {.obj_type_friendly {label}}.",
      call = call
    )
  }
  if (length(prob) == 0L || length(prob) != length(label)) {
    stop_deepmr(
      "length",
      paste(
        "{.arg {args[1L]}} and {.arg {args[2L]}} must be as long as each other and not empty;",
        "they have {length(prob)} and {length(label)} values."
      ),
      call = call
    )
  }
  bad <- which(is.na(prob) | prob < 0 | prob > 1)
  if (length(bad)) {
    stop_deepmr(
      "probability",
      paste(
        "{.arg {args[1L]}} must lie between 0 and 1, without missing values;",
        "{length(bad)} of {length(prob)} values fail, the first is {prob[bad[1L]]} at {bad[1L]}."
      ),
      "Scores need a transform to probabilities first, for example {.fn stats::plogis} for logits.",
      call = call
    )
  }
  check_binary(label, args[2L], call)
  as.numeric(as.vector(label))
}

check_binary <- function(label, arg, call) {
  bad <- which(is.na(label) | !label %in% c(0, 1))
  if (length(bad)) {
    stop_deepmr(
      "label",
      paste(
        "{.arg {arg}} must be 0 or 1 (or TRUE/FALSE), without missing values;",
        "{length(bad)} of {length(label)} values fail, the first is {label[bad[1L]]} at {bad[1L]}."
      ),
      "Calibration is measured against what was observed; a probability is no label.",
      call = call
    )
  }
}
