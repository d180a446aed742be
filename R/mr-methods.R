# The registry of methods. A name means one formula for ever: a changed formula gets a
# new name. `fit(data, n_groups, options)` is a kernel over groups that returns the
# columns of `empty_fit` and `status`, one row per group.
#
# needs_draws: works on the draws, not on the standard errors
# oriented: the line is fitted to (|bx|, sign(bx) by)
# intercept: the line has one
# weight_choice: obeys the `weights` argument of fit_mr()
mr_methods <- function() {
  list(
    egger_draws = list(
      label = "MR-Egger with the error covariance of the draws", fit = fit_draws,
      needs_draws = TRUE, oriented = FALSE, intercept = TRUE, weight_choice = TRUE,
      reference = "deepmr, ?fit_mr"
    ),
    ivw_draws = list(
      label = "Line through the origin with the error covariance of the draws", fit = fit_draws,
      needs_draws = TRUE, oriented = FALSE, intercept = FALSE, weight_choice = TRUE,
      reference = "deepmr, ?fit_mr"
    ),
    egger = list(
      label = "MR-Egger regression", fit = fit_egger,
      needs_draws = FALSE, oriented = TRUE, intercept = TRUE, weight_choice = FALSE,
      reference = "Bowden et al. 2015, Int J Epidemiol 44:512-525"
    ),
    ivw = list(
      label = "Inverse-variance weighted", fit = fit_ivw,
      needs_draws = FALSE, oriented = FALSE, intercept = FALSE, weight_choice = FALSE,
      reference = "Burgess, Butterworth and Thompson 2013, Genet Epidemiol 37:658-665"
    ),
    ols = list(
      label = "Ordinary least squares", fit = fit_ols,
      needs_draws = FALSE, oriented = FALSE, intercept = TRUE, weight_choice = FALSE,
      reference = "lm(beta_outcome ~ beta_exposure)"
    )
  )
}

check_method_names <- function(method, call = rlang::caller_env()) {
  known <- names(mr_methods())
  if (!is.character(method) || !length(method) || anyNA(method) || !all(method %in% known)) {
    stop_deepmr(
      "unknown_method", "{.arg method} must be one or more of {.val {known}}, not {.val {method}}.",
      "Outputs are named by {.code exposure = } and {.code outcome = }.",
      call = call
    )
  }
}

check_methods <- function(method, has_draws, call = rlang::caller_env()) {
  known <- names(mr_methods())
  needs_draws <- known[vapply(mr_methods(), `[[`, TRUE, "needs_draws")]
  without <- setdiff(known, needs_draws)
  needs_draws <- intersect(method, needs_draws)
  if (length(needs_draws) && !has_draws) {
    stop_deepmr(
      "no_draws",
      "{.val {needs_draws}} needs draws; {.arg x} has no {.field draws_exposure} and {.field draws_outcome}.",
      c(
        "Keep them with {.code saturation_mutagenesis(draws = TRUE)},",
        "or choose a method that works on standard errors: {.or {.val {without}}}."
      ),
      call = call
    )
  }
  unique(method)
}
