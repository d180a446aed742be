#' Pool the slopes of many sequences
#'
#' Random-effects meta-analysis, one per exposure x outcome x method x error: by [metafor::rma()], or for
#' `method = "DL"`, `"PM"` and `"FE"` by the same formulas without it, fast enough for thousands of pairs.
#'
#' @section What is pooled:
#' Each sequence has its own slope: direct effects of its mutations differ, and so
#' does what the network does with them. `estimate` is the mean slope over sequences
#' like these; `tau` is their standard deviation; the prediction interval is where
#' the slope of one more sequence is expected. Error shared by all sequences (training, data,
#' architecture) is in no standard error. Windows that overlap in the genome are one locus more than once: keep one
#' of each, or the interval is too narrow.
#'
#' With `test = "knha"` and slopes closer together than their standard errors, the
#' interval is narrower than the errors allow: `status` says so, and `test = "adhoc"`
#' forbids it.
#'
#' @section Masks shared between sequences:
#' Pooling assumes that the errors of sequences are independent, which holds when each has its own masks, as in
#' [saturation_mutagenesis()]. Tables from elsewhere may share them, and so do the members of an ensemble with dropout
#' off; then the slopes of all sequences err together, and an ordinary pooled standard error is several times too small.
#' `masks = "auto"` looks: by the column `slope_without_draw` of a fit on draws, in which the
#' influences of draw t on the sequences are correlated if t is the same mask for all. Where their
#' squared correlations are larger than chance gives once in 10,000 times (Schott 2005), the pooled standard error is
#' that of the delete-one-draw jackknife of the pooled slope, weights fixed, plus what varies
#' between sequences by themselves (`tau2` and the part of their standard errors that is not from draws), with t
#' quantiles by Satterthwaite's degrees of freedom of the two; `test` then has no meaning. Column `masks` says which was
#' taken. Fits without that column (textbook methods) cannot be looked at and count as independent.
#'
#' @section Weak fits:
#' Fits whose `status` begins with `"weak"` (of [cross_fit_mr()]: for either half) keep their estimate, but are not
#' pooled unless `weak = "keep"`. Where no
#' variant moves the exposure the slope is that of the network's background, often with a small standard error, and
#' would pull the pooled slope to it. Where little of the exposure effects' spread is signal, nothing corrects the
#' slope. Both are seen in the exposure alone, so that leaving them out does not select by the slope.
#'
#' @param fit A fit ([fit_mr()]), or any data frame with `exposure`, `outcome`,
#'   `method`, `error`, `estimate`, `std.error` and `sequence`; `status` is used where present.
#' @param method Estimator of the variance between sequences, as in [metafor::rma()]:
#'   `"REML"`, `"DL"` (DerSimonian-Laird), `"PM"` (Paule-Mandel), `"FE"` ...
#' @param test `"knha"` (Knapp-Hartung), `"adhoc"`, `"z"` or `"t"`, as in
#'   [metafor::rma()].
#' @param level Level of the confidence and prediction intervals.
#' @param mods Moderators of the sequences, a one-sided formula such as `~ gc`, or `NULL`. Then there is
#'   one row per coefficient (column `term`).
#' @param data A data frame with `sequence` and the variables of `mods`; by default they are columns of `fit`.
#' @param weak Fits with a weak `status`: `"leave_out"`, with a message (class `deepmr_message_weak`), or `"keep"`.
#' @param masks `"auto"`, `"own"` (each sequence has its own masks) or `"shared"`; see "Masks shared between sequences".
#' @param adjust How p-values are adjusted for the number of pairs, one of [stats::p.adjust.methods]: `adj.p.value` is
#'   over all exposures and outcomes of one method and error (and term), the pairs without an estimate left out. With
#'   `"none"` there is no such column. Pooled slopes of one network are dependent: `"BH"` holds under positive, `"BY"`
#'   and `"holm"` under any dependence.
#' @param ... Must be empty.
#' @return A data.table of class `deepmr_meta`, one row per exposure x outcome x
#'   method x error, and with `mods` x term: `term` (`"overall"`, or a coefficient), `estimate`, `std.error`,
#'   `statistic`, `p.value`, with `adjust` `adj.p.value`, `conf.low`,
#'   `conf.high`, `pred.low`, `pred.high` (`NA` for `method = "FE"` and with `mods`), `tau`, `tau2`,
#'   `i2` (share of the variation that is between sequences, 0 to 1), `q`, `q_p`
#'   (heterogeneity, k less the number of coefficients degrees of freedom; with `mods`, what they leave), with `mods`
#'   also `r2` (share of `tau2` that they explain), `qm`, `qm_p` (test of all moderators), `k` sequences used,
#'   `k_left_out` (weak, no finite estimate with a standard error above 0, or no value of a moderator), `masks`
#'   (`"own"`, `"shared"`, or `NA`, not known), `status` (`"ok"`, `"fewer than 2 sequences"`, `"narrower than the errors
#'   of the sequences: see test"`, `"masks shared between sequences: ..."` where no jackknife can be had, or metafor's
#'   words).
#' @section Errors:
#' `deepmr_error_columns`, `deepmr_error_duplicated_rows`, `deepmr_error_argument`, `deepmr_error_moderators`.
#' @references Viechtbauer W (2010). Conducting meta-analyses in R with the metafor
#'   package. *J Stat Softw* 36(3):1-48.
#'
#' Schott JR (2005). Testing for complete independence in high dimensions. *Biometrika* 92:951-956.
#' @seealso [leave_one_sequence_out()]; [autoplot.deepmr_mr_fit()] (forest, funnel, density) and
#'   [autoplot.deepmr_meta()] (heatmap).
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 5, length = 30)
#' fit <- fit_mr(x, exposure = "exposure", outcome = "outcome")
#' meta_analyze(fit)
#' gc <- data.frame(sequence = unique(fit$sequence), gc = c(0.4, 0.6, 0.5, 0.45, 0.55))
#' meta_analyze(fit, mods = ~gc, data = gc)
#' @export
meta_analyze <- function(fit, method = "REML", test = "knha", level = 0.95, mods = NULL, data = NULL,
                         masks = c("auto", "own", "shared"), weak = c("leave_out", "keep"), adjust = "none", ...) {
  rlang::check_dots_empty()
  adjust <- check_adjust(adjust)
  pooling <- check_pooling(method, test, level, if (missing(masks)) "auto" else masks)
  if (is.null(mods) && !is.null(data)) {
    stop_deepmr(
      "moderators", "{.arg data} holds moderators, but {.arg mods} names none.", "Give a formula such as {.code ~ gc}."
    )
  }
  weak <- if (missing(weak)) "leave_out" else weak
  fits <- fits_to_pool(fit, weak)
  by <- c("exposure", "outcome", "method", "error")
  if (is.null(mods)) {
    pooled <- fits[, pool(.SD$estimate, .SD$std.error, .SD$slope_without_draw, .BY$error, pooling), by = by]
  } else {
    fits <- add_moderators(fits, fit, mods, data)
    pooled <- fits[, regress(.SD, mods, pooling), by = by]
  }
  pooled <- add_adjusted_p(pooled, adjust, c("method", "error", "term"))
  data.table::setattr(pooled, "pooling", c(pooling, weak = weak))
  data.table::setattr(pooled, "class", c("deepmr_meta", "data.table", "data.frame"))
  pooled
}

