#' How dropout is used as a source of uncertainty
#'
#' Monte-Carlo dropout keeps dropout active when predicting. Under **locked**
#' masks a reference sequence and all its variants share the same mask in each
#' draw, so that the variance of an effect is
#' Var(ref) + Var(alt) - 2 Cov(ref, alt) with the covariance that it really has.
#' Plain (**unlocked**) dropout gives each row its own mask and loses it.
#'
#' Masks are a function of the seed, the sequence's text, the draw, the position
#' of the dropout call in the forward pass, its rate and its shape. Batch size,
#' order of the sequences, device and the choice of active or added layers do not change
#' them. Two sequences with the same text share their masks; so do the two strands of
#' a network that appends the reverse complements to the batch and averages (strands
#' that lie next to each other in the batch cannot be told from the heads of an
#' attention layer, and have a mask each, shared by reference and variants).
#'
#' @section Adding dropout:
#' `extra` puts dropout after layers of a network that has it in only some, or nowhere:
#' `extra = c(conv1 = 0.2)` multiplies what the layer `conv1` gives by a mask that is 0 with
#' probability 0.2 and 1 / 0.8 otherwise, as `nn.Dropout(0.2)` there would in training. Layers go by
#' their path in the network ([layers()] lists them), and may be containers such as an `nn.Sequential`. The
#' network itself stays as it is. The added dropout call is named `conv1+dropout` in
#' `rate` and `layers` (`conv1+dropout#1`, `conv1+dropout#2` where the layer is called twice). It has masks
#' of its own, which depend on the layer's name instead of on a position, and those of the other calls, added or not,
#' stay what they were. In an ensemble each member must have the layer.
#'
#' Dropout makes sense after the nonlinearity of a hidden layer, where networks are
#' trained with it; not after the last layer, where it would set predictions to 0, nor right
#' after the input. A network that was not trained with it need not predict well under it: the larger the
#' rate, the further the mean over masks may be from the prediction without (compare with `dropout = NULL`).
#'
#' @param mask `"locked"` (default) or `"unlocked"`.
#' @param unit What is dropped: an `"element"`, or a whole `"channel"` of a
#'   (sequences, channels, ...) layer at once. After a dense layer, where there
#'   is one value per channel, both are the same.
#' @param rate Dropout rate in \[0, 1) used instead of the model's own: one
#'   number for all dropout calls, added ones included, or a vector named by dropout call or module
#'   (print the model to see the names; a module that is called twice has the
#'   calls `drop#1` and `drop#2`, and `drop` means both). 0 switches a call off.
#' @param layers Names of the only dropout calls to be active, an added one among them as
#'   `conv1+dropout`; all by default.
#' @param extra Rates in (0, 1), named by layer, of dropout that is added after these layers:
#'   see below. `NULL` adds none.
#' @return A `deepmr_dropout_spec`.
#' @section Errors: `deepmr_error_argument`. When a model is run, `deepmr_error_unknown_layer` (no such
#'   dropout call or layer; the nearest names are given), `deepmr_error_no_dropout` (none is active), and
#'   `deepmr_error_dropout_site`: a call that cannot be locked, or a layer after which dropout cannot be added,
#'   because it is not called, gives not one tensor of numbers, or is compiled (TorchScript).
#' @seealso [layers()]
#' @references Gal and Ghahramani (2016) Dropout as a Bayesian approximation,
#'   ICML 48:1050.
#' @examples
#' dropout_spec()
#' dropout_spec(unit = "channel", rate = 0.1)
#' dropout_spec(rate = c(drop1 = 0.05, drop3 = 0.3), layers = c("drop1", "drop3"))
#' dropout_spec(extra = c(conv1 = 0.2, "features.3" = 0.1))
#' @export
dropout_spec <- function(mask = "locked", unit = "element", rate = NULL, layers = NULL, extra = NULL) {
  check_choice(mask, c("locked", "unlocked"), "mask")
  check_choice(unit, c("element", "channel"), "unit")
  if (!is.null(rate)) check_rates(rate)
  if (!is.null(layers)) check_layers(layers)
  if (!is.null(extra)) check_extra(extra)
  structure(
    list(mask = mask, unit = unit, rate = rate, layers = layers, extra = extra),
    class = "deepmr_dropout_spec"
  )
}

