# One concept for what happens to each draw of the predictions before moments are taken:
# a `deepmr_transform` is a list of parts, each a label and the steps that Python knows
# (inst/python/deepmr_torch/transform.py): logit, sigmoid, affine (a + b x), table. The step "spread" is none of
# Python's: it needs the mean over the draws, so the collected tables take it (R/transform-spread.R).

#' The scale of the predictions
#'
#' `with_transform()` gives a model whose predictions are transformed, draw by draw, before
#' any moment is taken: means, variances, covariances, effects and draws are then all on the
#' new scale. (Transforming a mean difference afterwards would not give this: the mean of a
#' curved function is not the function of the mean.)
#'
#' * `transform_logit()`: log odds of a probability.
#' * `transform_sigmoid()`: probability of log odds, for a network that gives logits.
#' * `transform_platt(a, b)`: Platt scaling of a probability, `plogis(a + b * qlogis(p))`:
#'   the recalibration by a logistic regression of labels on the logit, with intercept `a`
#'   and slope `b`.
#' * `transform_table(x, y)`: linear between the points (x, y), as isotonic recalibration
#'   gives; outside them the values at the ends hold.
#' * `transform_prevalence(prevalence, to)`: from the share of positives in the training
#'   data to another one, the same for all marks:
#'   `plogis(qlogis(p) + qlogis(to) - qlogis(prevalence))`.
#' * `transform_spread(factor)`: draws spread about their own mean, `m + sqrt(factor) * (x - m)`, as the recalibration
#'   of variances gives: `var_ref`, `var_alt` and `cov` are multiplied by `factor`, `se` by its root, effects and mean
#'   predictions stay. It comes last, because the mean is known only when all draws are on
#'   their scale. A mutagenesis table has the factor in its column `spread`, by which [fit_mr()] knows the draws that
#'   the means were made of: fits under `error = "mc"` take those, and so are the same as without this transform;
#'   `"classical"` and `"posterior"` take the draws as they are spread (their share of 1/T, too).
#' * `transform_identity()`: nothing.
#'
#' @section Probabilities or logits?:
#' A classifier's own scale is the probability: effects are changes of the predicted
#' probability of a mark, between -1 and 1, easy to read, and small wherever the sequence is
#' nearly certain to have or to lack the mark, however strong the mutation. On the logit
#' scale effects are log odds ratios: the same change of evidence counts the same at a
#' probability of .01 and of .5, and effects that add up stay additive. A Mendelian
#' randomization fits a straight line, so choose the scale on which outcome should be
#' linear in exposure, the same for both unless there is a reason, and see whether the
#' answer depends on it. Rare marks, whose probabilities are all near 0, are better
#' looked at as logits. Near 1 a float32 probability has few digits left and its logit is
#' rounding; 0 and 1 have none and are taken as 1e-45 and 1 - 1.1e-16. All such rows are marked
#' `at_rounding`. A network that gives logits has none of
#' this trouble: leave it as it is for logits, `transform_sigmoid()` for probabilities.
#'
#' @section Normalising to a prevalence:
#' A mark that is rarer in the training data is predicted with a lower probability. DeepSEA's
#' server therefore offers probabilities as if each mark had a prevalence of 5 percent, which is
#' `transform_prevalence(prevalence)`. It shifts log odds by a constant. On the logit scale it
#' changes no effect, no variance and no slope, and is not needed; on the probability scale
#' it changes all of them, because it moves the sequence along the sigmoid. Any
#' shift that is the same for all draws (setting the reference to zero, say) cancels from effects
#' on its own scale.
#'
#' @section No precision term:
#' For regression, Gal and Ghahramani (2016) add the noise of an observation, the inverse
#' precision, to the variance over dropout draws, to predict where a *new
#' measurement* will lie. A classifier's prediction is the probability itself: the noise of a
#' 0/1 label, p (1 - p), follows from it and is no free term. And an effect is a difference
#' of two probabilities under one mask, not of two labels: its standard error is the spread of
#' that difference over the draws, with nothing added.
#'
#' @param model A `deepmr_model`.
#' @param transform One of the transforms below, or `NULL`, which takes all
#'   transforms away, those of an ensemble's members too. A transform comes after those
#'   that the model has already: first `transform_sigmoid()`, then `transform_platt()`.
#' @param a,b Intercept and slope: one number, which is that of all outputs, or numbers named by output.
#' @param x,y Points: two equally long vectors of numbers, `x` increasing; or lists of such
#'   vectors named by output.
#' @param prevalence Share of positives in the training data, between 0 and 1: one number, or
#'   numbers named by output.
#' @param to The prevalence to change to.
#' @param factor What variances are multiplied by, at least 0: one number, or numbers named by output. With 0 no
#'   variance is left, and all rows are marked `at_rounding`.
#' @return `with_transform()`: a `deepmr_model`, the one given unchanged. The others: a
#'   `deepmr_transform`. Where numbers are named by output, the other outputs have no scale
#'   and asking for them is an error.
#' @section Errors:
#' `deepmr_error_not_probability`: a logit of something outside 0 to 1.
#' `deepmr_error_unknown_output`, `deepmr_error_no_scale`: names that are not outputs; outputs
#' without numbers. `deepmr_error_spread`: a transform after `transform_spread()`.
#' @references
#' Gal and Ghahramani (2016) Dropout as a Bayesian approximation. ICML, equation 11 of the
#' appendix.
#'
#' Platt (1999) Probabilistic outputs for support vector machines.
#'
#' Saerens, Latinne and Decaestecker (2002) Adjusting the outputs of a classifier to new a priori
#' probabilities. Neural Computation 14:21-41, equation 2.4.
#'
#' Zhou and Troyanskaya (2015) Predicting effects of noncoding variants with deep
#' learning-based sequence model. Nature Methods 12:931-934, and the help of its server.
#' @examples
#' transform_platt(a = -0.2, b = 1.3)
#' transform_prevalence(c(HepG2_FOXA1 = 0.021, HepG2_DNase = 0.034))
#' @examplesIf deepmr_python_info()$usable
#' model <- with_transform(model_demo(), transform_logit())
#' model
#' predict(model, demo_sequences(1), outputs = "Dref", n_samples = 10)
#' @export
with_transform <- function(model, transform) {
  check_model(model)
  if (is.null(transform)) {
    return(new_model(call_backend("transform.with_steps", model$handle, NULL)))
  }
  if (!inherits(transform, "deepmr_transform")) {
    stop_deepmr(
      "argument", "{.arg transform} must be a transform, not {.obj_type_friendly {transform}}.",
      "Make one with {.fn transform_logit}, {.fn transform_sigmoid}, {.fn transform_platt}, ..."
    )
  }
  check_transform_outputs(transform, model$outputs)
  check_spread_last(model$transform, transform)
  scaled <- both_outputs(model$scaled, transform_outputs(transform))
  if (length(scaled) == 0L && !is.null(scaled)) {
    stop_deepmr("no_scale", "No output would be left with a scale: the transforms have numbers for different outputs.")
  }
  steps <- lapply(draw_steps(transform), backend_step, outputs = model$outputs)
  new_model(
    call_backend("transform.with_steps", model$handle, steps),
    transform = new_transform(c(unclass(model$transform), unclass(transform))),
    scaled = scaled
  )
}

