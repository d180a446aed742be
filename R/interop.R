# Effects in the forms of other packages for Mendelian randomization. Which variants count and
# how errors scale is decided where fit_mr() decides it: prepare_effects(), textbook_errors().

#' Effects for other packages for Mendelian randomization
#'
#' `as_mr_input()` makes the objects that the methods of the package
#' MendelianRandomization take, `as_two_sample_mr()` the harmonised table of the package
#' TwoSampleMR, so that any of their estimators can be run on effects of mutations.
#' Every sequence is a unit of its own in both.
#'
#' @section Standard errors:
#' In an effects table they are standard deviations over the dropout draws. They are scaled
#' as [fit_mr()] does for its textbook methods: `se / sqrt(T)` for `error = "mc"`,
#' `se * sqrt(1 + 1/T)` for `"classical"`, and as they stand (`"given"`) for a sequence in
#' which the number of draws T is not known for every variant, or below 2; a message of class
#' `deepmr_message_error` says so. Only one error fits into each result: call once for each.
#' Both packages take variants as independent, and exposure and outcome too. Errors
#' from one network are neither; `fit_mr(method = "egger_draws")` allows for that.
#'
#' @section Alleles and signs:
#' Effects are alternative minus reference, so the effect allele is `alt` and the other
#' allele `ref`. A variant is named `"position ref>alt"`, such as `"12 A>C"`, or
#' `"variant 1"`, `"variant 2"`, ... in a table without these columns; its name is unique within
#' its sequence.
#'
#' @param effects An effects table ([estimate_effects()]), or a mutagenesis table together
#'   with `exposure` and `outcome`, or any data frame that [fit_mr()] takes.
#' @param exposure,outcome Names of outputs, or rows of the table that [outputs()] returns,
#'   to narrow an effects table or to make one from a mutagenesis table.
#' @param error `"mc"` (the default, first in [fit_mr()] too) or `"classical"`; see
#'   "Three meanings of the error" in [fit_mr()].
#' @return `as_mr_input()`: a list of `MRInput` objects, one per sequence x exposure x
#'   outcome, named `"sequence: exposure -> outcome"`, of the variants that [fit_mr()]
#'   would use. Sequences without any are left out, with a warning of class
#'   `deepmr_warning_no_instruments` that names them.
#'
#'   `as_two_sample_mr()`: a data.frame with one row for each row of the effects, in their
#'   order, and the columns of `TwoSampleMR::harmonise_data()`:
#'   \describe{
#'     \item{`SNP`}{name of the variant}
#'     \item{`effect_allele.exposure`, `other_allele.exposure`, `effect_allele.outcome`,
#'       `other_allele.outcome`}{bases, `NA` in a table without them}
#'     \item{`beta.exposure`, `beta.outcome`}{effects, alternative minus reference}
#'     \item{`eaf.exposure`, `eaf.outcome`}{`NA`: mutations have no frequency}
#'     \item{`remove`, `palindromic`, `ambiguous`}{`palindromic` is `TRUE` for A/T and C/G, as
#'       a fact (`NA` without bases); nothing is ambiguous: both effects are of one strand}
#'     \item{`id.outcome`, `outcome`}{the outcome's name}
#'     \item{`se.outcome`, `pval.outcome`, `samplesize.outcome`}{scaled standard error,
#'       two-sided normal p-value, `NA`}
#'     \item{`id.exposure`, `exposure`}{`"sequence: exposure"` in both, since parts of
#'       TwoSampleMR split a table by the one and parts by the other}
#'     \item{`se.exposure`, `pval.exposure`, `samplesize.exposure`}{as for the outcome}
#'     \item{`mr_keep`}{`FALSE` for a variant that [fit_mr()] leaves out}
#'     \item{`sequence`, `error`, `reason`}{not of TwoSampleMR: the sequence's name, the
#'       scaling (`"mc"`, `"classical"` or `"given"`), and why a variant is left out}
#'   }
#' @section Errors:
#' `deepmr_error_not_installed` (MendelianRandomization is not installed), `deepmr_error_no_rows` (no
#' variant at all that `as_mr_input()` could use), `deepmr_error_argument`, and those
#' of [fit_mr()] for its table.
#' @seealso [fit_mr()] runs `egger`, `ivw` and `ols` without any other package.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 2, length = 30, slope = 0.4)
#' effects <- estimate_effects(x, "exposure", "outcome")
#' harmonised <- as_two_sample_mr(effects)
#' head(harmonised)
#' # TwoSampleMR::mr(harmonised, method_list = "mr_egger_regression")
#' @examplesIf requireNamespace("MendelianRandomization", quietly = TRUE)
#' inputs <- as_mr_input(effects)
#' MendelianRandomization::mr_egger(inputs[["simulated1: exposure -> outcome"]])
#' @export
as_mr_input <- function(effects, exposure = NULL, outcome = NULL, error = c("mc", "classical")) {
  error <- check_choice(if (missing(error)) "mc" else error, c("mc", "classical"), "error")
  check_installed("MendelianRandomization")
  arguments <- mr_input_arguments(effects, exposure, outcome, error)
  lapply(arguments, function(of_unit) do.call(MendelianRandomization::mr_input, of_unit))
}

