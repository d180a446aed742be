#' Mark the variants to use as instruments
#'
#' Adds the columns `selected` and `reason`; no row is removed, so what is left out
#' stays visible, and [fit_mr()] honours `selected`.
#'
#' @section Winner's curse:
#' A threshold on the estimated exposure effect (or on its F) keeps variants whose
#' error happened to point away from zero: their effects are overestimated, and the
#' slope is drawn towards zero. The same draws cannot select and estimate without
#' that bias. The default selects every variant above float rounding; with thresholds let other draws choose:
#'
#' `draws = "odd"` chooses on the odd draws (1, 3, ...: one more than the others if T is odd), and the table it
#' returns has the effects, standard errors, `n_draws` and draws of the even ones; `"even"` the other way
#' round. Masks of different draws are independent, so for `error = "mc"` the choice knows nothing of the errors that
#' are left. The price is half of the draws. Members of an ensemble take turns over the draws; then
#' odd and even turns make the halves, and both halves have all members (with one draw for each member, each half has
#' half of the members). [cross_fit_mr()] fits both ways round and combines them.
#'
#' It cures no more than that. For `error = "classical"` the network has one unseen error that is in *all* draws: what
#' chooses by any of them chooses by that error too. For `"posterior"` there is nothing to cure: the truth
#' varies about the mean independently of it.
#'
#' @param effects An effects table ([estimate_effects()]), or any data frame with
#'   `beta_exposure` and `se_exposure`.
#' @param min_effect Least absolute exposure effect, on the model's output scale; at
#'   least 0.
#' @param min_f Least F statistic, `(beta_exposure / se_exposure)^2`, with the
#'   standard error as it stands in the table (for a mutagenesis table the standard
#'   deviation over T draws; the F of the mean over draws is T times larger). With halves, of the draws that choose.
#' @param draws Draws that choose: `"all"`, `"odd"` or `"even"`; see "Winner's curse".
#' @param ... Must be empty.
#' @return `effects` (a copy) with `selected` (logical, never `NA`) and `reason`
#'   (`NA` where selected, else words). With `draws = "odd"` or `"even"`, `beta_exposure`, `se_exposure`,
#'   `beta_outcome`, `se_outcome`, `cov_exposure_outcome`, `n_draws`, `n_members` (where half of the members are
#'   left) and the draws are those of the other half; a variant without draws has none of them and is not selected.
#' @section Errors:
#' `deepmr_error_columns`, `deepmr_error_argument`, `deepmr_error_negative_se`; for halves `deepmr_error_no_draws`, and
#' `deepmr_error_draws` below 4 draws (of each member).
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 1, length = 30)
#' effects <- estimate_effects(x, "exposure", "outcome")
#' select_instruments(effects, min_effect = 0.01)
#' # Chosen on the odd draws, with the effects of the even ones
#' chosen <- select_instruments(effects, min_effect = 0.01, draws = "odd")
#' fit_mr(chosen, method = "egger_draws", error = "mc")
#' @export
select_instruments <- function(effects, min_effect = 0, min_f = 0, draws = c("all", "odd", "even"), ...) {
  rlang::check_dots_empty()
  min_effect <- check_number(min_effect, "min_effect", lower = 0)
  min_f <- check_number(min_f, "min_f", lower = 0)
  draws <- check_choice(if (missing(draws)) "all" else draws, c("all", "odd", "even"), "draws")
  effects <- data.table::copy(check_columns(effects, c("beta_exposure", "se_exposure"), "effects"))
  check_numeric_columns(effects, c("beta_exposure", "se_exposure"), "effects")
  check_standard_errors(effects$se_exposure, "se_exposure")
  choice <- list(beta = effects$beta_exposure, se = effects$se_exposure)
  if (draws != "all") {
    halves <- halve_draws(effects, draws, rlang::current_env())
    effects <- halves$effects
    choice <- halves$choice
  }
  beta <- choice$beta
  f <- ifelse(beta == 0, 0, (beta / choice$se)^2) # no effect, no strength, even without error
  missing <- !is.finite(beta) | is.na(choice$se)
  rounding <- if (is.null(effects$at_rounding)) FALSE else effects$at_rounding %in% TRUE
  reason <- data.table::fcase(
    rep_len(rounding, length(beta)), "at float rounding level",
    missing, "missing or infinite value",
    abs(beta) < min_effect, paste("|beta_exposure| below", format(min_effect)),
    f < min_f, paste("F below", format(min_f)),
    default = NA_character_
  )
  data.table::set(effects, j = c("selected", "reason"), value = list(is.na(reason), reason))
  effects[]
}

