#' Mendelian randomization of one sequence's mutations
#'
#' For every sequence x exposure x outcome: the slope of the outcome effects on the
#' exposure effects over the single-nucleotide variants, by one or more methods.
#'
#' @section What a slope means:
#' Inside a multi-task network there is no arrow from exposure to outcome: both are
#' read off the same hidden units. The slope says how two predictions move together
#' when the DNA is changed one base at a time. Keep three truths apart:
#'
#' 1. the **structural coefficient** of the biology (or of a simulator), the effect of
#'    changing the exposure and nothing else;
#' 2. the **oracle's slope**: the same regression on the true effects of the same
#'    variants, which direct effects of mutations on the outcome move away from 1;
#' 3. the **network's own slope**, on its effects at T = infinity draws.
#'
#' Without draw error all methods estimate the third. It equals the second as far as the
#' network is right, and the first as far as direct effects are independent of exposure
#' effects. `target` says which of the first and third the interval of a method on draws is
#' for: direct effects are random for a `"structural"` coefficient, and add to the standard error;
#' about the slope of these very variants, all there are, they are no error (`"network"`).
#' The `intercept` is, for `egger_draws` and `ols`, the mean direct effect of a
#' mutation on the outcome (variants are coded alternative minus reference); for
#' `egger` it is that of the exposure-increasing change.
#'
#' @section Reverse direction:
#' With `reverse = TRUE` every pair is also fitted with exposure and outcome changed over, in rows of their own next
#' to the forward ones (`exposure` and `outcome` say which is which). The instruments are then those of the other
#' output: every variant, or what [select_instruments()] takes by the effect on *that* exposure.
#'
#' Between two traits of a population the reverse slope asks whether the supposed effect is a cause. Inside one
#' network it cannot: both outputs are read off the same units, in one pass, and no mutation reaches one by way of
#' the other. A reverse slope that is not 0 is no feedback, and its size no direction. Without error the two slopes
#' of a line with intercept and equal weights have the squared correlation of the effects as their product, so the
#' two are low together and near each other's reciprocal together. What the reverse row shows is therefore how much
#' of each output's response goes with the other: a product near 1 says that the effects lie on one line, as where
#' one site drives both; a product well below 1 that some variants move one output without the other (direct effects,
#' other causes, cross-talk of the network). Which of the two, and whether it is what a chain of causes would leave
#' behind or two readings of one unit, the slopes cannot say: look at the scatter, and at an experiment.
#'
#' @section One regression over all sequences:
#' With `by = NULL` the variants of all sequences are fitted together, one slope for each pair of outputs, with an
#' intercept for each sequence in methods that have one (by ~ bx + sequence) and none in the others: is there a
#' relationship at all? Column `sequence` holds `"all sequences"`, and three columns are added: `n_sequences` (those
#' with a variant in the fit), `sequence_intercepts` (a list-column, by name) and `masks`. `intercept` is the mean of
#' the intercepts over variants, under the method's weights. Degrees of freedom count the intercepts; Rucker's
#' difference has as many as there are. `cross_talk` and the like are over all variants, `exposure_reach` is `NA`.
#' [`augment()`][augment.deepmr_mr_fit] has each sequence's own line. Robust methods and `egger_paper` have no such
#' fit.
#'
#' It has one slope for all, and no standard error of it knows that slopes differ between sequences: a sequence in
#' which the exposure moves far counts for much, and the interval is about these sequences. For the mean over
#' sequences like these fit each and pool ([meta_analyze()]).
#'
#' The errors of the draws are independent between sequences where each has its own masks, and those of the slope add
#' up; where sequences share their masks draw t is one mask for all, and its influences are added first. `masks =
#' "auto"` looks as [meta_analyze()] does, by the correlation of the influences of the draws between sequences (at
#' least 4 draws, the same number in all; else `NA` and taken as own). Members of an ensemble that take turns over
#' the draws are the same networks everywhere, and count as shared. `"posterior"`, and shared masks, need the same
#' number of draws in all sequences, else `status` says so. In textbook methods without `se = "draws"` masks do not
#' matter.
#'
#' With one sequence it is the fit of that sequence. A sequence without instruments takes no part but in
#' `n_left_out`; one with a single instrument moves its own intercept only. One number of draws that is not known
#' makes the whole row `"given"`.
#'
#' @section All pairs, adjusted p-values:
#' `exposure` and `outcome` may name the same outputs: all ordered pairs are fitted, none of an output with itself.
#' With `adjust`, column `adj.p.value` adjusts the p-values of the slopes for their number ([stats::p.adjust()]). The
#' family is all rows of one method and error: every sequence and pair (and direction) that the call fits. Methods
#' and errors are other analyses of the same questions, not more questions, and fits without an estimate are no
#' tests. For the question which *pairs* are related, adjust over the pooled slopes instead, one for each pair:
#' [meta_analyze()]'s `adjust`, or `by = NULL` here. Slopes of one network are dependent through shared masks and
#' shared variants; `"BH"` holds under positive, `"BY"` and `"holm"` under any dependence. The column belongs to the
#' call: parts of a fit, or fits put together, need [stats::p.adjust()] again.
#'
#' @section Three meanings of the error:
#' What is the spread over dropout masks the error *of*? Nothing in the network can tell: three assumptions
#' give three answers from the same draws, so they are named, and the first two are given side by
#' side. With S the covariance of the effects over the draws, of variants and of both outputs:
#'
#' * `"mc"`: **the network is what is asked about.** T masks are a sample of all masks, and the
#'   mean over them misses the mean over all by an error of covariance S / T. It vanishes as T
#'   grows, and says nothing about the network being right.
#'   \preformatted{network's mean effect --(masks, S/T)--> mean over T draws}
#' * `"classical"`: **the network is the truth plus one error that nobody saw**, as large as
#'   one mask makes it: S (1 + 1/T). It does not vanish, and it draws uncorrected slopes
#'   towards the ratio of error covariance to error variance.
#'   \preformatted{truth --(one error, S)--> network's mean effect --(S/T)--> mean over T draws}
#' * `"posterior"` (on request; methods on draws only): **the truth is one more draw**, as in Bayesian
#'   readings of dropout. The slope asked for is that among the effects of that draw, whose spread is larger than that
#'   of the means. The estimate is the ratio of the two sums of products, each averaged over the draws, not the mean of
#'   the draws' slopes, which divides by a noisy sum each time. The interval is for one more draw: its variance is
#'   1 + 1/T times that of the draws' slopes, which does not shrink as T grows. For `target = "network"` that is all,
#'   with T - 1 degrees of freedom; for `"structural"` the variance of direct effects is added, and the degrees of
#'   freedom are Satterthwaite's of the two, which may be many more.
#'   \preformatted{mean over T draws --(one more draw, S)--> truth}
#'
#' "The truth is one more draw" is the posterior, not the classical error: there the truth varies about the
#' network, here the network about the truth. All three are one formula: sums of products of the mean effects less
#' `cf` times those of S, with `cf` = 1/T, 1 + 1/T and -(1 - 1/T).
#'
#' The textbook methods see only standard errors: where `n_draws` is known (T at least
#' 2 for all variants of the sequence), `se` is the standard deviation over draws and
#' they are given `se / sqrt(T)` for `"mc"` and `se * sqrt(1 + 1/T)` for `"classical"`.
#' The standard error of `egger_draws` has a part from the draws, larger for
#' `"classical"`, and (`target = "structural"`) a part from direct effects on the outcome: the scatter about the line
#' beyond what the draws explain, larger for `"mc"`, which lets them explain less. Their
#' sum may be smaller for either.
#' Without `n_draws` the standard errors are used as they stand, in one row with
#' `error = "given"`. The residual-based standard errors of `ols` are the same in each.
#'
#' Draws of an ensemble ([model_ensemble()]; column `n_members` of the table) are not independent:
#' those of one member share what is its own. `"mc"` then is the error of the mean of *these*
#' members, the spread within members over T; `"classical"` and `"posterior"` take one draw's
#' spread, within and between members, by analysis of variance, with Satterthwaite's degrees of
#' freedom of the two. With one draw for each member (dropout off), members are the draws, and
#' `"mc"` is the error of their mean as a sample of networks trained alike. Textbook methods need
#' the draws for this too; without, they take the spread over all draws, too large for `"mc"`.
#'
#' @section Methods:
#' * `egger_draws` (default where draws are there): MR-Egger without orientation,
#'   every variant with the same weight, corrected for the error that variants share
#'   and that exposure and outcome share, by the draws. Its variance adds the
#'   propagated error of the draws, the second-order term that matters for weak
#'   instruments, and for `target = "structural"` the spread of direct effects over variants, of which the
#'   substitutions of one position share a part (variants without a `position` share none); t quantiles with
#'   Satterthwaite's degrees of freedom. Unchanged when a
#'   draw shifts all effects of one output by the same amount. Fails, with a status,
#'   when the exposure effects carry no signal beyond their error.
#' * `ivw_draws`: the same through the origin: a mutation without effect on the exposure is taken to have
#'   none on the outcome, on average. Unchanged when a variant's coding is flipped.
#' * `egger`: textbook MR-Egger, weights 1/SE^2 of the outcome, oriented so that
#'   exposure effects are positive; an effect of exactly 0 keeps its sign (the package
#'   MendelianRandomization moves it to the origin). Errors of variants are taken to
#'   be independent, which those of one network are not.
#' * `egger_penalized`: a second fit in which variants far from the first line lose weight;
#'   `egger_robust`: the line by MM-estimation (needs robustbase; the same seed for every fit, the session's random
#'   state untouched); `egger_robust_penalized`: both.
#' * `egger_paper`: what the DeepMR paper ran, for comparison: variants at least one standard deviation from the mean
#'   exposure effect over *all* sequences, the standard deviation over draws as standard error (one
#'   row, `error = "given"`), `egger_robust` above 10 variants, `egger` for 3 to 10. Selecting by the
#'   estimated effect is winner's curse.
#' * `ivw`: MR-Egger through the origin; `model` chooses fixed or multiplicative
#'   random effects. `ivw_delta`: with the error of the exposure in the weights, which
#'   near `beta_exposure = 0`, where most variants are, hang on a ratio that is noise.
#' * `divw`: `ivw` with the error taken out of both of its sums; `profile_likelihood`: the slope at which the residuals
#'   are least beside their own variance, which grows with the slope. Both fail, with a status, when the
#'   exposure effects carry no signal beyond their error. Both need `psi`: with errors correlated .7 and `psi = 0` divw
#'   held a slope of .2 in .61 to .21 of 150 simulations (regimes B0.05 and A5 of `benchmarks/README.md` in the
#'   sources), with `psi = .7` in .93 and .87. profile_likelihood takes scatter that direct effects cause for error of
#'   the exposure, and is biased by them: .37 and .57 even with the right `psi`. Where they are large its best slope is
#'   a steep one, that of exposure on outcome upside down (in regime A0.5o -1.1 for a slope of 0). Only slopes count
#'   that leave less of the outcome than slope 0 does: nearer to the debiased slope with equal weights than it is to 0,
#'   give or take 3 of its standard errors. Among those the best is taken; if none is best, `status` says so.
#' * `median`, `median_weighted`: of the ratios of the effects. Their standard error is the spread of medians with each
#'   draw's errors added (t quantiles); without draws, that of a bootstrap with independent errors (1,000 times, the
#'   same seed for every fit; above 1,000 variants its value in large samples). Direct effects are in neither.
#' * `ols`: unweighted least squares with intercept and `lm()`'s standard errors.
#'
#' [mr_methods()] lists names, formulas and references; [fit_mvmr()] fits several exposures at once.
#'
#' @section Standard errors from the draws:
#' Textbook standard errors take the errors of variants, and of exposure and outcome, as independent. With `se =
#' "draws"` any method keeps its estimate and takes the standard error from the draws: the error of the slope
#' in each draw, with all covariances, to first order and weights as they are; for `target = "structural"` also direct
#' effects, of which the substitutions of one position share a part. t quantiles with Satterthwaite's degrees of
#' freedom; `distribution` and `model` do not matter then. The bias that error leaves in the estimate
#' stays: see `bias_pred`.
#'
#' @section Coverage:
#' In simulations (`benchmarks/README.md` in the sources; 2,000 replicates, Monte-Carlo error
#' .005) 95 % intervals of `egger_draws` held the structural slope in .94 to .97, with errors up
#' to 5 times (`"mc"`) or half (`"classical"`) the variance of the effects, with a gain common to
#' all effects, and with SEs proportional to effects. They did not: with `"classical"` errors of 5
#' times that variance and a gain (.71, and no estimate in half: nothing works there; with half
#' that variance and a gain, .94), and with cross-talk that dropout does not show, a network error
#' shared by exposure and outcome of SD a fifth of the effects' (.69, bias .023 of .2; `target =
#' "network"`, whose truth includes it, .95). Weights 1/SE^2 where SEs are proportional to
#' effects: .00 to .18 for `"mc"`.
#'
#' @section Status:
#' No row is lost. `status` is `"ok"` or says why not: `"fewer than 3 instruments"`,
#' `"no spread in exposure effects"`, `"denominator not positive: ..."`, `"no draws"`, and for `profile_likelihood`
#' `"the best slope is not that of outcome on exposure: ..."`.
#' `"weak: I2_cov below 0.3"` keeps the estimate: at most 30 % of the exposure
#' effects' spread is signal, and no correction makes that informative. A denominator
#' that is not positive is the extreme case. Under `"mc"` more draws help; under
#' `"classical"` nothing does but sequences in which the exposure moves more.
#' `"weak: no variant moves the exposure as far as in other sequences"` keeps the estimate too: `exposure_reach` is
#' below a third. In a sequence without a site to lose, effects are small but well above their errors, so `i2_cov` and
#' the standard error look good, yet the slope is that of the network's background. `divw` is `"weak: ..."`
#' where (mean F - 1) sqrt(n) is below 20.
#' Variants are left out, counted in `n_left_out` and explained by
#' [`augment()`][augment.deepmr_mr_fit], when they are at float rounding level, have a
#' missing or infinite value, an outcome standard error of 0, or are not `selected` (`ols` does without standard errors
#' that are missing, unless `se = "draws"`); methods of ratios (medians,
#' `ivw_delta`) leave out exposure effects of 0.
#'
#' A table of [variant_effects()] has a sequence for each position: one to three variants, too few for most fits; where
#' no fit has an estimate for that, a message of class `deepmr_message_few_variants` says so. With `by = NULL` methods
#' through the origin (`ivw_draws`, `ivw`) fit one slope over all variants, each under masks of its own.
#'
#' @param x An effects table ([estimate_effects()]), or a mutagenesis table together
#'   with `exposure` and `outcome`, or any data frame with `sequence`,
#'   `beta_exposure`, `se_exposure`, `beta_outcome`, `se_outcome` (and `exposure`,
#'   `outcome` where there are several). `position`, `n_draws`, `n_members`,
#'   `spread_exposure`, `spread_outcome`, `draws_exposure`, `draws_outcome`, `at_rounding` and `selected` are used where
#'   present.
#' @param method One or more of the names that [mr_methods()] lists, but not those of [fit_mvmr()]. `NULL`
#'   takes `"egger_draws"` where there are draws, else `"egger"`, or `"ols"` where there are no standard errors either
#'   (dropout off), and says so (a message of class `deepmr_message_method`).
#' @param error One or more of `"mc"`, `"classical"` and `"posterior"`; see "Three meanings of the error".
#' @param weights For `egger_draws` and `ivw_draws`: `"equal"` (their default) or
#'   `"inverse_variance"`, 1/SE^2 of the outcome with the SE floored at a tenth of its
#'   median. Where SEs grow with the effects, inverse-variance weights favour
#'   background variants, whose effects on several outputs move together for reasons
#'   of the network alone.
#' @param distribution `"normal"` or `"t"` quantiles for the kinds of `egger` (n - 2 degrees of
#'   freedom) and methods without intercept (n - 1). With `"t"`, `egger` takes the wider of two intervals
#'   where residuals are smaller than their stated errors. `ols` and the methods on draws
#'   always use t.
#' @param exposure,outcome Names of outputs, or rows of the table that [outputs()] returns,
#'   to narrow an effects table or to make one from a mutagenesis table.
#' @param level Confidence level, between 0 and 1.
#' @param model For `ivw`, `ivw_delta` and `profile_likelihood`: `"default"` (fixed effects below 4 variants, else
#'   random: the rule of MendelianRandomization), `"fixed"` or `"random"`. For `divw`: without (`"fixed"`) or with
#'   balanced direct effects.
#' @param target For the methods on draws, and any method with `se = "draws"`: `"structural"`, direct effects of
#'   mutations on the outcome are random and
#'   count as error, or `"network"`, the slope over all of these variants, of which they are part. See "What a
#'   slope means".
#' @param se `"method"`, the method's own standard error, or `"draws"`; see "Standard errors from the draws".
#' @param psi For `ivw_delta`, `divw` and `profile_likelihood`: correlation of the errors of exposure and outcome
#'   effect, between -1 and 1, the same for all variants.
#' @param by `"sequence"`, a fit for each sequence, or `NULL`, one over all; see "One regression over all sequences".
#' @param reverse Fit the reverse direction too? See "Reverse direction". Not for a table with `selected`
#'   instruments: select in [estimate_effects()]' table of both directions.
#' @param adjust How p-values are adjusted, one of [stats::p.adjust.methods]; with `"none"` there is no column
#'   `adj.p.value`. See "All pairs, adjusted p-values".
#' @param masks For `by = NULL`: `"auto"`, `"own"` (each sequence has its own masks) or `"shared"`.
#' @param ... Must be empty.
#' @return A data.table of class `deepmr_mr_fit`, one row per sequence x exposure x
#'   outcome x method x error:
#'   `estimate` (outcome units per exposure unit), `std.error`, `df` (`Inf` for normal
#'   quantiles), `statistic`, `p.value`, with `adjust` `adj.p.value`, `conf.low`, `conf.high`; the same for the
#'   `intercept` (`NA` for methods through the origin); `se_from` (`"method"` or `"draws"`); `target` (methods on draws
#'   and `se = "draws"`, else `NA`); `n` variants used, `n_left_out`, `n_draws`; `rse`
#'   (residual standard error, for weighted methods in units of the stated errors);
#'   `n_eff` (effective number of variants under the method's weights) and
#'   `max_weight_share`; `mean_f` (mean of (effect/SE)^2), `i2_gx` and
#'   `i2_gx_weighted` ([i2_gx()]); `i2_cov` (share of the exposure effects' spread
#'   that is not error, with the covariance of the draws; may be negative; `NA` for `"posterior"`) and
#'   `bias_pred` (bias of the uncorrected slope under the method's weights, which the methods on draws and `divw` take
#'   off), both for regressions of effects with draws;
#'   `loo_low`, `loo_high` (range of the slope without any one variant, [leave_one_out()]); `exposure_reach` (largest
#'   exposure effect over the upper quartile of those of all sequences; `NA` below 3);
#'   `cross_talk`, `cross_talk_slope` (correlation and slope of the two effects among the half of the variants with
#'   the weakest exposure effects), `strong_correlation`, `strong_slope` (the same among the strongest tenth);
#'   `q`, `q_df`, `q_p` (heterogeneity about the
#'   method's own line, where it has a chi-squared distribution); `q_ivw`, `q_ivw_p` (Cochran, n - 1
#'   degrees of freedom), `q_egger`, `q_egger_p` (n - 2) and their difference
#'   `q_rucker`, `q_rucker_p` (1), which take errors of variants as independent, and Rucker's choice of
#'   model at 5 %, `rucker` (A to D); `status`; [diagnose()] puts these into sentences, `summary()` into a verdict;
#'   `slope_without_draw`, a list-column: the estimate without draw t, for each t, by which
#'   [meta_analyze()] sees masks that sequences share (methods on draws, not for `"posterior"` or
#'   several draws of an ensemble's member).
#' @section Errors:
#' `deepmr_error_columns`, `deepmr_error_negative_se`, `deepmr_error_unknown_method`,
#' `deepmr_error_no_draws`, `deepmr_error_not_installed`, `deepmr_error_draws`, `deepmr_error_spread` (columns
#' `spread_exposure` and `spread_outcome` that are no factors), `deepmr_error_duplicated_rows`,
#' `deepmr_error_no_rows`, `deepmr_error_argument` (also for an argument given that no method of the call uses),
#' `deepmr_error_no_pooled_regression` (a method without one, for `by = NULL`); for `exposure` and `outcome`
#' `deepmr_error_same_output` (one output is all of both), `deepmr_error_unknown_output`,
#' `deepmr_error_ambiguous_output` (a label of several outputs) and `deepmr_error_no_output` (a search that found
#' nothing).
#' @references
#' Bowden J, Davey Smith G, Burgess S (2015). Mendelian randomization with invalid
#' instruments: effect estimation and bias detection through Egger regression.
#' *Int J Epidemiol* 44:512-525.
#'
#' Burgess S, Butterworth A, Thompson SG (2013). Mendelian randomization analysis with
#' multiple genetic variants using summarized data. *Genet Epidemiol* 37:658-665.
#'
#' Rucker G, Schwarzer G, Carpenter JR, Binder H, Schumacher M (2011). Treatment-effect
#' estimates adjusted for small-study effects via a limit meta-analysis.
#' *Biostatistics* 12:122-142.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 2, length = 30, slope = 0.4)
#' effects <- estimate_effects(x, "exposure", "outcome")
#' fit <- fit_mr(effects, method = c("egger_draws", "ivw"))
#' fit
#' tidy(fit)
#'
#' # Both directions; one regression over all sequences; all pairs, adjusted
#' fit_mr(effects, method = "egger_draws", error = "mc", reverse = TRUE)
#' fit_mr(effects, method = "egger_draws", error = "mc", by = NULL)
#' outputs <- c("exposure", "outcome")
#' fit_mr(x, method = "ols", error = "mc", exposure = outputs, outcome = outputs, adjust = "BH")
#'
#' # Effects from elsewhere need five columns
#' plain <- as.data.frame(effects)[c(
#'   "sequence", "beta_exposure", "se_exposure", "beta_outcome", "se_outcome"
#' )]
#' fit_mr(plain, method = "egger")
#' @export
fit_mr <- function(x, method = NULL, error = c("mc", "classical"), weights = NULL,
                   distribution = c("normal", "t"), exposure = NULL, outcome = NULL,
                   level = 0.95, model = c("default", "fixed", "random"),
                   target = c("structural", "network"), se = c("method", "draws"), psi = 0,
                   by = "sequence", reverse = FALSE, adjust = "none",
                   masks = c("auto", "own", "shared"), ...) {
  rlang::check_dots_empty()
  if (!is.null(method)) check_method_names(method)
  reverse <- check_flag(reverse, "reverse")
  adjust <- check_adjust(adjust)
  error <- check_errors(error)
  options <- list(
    distribution = check_choice(
      if (missing(distribution)) "normal" else distribution, c("normal", "t"), "distribution"
    ),
    model = check_choice(if (missing(model)) "default" else model, c("default", "fixed", "random"), "model"),
    level = check_level(level),
    target = check_choice(if (missing(target)) "structural" else target, c("structural", "network"), "target"),
    weights = check_choice(if (is.null(weights)) "equal" else weights, c("equal", "inverse_variance"), "weights"),
    se = check_choice(if (missing(se)) "method" else se, c("method", "draws"), "se"),
    psi = check_psi(psi),
    masks = check_choice(if (missing(masks)) "auto" else masks, c("auto", "own", "shared"), "masks")
  )
  data <- prepare_effects(x, exposure, outcome, reverse = reverse)
  has_draws <- "draws_reason" %in% names(data)
  method <- if (is.null(method)) default_method(data) else check_methods(method, has_draws, options$se)
  check_weight_choice(weights, method)
  given <- c(
    distribution = !missing(distribution), model = !missing(model), psi = !missing(psi), target = !missing(target)
  )
  check_obeyed(names(which(given)), method, options$se)
  check_by(by, method, options$masks)
  if (is.null(by)) pool_sequences(data)

  units <- unique(data, by = "group")
  data.table::setorderv(units, "group")
  units <- units[, c("sequence", "exposure", "outcome"), with = FALSE]
  if (is.null(by)) data.table::set(units, j = "sequence", value = all_sequences)
  fits <- lapply(method, function(name) fit_method(data, name, error, options))
  fits <- data.table::rbindlist(fits)
  fit <- cbind(units[fits$group], fits)
  data.table::setorderv(fit, c("group", "method_rank", "error_rank"))
  fit[, c("group", "method_rank", "error_rank") := NULL]
  if (!is.null(by) && all(is.na(fit$estimate))) tell_few_variants(data)
  new_mr_fit(add_adjusted_p(fit, adjust, c("method", "error")), data)
}

