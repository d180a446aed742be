#' Mendelian randomization of several exposures at once
#'
#' The slope of the outcome effects on each exposure's effects with the other exposures held: one
#' multiple regression per sequence and outcome, in which every exposure of the table takes
#' part. What [fit_mr()] gives for one exposure may pass through another; this does not, as far
#' as the exposures' effects can be told apart.
#'
#' @section Methods:
#' * `mv_ivw`: by ~ 0 + bx_1 + ... + bx_K, weights 1/SE^2 of the outcome (Burgess and Thompson 2015).
#' * `mv_egger`: with an intercept; variants are turned so that the effect on the exposure
#'   `orient` is positive (Rees, Wood and Burgess 2017).
#'
#' Standard errors of least squares, divided by the residual standard error where that is below 1
#' (for `mv_ivw` with `model = "fixed"`, and below 4 variants, always).
#' With `se = "draws"` those of [fit_mr()]'s draw sandwich, with the errors of all exposures.
#'
#' @section Weak instruments given the others:
#' Each exposure's effects are regressed on those of the others, by the method's weights, with an
#' intercept for `mv_egger`. What is left, and the error of just that combination of exposures over the draws, give
#' `conditional_f` (sum of squares left over what its error would leave: the conditional F statistic of
#' Sanderson and Windmeijer (2016), with the covariance that all variants and exposures share; 1 means
#' nothing but error) and `conditional_i2` = 1 - 1 / `conditional_f`, the share of it that is not
#' error. Below 0.3 `status` is `"weak: ..."`: the exposures move together and their slopes cannot be
#' told apart. Without draws both are `NA`: errors of exposures of one network are correlated,
#' and their standard errors alone do not say how.
#'
#' @inheritParams fit_mr
#' @param x As for [fit_mr()], with `position`, `ref` and `alt`, by which the variants of the exposures are
#'   matched.
#' @param method `"mv_ivw"`, `"mv_egger"` or both.
#' @param orient For `mv_egger`: the exposure that turns the variants; `NULL` is the first.
#' @return A data.table, one row per sequence x outcome x method x
#'   error x exposure: `sequence`, `exposure`, `outcome`, `method`, `error`, `estimate` (outcome units
#'   per exposure unit, the other exposures held), `std.error`, `df`, `statistic`, `p.value`,
#'   `conf.low`, `conf.high`, `se_from`; the same in every row of one regression: `intercept`,
#'   `intercept_se`, `intercept_p` (`NA` for `mv_ivw`), `n` variants, `n_left_out` (not used for some
#'   exposure), `n_draws`, `rse`, `q`, `q_df`, `q_p`; `conditional_f`, `conditional_i2`; `status`.
#' @section Errors:
#' Those of [fit_mr()]; `deepmr_error_columns` without `position`, `ref`, `alt`, or where the outcome's effects differ
#' between exposures;
#' `deepmr_error_argument` for one exposure only.
#' @references
#' Burgess S, Thompson SG (2015). Multivariable Mendelian randomization. *Am J Epidemiol* 181:251-260.
#'
#' Rees JMB, Wood AM, Burgess S (2017). Extending the MR-Egger method for multivariable Mendelian
#' randomization. *Stat Med* 36:4705-4718.
#'
#' Sanderson E, Windmeijer F (2016). A weak instrument F-test in linear IV models with multiple
#' endogenous variables. *J Econometrics* 190:212-221.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 2, length = 30)
#' other <- simulate_mutagenesis(n_sequences = 2, length = 30, slope = 0, seed = 1)
#' other <- other[other$output == "outcome"]
#' other$output <- "decoy"
#' effects <- estimate_effects(rbind(x, other), c("exposure", "decoy"), "outcome")
#' fit_mvmr(effects, method = "mv_ivw", error = "mc")
#' @export
fit_mvmr <- function(x, method = c("mv_ivw", "mv_egger"), error = c("mc", "classical"), orient = NULL,
                     distribution = c("normal", "t"), exposure = NULL, outcome = NULL, level = 0.95,
                     model = c("default", "fixed", "random"), target = c("structural", "network"),
                     se = c("method", "draws"), ...) {
  rlang::check_dots_empty()
  method <- check_mv_methods(method)
  error <- check_textbook_errors(error)
  first <- function(given, is_missing, choices, arg) check_choice(if (is_missing) choices[1L] else given, choices, arg)
  options <- list(
    distribution = first(distribution, missing(distribution), c("normal", "t"), "distribution"),
    model = first(model, missing(model), c("default", "fixed", "random"), "model"),
    target = first(target, missing(target), c("structural", "network"), "target"),
    se = first(se, missing(se), c("method", "draws"), "se"), level = check_level(level)
  )
  given <- c(
    distribution = !missing(distribution), model = !missing(model), target = !missing(target), orient = !is.null(orient)
  )
  check_mv_obeyed(names(which(given)), method, options$se)
  data <- prepare_effects(x, exposure, outcome)
  check_columns(data, variant_columns, "x")
  options$exposures <- check_mv_exposures(data, orient)
  if (options$se == "draws") check_methods("ivw", "draws_reason" %in% names(data), "draws")

  units <- unique(data[, c("sequence", "outcome"), with = FALSE])
  fits <- lapply(seq_len(nrow(units)), function(i) {
    fit_mv_unit(data[units[i], on = c("sequence", "outcome")], units[i], method, error, options)
  })
  data.table::rbindlist(fits)
}