#' @rdname as_mr_input
#' @export
as_two_sample_mr <- function(effects, exposure = NULL, outcome = NULL, error = c("mc", "classical")) {
  error <- check_choice(if (missing(error)) "mc" else error, c("mc", "classical"), "error")
  data <- textbook_effects(effects, exposure, outcome, error)
  id <- paste0(data$sequence, ": ", data$exposure)
  check_ids(id, data[, c("sequence", "exposure"), with = FALSE])
  data.frame(
    SNP = data$snp,
    effect_allele.exposure = data$alt, other_allele.exposure = data$ref,
    effect_allele.outcome = data$alt, other_allele.outcome = data$ref,
    beta.exposure = data$beta_exposure, beta.outcome = data$beta_outcome,
    eaf.exposure = NA_real_, eaf.outcome = NA_real_,
    remove = FALSE, palindromic = is_palindromic(data$ref, data$alt), ambiguous = FALSE,
    id.outcome = data$outcome, outcome = data$outcome,
    se.outcome = data$se_outcome, pval.outcome = normal_p(data$beta_outcome, data$se_outcome),
    samplesize.outcome = NA_real_,
    id.exposure = id, exposure = id,
    se.exposure = data$se_exposure, pval.exposure = normal_p(data$beta_exposure, data$se_exposure),
    samplesize.exposure = NA_real_,
    mr_keep = is.na(data$reason),
    sequence = data$sequence, error = data$error, reason = data$reason,
    stringsAsFactors = FALSE
  )
}

# The arguments of mr_input(), one list per sequence x exposure x outcome.
mr_input_arguments <- function(effects, exposure, outcome, error, call = rlang::caller_env()) {
  data <- textbook_effects(effects, exposure, outcome, error, call)
  unit <- paste0(data$sequence, ": ", data$exposure, " -> ", data$outcome)
  check_ids(unit, data[, c("sequence", "exposure", "outcome"), with = FALSE], call)
  used <- is.na(data$reason)
  empty <- setdiff(unit, unit[used])
  if (!any(used)) {
    stop_deepmr(
      "no_rows", "No variant of {.arg effects} can be used: {unique(data$reason)}.",
      "{.fn fit_mr} and {.fn augment} show each variant with its reason.",
      call = call
    )
  }
  if (length(empty)) {
    warn_deepmr(
      "no_instruments", "Left out, having no variant to use: {.val {empty}}.",
      "{.fn fit_mr} and {.fn augment} show each variant with its reason.",
      call = call
    )
  }
  rows <- which(used)[order(data$group[used])]
  lapply(split(rows, factor(unit[rows], unique(unit[rows]))), function(at) {
    list(
      bx = data$beta_exposure[at], bxse = data$se_exposure[at], by = data$beta_outcome[at], byse = data$se_outcome[at],
      exposure = data$exposure[at[1L]], outcome = data$outcome[at[1L]],
      snps = data$snp[at], effect_allele = data$alt[at], other_allele = data$ref[at]
    )
  })
}