# The variants ride along for augment(), without their draws.
new_mr_fit <- function(fit, data) {
  variants <- data[, setdiff(names(data), c("draws_exposure", "draws_outcome", "group", "stratum")), with = FALSE]
  data.table::setattr(fit, "variants", variants)
  data.table::setattr(fit, "class", c("deepmr_mr_fit", "data.table", "data.frame"))
  fit
}

default_method <- function(data) {
  has_draws <- "draws_reason" %in% names(data)
  found <- if (lacks_errors(data)) "no standard errors" else if (has_draws) "draws" else "no draws"
  method <- c("no standard errors" = "ols", draws = "egger_draws", "no draws" = "egger")[[found]]
  why <- paste("the table has", found)
  cli::cli_inform("Using {.code method = \"{method}\"}: {why}.", class = "deepmr_message_method")
  method
}

check_errors <- function(error, call = rlang::caller_env()) {
  known <- c("mc", "classical", "posterior")
  if (!is.character(error) || !length(error) || !all(error %in% known)) {
    stop_deepmr(
      "argument", "{.arg error} must be one or more of {.val {known}}, not {.val {or_none(error)}}.",
      call = call
    )
  }
  unique(error)
}

check_weight_choice <- function(weights, method, call = rlang::caller_env()) {
  obeys <- vapply(method_registry()[method], `[[`, TRUE, "weight_choice")
  if (!is.null(weights) && !any(obeys)) {
    stop_deepmr(
      "argument", "{.arg weights} has no meaning for {.val {method}}, whose name{?s} fix{?es/} the weights.",
      "It is for {.val egger_draws} and {.val ivw_draws}.",
      call = call
    )
  }
}
