#' Instruments chosen on one half of the draws, effects taken from the other
#'
#' [fit_mr()] twice: on the instruments that the odd draws choose, with the effects of the even draws, and the other
#' way round; and the mean of the two slopes. A threshold then costs no winner's curse, and no draw is wasted.
#'
#' @section What the combination assumes:
#' Given the instruments, the two slopes have the errors of different draws. For `error = "mc"` and
#' `target = "network"` these are all there is, and they are independent (that each half's errors also chose the
#' other's instruments correlates them to second order only): the variance of the mean is a quarter of the sum of the
#' two variances. In all other cases they share what no draw changes, most of it if both choose the
#' same variants: direct effects of mutations (`"structural"`, and residual scatter in the textbook methods), the one
#' unseen error (`"classical"`), the spread of the truth (`"posterior"`). How much is not known from the fits, so the
#' standard error is the mean of the two, that of slopes which err together: never too small for that reason, and
#' too large by up to a factor of 1.4 as far as they do not. The p-value has the smaller of the two degrees of
#' freedom there, else Satterthwaite's.
#'
#' The slope is the mean over two sets of instruments. Where a threshold cuts through many variants, compare
#' `estimate_odd` with `estimate_even`. Choosing does not bias the `"mc"` slopes; for `"classical"` it does, whatever
#' the halves (see [select_instruments()]).
#'
#' @inheritParams select_instruments
#' @param effects An effects table with draws, at least 4 (of each member of an ensemble) ([estimate_effects()]).
#' @param level Confidence level, between 0 and 1.
#' @param ... Further arguments of [fit_mr()], such as `method`, `error`, `target` or `by`.
#' @return A data.table with a row for each row of [fit_mr()]: `sequence`, `exposure`, `outcome`, `method`, `error`,
#'   `estimate`, `std.error`, `df`, `statistic`, `p.value`, `conf.low`, `conf.high`, `se_from`, `target`; for the
#'   instruments chosen on the odd draws, and on the even ones, `estimate_odd`, `std.error_odd`, `n_odd` (variants
#'   used), `estimate_even`, `std.error_even`, `n_even`; `status`: `"ok"`, or what either fit says, with its half.
#'   Without an estimate from both there is none. [meta_analyze()] pools it; whether sequences share
#'   masks cannot be seen in it.
#' @section Errors: Those of [select_instruments()] and [fit_mr()].
#' @references
#' Denault WRP, et al. (2022). Cross-fitted instrument: A blueprint for one-sample Mendelian randomization.
#' *PLoS Comput Biol* 18:e1010268.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 2, length = 30)
#' effects <- estimate_effects(x, "exposure", "outcome")
#' cross_fit_mr(effects, min_effect = 0.01, method = "egger_draws", error = "mc", target = "network")
#' @export
cross_fit_mr <- function(effects, min_effect = 0, min_f = 0, level = 0.95, ...) {
  level <- check_level(level)
  check_effects_table(effects)
  half <- function(draws) {
    chosen <- select_instruments(effects, min_effect, min_f, draws = draws)
    data.table::setDT(as.list(fit_mr(chosen, level = level, ...)))
  }
  odd <- half("odd")
  # What there is to say of the table and the method has been said.
  even <- suppressMessages(half("even"), classes = c("deepmr_message_method", "deepmr_message_no_errors"))
  even <- even[odd, on = fit_keys]
  independent <- odd$error == "mc" & odd$target %in% "network"
  out <- odd[, fit_keys, with = FALSE]
  data.table::set(out, j = wald_columns, value = mean_of_halves(odd, even, independent, level)[wald_columns])
  data.table::set(out, j = c("se_from", "target"), value = odd[, c("se_from", "target"), with = FALSE])
  kept <- c("estimate", "std.error", "n")
  data.table::set(out, j = paste0(kept, "_odd"), value = odd[, kept, with = FALSE])
  data.table::set(out, j = paste0(kept, "_even"), value = even[, kept, with = FALSE])
  data.table::set(out, j = "status", value = status_of_halves(odd$status, even$status))
  out[]
}

check_effects_table <- function(effects, call = rlang::caller_env()) {
  columns <- if (is.data.frame(effects)) names(effects)
  if (all(c("output", "effect") %in% columns) && !"beta_exposure" %in% columns) {
    stop_deepmr(
      "columns", "{.arg effects} is a mutagenesis table, not one of effects.",
      "Give {.code estimate_effects(x, exposure, outcome)} of it.",
      call = call
    )
  }
}

mean_of_halves <- function(odd, even, independent, level) {
  v <- cbind(odd$std.error, even$std.error)^2
  std_error <- ifelse(independent, sqrt(rowSums(v)), rowSums(sqrt(v))) / 2
  df <- ifelse(independent, rowSums(v)^2 / (v[, 1L]^2 / odd$df + v[, 2L]^2 / even$df), pmin(odd$df, even$df))
  wald((odd$estimate + even$estimate) / 2, std_error, df, level)
}

status_of_halves <- function(odd, even) {
  said <- function(status, half) ifelse(status == "ok", NA_character_, paste0("chosen on ", half, " draws: ", status))
  both <- ifelse(odd == even, odd, NA_character_)
  first <- said(odd, "odd")
  second <- said(even, "even")
  two <- ifelse(is.na(first) | is.na(second), data.table::fcoalesce(first, second), paste0(first, "; ", second))
  data.table::fcoalesce(both, two)
}
