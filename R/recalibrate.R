#' Repair calibration on held-out labels
#'
#' Fits, output by output, the map from predictions to what was observed, on labels of sequences
#' that the network has not seen in training and that are not analysed afterwards. The result is a transform:
#' `with_transform(model, fit)` puts it on each *draw*, and effects, variances and covariances are
#' then those of the recalibrated draws. (Scaling a mean effect afterwards would not give these.)
#'
#' * `"none"`: nothing, the baseline.
#' * `"platt"`: `plogis(a + b * qlogis(p))` by logistic regression ([stats::glm()]) of the labels on the logits
#'   (Platt 1999). Where `b` is negative, which a warning tells, the predictions rise as the labels fall.
#' * `"temperature"`: the same with `a = 0` and `b = 1 / temperature`, which minimises the log loss (Guo et al. 2017). A
#'   temperature above 1 moves over-confident predictions towards 1/2.
#' * `"isotonic"`: the non-decreasing function nearest to the labels ([stats::isoreg()]; Zadrozny and Elkan 2002),
#'   linear between its points and constant beyond the first and the last, as scikit-learn's `IsotonicRegression`.
#'   Labels of equal predictions are averaged first. It is flat over wide stretches, where a variant's effect becomes
#'   exactly 0 (and is left out of fits as rounding): for Mendelian randomization prefer a smooth method.
#' * `"variance"`: for continuous labels, or several labels of each sequence and output. Variances are multiplied by
#'   `lambda = max(0, sum((y - mean)^2 - v) / sum(var))`, v being the variance of the noise in the label y, whose
#'   square would otherwise be taken for the model's uncertainty. Predictions and effects stay, standard errors are
#'   multiplied by `sqrt(lambda)`: [transform_spread()]. Its interval is a percentile bootstrap over sequences,
#'   because a chi-square interval needs normal errors and one common variance (in simulations with very different
#'   variances the 95 % interval held the truth in 96, 94 and 88 % of 400 runs with 2000, 200 and 30 sequences: with
#'   few, it is too narrow). Several labels of a sequence are
#'   averaged; without `noise`, v is their sample variance over their number, and sequences with one label are left
#'   out with a message. A *single* 0/1 label is refused: as y^2 = y, its squared error depends on the probability
#'   alone and says nothing about how far the prediction is off beyond its mean. `lambda = 0` (noise explains all
#'   error; a warning tells) leaves no variance, and no row to fit.
#'
#' @section What it is fitted on:
#' The mean over the draws, `x$mean`, is mapped to the labels; the transform is then put on each draw. The mean of the
#' transformed draws is not the transformed mean (Jensen's inequality), but differs from it by about half the
#' curvature of the map times the variance of the draws: little where dropout moves a prediction little
#' compared with the bend of the curve. Look at the result: [calibration_error()] of
#' `predict(with_transform(model, fit), ...)` on further labelled sequences shows what is left, and
#' so tells more than the scores of this page, which are in-sample.
#'
#' `x` must be on the scale on which the transform is put: predict with the model that [with_transform()] gets.
#' `"variance"` is fitted to errors of predictions. Whether the standard errors of *effects* become right is another
#' question, which needs known effects.
#'
#' @section 0 and 1:
#' `"platt"` and `"temperature"` take logits as [transform_logit()] does: probabilities of 0 and 1 as 1e-45 and 1 -
#' 1.1e-16, logits of -103.6 and 36.7. A few such predictions with the wrong label dominate the fit.
#'
#' @param x A table of [predict()] (columns `sequence`, `output`, `mean`, and `var` for `"variance"`); or, but for
#'   `"variance"`, the predicted probabilities of one output as a vector.
#' @param labels What was observed: with a table, a data frame of `sequence`, `output` and `label`, one row for each
#'   sequence and output, or several for `"variance"`; with a vector, one as long. 0/1 or `TRUE`/`FALSE` but for
#'   `"variance"`. Predictions without a label are left out, and a message says how many.
#' @param method `"none"`, `"platt"`, `"temperature"`, `"isotonic"` or `"variance"`.
#' @param noise For `"variance"`: variance of the noise of one label, a number, or a column `noise` of `labels`; 0 if
#'   labels are exact. By default it is estimated from several labels of a sequence.
#' @param level Confidence level of intervals: of Wald for `"platt"` and `"temperature"` (there of its logarithm), of
#'   the bootstrap for `"variance"`.
#' @param resamples,seed Number of bootstrap resamples, at least 1, and their seed; the session's random state is left
#'   as found.
#' @return A `deepmr_recalibration`, which is a transform (see [with_transform()]). A fit to a vector has one set of
#'   numbers for all outputs. `tidy()` gives a data.table with one row for each parameter: `output` (for a table),
#'   `term` (`"a"`, `"b"`, `"temperature"`, `"lambda"`, or for `"isotonic"` the number of `"levels"`), `estimate`,
#'   `std.error`, `conf.low`, `conf.high`. `glance()` gives one row for each output: `output`, `method`, `n` (labels;
#'   sequences for `"variance"`), `score`, and its mean `before` and `after` on the labels of the fit. The score is
#'   `"log_loss"`, or for `"variance"` `"nll"`: the negative log likelihood of the label under a normal distribution
#'   of variance `lambda * var + v`.
#' @section Errors:
#' `deepmr_error_too_few` (fewer than 10 labels of an output), `deepmr_error_one_class`, `deepmr_error_separation`
#' (`"platt"`, `"temperature"`: a threshold tells the labels apart, so the best slope is infinite),
#' `deepmr_error_no_information` (`"temperature"`: predictions no better than 1/2), `deepmr_error_no_spread` (equal
#' predictions, or no variance), `deepmr_error_single_labels` and `deepmr_error_noise` (`"variance"`), and those of
#' [calibration_error()].
#' @references
#' Platt (1999) Probabilistic outputs for support vector machines and comparisons to regularized likelihood methods.
#'
#' Guo, Pleiss, Sun and Weinberger (2017) On calibration of modern neural networks. ICML, PMLR 70:1321-1330.
#'
#' Zadrozny and Elkan (2002) Transforming classifier scores into accurate multiclass probability estimates. KDD,
#' 694-699.
#' @seealso [calibration_error()], [reliability()].
#' @examples
#' prob <- c(.05, .15, .25, .45, .55, .65, .85, .95, .99, .01)
#' label <- c(0, 0, 1, 0, 1, 1, 1, 1, 1, 0)
#' fit <- recalibrate(prob, label, "platt")
#' fit
#' tidy(fit)
#' @examplesIf deepmr_python_info()$usable
#' held_out <- demo_sequences(40)
#' predicted <- predict(model_demo(), held_out, outputs = c("Dref", "da"), n_samples = 10)
#' # Labels drawn from the oracle, where there would be an assay.
#' truth <- demo_truth(held_out)$levels[output %in% predicted$output]
#' truth$label <- as.integer((seq_along(truth$level) * 0.618) %% 1 < truth$level)
#' with_transform(model_demo(), recalibrate(predicted, truth, "platt"))
#' @export
recalibrate <- function(x, labels, method, noise = NULL, level = 0.95, resamples = 1000L, seed = 1L) {
  check_given(x, "x", "a table of predictions or a vector of probabilities")
  choices <- c("none", "platt", "temperature", "isotonic", "variance")
  check_given(method, "method", paste("one of", paste(choices, collapse = ", ")))
  check_choice(method, choices, "method")
  level <- check_level(level)
  resamples <- check_count(resamples, "resamples")
  seed <- check_count(seed, "seed", min = 0L)
  if (method != "variance" && !is.null(noise)) {
    stop_deepmr("argument", "{.arg noise} is for {.code method = \"variance\"} only, not {.val {method}}.")
  }
  data <- if (method == "variance") {
    variance_data(x, labels, noise)
  } else {
    calibration_data(x, labels, args = c("x", "labels"))
  }
  sets <- split_outputs(data)
  show <- progress("Recalibrating", length(sets))
  call <- rlang::current_env()
  fits <- lapply(seq_along(sets), function(i) {
    name <- names(sets)[i]
    fit <- fit_recalibration(sets[[i]], method, output_in_words(name), level, resamples, seed, call)
    show(i, if (length(name)) name else "")
    fit
  })
  new_recalibration(stats::setNames(fits, names(sets)), method)
}