#' @rdname with_transform
#' @export
transform_identity <- function() {
  new_transform(list())
}

#' @rdname with_transform
#' @export
transform_logit <- function() {
  new_transform(list(list(label = "logit", steps = list(list(kind = "logit")))))
}

#' @rdname with_transform
#' @export
transform_sigmoid <- function() {
  new_transform(list(list(label = "sigmoid", steps = list(list(kind = "sigmoid")))))
}

#' @rdname with_transform
#' @export
transform_platt <- function(a, b) {
  check_per_output(a, "a")
  check_per_output(b, "b")
  if (!is.null(names(a)) && !is.null(names(b)) && !setequal(names(a), names(b))) {
    stop_deepmr(
      "argument", "{.arg a} and {.arg b} must be named by the same outputs.",
      "Only one has {.val {c(setdiff(names(a), names(b)), setdiff(names(b), names(a)))[1]}}."
    )
  }
  new_transform(list(logit_affine(paste("Platt scaling", numbers_in_words(a = a, b = b)), a, b)))
}

#' @rdname with_transform
#' @export
transform_table <- function(x, y) {
  if (is.list(x) || is.list(y)) {
    check_named_tables(x, y)
    label <- paste("tables for", counted(length(x), "output"))
  } else {
    label <- sprintf("table of %d points", length(x))
    x <- list(x)
    y <- list(y)
  }
  for (i in seq_along(x)) check_points(x[[i]], y[[i]], names(x)[i])
  new_transform(list(list(label = label, steps = list(list(kind = "table", x = x, y = y)))))
}

#' @rdname with_transform
#' @export
transform_prevalence <- function(prevalence, to = 0.05) {
  check_per_output(prevalence, "prevalence")
  check_open_share(prevalence, "prevalence")
  check_open_share(check_number(to, "to"), "to")
  label <- sprintf("prevalence changed to %g %s", to, numbers_in_words(from = prevalence))
  new_transform(list(logit_affine(label, stats::qlogis(to) - stats::qlogis(prevalence), prevalence^0)))
}

new_transform <- function(parts) {
  structure(parts, class = "deepmr_transform")
}

logit_affine <- function(label, a, b) {
  list(label = label, steps = list(list(kind = "logit"), list(kind = "affine", a = a, b = b), list(kind = "sigmoid")))
}

