# The registry of methods. A name means one formula for ever: a changed formula gets a
# new name. `fit(data, n_groups, options)` is a kernel over groups that returns the
# columns of `empty_fit` and `status`, one row per group; where the slope is a weighted
# regression it attaches its influence (see draw-sandwich.R).
#
# needs_errors: a variant without a standard error is no instrument
# needs_draws: works on the draws, not on the standard errors
# oriented: the line is fitted to (|bx|, sign(bx) by)
# intercept: the line has one
# weight_choice: obeys the `weights` argument of fit_mr()
# obeys: which of the arguments `distribution`, `model` and `psi` of fit_mr() it uses
# raw_errors: takes the table's standard errors as they stand, whatever `error` says
# leave_out: function of the prepared table; why a row is no instrument of this method
# summands: those of the slope's two sums, for leave_one_out(); NULL where it is no such ratio
# corrects: takes the error of the exposure effects out of the slope
# strata: can have an intercept for each sequence, or has none, for one regression over all sequences
# package: a suggested package that it needs
mr_method <- function(label, formula, reference, fit, needs = "standard errors", needs_errors = TRUE,
                      needs_draws = FALSE, oriented = FALSE, intercept = TRUE, weight_choice = FALSE,
                      obeys = character(), raw_errors = FALSE, leave_out = NULL, summands = NULL, corrects = FALSE,
                      strata = TRUE, package = NULL) {
  list(
    label = label, formula = formula, reference = reference, fit = fit, needs = needs, needs_errors = needs_errors,
    needs_draws = needs_draws, oriented = oriented, intercept = intercept, weight_choice = weight_choice,
    obeys = obeys, raw_errors = raw_errors, leave_out = leave_out, summands = summands, corrects = corrects,
    strata = strata, package = package
  )
}

method_registry <- function() {
  c(
    list(
      egger_draws = mr_method(
        "MR-Egger with the error covariance of the draws",
        "(bx'A by - cf tr(A Sxy)) / (bx'A bx - cf tr(A Sxx)), A centring under the weights, equal by default",
        "deepmr, ?fit_mr", fit_draws,
        needs = "draws", needs_draws = TRUE, weight_choice = TRUE, summands = summands_draws, corrects = TRUE
      ),
      ivw_draws = mr_method(
        "Line through the origin with the error covariance of the draws",
        "(bx'W by - cf tr(W Sxy)) / (bx'W bx - cf tr(W Sxx)), W the weights, equal by default",
        "deepmr, ?fit_mr", fit_draws,
        needs = "draws", needs_draws = TRUE, intercept = FALSE, weight_choice = TRUE, summands = summands_draws,
        corrects = TRUE
      )
    ),
    egger_methods(), ivw_methods(), ratio_methods(),
    list(
      ols = mr_method(
        "Ordinary least squares", "by ~ 1 + bx, equal weights, standard errors of lm()",
        "lm(beta_outcome ~ beta_exposure)", fit_ols,
        needs = "effects", needs_errors = FALSE, summands = summands_ols
      )
    )
  )
}

egger_methods <- function() {
  bowden <- "Bowden et al. 2015, Int J Epidemiol 44:512-525"
  rees <- "Rees et al. 2019, Genet Epidemiol 43:115-126"
  robust <- "standard errors; robustbase"
  list(
    egger = mr_method(
      "MR-Egger regression", "s by ~ 1 + |bx|, s = sign(bx), weights w = 1/byse^2", bowden, fit_egger,
      obeys = "distribution", oriented = TRUE, summands = summands_egger
    ),
    egger_penalized = mr_method(
      "Penalized MR-Egger", "egger again with weights w min(1, 100 P(chi2_1 > w r^2)), r its residuals", rees,
      fit_egger_penalized,
      obeys = "distribution", oriented = TRUE
    ),
    egger_robust = mr_method(
      "Robust MR-Egger", "egger by MM-estimation (bisquare, robustbase::lmrob)", rees, fit_egger_robust,
      needs = robust, obeys = "distribution", oriented = TRUE, strata = FALSE, package = "robustbase"
    ),
    egger_robust_penalized = mr_method(
      "Robust penalized MR-Egger", "egger_robust with the weights of egger_penalized", rees,
      fit_egger_robust_penalized,
      needs = robust, obeys = "distribution", oriented = TRUE, strata = FALSE, package = "robustbase"
    ),
    egger_paper = mr_method(
      "MR-Egger as in the DeepMR paper",
      "variants with |bx - mean|/sd >= 1 over all sequences; egger_robust above 10 of them, egger for 3 to 10",
      "DeepMR preprint, 2021", fit_egger_paper,
      needs = "standard errors as they stand; several sequences; robustbase", oriented = TRUE, raw_errors = TRUE,
      obeys = "distribution", leave_out = leave_out_near_mean, strata = FALSE, package = "robustbase"
    )
  )
}

