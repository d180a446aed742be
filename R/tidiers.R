#' @importFrom generics tidy
#' @export
generics::tidy

#' @importFrom generics glance
#' @export
generics::glance

#' @importFrom generics augment
#' @export
generics::augment

#' Tables of a fit, with broom's names
#'
#' @param x A fit ([fit_mr()]).
#' @param data For `augment()`: the effects table that was fitted. A fit carries its
#'   variants (without draws), so this is needed only where they were lost, as when a part
#'   of a fit was taken.
#' @param ... Must be empty.
#' @return
#' `tidy()`: a data.table, one row per coefficient: `sequence`, `exposure`, `outcome`,
#' `method`, `error`, `term` (`"slope"`, and `"intercept"` where the method has one),
#' `estimate`, `std.error`, `statistic`, `p.value`, `conf.low`, `conf.high`, `status`.
#' Failed fits keep their rows, with `NA`. Where [fit_mr()] adjusted p-values (`adjust`), also `adj.p.value`, which
#' slopes alone have.
#'
#' `glance()`: one row per fit with its diagnostics; see the value of [fit_mr()].
#'
#' `augment()`: one row per fit and variant, used or not: the variant, its effects,
#' `fitted` and `residual` (outcome units, in the coding alternative minus reference,
#' also for the oriented `egger`), `used`, and `reason` for those left out. Fitted
#' values are `NA` where the fit failed; residuals are outcome effect minus fitted. Of a fit over all sequences
#' (`by = NULL`), each variant with its own sequence and that sequence's intercept; `NA` fitted values where a sequence
#' has no instruments, and so no intercept.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 1, length = 30)
#' fit <- fit_mr(x, method = "egger", exposure = "exposure", outcome = "outcome")
#' tidy(fit)
#' glance(fit)
#' augment(fit)
#' @name deepmr_mr_fit
NULL

fit_keys <- c("sequence", "exposure", "outcome", "method", "error")

#' @rdname deepmr_mr_fit
#' @method tidy deepmr_mr_fit
#' @export
tidy.deepmr_mr_fit <- function(x, ...) {
  rlang::check_dots_empty()
  check_columns(x, c(fit_keys, wald_columns, intercept_columns, "status"), "x")
  terms <- setdiff(wald_columns, "df")
  plain <- data.table::as.data.table(as.list(x))
  slope <- plain[, c(fit_keys, terms, "status"), with = FALSE]
  has_intercept <- which(plain$method %in% names(Filter(function(method) method$intercept, method_registry())))
  intercept <- plain[has_intercept, c(fit_keys, setdiff(intercept_columns, "intercept_df"), "status"), with = FALSE]
  data.table::setnames(intercept, names(slope))
  adjusted <- intersect("adj.p.value", names(plain))
  slope[, c("term", "row", adjusted) := c(list("slope", .I), as.list(plain)[adjusted])]
  intercept[, c("term", "row") := list("intercept", has_intercept)]
  out <- rbind(slope, intercept, fill = TRUE)
  data.table::setorderv(out, "row")
  out[, c(fit_keys, "term", append(terms, adjusted, match("p.value", terms)), "status"), with = FALSE]
}

#' @rdname deepmr_mr_fit
#' @method glance deepmr_mr_fit
#' @export
glance.deepmr_mr_fit <- function(x, ...) {
  rlang::check_dots_empty()
  inner <- c("group", "method_rank", "error_rank", "slope_without_draw")
  diagnostics <- setdiff(fit_columns, c(inner, fit_keys, wald_columns, intercept_columns))
  check_columns(x, c(fit_keys, diagnostics), "x")
  data.table::as.data.table(as.list(x)[c(fit_keys, diagnostics)])
}

#' @rdname deepmr_mr_fit
#' @method augment deepmr_mr_fit
#' @export
augment.deepmr_mr_fit <- function(x, data = NULL, ...) {
  rlang::check_dots_empty()
  check_columns(x, c(fit_keys, "estimate", "intercept"), "x")
  variants <- if (is.null(data)) attr(x, "variants") else prepare_effects(data)
  wanted <- c(fit_keys, "estimate", "intercept", "se_from", "n_sequences", "sequence_intercepts")
  fits <- data.table::as.data.table(as.list(x)[intersect(wanted, names(x))])
  fits[, "fit" := .I]
  if (!is.null(variants)) fits <- spread_pooled(fits, variants)
  unit <- c("sequence", "exposure", "outcome")
  n_lost <- if (is.null(variants)) nrow(fits) else nrow(fits[!variants, on = unit])
  if (n_lost) {
    stop_deepmr(
      "no_variants", "The variants of {n_lost} fit{?s} are not at hand.",
      "Give the effects table that was fitted: {.code augment(fit, data = effects)}."
    )
  }
  variants <- data.table::copy(variants)[, "variant" := .I]
  out <- variants[fits, on = unit, allow.cartesian = TRUE]
  oriented <- vapply(method_registry(), `[[`, TRUE, "oriented")[out$method]
  reason <- fit_reason(out, variants)
  intercept <- data.table::fcoalesce(out$intercept, 0) * ifelse(oriented, orient(out$beta_exposure), 1)
  fitted <- intercept + out$estimate * out$beta_exposure
  data.table::set(
    out,
    j = c("fitted", "residual", "used", "reason"),
    value = list(fitted, out$beta_outcome - fitted, is.na(reason), reason)
  )
  data.table::setorderv(out, "fit")
  variant <- intersect(c("position", "ref", "alt", place_columns), names(out))
  out[, c(fit_keys, variant, effect_columns, "fitted", "residual", "used", "reason"), with = FALSE]
}

# Why a variant is not in a fit, for the rows of `out`: variants joined to fits. What a method
# leaves out by itself may depend on all `variants`.
fit_reason <- function(out, variants) {
  needs_errors <- vapply(method_registry(), `[[`, TRUE, "needs_errors")[out$method]
  if (!is.null(out$se_from)) needs_errors <- needs_errors | out$se_from == "draws"
  reason <- ifelse(needs_errors, out$reason, out$effect_reason)
  on_draws <- vapply(method_registry(), `[[`, TRUE, "needs_draws")[out$method]
  if (!is.null(out$se_from)) on_draws <- on_draws | out$se_from == "draws"
  if ("draws_reason" %in% names(out)) {
    reason <- data.table::fcoalesce(reason, ifelse(on_draws, out$draws_reason, NA_character_))
  }
  for (name in unique(out$method)) {
    leave_out <- method_registry()[[name]]$leave_out
    if (is.null(leave_out)) next
    at <- which(out$method == name)
    reason[at] <- data.table::fcoalesce(reason[at], leave_out(variants)[out$variant[at]])
  }
  reason
}
