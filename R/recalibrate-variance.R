# Recalibration of variances: lambda = max(0, sum((y - mean)^2 - v) / sum(var)), with the label's own noise v known or
# estimated from several labels of one sequence and output.

# One row per sequence and output that can be used: `mean`, `var`, `label` (the mean of its labels), `v` (the variance
# of that mean).
variance_data <- function(x, labels, noise, call = rlang::caller_env()) {
  if (!is.data.frame(x)) {
    stop_deepmr(
      "argument", "{.code method = \"variance\"} needs a table of {.fn predict}, not {.obj_type_friendly {x}}.",
      call = call
    )
  }
  data <- match_labels(x, labels, c("mean", "var"), call = call)
  data <- with_noise(data, noise, call)
  data.table::set(data, j = "label", value = as.numeric(data$label))
  check_number_column(data, "mean", -Inf, "x", call = call)
  check_number_column(data, "var", 0, "x", "Predict with dropout on, or an ensemble: one draw has no variance.", call)
  check_number_column(data, "label", -Inf, "labels", call = call)
  data[, "binary" := all(.SD$label %in% c(0, 1)), by = "output"]
  data <- data[, list(
    mean = .SD$mean[1L], var = .SD$var[1L], label = mean(.SD$label), n_labels = .N, binary = .SD$binary[1L],
    v = if (anyNA(.SD$noise)) stats::var(.SD$label) / .N else sum(.SD$noise) / .N^2
  ), by = prediction_keys]
  without_single_labels(data, call)
}

# With the column `noise`, NA where it must be estimated.
with_noise <- function(data, noise, call) {
  if (!is.null(noise) && !is.null(data$noise)) {
    stop_deepmr(
      "argument", "{.arg noise} is given twice: as an argument and as a column of {.arg labels}.", "Leave one out.",
      call = call
    )
  }
  if (!is.null(data$noise)) {
    check_number_column(data, "noise", 0, "labels", call = call)
  } else {
    noise <- if (is.null(noise)) NA_real_ else check_number(noise, "noise", lower = 0, call = call)
    data.table::set(data, j = "noise", value = noise)
  }
  data
}

check_number_column <- function(data, column, least, arg, remedy = NULL, call) {
  values <- data[[column]]
  wrong <- if (is.numeric(values)) !is.finite(values) | values < least else rep(TRUE, length(values))
  if (any(wrong)) {
    i <- which(wrong)[1L]
    wanted <- if (is.finite(least)) paste("finite numbers of at least", least) else "finite numbers"
    stop_deepmr(
      if (column == "label") "label" else "argument",
      paste(
        "Column {.field {column}} of {.arg {arg}} must be {wanted}; it is {.val {values[i]}}",
        "for {.val {data$output[i]}} of the sequence {.val {data$sequence[i]}}."
      ),
      remedy,
      call = call
    )
  }
}

# A sequence with one label is of use where the label is continuous and its noise known.
without_single_labels <- function(data, call) {
  usable <- data$n_labels > 1L | !(data$binary | is.na(data$v))
  lost <- setdiff(data$output, data$output[usable])
  if (length(lost) && data$binary[match(lost[1L], data$output)]) {
    stop_deepmr(
      "single_labels", "{.val {lost[1L]}} has a single 0/1 label for each sequence: no variance can be fitted to it.",
      c(
        "As y^2 = y, such a label's squared error says nothing about the spread of the prediction's error.",
        "Give several labels of each sequence, or use {.val platt} or {.val temperature}."
      ),
      call = call
    )
  }
  if (length(lost)) {
    stop_deepmr(
      "noise", "{.val {lost[1L]}} has one label for each sequence, and its noise is not known.",
      "Give its variance as {.arg noise} (0 if labels are exact), or several labels of each sequence.",
      call = call
    )
  }
  if (!all(usable)) {
    cli::cli_inform(
      "{sum(!usable)} of {nrow(data)} predictions with a single label {?is/are} left out.",
      class = "deepmr_message_single_label"
    )
  }
  data[usable]
}

fit_variance <- function(set, level, resamples, seed, where, call) {
  if (!any(set$var > 0)) {
    stop_deepmr(
      "no_spread", "The variance of all {nrow(set)} predictions of {where} is 0: no factor changes it.",
      call = call
    )
  }
  if (all(set$label == set$mean)) {
    stop_deepmr(
      "label", "The labels of {where} are its {nrow(set)} mean predictions themselves: there is no error to explain.",
      "Give what was measured, of sequences that training has not seen.",
      call = call
    )
  }
  excess <- (set$label - set$mean)^2 - set$v
  lambda <- max(0, sum(excess) / sum(set$var))
  if (lambda == 0) {
    warn_deepmr(
      "no_variance", "The noise of the labels explains all error of {where}: lambda is 0, which leaves no variance.",
      "See whether {.arg noise} is a variance, in the labels' units squared.",
      call = call
    )
  }
  resampled <- resampled_lambda(excess, set$var, resamples, seed)
  interval <- unname(stats::quantile(resampled, (1 + c(-1, 1) * level) / 2))
  list(
    terms = data.table::data.table(
      term = "lambda", estimate = lambda, std.error = stats::sd(resampled), conf.low = interval[1L],
      conf.high = interval[2L]
    ),
    numbers = list(lambda = lambda),
    scores = data.table::data.table(
      n = nrow(set), score = "nll", before = normal_nll(set, set$var), after = normal_nll(set, lambda * set$var)
    )
  )
}

# A resample without any variance, of sequences that have none, has no lambda; it is drawn where hardly any has one.
resampled_lambda <- function(excess, var, resamples, seed) {
  n <- length(var)
  resampled <- with_seed(seed, lapply(blocks_of(resamples, n), function(rows) {
    counts <- resample_counts(n, length(rows))
    pmax(0, crossprod(counts, excess) / crossprod(counts, var))
  }))
  resampled <- unlist(resampled)
  resampled[is.finite(resampled)]
}

normal_nll <- function(set, var) {
  total <- var + set$v
  mean(0.5 * log(2 * pi * total) + (set$label - set$mean)^2 / (2 * total))
}
