#' Held-out likelihood as a function of the dropout rate
#'
#' For each rate, how well the mean prediction over the draws explains labels that training has not seen: a curve to
#' look at, beside the rates that the model was trained with. It chooses nothing.
#'
#' @section What the rate means, and does not:
#' Gal and Ghahramani (2016) read dropout training with weight decay as variational inference in an approximation to a
#' deep Gaussian process. The rate is then part of the approximating distribution, and tied to the
#' rest: with N training data, weight decay lambda and share p = 1 - rate of units kept, a prior length-scale l belongs
#' to the precision tau = p l^2 / (2 N lambda) of the observations (their section 4). Three consequences:
#' * The training rate is the one for which the variational objective was optimised. It makes the draws *that*
#'   approximate posterior's; it does not make it a good one, and the tie says nothing of how large the rate should be
#'   without l and tau, which nobody knows of a network off the shelf.
#' * A rate changed after training is no posterior of that training: weights that were fitted under one mask
#'   distribution are looked at under another. It is a knob on the spread of the draws, and
#'   this curve, or the coverage of standard errors where a truth is known ([se_coverage()], [compare_uncertainty()]),
#'   is all that speaks for a setting of it.
#' * The likelihood here is that of the *mean* prediction. It says which rate predicts best; rates that predict alike
#'   may have very different standard errors (column `sd`), between which labels of levels cannot decide.
#'
#' @section Labels:
#' 0 or 1, for predictions that are probabilities, of sequences that training has not seen; and no
#' sequences that are to be mutated, if the rate is to be chosen by the curve.
#'
#' @param model A `deepmr_model`.
#' @inheritParams saturation_mutagenesis
#' @param sequences Anything that [as_sequences()] takes: the labelled sequences.
#' @param labels A data frame with `sequence`, `output` and `label` (0/1), at most one row per sequence and output.
#'   Predictions without a label are left out, with a message.
#' @param rates Rates to try, in \[0, 1); 0 is dropout switched off. The model's own rates are always
#'   tried as well.
#' @param layers `NULL`: every rate is tried on all dropout calls at once (with `extra`: no call of the model's own is
#'   varied). Or names of dropout calls or modules, as in
#'   [dropout_spec()]: each by itself, with the others at the model's own rates.
#' @param extra Names of layers ([layers()]) after which dropout is added ([dropout_spec()]), each by itself, with
#'   the model's own calls at their own rates; rate 0 is the model without the addition.
#' @param ... Further arguments of [predict()][predict.deepmr_model()]: `batch_size`, `device`.
#' @return A `deepmr_dropout_curve`, a data.table with one row per layer and rate:
#'   \describe{
#'     \item{`layer`}{the dropout call whose rate is varied, or `"(all)"`; `"conv1+dropout"` is one added after `conv1`}
#'     \item{`rate`, `own`}{the rate, `NA` for own rates that differ between the calls; whether it is the model's own}
#'     \item{`n`, `n_sequences`}{labels, and sequences that have one}
#'     \item{`log_lik`, `std.error`}{mean over the labels of the log likelihood y log(p) + (1 - y) log(1 - p), p being
#'       the mean over the draws (clipped to 1e-15 from 0 and 1), and its standard error, clustered by sequence}
#'     \item{`difference`, `difference.se`}{`log_lik` minus that at the model's own rates, with its
#'       paired standard error (of the differences by label, clustered by sequence)}
#'     \item{`to_best`, `to_best.se`}{the same minus the best of the layer's rates}
#'     \item{`ece`}{expected calibration error over all labels ([calibration_error()])}
#'     \item{`sd`}{median over the labelled predictions of their standard deviation over the draws; `NA` where there is
#'       one draw}
#'   }
#'   Standard errors are `NA` with one sequence. They take these draws as given; masks are the same for
#'   all rates (a unit dropped at one rate is dropped at every higher one), so that differences hold little
#'   Monte-Carlo error.
#' @section Errors: `deepmr_error_argument` (`rates`, `layers`), `deepmr_error_no_dropout`,
#'   `deepmr_error_unknown_layer`, `deepmr_error_unknown_output`, `deepmr_error_labels` (labels that match no
#'   prediction, or several of one), `deepmr_error_label` (not 0/1), `deepmr_error_probability` (predictions outside
#' \[0, 1\]).
#' @references
#' Gal Y, Ghahramani Z (2016). Dropout as a Bayesian approximation: representing model uncertainty in deep
#' learning. ICML, PMLR 48:1050-1059.
#' @seealso [diagnose_dropout()], [autoplot.deepmr_dropout_curve()].
#' @examplesIf deepmr_python_info()$usable
#' sequences <- demo_sequences(20)
#' levels <- demo_truth(sequences)$levels
#' levels$label <- as.integer(levels$level > 0.5)
#' tune_dropout(model_demo(), sequences, levels, rates = c(0, 0.1, 0.3), n_samples = 10)
#' @export
tune_dropout <- function(model, sequences, labels, rates = c(0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5), layers = NULL,
                         extra = NULL, n_samples = 50L, seed = 1L, ...) {
  check_model(model)
  check_grid(rates)
  if (!is.null(layers)) check_layers(layers)
  if (!is.null(extra)) check_extra_layers(extra)
  labels <- check_columns(labels, c("sequence", "output", "label"), "labels")
  own <- own_dropout(model, extra)
  added <- if (length(extra)) paste0(unique(extra), "+dropout")
  varied <- c(unique(layers), added)
  curve <- curve_points(sort(unique(rates)), if (length(varied)) varied else all_calls, own$sites)
  show <- progress("Trying rates", nrow(curve))
  tried <- list()
  for (i in seq_len(nrow(curve))) {
    show(i - 1, paste(curve$layer[i], curve$rate[i]))
    dropout <- if (curve$own[i]) own$spec else spec_at(curve$layer[i], curve$rate[i], own$sites, added)
    name <- if (is.null(dropout)) "off" else format(dropout)
    # The model's own rates are a point of every layer's curve, and need one run.
    if (is.null(tried[[name]])) {
      levels <- suppressMessages(
        stats::predict(model, sequences, unique(labels$output), dropout, n_samples, seed = seed, ...),
        classes = "deepmr_message_n_samples"
      )
      told <- if (length(tried)) "deepmr_message_unlabelled" else ""
      matched <- suppressMessages(labelled_predictions(levels, labels), classes = told)
      tried[[name]] <- score_predictions(levels, matched)
    }
    curve$run[i] <- name
  }
  new_dropout_curve(curve, tried, matched$sequence)
}