fit_recalibration <- function(set, method, where, level, resamples, seed, call) {
  if (method != "none") check_enough_labels(set, where, call)
  switch(method,
    none = fit_none(set),
    platt = fit_platt(set, level, where, call),
    temperature = fit_temperature(set, level, where, call),
    isotonic = fit_isotonic(set, where, call),
    variance = fit_variance(set, level, resamples, seed, where, call)
  )
}

output_in_words <- function(name) if (length(name)) paste0("the output \"", name, "\"") else "`x`"

check_enough_labels <- function(set, where, call) {
  if (nrow(set) < 10L) {
    stop_deepmr(
      "too_few", "There are {nrow(set)} labels of {where}; a recalibration needs 10 at least.",
      "Label more held-out sequences, or leave the output out of {.arg labels}.",
      call = call
    )
  }
}

# `fits`: for each output list(terms, numbers, score), named by output or without names.
new_recalibration <- function(fits, method) {
  numbers <- function(name) vapply(fits, function(fit) fit$numbers[[name]], 0)
  points <- function(name) {
    points <- lapply(fits, function(fit) fit$numbers[[name]])
    if (is.null(names(fits))) points[[1L]] else points
  }
  transform <- switch(method,
    none = transform_identity(),
    platt = transform_platt(numbers("a"), numbers("b")),
    temperature = transform_temperature(numbers("temperature")),
    isotonic = transform_table(points("x"), points("y")),
    variance = transform_spread(numbers("lambda"))
  )
  table <- function(part) {
    data.table::rbindlist(lapply(fits, `[[`, part), idcol = if (!is.null(names(fits))) "output")
  }
  structure(
    unclass(transform),
    class = c("deepmr_recalibration", "deepmr_transform"),
    method = method, terms = table("terms"), scores = table("scores")
  )
}

transform_temperature <- function(temperature) {
  new_transform(list(
    logit_affine(paste("temperature scaling", numbers_in_words(temperature = temperature)), 0, 1 / temperature)
  ))
}

#' @rdname recalibrate
#' @param ... Must be empty.
#' @method tidy deepmr_recalibration
#' @export
tidy.deepmr_recalibration <- function(x, ...) {
  rlang::check_dots_empty()
  data.table::copy(attr(x, "terms"))
}

#' @rdname recalibrate
#' @method glance deepmr_recalibration
#' @export
glance.deepmr_recalibration <- function(x, ...) {
  rlang::check_dots_empty()
  scores <- data.table::copy(attr(x, "scores"))
  data.table::set(scores, j = "method", value = attr(x, "method"))
  data.table::setcolorder(scores, intersect(c("output", "method"), names(scores)))[]
}

#' @export
print.deepmr_recalibration <- function(x, ...) {
  scores <- attr(x, "scores")
  cat("<recalibration> ", attr(x, "method"), ": ", format(x), "\n", sep = "")
  if (nrow(attr(x, "terms"))) print_table(attr(x, "terms"), ...)
  cat("Mean ", scores$score[1L], " on the labels that it was fitted on (in-sample):\n", sep = "")
  print_table(scores[, setdiff(names(scores), "score"), with = FALSE], ...)
  invisible(x)
}