check_rates <- function(rate, call = rlang::caller_env()) {
  in_range <- is.numeric(rate) && length(rate) > 0L && all(rate >= 0 & rate < 1)
  if (!isTRUE(in_range)) {
    stop_deepmr("argument", "Dropout rates must lie in [0, 1), not {.val {rate}}.", call = call)
  }
  check_rate_names(rate, call)
}

check_rate_names <- function(rate, call) {
  if (is.null(names(rate)) && length(rate) > 1L) {
    stop_deepmr(
      "argument", "{.arg rate} has {length(rate)} numbers without names.",
      "Name each by its dropout call, as in {.code c(drop1 = 0.1, drop2 = 0.2)}; printing the model lists them.",
      call = call
    )
  }
  if (anyDuplicated(c("", names(rate)))) {
    stop_deepmr("argument", "Each rate needs a name of its own, not {.val {names(rate)}}.", call = call)
  }
}

check_layers <- function(layers, call = rlang::caller_env()) {
  if (!is.character(layers) || !length(layers) || anyNA(layers)) {
    stop_deepmr("argument", "{.arg layers} must be names of dropout calls, not {.val {layers}}.", call = call)
  }
}

check_extra <- function(extra, call = rlang::caller_env()) {
  in_range <- is.numeric(extra) && length(extra) > 0L && all(extra > 0 & extra < 1)
  if (!isTRUE(in_range)) {
    stop_deepmr(
      "argument", "Rates of added dropout must lie between 0 and 1 (exclusive), not {.val {extra}}.",
      call = call
    )
  }
  if (is.null(names(extra)) || anyDuplicated(c("", NA, names(extra)))) {
    stop_deepmr(
      "argument", "Each rate of {.arg extra} needs the name of a layer, each once.",
      "As in {.code c(conv1 = 0.2)}; {.code layers(model)} lists the layers.",
      call = call
    )
  }
}

check_spec <- function(dropout, call = rlang::caller_env()) {
  if (!inherits(dropout, "deepmr_dropout_spec")) {
    stop_deepmr(
      "argument", "{.arg dropout} must come from {.fn dropout_spec}, not {.obj_type_friendly {dropout}}.",
      call = call
    )
  }
}

# The Python counterpart.
backend_spec <- function(dropout) {
  call_backend(
    "sites.make_spec", dropout$mask, dropout$unit, if (!is.null(dropout$rate)) as.list(unname(dropout$rate)),
    if (!is.null(names(dropout$rate))) as.list(names(dropout$rate)),
    if (!is.null(dropout$layers)) as.list(dropout$layers), if (!is.null(dropout$extra)) as.list(dropout$extra)
  )
}

#' @export
format.deepmr_dropout_spec <- function(x, ...) {
  rate <- if (is.null(x$rate)) {
    "the model's own rates"
  } else if (is.null(names(x$rate))) {
    paste("rate", x$rate)
  } else {
    paste("rates", paste(names(x$rate), x$rate, sep = " = ", collapse = ", "))
  }
  layers <- if (is.null(x$layers)) "all dropout calls" else paste("only", paste(x$layers, collapse = ", "))
  paste0(x$mask, " masks, one per ", x$unit, ", ", rate, ", ", layers, added_in_words(x))
}

# One rate for all calls is that of added ones, too.
added_in_words <- function(x) {
  if (is.null(x$extra)) {
    return("")
  }
  all_alike <- !is.null(x$rate) && is.null(names(x$rate))
  layers <- if (all_alike) names(x$extra) else paste(names(x$extra), x$extra, sep = " = ")
  paste(", added after", paste(layers, collapse = ", "))
}

#' @export
print.deepmr_dropout_spec <- function(x, ...) {
  cat("<dropout> ", format(x), "\n", sep = "")
  invisible(x)
}