check_grid <- function(rates, call = rlang::caller_env()) {
  if (!is.numeric(rates) || !length(rates) || anyNA(rates) || any(rates < 0 | rates >= 1)) {
    stop_deepmr("argument", "{.arg rates} must be numbers in [0, 1), not {.val {rates}}.", call = call)
  }
}

check_extra_layers <- function(extra, call = rlang::caller_env()) {
  if (!is.character(extra) || !length(extra) || anyNA(extra)) {
    stop_deepmr("argument", "{.arg extra} must be names of layers, not {.val {extra}}.", call = call)
  }
}

# A model whose rates are all 0 is tried from there, as is one without any dropout where `extra` adds some.
own_dropout <- function(model, extra) {
  off <- function(e) {
    if (is.null(extra)) active_sites(model, dropout_spec(rate = 0.5)) # stops where there is no call at all
    list(spec = NULL, sites = data.table::data.table(site = character(), rate = numeric()))
  }
  tryCatch(
    list(spec = dropout_spec(), sites = active_sites(model, dropout_spec())), deepmr_error_no_dropout = off
  )
}

all_calls <- "(all)"

# Which rates of which calls to try: `layer`, `rate`, `own`.
curve_points <- function(rates, layers, sites) {
  data.table::rbindlist(lapply(layers, function(layer) {
    own <- own_rate(layer, sites)
    at <- sort(c(setdiff(rates, own), own), na.last = TRUE)
    data.table::data.table(layer = layer, rate = at, own = at %in% own, run = NA_character_)
  }))
}

# A layer's name means a call or all calls of a module, as in dropout_spec().
is_layer <- function(layer, sites) layer == all_calls | sites$site == layer | sub("#.*", "", sites$site) == layer

# NA where calls differ; a call that is not active has rate 0. Rounded: 1 - 0.7 is to be 0.3.
own_rate <- function(layer, sites) {
  own <- unique(round(sites$rate[is_layer(layer, sites)], 9))
  if (length(own) > 1L) NA_real_ else if (length(own)) own else 0
}

