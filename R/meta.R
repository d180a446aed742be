#' Pool the slopes of many sequences
#'
#' Random-effects meta-analysis by [metafor::rma()], one per exposure x outcome x
#' method x error.
#'
#' @section What is pooled:
#' Each sequence has its own slope: direct effects of its mutations differ, and so
#' does what the network does with them. `estimate` is the mean slope over sequences
#' like these; `tau` is their standard deviation; the prediction interval is where
#' the slope of one more sequence is expected. Pooling assumes that the errors of
#' sequences are independent, which holds when each has its own masks, as in
#' [saturation_mutagenesis()]; with masks shared among sequences the pooled standard
#' error is several times too small. Error shared by all sequences (training, data,
#' architecture) is in no standard error.
#'
#' With `test = "knha"` and slopes closer together than their standard errors, the
#' interval is narrower than the errors allow: `status` says so, and `test = "adhoc"`
#' forbids it.
#'
#' @param fit A fit ([fit_mr()]), or any data frame with `exposure`, `outcome`,
#'   `method`, `error`, `estimate`, `std.error` and `sequence`.
#' @param method Estimator of the variance between sequences, as in [metafor::rma()]:
#'   `"REML"`, `"DL"`, `"PM"`, `"FE"` ...
#' @param test `"knha"` (Knapp-Hartung), `"adhoc"`, `"z"` or `"t"`, as in
#'   [metafor::rma()].
#' @param level Level of the confidence and prediction intervals.
#' @param ... Must be empty.
#' @return A data.table of class `deepmr_meta`, one row per exposure x outcome x
#'   method x error: `estimate`, `std.error`, `statistic`, `p.value`, `conf.low`,
#'   `conf.high`, `pred.low`, `pred.high` (`NA` for `method = "FE"`), `tau`, `tau2`,
#'   `i2` (share of the variation that is between sequences, 0 to 1), `q`, `q_p`
#'   (heterogeneity, k - 1 degrees of freedom), `k` sequences used, `k_left_out`
#'   (no finite estimate with a standard error above 0), `status` (`"ok"`, `"fewer than
#'   2 sequences"`, `"narrower than the errors of the sequences: see test"`, or metafor's
#'   words).
#' @section Errors:
#' `deepmr_error_columns`, `deepmr_error_duplicated_rows`, `deepmr_error_argument`.
#' @references Viechtbauer W (2010). Conducting meta-analyses in R with the metafor
#'   package. *J Stat Softw* 36(3):1-48.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 5, length = 30)
#' fit <- fit_mr(x, exposure = "exposure", outcome = "outcome")
#' meta_analyze(fit)
#' @export
meta_analyze <- function(fit, method = "REML", test = "knha", level = 0.95, ...) {
  rlang::check_dots_empty()
  level <- check_level(level)
  method <- check_choice(method, c("REML", "DL", "PM", "ML", "HE", "SJ", "EB", "HS", "FE"), "method")
  test <- check_choice(test, c("knha", "adhoc", "z", "t"), "test")
  fit <- check_columns(fit, c(fit_keys, "estimate", "std.error"), "fit")
  check_numeric_columns(fit, c("estimate", "std.error"), "fit")
  fits <- data.table::as.data.table(as.list(fit)[c(fit_keys, "estimate", "std.error")])
  check_duplicated_rows(fits, fit_keys, "fit")
  pooling <- list(method = method, test = test, level = level)
  pooled <- fits[, pool(.SD$estimate, .SD$std.error, pooling), by = c("exposure", "outcome", "method", "error")]
  data.table::setattr(pooled, "pooling", pooling)
  data.table::setattr(pooled, "class", c("deepmr_meta", "data.table", "data.frame"))
  pooled
}

meta_columns <- c(
  "estimate", "std.error", "statistic", "p.value", "conf.low", "conf.high", "pred.low", "pred.high",
  "tau", "tau2", "i2", "q", "q_p"
)