# One number, or several each named by its output.
check_per_output <- function(x, arg, call = rlang::caller_env()) {
  if (!is.numeric(x) || !length(x) || !all(is.finite(x))) {
    stop_deepmr("argument", "{.arg {arg}} must be finite numbers, not {.val {x}}.", call = call)
  }
  if ((length(x) > 1L && is.null(names(x))) || anyDuplicated(c("", names(x)))) {
    stop_deepmr(
      "argument", "The {length(x)} numbers of {.arg {arg}} must each be named by one output.",
      call = call
    )
  }
}

check_named_tables <- function(x, y, call = rlang::caller_env()) {
  same <- is.list(x) && is.list(y) && length(x) && !is.null(names(x)) && identical(names(x), names(y))
  if (!same || anyDuplicated(c("", names(x)))) {
    stop_deepmr(
      "argument", "{.arg x} and {.arg y} must be numbers, or lists named by the same outputs in one order.",
      call = call
    )
  }
}

check_points <- function(x, y, output = NULL, call = rlang::caller_env()) {
  finite <- function(v) is.numeric(v) && all(is.finite(v))
  ok <- finite(x) && finite(y) && length(x) >= 2L && length(x) == length(y) && !is.unsorted(x, strictly = TRUE)
  if (!ok) {
    where <- if (length(output)) paste(" for", output) else ""
    stop_deepmr(
      "argument", "{.arg x} and {.arg y}{where} must be at least 2 points, with {.arg x} strictly increasing.",
      "{.arg x} has {length(x)} value{?s}, {.arg y} {length(y)}.",
      call = call
    )
  }
}

# "(a = 0.1, b = 2)", or the number of outputs that have numbers of their own
numbers_in_words <- function(...) {
  values <- list(...)
  named <- max(lengths(lapply(values, names)))
  if (named) {
    return(paste("with numbers for", counted(named, "output")))
  }
  paste0("(", paste(names(values), "=", vapply(values, format, ""), collapse = ", "), ")")
}

# The outputs that a step has numbers for; NULL: all.
step_outputs <- function(step) {
  switch(step$kind,
    table = names(step$x),
    spread = names(step$factor),
    both_outputs(names(step$a), names(step$b))
  )
}

# The outputs that a transform has numbers for; NULL: all.
transform_outputs <- function(transform) {
  Reduce(both_outputs, lapply(transform_steps(transform), step_outputs), NULL)
}

# The outputs in both sets, where NULL is the set of all.
both_outputs <- function(a, b) {
  if (is.null(a)) b else if (is.null(b)) a else intersect(a, b)
}

transform_steps <- function(transform) {
  unlist(lapply(transform, `[[`, "steps"), recursive = FALSE)
}

check_transform_outputs <- function(transform, outputs, call = rlang::caller_env()) {
  named <- unlist(lapply(transform_steps(transform), step_outputs))
  unknown <- setdiff(named, outputs)
  if (length(unknown)) {
    stop_deepmr(
      "unknown_output", "The transform names {.val {unknown[1]}}, which is no output of the model.",
      "The nearest are {.val {nearest_names(unknown[1], outputs)}}.",
      call = call
    )
  }
}

# Outputs that a run asks for must have a scale.
check_scale <- function(model, index, call = rlang::caller_env()) {
  without <- if (!is.null(model$scaled)) setdiff(model$outputs[index], model$scaled)
  if (length(without)) {
    stop_deepmr(
      "no_scale",
      "The model's transform has no numbers for {.val {without[1]}}, which is asked for.",
      "Name outputs among {.val {utils::head(model$scaled, 3)}}.",
      call = call
    )
  }
}

# A step as Python takes it: numbers for all outputs, or for one that stands for all.
backend_step <- function(step, outputs) {
  spread <- function(values) as.list(unname(if (is.null(names(values))) values else values[outputs]))
  spread_tables <- function(tables) {
    if (is.null(names(tables))) {
      return(lapply(tables, as.list))
    }
    # An output without a table is never asked for (check_scale()), and would show.
    lapply(unname(tables[outputs]), function(v) as.list(if (is.null(v)) c(NA_real_, NA_real_) else v))
  }
  switch(step$kind,
    affine = list(kind = "affine", a = spread(step$a), b = spread(step$b)),
    table = list(kind = "table", x = spread_tables(step$x), y = spread_tables(step$y)),
    step
  )
}

#' @export
format.deepmr_transform <- function(x, ...) {
  if (!length(x)) {
    return("the network's own")
  }
  paste(vapply(x, `[[`, "", "label"), collapse = ", then ")
}

#' @export
print.deepmr_transform <- function(x, ...) {
  cat("<transform> ", format(x), "\n", sep = "")
  invisible(x)
}