#' I-squared of the exposure effects
#'
#' The share of the spread of the absolute exposure effects that is not error:
#' 1 minus the factor by which MR-Egger's slope is drawn towards zero when the
#' errors are independent. Above 0.9 the attenuation may be ignored; below 0.6 no
#' correction is reliable (Bowden et al. 2016).
#'
#' @details
#' `Q` is the weighted sum of squares of `|beta|` about its weighted mean, weights
#' `1 / se^2`, and I^2 is `max(0, (Q - (n - 1)) / Q)`. The weighted form does the
#' same on `|beta| / se_outcome` with standard error `se / se_outcome`, the scale on
#' which weighted MR-Egger sees the exposure. Rows with a missing or infinite value,
#' or with a standard error of zero, are left out; fewer than two rows give `NA`.
#' Draws of one network have correlated errors: `i2_cov` of [fit_mr()] allows for
#' that, this statistic does not.
#'
#' @param beta Exposure effects, numeric vector.
#' @param se Their standard errors, of the same length, at least 0.
#' @param weighted Use the weighted form?
#' @param se_outcome Standard errors of the outcome effects, of the same length;
#'   needed when `weighted = TRUE`.
#' @return One number between 0 and 1, or `NA`.
#' @references Bowden J, et al. (2016). Assessing the suitability of summary data for
#'   two-sample Mendelian randomization analyses using MR-Egger regression: the role
#'   of the I^2 statistic. *Int J Epidemiol* 45:1961-1974.
#' @examples
#' i2_gx(beta = c(0.10, 0.25, 0.40), se = c(0.02, 0.02, 0.03))
#' @export
i2_gx <- function(beta, se, weighted = FALSE, se_outcome = NULL) {
  check_given(beta, "beta", "the exposure effects")
  check_given(se, "se", "the standard errors of the exposure effects")
  weighted <- check_flag(weighted, "weighted")
  if (weighted && is.null(se_outcome)) {
    stop_deepmr(
      "argument", "{.arg se_outcome} is needed when {.code weighted = TRUE}.",
      "Give the standard errors of the outcome effects, one per variant."
    )
  }
  if (!weighted) se_outcome <- rep(1, length(beta))
  check_vectors(list(beta = beta, se = se, se_outcome = se_outcome))
  check_standard_errors(se, "se")
  check_standard_errors(se_outcome, "se_outcome")
  i2_gx_by_group(abs(beta) / se_outcome, se / se_outcome, rep(1L, length(beta)), 1L)
}

# Numeric vectors of one length.
check_vectors <- function(vectors, call = rlang::caller_env()) {
  numeric <- vapply(vectors, is.numeric, TRUE)
  if (!all(numeric)) {
    stop_deepmr("argument", "{.arg {names(vectors)[!numeric]}} must be numeric.", call = call)
  }
  n <- lengths(vectors)
  if (length(unique(n)) > 1L) {
    stop_deepmr(
      "argument", "{.arg {names(vectors)}} must have the same length, not {.val {unname(n)}}.",
      "Vectors are never recycled.",
      call = call
    )
  }
}

check_standard_errors <- function(se, arg, call = rlang::caller_env()) {
  negative <- which(se < 0)
  if (length(negative)) {
    stop_deepmr(
      "negative_se", "{.arg {arg}} has {length(negative)} negative value{?s}, the first {.val {se[negative[1]]}}.",
      "A standard error is never negative; was a z-score or a log read instead?",
      call = call
    )
  }
}