mv_method_registry <- function() {
  list(
    mv_ivw = list(
      label = "Multivariable inverse-variance weighted", intercept = FALSE,
      formula = "by ~ 0 + bx_1 + ... + bx_K, weights 1/byse^2",
      needs = "several exposures, fit_mvmr(); draws for conditional_f",
      reference = "Burgess and Thompson 2015, Am J Epidemiol 181:251-260"
    ),
    mv_egger = list(
      label = "Multivariable MR-Egger", intercept = TRUE,
      formula = "s by ~ 1 + s bx_1 + ... + s bx_K, s = sign(bx_orient), weights 1/byse^2",
      needs = "several exposures, fit_mvmr(); draws for conditional_f",
      reference = "Rees, Wood and Burgess 2017, Stat Med 36:4705-4718"
    )
  )
}

check_mv_methods <- function(method, call = rlang::caller_env()) {
  known <- names(mv_method_registry())
  if (!is.character(method) || !length(method) || !all(method %in% known)) {
    stop_deepmr(
      "unknown_method", "{.arg method} must be one or more of {.val {known}}, not {.val {or_none(method)}}.",
      "One exposure at a time is fitted by {.fn fit_mr}.",
      call = call
    )
  }
  known[known %in% method]
}

# As check_obeyed().
check_mv_obeyed <- function(given, method, se, call = rlang::caller_env()) {
  unused <- c(
    orient = if (!"mv_egger" %in% method) "It is for {.val mv_egger}.",
    model = if (!"mv_ivw" %in% method) "It is for {.val mv_ivw}.",
    target = if (se == "method") "It is for {.code se = \"draws\"}.",
    distribution = if (se == "draws") "It is for {.code se = \"method\"}."
  )
  unused <- unused[intersect(names(unused), given)]
  if (length(unused)) {
    arg <- names(unused)[[1L]]
    how <- if (arg %in% c("orient", "model")) "{.val {method}}" else "{.code se = \"{se}\"}"
    stop_deepmr("argument", paste0("{.arg {arg}} has no meaning for ", how, "."), unused[[1L]], call = call)
  }
}

check_textbook_errors <- function(error, call = rlang::caller_env()) {
  error <- check_errors(error, call)
  if ("posterior" %in% error) {
    stop_deepmr(
      "argument", "{.arg error} must be {.val mc}, {.val classical} or both, not {.val posterior}.",
      "The posterior is for {.fn fit_mr} with {.val egger_draws} or {.val ivw_draws}.",
      call = call
    )
  }
  error
}

# The exposures, the one that turns variants first.
check_mv_exposures <- function(data, orient, call = rlang::caller_env()) {
  exposures <- unique(data$exposure)
  if (length(exposures) < 2L) {
    stop_deepmr(
      "argument", "{.arg x} has only one exposure, {.val {exposures}}.",
      "Several are needed; one is fitted by {.fn fit_mr}.",
      call = call
    )
  }
  if (!is.null(orient)) check_choice(orient, exposures, "orient", call)
  unique(c(orient, exposures))
}