ivw_methods <- function() {
  list(
    ivw = mr_method(
      "Inverse-variance weighted", "by ~ 0 + bx, weights 1/byse^2",
      "Burgess, Butterworth and Thompson 2013, Genet Epidemiol 37:658-665", fit_ivw,
      obeys = c("distribution", "model"), intercept = FALSE, summands = summands_ivw
    ),
    ivw_delta = mr_method(
      "Inverse-variance weighted, second-order weights",
      "by ~ 0 + bx, weights 1/(byse^2 + (by/bx)^2 bxse^2 - 2 psi (by/bx) bxse byse)",
      "Thompson, Minelli and Del Greco 2016, Int J Biostat 12:20150082", fit_ivw_delta,
      needs = "standard errors; psi", intercept = FALSE, obeys = c("distribution", "model", "psi"),
      leave_out = leave_out_no_ratio, summands = summands_ivw_delta
    ),
    divw = mr_method(
      "Debiased inverse-variance weighted",
      "sum w (bx by - psi bxse byse) / sum w (bx^2 - bxse^2), w = 1/byse^2",
      "Ye, Shao and Kang 2021, Ann Stat 49:2079-2100", fit_divw,
      obeys = c("distribution", "model", "psi"), needs = "standard errors; psi", intercept = FALSE,
      summands = summands_divw, corrects = TRUE
    ),
    profile_likelihood = mr_method(
      "Profile likelihood",
      "least sum (by - t bx)^2 / (byse^2 + t^2 bxse^2 - 2 t psi bxse byse) over slopes t of outcome on exposure",
      "Zhao et al. 2020, Ann Stat 48:1742-1769 (psi = 0, l2)", fit_profile_likelihood,
      obeys = c("distribution", "model", "psi"), needs = "standard errors; psi", intercept = FALSE, corrects = TRUE
    )
  )
}

ratio_methods <- function() {
  bowden <- "Bowden et al. 2016, Genet Epidemiol 40:304-314"
  list(
    median = mr_method(
      "Median of ratios", "median of by/bx", bowden, fit_median,
      obeys = "distribution", needs = "standard errors, or draws for its error", intercept = FALSE,
      leave_out = leave_out_no_ratio
    ),
    median_weighted = mr_method(
      "Weighted median of ratios", "median of by/bx with weights (bx/byse)^2, interpolated", bowden,
      fit_median_weighted,
      obeys = "distribution", needs = "standard errors, or draws for its error", intercept = FALSE,
      leave_out = leave_out_no_ratio
    )
  )
}

# A ratio by/bx does not exist.
leave_out_no_ratio <- function(data) {
  data.table::fcase(data$beta_exposure == 0, "beta_exposure is 0: no ratio", default = NA_character_)
}

#' Methods of Mendelian randomization
#'
#' What [fit_mr()] and [fit_mvmr()] can fit: one name, one formula.
#'
#' @return A data.table, one row per method: `name` (the value of `method =`), `label`,
#'   `formula`, `needs` (what the table must hold, and packages that are only suggested),
#'   `reference`. In the formulas `bx`, `by` are the effects, `bxse`, `byse` their standard
#'   errors under the `error` of the fit, `psi` the correlation of the two errors, `S` the
#'   covariance of the effects over draws and `cf S` that of their error.
#' @examples
#' mr_methods()[, c("name", "label", "needs")]
#' @export
mr_methods <- function() {
  methods <- c(method_registry(), mv_method_registry())
  text <- function(what) vapply(methods, `[[`, "", what, USE.NAMES = FALSE)
  data.table::data.table(
    name = names(methods), label = text("label"), formula = text("formula"), needs = text("needs"),
    reference = text("reference")
  )
}

check_method_names <- function(method, call = rlang::caller_env()) {
  known <- names(method_registry())
  if (!is.character(method) || !length(method) || anyNA(method) || !all(method %in% known)) {
    remedy <- if (any(method %in% names(mv_method_registry()))) {
      "Several exposures at once are fitted by {.fn fit_mvmr}."
    } else {
      "Outputs are named by {.code exposure = } and {.code outcome = }."
    }
    stop_deepmr(
      "unknown_method", "{.arg method} must be one or more of {.val {known}}, not {.val {or_none(method)}}.", remedy,
      call = call
    )
  }
}

check_methods <- function(method, has_draws, se, call = rlang::caller_env()) {
  registry <- method_registry()
  needs_draws <- vapply(registry, `[[`, TRUE, "needs_draws")
  without <- names(registry)[!needs_draws]
  needing <- intersect(method, names(registry)[needs_draws])
  if (!has_draws && (length(needing) || se == "draws")) {
    asking <- if (length(needing)) "{.val {needing}} needs" else "{.code se = \"draws\"} needs"
    stop_deepmr(
      "no_draws",
      paste(asking, "draws; {.arg x} has no {.field draws_exposure} and {.field draws_outcome}."),
      c(
        "Keep them with {.code saturation_mutagenesis(draws = TRUE)},",
        "or choose a method that works on standard errors: {.or {.val {without}}}."
      ),
      call = call
    )
  }
  for (package in unlist(lapply(registry[method], `[[`, "package"))) check_installed(package, call)
  unique(method)
}

# `given`: those of `distribution`, `model`, `psi` and `target` that the user named. An argument that no method of the
# call uses is a mistake about one of the two.
check_obeyed <- function(given, method, se, call = rlang::caller_env()) {
  registry <- method_registry()
  for (arg in given) {
    if (arg == "target") {
      users <- names(Filter(function(method) method$needs_draws, registry))
      used <- se == "draws" || any(method %in% users)
      remedy <- "It is for {.or {.val {users}}}, and for all methods with {.code se = \"draws\"}."
    } else {
      users <- names(Filter(function(method) arg %in% method$obeys, registry))
      used <- any(method %in% users) && (se == "method" || arg == "psi")
      by_draws <- if (arg == "psi") "" else ", with standard errors of their own ({.code se = \"method\"})"
      remedy <- paste0("It is for {.or {.val {users}}}", by_draws, ".")
    }
    if (!used) {
      how <- if (se == "draws") " with {.code se = \"draws\"}" else ""
      stop_deepmr("argument", paste0("{.arg {arg}} has no meaning for {.val {method}}", how, "."), remedy, call = call)
    }
  }
}