#' Pool again without each sequence
#'
#' Does one sequence make the pooled slope? For each, [meta_analyze()] of all others.
#'
#' @inheritParams meta_analyze
#' @return A data.table, one row per exposure x outcome x method x error x sequence left out (those with a usable
#'   slope): the columns of [meta_analyze()] with `left_out` (the sequence) and `change` (pooled slope without
#'   it minus that of all).
#' @section Errors: Those of [meta_analyze()].
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 5, length = 30)
#' fit <- fit_mr(x, exposure = "exposure", outcome = "outcome")
#' leave_one_sequence_out(fit)
#' @export
leave_one_sequence_out <- function(fit, method = "REML", test = "knha", level = 0.95,
                                   masks = c("auto", "own", "shared"), weak = c("leave_out", "keep"), ...) {
  rlang::check_dots_empty()
  pooling <- check_pooling(method, test, level, if (missing(masks)) "auto" else masks)
  without_each <- function(fits, error) {
    again <- function(rows) {
      pool(fits$estimate[rows], fits$std.error[rows], fits$slope_without_draw[rows], error, pooling)
    }
    all <- again(seq_len(nrow(fits)))$estimate
    at <- which(usable_slope(fits$estimate, fits$std.error))
    out <- data.table::rbindlist(lapply(at, function(i) again(-i)))
    if (length(at)) out[, c("left_out", "change") := list(fits$sequence[at], out$estimate - all)]
    out
  }
  fits <- fits_to_pool(fit, if (missing(weak)) "leave_out" else weak)
  out <- fits[, without_each(.SD, .BY$error), by = c("exposure", "outcome", "method", "error")]
  data.table::setcolorder(out, intersect(c(fit_keys[-1L], "left_out", "term", "estimate", "change"), names(out)))
  out[]
}

check_pooling <- function(method, test, level, masks, call = rlang::caller_env()) {
  list(
    method = check_choice(method, c("REML", "DL", "PM", "ML", "HE", "SJ", "EB", "HS", "FE"), "method", call = call),
    test = check_choice(test, c("knha", "adhoc", "z", "t"), "test", call = call),
    level = check_level(level, call = call),
    masks = check_choice(masks, c("auto", "own", "shared"), "masks", call = call)
  )
}