pool <- function(estimate, std_error, pooling) {
  use <- is.finite(estimate) & is.finite(std_error) & std_error > 0
  counts <- list(k = sum(use), k_left_out = sum(!use))
  nothing <- as.list(stats::setNames(rep(NA_real_, length(meta_columns)), meta_columns))
  if (counts$k < 2L) {
    return(c(nothing, counts, list(status = "fewer than 2 sequences")))
  }
  words <- NULL
  result <- tryCatch(
    withCallingHandlers(
      run_rma(estimate[use], std_error[use], pooling),
      warning = function(condition) {
        words <<- c(words, conditionMessage(condition))
        invokeRestart("muffleWarning")
      }
    ),
    error = function(condition) {
      words <<- c(words, conditionMessage(condition))
      nothing
    }
  )
  # Knapp and Hartung's factor may be below 1, even 0: then chance agreement of the sequences is taken
  # for precision that their own errors do not have.
  least <- 1 / sqrt(sum(1 / std_error[use]^2))
  status <- if (!is.null(words)) {
    paste("metafor:", paste(unique(words), collapse = "; "))
  } else if (result$std.error < least * (1 - 1e-8)) {
    "narrower than the errors of the sequences: see test"
  } else {
    "ok"
  }
  c(result, counts, list(status = status))
}

run_rma <- function(estimate, std_error, pooling) {
  percent <- 100 * pooling$level
  fit <- metafor::rma(
    yi = estimate, sei = std_error, method = pooling$method, test = pooling$test, level = percent
  )
  prediction <- stats::predict(fit, level = percent)
  bound <- function(x) if (is.null(x)) NA_real_ else x
  list(
    estimate = drop(fit$beta), std.error = fit$se, statistic = fit$zval, p.value = fit$pval,
    conf.low = fit$ci.lb, conf.high = fit$ci.ub,
    pred.low = bound(prediction$pi.lb), pred.high = bound(prediction$pi.ub),
    tau = sqrt(fit$tau2), tau2 = fit$tau2, i2 = fit$I2 / 100, q = fit$QE, q_p = fit$QEp
  )
}

#' Tables of a meta-analysis, with broom's names
#'
#' @param x A meta-analysis ([meta_analyze()]).
#' @param ... Must be empty.
#' @return `tidy()`: a data.table with `exposure`, `outcome`, `method`, `error`, `term`
#'   (`"overall"`), `estimate`, `std.error`, `statistic`, `p.value`, `conf.low`,
#'   `conf.high`, `status`. `glance()`: `exposure`, `outcome`, `method`, `error`, `k`,
#'   `k_left_out`, `tau`, `tau2`, `i2`, `q`, `q_p`, `pred.low`, `pred.high`, `status`.
#' @name deepmr_meta
NULL

#' @rdname deepmr_meta
#' @method tidy deepmr_meta
#' @export
tidy.deepmr_meta <- function(x, ...) {
  rlang::check_dots_empty()
  out <- data.table::as.data.table(as.list(x))
  out[, "term" := "overall"]
  out[, c(fit_keys[-1L], "term", setdiff(wald_columns, "df"), "status"), with = FALSE]
}

#' @rdname deepmr_meta
#' @method glance deepmr_meta
#' @export
glance.deepmr_meta <- function(x, ...) {
  rlang::check_dots_empty()
  columns <- c(fit_keys[-1L], "k", "k_left_out", "tau", "tau2", "i2", "q", "q_p", "pred.low", "pred.high", "status")
  data.table::as.data.table(as.list(x)[columns])
}

#' @method print deepmr_meta
#' @export
print.deepmr_meta <- function(x, ...) {
  if (!is_to_be_printed(x)) {
    return(invisible(x))
  }
  pooling <- attr(x, "pooling")
  how <- if (is.null(pooling)) "" else paste0(" (", pooling$method, ", ", pooling$test, ")")
  model <- if (isTRUE(pooling$method %in% c("FE", "EE", "CE"))) "Fixed-effect" else "Random-effects"
  cli::cat_line(model, " meta-analysis over sequences", how)
  cli::cat_line("estimate: mean slope; tau: its standard deviation between sequences; pred: one more sequence")
  shown <- intersect(c(
    fit_keys[-1L], "estimate", "std.error", "conf.low", "conf.high", "pred.low", "pred.high", "tau",
    "k", "k_left_out", "status"
  ), names(x))
  print(data.table::as.data.table(as.list(x)[shown]), ...)
  invisible(x)
}
