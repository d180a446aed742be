#' What the diagnostics of a fit say
#'
#' Every diagnostic of every fit with a verdict and a sentence: how strong the instruments are, how much
#' error in the effects moves the slope, which variants carry it, and whether it is the slope of
#' the variants that matter or of the network's background.
#'
#' @section Diagnostics:
#' * `n`: variants used. Below 10: doubt.
#' * `mean_f`: mean of (effect/SE)^2 of the exposure. Below 10: doubt.
#' * `i2_gx`, `i2_gx_weighted` ([i2_gx()]): share of the exposure effects' spread that is not error if
#'   errors are independent. No verdict where `i2_cov` says the same without that assumption; else above
#'   0.9 good, below 0.6 bad.
#' * `i2_cov`: the same with the covariance of the draws, under the method's weights. Below 0.3 bad; doubt
#'   below 0.9, or below 0.6 for methods that correct for the error.
#' * `bias_pred`: what error in the effects adds to the slope of this method's uncorrected regression. Methods
#'   that correct take it off; in others more than half a standard error is a doubt, more than two are bad.
#' * `n_eff`, `max_weight_share`: variants that the weights are worth, and the heaviest one's share of the
#'   weight. Bad: worth fewer than 5, or more than half of the weight on one; doubt: fewer than 10, more than a fifth.
#' * `leave_one_out`: the range of the slope without any one variant ([leave_one_out()]); `value` is its
#'   width. Bad when the slope changes sign though its interval leaves out 0; doubt when one variant moves
#'   it by more than a standard error.
#' * `cross_talk`: slope and correlation of the two effects among the weaker half of the variants, beside
#'   the slope among the strongest tenth. Weak variants hardly move the exposure, so what they share is the
#'   network's own: outputs read off the same units. Bad when they correlate by at least 0.5 and the
#'   fitted slope is nearer to theirs than to that of the strongest; doubt when they correlate so and the
#'   two slopes differ by more than half of the larger.
#' * `strong_slope`: the slope among the strongest tenth, those that move the exposure: far above their errors, they
#'   need no weights and hardly a correction. Bad when it and the fitted slope are more than a third of the larger
#'   apart, doubt from a quarter on, if that is more than chance: beyond `bias_pred` (the strongest carry error too) by
#'   more than the root of the sum of squares of the half 95 % intervals of the two, least squares' for the
#'   strongest. Methods on draws had no such verdict in 780 simulated sequences (13 regimes of `benchmarks/README.md`
#'   in the sources); `ivw` had it in all but a few where SEs are proportional to effects (A0.5p).
#' * `exposure_reach`: the largest exposure effect beside that of other sequences. Below a third no variant
#'   moves the exposure (bad); below a half: doubt.
#' * `q`, `rucker`: scatter about the line beyond the errors, and Rucker's choice of model at 5 %. Direct
#'   effects are the rule in mutagenesis, so there is no verdict.
#'
#' @param fit A fit ([fit_mr()]).
#' @param ... Must be empty.
#' @return A data.table, one row per fit and diagnostic that the fit has: `sequence`, `exposure`,
#'   `outcome`, `method`, `error`, `diagnostic`, `value`, `verdict` (`"good"`, `"doubt"`, `"bad"`; `NA`
#'   for those that inform only), `sentence`. A fit without an estimate has the one row `"status"`.
#' @references
#' Bowden J, et al. (2016). Assessing the suitability of summary data for two-sample Mendelian randomization
#' analyses using MR-Egger regression: the role of the I^2 statistic. *Int J Epidemiol* 45:1961-1974.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 1, length = 30)
#' fit <- fit_mr(x, exposure = "exposure", outcome = "outcome", method = "egger_draws", error = "mc")
#' diagnose(fit)[, c("diagnostic", "verdict", "sentence")]
#' @export
diagnose <- function(fit, ...) {
  rlang::check_dots_empty()
  check_given(fit, "fit", "a fit of fit_mr()")
  if (is.data.frame(fit) && !"estimate" %in% names(fit)) {
    stop_deepmr("columns", "{.arg fit} is no fit: it has no {.field estimate}.", "Call {.fn fit_mr} first.")
  }
  inner <- c("group", "method_rank", "error_rank", "slope_without_draw")
  check_columns(fit, setdiff(fit_columns, inner), "fit")
  fits <- data.table::as.data.table(as.list(fit))
  corrects <- vapply(method_registry(), `[[`, TRUE, "corrects")
  data.table::set(fits, j = c("row", "corrects"), value = list(seq_len(nrow(fits)), corrects[fits$method] %in% TRUE))
  has <- fits[!is.na(fits$estimate)]
  parts <- lapply(names(diagnostic_rules), function(name) {
    found <- if (nrow(has)) diagnostic_rules[[name]](has)
    data.table::data.table(
      row = has$row, diagnostic = rep(name, nrow(has)), value = as.numeric(found$value),
      verdict = as.character(found$verdict), sentence = as.character(found$sentence)
    )[!is.na(found$value)]
  })
  failed <- fits[is.na(fits$estimate)]
  parts <- c(parts, list(data.table::data.table(
    row = failed$row, diagnostic = rep("status", nrow(failed)), value = rep(NA_real_, nrow(failed)),
    verdict = rep("bad", nrow(failed)), sentence = sprintf("There is no estimate: %s.", failed$status)
  )))
  out <- data.table::rbindlist(parts)
  data.table::setorderv(out, "row")
  cbind(fits[out$row, fit_keys, with = FALSE], out[, c("diagnostic", "value", "verdict", "sentence"), with = FALSE])
}

# "bad" and "doubt" by condition, the first that holds; NA conditions do not.
verdict <- function(bad, doubt) ifelse(bad %in% TRUE, "bad", ifelse(doubt %in% TRUE, "doubt", "good"))