# The columns of `fit` that pooling needs; `slope_without_draw` empty where it has none, no estimate where the fit is
# weak and not to be kept.
fits_to_pool <- function(fit, weak, call = rlang::caller_env()) {
  check_choice(weak, c("leave_out", "keep"), "weak", call)
  fit <- check_columns(fit, c(fit_keys, "estimate", "std.error"), "fit", call)
  check_numeric_columns(fit, c("estimate", "std.error"), "fit", call)
  fits <- data.table::setDT(as.list(fit)[c(fit_keys, "estimate", "std.error")])
  without <- fit[["slope_without_draw"]]
  without <- if (is.null(without)) rep(list(NULL), nrow(fits)) else as_draws(without, "slope_without_draw", call)
  data.table::set(fits, j = "slope_without_draw", value = list(without))
  check_duplicated_rows(fits, fit_keys, "fit", call, what = "fit")
  unwanted <- which(is_weak(fit[["status"]]) & usable_slope(fits$estimate, fits$std.error))
  if (weak == "leave_out" && length(unwanted)) leave_out_weak(fits, unwanted) else fits
}

# Of cross_fit_mr() also "chosen on odd draws: weak: ...".
is_weak <- function(status) grepl("(^|: )weak", status)

leave_out_weak <- function(fits, at) {
  cli::cli_inform(
    c(
      "!" = "Not pooled: {length(at)} weak fit{?s} of {nrow(fits)}; column {.field status} of the fit says why.",
      i = "{.code weak = \"keep\"} pools them too."
    ),
    class = "deepmr_message_weak"
  )
  # Not in place: the columns are those of the user's table.
  data.table::set(fits, j = "estimate", value = replace(fits$estimate, at, NA_real_))
}

usable_slope <- function(estimate, std_error) is.finite(estimate) & is.finite(std_error) & std_error > 0

meta_columns <- c(
  "estimate", "std.error", "statistic", "p.value", "conf.low", "conf.high", "pred.low", "pred.high",
  "tau", "tau2", "i2", "q", "q_p"
)
regression_columns <- c("term", meta_columns, "r2", "qm", "qm_p", "k", "k_left_out", "masks", "status")

# Nothing to show for a pair, and why.
no_pool <- function(counts, status) {
  nothing <- as.list(stats::setNames(rep(NA_real_, length(meta_columns)), meta_columns))
  c(list(term = "overall"), nothing, counts, list(masks = NA_character_, status = status))
}

# One pair: `without` is a list of slopes without each draw, or of NULL.
pool <- function(estimate, std_error, without, error, pooling) {
  use <- usable_slope(estimate, std_error)
  counts <- list(k = sum(use), k_left_out = sum(!use))
  if (counts$k < 2L) {
    return(no_pool(counts, "fewer than 2 sequences"))
  }
  estimate <- estimate[use]
  std_error <- std_error[use]
  fitted <- if (pooling$method %in% c("DL", "PM", "FE")) {
    pool_native(estimate, std_error, pooling)
  } else {
    pool_metafor(estimate, std_error, pooling)
  }
  result <- fitted$result
  status <- fitted$status
  masks <- masks_of(without[use], pooling$masks)
  if (masks %in% "shared" && !is.na(result$estimate)) {
    result <- pool_jackknife(result, estimate, std_error, without[use], error, pooling$level)
    if (status == "ok") status <- result$status
    result$status <- NULL
  } else if (status == "ok" && result$std.error < (1 - 1e-8) / sqrt(sum(1 / std_error^2))) {
    # Knapp and Hartung's factor may be below 1, even 0: then chance agreement of the sequences is taken
    # for precision that their own errors do not have.
    status <- "narrower than the errors of the sequences: see test"
  }
  c(list(term = "overall"), result, counts, list(masks = masks, status = status))
}

pool_metafor <- function(estimate, std_error, pooling) {
  fitted <- with_words(run_rma(list(yi = estimate, sei = std_error), pooling))
  if (is.null(fitted$value)) {
    return(list(result = no_pool(NULL, "")[meta_columns], status = fitted$status))
  }
  fit <- fitted$value
  prediction <- stats::predict(fit, level = 100 * pooling$level)
  bound <- function(x) if (is.null(x)) NA_real_ else x
  list(status = fitted$status, result = c(
    rma_coefficients(fit), list(pred.low = bound(prediction$pi.lb), pred.high = bound(prediction$pi.ub)),
    rma_heterogeneity(fit)
  ))
}

run_rma <- function(arguments, pooling) {
  arguments <- c(arguments, pooling[c("method", "test")], list(level = 100 * pooling$level))
  do.call(metafor::rma, arguments)
}