# NULL, dropout off, where rate 0 leaves no active call.
spec_at <- function(layer, rate, sites, added) {
  if (layer %in% added) {
    dropout_spec(extra = stats::setNames(rate, sub("\\+dropout$", "", layer)))
  } else if (rate == 0 && all(is_layer(layer, sites))) {
    NULL
  } else if (layer == all_calls) {
    dropout_spec(rate = rate)
  } else {
    dropout_spec(rate = stats::setNames(rate, layer))
  }
}

score_predictions <- function(levels, matched) {
  at <- levels[matched, on = c("sequence", "output"), which = TRUE]
  list(
    log_lik = log_likelihood(matched$prob, matched$label),
    ece = calibration_error(matched$prob, matched$label, resamples = 0L)$ece, sd = stats::median(sqrt(levels$var[at]))
  )
}

new_dropout_curve <- function(curve, tried, sequence) {
  log_lik <- lapply(tried, `[[`, "log_lik")
  means <- vapply(log_lik, mean, 0)
  table <- data.table::rbindlist(lapply(split(curve, factor(curve$layer, unique(curve$layer))), function(points) {
    best <- points$run[which.max(means[points$run])]
    own <- points$run[points$own]
    data.table::rbindlist(lapply(seq_len(nrow(points)), function(i) {
      here <- log_lik[[points$run[i]]]
      score <- clustered_mean(here, sequence)
      difference <- clustered_mean(here - log_lik[[own]], sequence)
      to_best <- clustered_mean(here - log_lik[[best]], sequence)
      data.table::data.table(
        layer = points$layer[i], rate = points$rate[i], own = points$own[i],
        n = length(here), n_sequences = data.table::uniqueN(sequence),
        log_lik = score$mean, std.error = score$std.error,
        difference = difference$mean, difference.se = difference$std.error,
        to_best = to_best$mean, to_best.se = to_best$std.error,
        ece = tried[[points$run[i]]]$ece, sd = tried[[points$run[i]]]$sd
      )
    }))
  }))
  data.table::setattr(table, "class", c("deepmr_dropout_curve", "data.table", "data.frame"))
  table[]
}

log_likelihood <- function(prob, label) {
  prob <- pmin(pmax(prob, 1e-15), 1 - 1e-15)
  ifelse(label == 1, log(prob), log1p(-prob))
}

# Mean and its standard error, clustered.
clustered_mean <- function(x, cluster) {
  n <- data.table::uniqueN(cluster)
  sums <- tapply(x - mean(x), cluster, sum)
  list(mean = mean(x), std.error = if (n > 1L) sqrt(n / (n - 1) * sum(sums^2)) / length(x) else NA_real_)
}

#' @export
print.deepmr_dropout_curve <- function(x, topn = 24L, ...) {
  if (!is_to_be_printed(x)) {
    return(invisible(x))
  }
  if (!all(c("layer", "rate", "own", "n", "n_sequences", "to_best", "to_best.se") %in% names(x)) || !nrow(x)) {
    print_table(x, topn = topn, ...)
    return(invisible(x))
  }
  cat(
    "<dropout rate curve> ", counted(x$n[1L], "label"), " of ", counted(x$n_sequences[1L], "sequence"), "\n",
    sep = ""
  )
  print_table(x, topn = topn, ...)
  for (curve in split(x, factor(x$layer, unique(x$layer)))) {
    cat(strwrap(curve_in_words(curve), 100L, initial = "* ", prefix = "  "), sep = "\n")
  }
  invisible(x)
}

# `x` is the curve of one layer.
curve_in_words <- function(x) {
  named <- ifelse(is.na(x$rate), "the model's own rates", paste0(x$rate, ifelse(x$own, " (the model's own)", "")))
  best <- which.max(x$to_best)
  where <- if (x$layer[1L] == all_calls) "" else paste0(x$layer[1L], ": ")
  if (all(is.na(x$to_best.se))) {
    return(sprintf("%sbest at %s; one sequence gives no standard error.", where, named[best]))
  }
  alike <- setdiff(which(-x$to_best <= x$to_best.se), best)
  if (!length(alike)) {
    return(sprintf("%sbest at %s; every other rate is more than a standard error behind.", where, named[best]))
  }
  sprintf("%sbest at %s, which cannot be told (within one standard error) from %s.", where, named[best],
    paste(named[alike], collapse = ", ")
  )
}