significant <- function(fits) (fits$conf.low > 0 | fits$conf.high < 0) %in% TRUE

i2_rule <- function(column) {
  force(column)
  function(fits) {
    value <- fits[[column]]
    judged <- is.na(fits$i2_cov)
    list(
      value = value, verdict = ifelse(judged, verdict(value < 0.6, value < 0.9), NA_character_),
      sentence = sprintf(
        "If errors were independent, %.0f %% of the exposure effects' spread would be signal%s.", 100 * value,
        if (column == "i2_gx") "" else " on the scale of the outcome's errors"
      )
    )
  }
}

# Each takes the fits with an estimate and gives `value`, `verdict`, `sentence`, one per fit.
diagnostic_rules <- list(
  n = function(fits) {
    list(value = fits$n, verdict = verdict(FALSE, fits$n < 10), sentence = sprintf("%d variants are used.", fits$n))
  },
  mean_f = function(fits) {
    list(
      value = fits$mean_f, verdict = verdict(FALSE, fits$mean_f < 10),
      sentence = sprintf("Squared exposure effects are %.3g times their squared errors on average.", fits$mean_f)
    )
  },
  i2_gx = i2_rule("i2_gx"),
  i2_gx_weighted = i2_rule("i2_gx_weighted"),
  i2_cov = function(fits) {
    list(
      value = fits$i2_cov, verdict = verdict(fits$i2_cov < 0.3, fits$i2_cov < ifelse(fits$corrects, 0.6, 0.9)),
      sentence = sprintf(
        "With the errors that variants share, %.0f %% of the exposure effects' spread is signal.", 100 * fits$i2_cov
      )
    )
  },
  bias_pred = function(fits) {
    size <- abs(fits$bias_pred / fits$std.error)
    list(
      value = fits$bias_pred, verdict = verdict(!fits$corrects & size > 2, !fits$corrects & size > 0.5),
      sentence = sprintf(
        "Error in the effects moves the plain slope by %+.2g, which %s.", fits$bias_pred,
        ifelse(fits$corrects, "is taken off", "is left in")
      )
    )
  },
  n_eff = function(fits) {
    list(
      value = fits$n_eff, verdict = verdict(fits$n_eff < 5 & fits$n >= 10, fits$n_eff < 10 & fits$n >= 10),
      sentence = sprintf("The weights are worth %.3g variants of equal weight.", fits$n_eff)
    )
  },
  max_weight_share = function(fits) {
    share <- fits$max_weight_share
    list(
      value = share, verdict = verdict(share > 0.5, share > 0.2),
      sentence = sprintf("The heaviest variant has %.2g %% of the weight.", 100 * share)
    )
  },
  leave_one_out = function(fits) {
    turns <- significant(fits) & (fits$loo_low * fits$estimate < 0 | fits$loo_high * fits$estimate < 0)
    moves <- pmax(fits$loo_high - fits$estimate, fits$estimate - fits$loo_low)
    list(
      value = fits$loo_high - fits$loo_low, verdict = verdict(turns, moves > fits$std.error),
      sentence = sprintf("Without any one variant the slope is %.3g to %.3g.", fits$loo_low, fits$loo_high)
    )
  },
  cross_talk = function(fits) {
    strong <- !is.na(fits$strong_slope) & abs(fits$cross_talk) >= 0.5
    nearer <- abs(fits$estimate - fits$cross_talk_slope) < abs(fits$estimate - fits$strong_slope)
    gap <- abs(fits$cross_talk_slope - fits$strong_slope)
    apart <- gap > 0.5 * pmax(abs(fits$cross_talk_slope), abs(fits$strong_slope))
    list(
      value = fits$cross_talk, verdict = verdict(strong & apart & nearer, strong & apart),
      sentence = sprintf(
        "Among the weaker half of the variants effects correlate by %.2f, slope %.3g; the strongest tenth has %.3g.",
        fits$cross_talk, fits$cross_talk_slope, fits$strong_slope
      )
    )
  },
  strong_slope = function(fits) {
    other <- fits$strong_slope
    gap <- abs(fits$estimate - other)
    n <- ceiling(fits$n / 10)
    df <- ifelse(n > 2, n - 2, NA_real_)
    se <- abs(other) * sqrt((1 / fits$strong_correlation^2 - 1) / df)
    chance <- sqrt((stats::qt(0.975, df) * se)^2 + ((fits$conf.high - fits$conf.low) / 2)^2)
    apart <- gap - data.table::fcoalesce(abs(fits$bias_pred), 0) > chance
    share <- gap / pmax(abs(fits$estimate), abs(other))
    list(
      value = other, verdict = verdict(apart & share > 1 / 3, apart & share > 1 / 4),
      sentence = sprintf("The strongest tenth of the variants has slope %.3g, standard error %.2g.", other, se)
    )
  },
  exposure_reach = function(fits) {
    reach <- fits$exposure_reach
    list(
      value = reach, verdict = verdict(reach < least_reach, reach < 0.5),
      sentence = sprintf("The strongest variant moves the exposure %.2g times as far as in other sequences.", reach)
    )
  },
  q = function(fits) {
    list(
      value = fits$q, verdict = NA_character_,
      sentence = sprintf(
        "Scatter about the line is %.3g times what independent errors explain (Q, p = %.2g).", fits$q / fits$q_df,
        fits$q_p
      )
    )
  },
  rucker = function(fits) {
    list(
      value = ifelse(is.na(fits$rucker), NA_real_, fits$q_rucker), verdict = NA_character_,
      sentence = sprintf("Rucker's choice, errors taken as independent, is %s.", fits$rucker)
    )
  }
)