rma_coefficients <- function(fit) {
  list(
    estimate = drop(fit$beta), std.error = fit$se, statistic = fit$zval, p.value = fit$pval,
    conf.low = fit$ci.lb, conf.high = fit$ci.ub
  )
}

rma_heterogeneity <- function(fit) {
  list(tau = sqrt(fit$tau2), tau2 = fit$tau2, i2 = fit$I2 / 100, q = fit$QE, q_p = fit$QEp)
}

# The value of `code` (NULL where it stopped) and what metafor said about it.
with_words <- function(code) {
  words <- NULL
  note <- function(condition) words <<- c(words, conditionMessage(condition))
  value <- tryCatch(
    withCallingHandlers(code, warning = function(condition) {
      note(condition)
      invokeRestart("muffleWarning")
    }),
    error = function(condition) {
      note(condition)
      NULL
    }
  )
  list(value = value, status = if (is.null(words)) "ok" else paste("metafor:", paste(unique(words), collapse = "; ")))
}

#' Tables of a meta-analysis, with broom's names
#'
#' @param x A meta-analysis ([meta_analyze()]).
#' @param ... Must be empty.
#' @return `tidy()`: a data.table with `exposure`, `outcome`, `method`, `error`, `term`
#'   (`"overall"`, or a coefficient), `estimate`, `std.error`, `statistic`, `p.value`, `conf.low`,
#'   `conf.high`, `status`. `glance()`: one row per pair, method and error: `exposure`, `outcome`, `method`, `error`,
#'   `k`, `k_left_out`, `tau`, `tau2`, `i2`, `q`, `q_p`, `r2`, `qm`, `qm_p` (with moderators), `pred.low`, `pred.high`,
#'   `masks`, `status`.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 5, length = 30)
#' pooled <- meta_analyze(fit_mr(x, exposure = "exposure", outcome = "outcome"))
#' tidy(pooled)
#' glance(pooled)
#' @name deepmr_meta
NULL

#' @rdname deepmr_meta
#' @method tidy deepmr_meta
#' @export
tidy.deepmr_meta <- function(x, ...) {
  rlang::check_dots_empty()
  out <- data.table::as.data.table(as.list(x))
  out[, c(fit_keys[-1L], "term", setdiff(wald_columns, "df"), "status"), with = FALSE]
}

#' @rdname deepmr_meta
#' @method glance deepmr_meta
#' @export
glance.deepmr_meta <- function(x, ...) {
  rlang::check_dots_empty()
  columns <- c(
    fit_keys[-1L], "k", "k_left_out", "tau", "tau2", "i2", "q", "q_p", "r2", "qm", "qm_p", "pred.low", "pred.high",
    "masks", "status"
  )
  unique(data.table::as.data.table(as.list(x)[intersect(columns, names(x))]))
}

test_words <- c(
  knha = "Knapp-Hartung", adhoc = "Knapp-Hartung, never narrower than the errors", z = "z test", t = "t test"
)

estimate_words <- function(x, model) {
  if (!all(x$term %in% "overall")) {
    return("estimate: coefficient of the regression on moderators; tau: standard deviation of what they leave")
  }
  if (model == "Fixed-effect") {
    return("estimate: the slope, taken to be the same in all sequences")
  }
  "estimate: mean slope; tau: its standard deviation between sequences; pred: one more sequence"
}

#' @method print deepmr_meta
#' @export
print.deepmr_meta <- function(x, ...) {
  if (!is_to_be_printed(x)) {
    return(invisible(x))
  }
  pooling <- attr(x, "pooling")
  how <- if (is.null(pooling)) "" else paste0(" (", pooling$method, ", ", test_words[[pooling$test]], ")")
  model <- if (isTRUE(pooling$method %in% c("FE", "EE", "CE"))) "Fixed-effect" else "Random-effects"
  cli::cat_line(model, " meta-analysis over sequences", how)
  cli::cat_line(estimate_words(x, model))
  n_shared <- sum(x$masks %in% "shared")
  if (n_shared) {
    cli::cat_line(
      "Masks shared between sequences in ", n_shared, " of ", nrow(x), ": errors by the jackknife over draws"
    )
  }
  shown <- intersect(c(
    fit_keys[-1L], if (!all(x$term %in% "overall")) "term", "estimate", "std.error", "adj.p.value", "conf.low",
    "conf.high", "pred.low", "pred.high", "tau", "k", "k_left_out", "status"
  ), names(x))
  # a fixed-effect model and a meta-regression predict no sequence
  if (all(is.na(c(x$pred.low, x$pred.high)))) shown <- setdiff(shown, c("pred.low", "pred.high"))
  print(data.table::as.data.table(as.list(x)[shown]), ...)
  invisible(x)
}
