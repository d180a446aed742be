#' Do standard errors of effects cover the truth?
#'
#' Where true effects are known (a simulation, [demo_truth()], measured allelic effects), the share of variants whose
#' true effect lies within `effect - q * se` and `effect + q * se`, at several levels and with quantiles q of the normal
#' and of Student's t side by side.
#'
#' @section What `se` does and does not promise:
#' `se` is the standard deviation of an effect over the dropout draws, under masks that reference and variant
#' share. The interval `effect +- q * se` reads it as a posterior: if the truth were one more draw about the mean, and
#' draws were normal, the interval with t quantiles would cover at a little less than the nominal level (the level
#' of `q / sqrt(1 + 1/T)`, since the mean is itself one of T draws), and that with normal quantiles at less still.
#' Nothing makes the truth such a draw. Dropout shows what the network's masks change, and no error that all masks
#' share: coverage below the nominal level says that the network is wrong by more than its draws differ, coverage above
#' it that they differ by more than it is wrong. It says nothing about the error of the *mean* over the draws, which is
#' `se / sqrt(T)` and goes to 0.
#'
#' @section What is left out:
#' Rows at float rounding level (`at_rounding`), rows without a standard error above 0 (one draw, missing values) and
#' rows without a true effect; a message of class `deepmr_message_left_out` counts them.
#'
#' @section Two intervals:
#' Variants of one sequence share masks, so their effects are right or wrong together, and the exact interval, which
#' takes variants as independent, is too narrow. `cluster.low` and `cluster.high` are the 2.5 % and 97.5 % quantiles of
#' the share when whole sequences are drawn with replacement (percentile bootstrap); below about ten sequences they are
#' too narrow as well.
#'
#' @section Ensembles with several draws for each member:
#' `se` is then the standard deviation over all draws, of few members many times each: it understates what members
#' differ by (by a factor of up to sqrt((M - 1) / M)), and the t interval has more degrees of freedom than M members
#' give. With `dropout = NULL` there is one draw for each member, and both are right.
#'
#' @param effects A mutagenesis table ([saturation_mutagenesis()], or a data frame with its columns), or a named list of
#'   them, such as before and after a recalibration: `list(before = x, after = y)`.
#' @param truth A data frame of true effects, on the scale of `effects`: `sequence`, `position`, `alt`, `output`,
#'   `effect`, one row per variant and output, such as `demo_truth(sequences)$effects`. With a column `ref`, the
#'   reference bases must agree.
#' @param level Nominal levels.
#' @param resamples Number of bootstrap samples.
#' @param seed Seed of the bootstrap; the session's random state is left as found.
#' @return A `deepmr_se_coverage` data.table, one row per output (and `"(pooled)"`, all of them together), level and
#'   interval:
#' \describe{
#'   \item{set}{name in the list, where `effects` is one}
#'   \item{output, level}{output and nominal level}
#'   \item{interval}{`"normal"`, or `"t"` with `n_draws - 1` degrees of freedom}
#'   \item{n, n_sequences}{variants (pooled: variants x outputs) and sequences counted}
#'   \item{coverage}{share of them whose interval holds the true effect}
#'   \item{conf.low, conf.high}{exact 95 % interval of that share (Clopper & Pearson 1934)}
#'   \item{cluster.low, cluster.high}{bootstrap 95 % interval over sequences; `NA` with one sequence}
#'   \item{median_se}{median standard error, in units of the output}
#' }
#' @section Errors:
#' `deepmr_error_columns`, `deepmr_error_argument` (also a list without names), `deepmr_error_duplicated_rows`,
#' `deepmr_error_no_truth` (no variant in common), `deepmr_error_ref` (another reference base), `deepmr_error_no_rows`
#' (nothing left).
#' @references
#' Clopper CJ, Pearson ES (1934). The use of confidence or fiducial limits illustrated in the case of the binomial.
#' Biometrika 26:404-413.
#'
#' Davison AC, Hinkley DV (1997). Bootstrap methods and their application. Cambridge University Press, section 3.8
#' (resampling of clusters).
#' @seealso [diagnose_draws()] where no truth is known, [autoplot.deepmr_se_coverage()]
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 5, length = 30)
#' # A truth that is one more draw for each variant: the last one, taken from the others
#' truth <- x[, list(sequence, position, ref, alt, output, effect = sapply(effect_draws, tail, 1))]
#' x[, effect_draws := lapply(effect_draws, head, -1)]
#' x[, c("effect", "se", "n_draws") := list(sapply(effect_draws, mean), sapply(effect_draws, sd), 19)]
#' coverage <- se_coverage(x, truth)
#' coverage[output == "(pooled)"]
#' # Standard errors of half the size beside them
#' half <- data.table::copy(x)[, se := se / 2]
#' both <- se_coverage(list(given = x, halved = half), truth)
#' ggplot2::autoplot(both)
#' @export
se_coverage <- function(effects, truth, level = c(0.5, 0.8, 0.9, 0.95), resamples = 1000L, seed = 1L) {
  check_given(effects, "effects", "a mutagenesis table or a named list of them")
  level <- sort(unique(check_open_levels(level)))
  resamples <- check_count(resamples, "resamples")
  seed <- check_count(seed, "seed", min = 0L)
  truth <- check_truth(truth)
  one_set <- function(x, arg, call) {
    coverage_by_output(join_truth(x, truth, arg, call), level, resamples, seed)
  }
  call <- rlang::current_env()
  if (is.data.frame(effects)) {
    table <- one_set(effects, "effects", call)
  } else {
    check_sets(effects)
    sets <- Map(function(x, name) one_set(x, paste0("effects$", name), call), effects, names(effects))
    table <- data.table::rbindlist(sets, idcol = "set")
  }
  data.table::setattr(table, "class", c("deepmr_se_coverage", "data.table", "data.frame"))
  table[]
}

#' @export
print.deepmr_se_coverage <- function(x, topn = 24L, ...) {
  if (!is_to_be_printed(x)) {
    return(invisible(x))
  }
  if (all(c("output", "level", "interval", "n", "coverage") %in% names(x))) {
    sets <- if (!is.null(x$set)) paste0(counted(data.table::uniqueN(x$set), "set"), ", ")
    outputs <- counted(data.table::uniqueN(setdiff(x$output, pooled_name)), "output")
    cat("<coverage of standard errors> ", sets, outputs, "\n", sep = "")
  }
  print_table(x, topn = topn, ...)
  invisible(x)
}

pooled_name <- "(pooled)"
truth_key <- c("sequence", "position", "alt", "output")

check_sets <- function(effects, call = rlang::caller_env()) {
  named <- is.list(effects) && length(effects) && !is.null(names(effects)) && all(nzchar(names(effects)))
  if (!named || anyDuplicated(names(effects))) {
    stop_deepmr(
      "argument", "{.arg effects} must be a mutagenesis table, or a list of them with a name each,
       not {.obj_type_friendly {effects}}.",
      "For example {.code list(before = x, after = y)}.",
      call = call
    )
  }
}

# Rows without an effect say nothing.
check_truth <- function(truth, call = rlang::caller_env()) {
  truth <- check_columns(truth, c(truth_key, "effect"), "truth", call = call)
  check_numeric_columns(truth, c("position", "effect"), "truth", call = call)
  truth <- plain_variants(truth, intersect(c(truth_key, "ref", "effect"), names(truth)))
  check_duplicated_rows(truth, truth_key, "truth", call = call)
  truth[is.finite(truth$effect)]
}

plain_variants <- function(x, columns) {
  x <- data.table::as.data.table(as.list(x)[columns])
  for (column in intersect(c("sequence", "ref", "alt", "output"), columns)) {
    data.table::set(x, j = column, value = as.character(x[[column]]))
  }
  x
}

# The rows of `effects` that count, with `truth`.
join_truth <- function(effects, truth, arg, call) {
  effects <- check_columns(effects, effects_source_columns, arg, call = call)
  check_numeric_columns(effects, c("position", "effect", "se", "n_draws"), arg, call = call)
  effects <- plain_variants(effects, effects_source_columns)
  check_duplicated_rows(effects, truth_key, arg, call = call)
  at <- truth[effects, on = truth_key, which = TRUE]
  known <- !is.na(at)
  if (!any(known)) stop_nothing_in_common(effects, truth, arg, call)
  check_same_ref(effects, truth, at, arg, call)
  rounding <- effects$at_rounding %in% TRUE
  has_se <- is.finite(effects$effect) & is.finite(effects$se) & effects$se > 0 & (effects$n_draws >= 2) %in% TRUE
  kept <- known & !rounding & has_se
  tell_left_out(arg, c(
    "without a true effect" = sum(!known), "at float rounding level" = sum(known & rounding),
    "without a standard error above 0" = sum(known & !rounding & !has_se)
  ), nrow(truth) - sum(known))
  if (!any(kept)) {
    stop_deepmr(
      "no_rows", "No row of {.arg {arg}} with a true effect has a standard error above 0.",
      "With dropout off there are none: mutate with {.code dropout = dropout_spec()}.",
      call = call
    )
  }
  data.table::set(effects, j = "truth", value = truth$effect[at])
  effects[kept]
}

stop_nothing_in_common <- function(effects, truth, arg, call) {
  first <- function(x) {
    if (nrow(x)) paste(unlist(lapply(truth_key, function(key) x[[key]][1L])), collapse = ", ") else "none"
  }
  stop_deepmr(
    "no_truth", "{.arg {arg}} and {.arg truth} have no variant in common.",
    c(
      "They are matched by {.field {truth_key}}.",
      "The first of {.arg {arg}}: {first(effects)}; of {.arg truth}: {first(truth)}."
    ),
    call = call
  )
}

check_same_ref <- function(effects, truth, at, arg, call) {
  if (is.null(truth$ref)) return(invisible())
  differ <- which(truth$ref[at] != effects$ref)
  if (length(differ)) {
    row <- differ[1L]
    stop_deepmr(
      "ref",
      "{length(differ)} variant{?s} {?has/have} another reference base in {.arg truth}: the first is {.val
       {effects$ref[row]}} in {.arg {arg}} and {.val {truth$ref[at[row]]}} in {.arg truth}, at position
       {effects$position[row]} of {effects$sequence[row]}.",
      "Are these the same sequences, with positions from 1?",
      call = call
    )
  }
}

tell_left_out <- function(arg, left_out, without_effect) {
  left_out <- left_out[left_out > 0]
  if (length(left_out)) {
    why <- paste(format_count(left_out), names(left_out), collapse = ", ")
    cli::cli_inform(
      "Left out of {.arg {arg}}: {counted(sum(left_out), 'row')} ({why}).", class = "deepmr_message_left_out"
    )
  }
  if (without_effect) {
    cli::cli_inform(
      "{counted(without_effect, 'row')} of {.arg truth} {cli::qty(without_effect)}{?has/have} no effect in
       {.arg {arg}}.",
      class = "deepmr_message_left_out"
    )
  }
}

coverage_by_output <- function(x, level, resamples, seed) {
  all_rows <- list(seq_len(nrow(x)))
  rows <- c(split(all_rows[[1L]], factor(x$output, unique(x$output))), stats::setNames(all_rows, pooled_name))
  data.table::rbindlist(lapply(rows, function(at) coverage_rows(x[at], level, resamples, seed)), idcol = "output")
}

# One output: a row per level and interval.
coverage_rows <- function(x, level, resamples, seed) {
  z <- (x$effect - x$truth) / x$se
  reached <- list(normal = central_level(z, Inf), t = central_level(z, x$n_draws - 1))
  grid <- data.table::CJ(level = level, interval = names(reached))
  covered <- mapply(function(level, interval) reached[[interval]] <= level, grid$level, grid$interval)
  dim(covered) <- c(nrow(x), nrow(grid))
  by_sequence <- rowsum(covered + 0L, x$sequence) # sorted, so that the order of rows changes nothing
  n <- drop(rowsum(rep(1, nrow(x)), x$sequence))
  exact <- clopper_pearson(colSums(covered), nrow(x), 0.95)
  cluster <- cluster_interval(by_sequence, n, resamples, seed)
  data.table::data.table(
    grid, n = nrow(x), n_sequences = length(n), coverage = colMeans(covered),
    conf.low = exact$conf.low, conf.high = exact$conf.high,
    cluster.low = cluster[1L, ], cluster.high = cluster[2L, ], median_se = stats::median(x$se)
  )
}

# Percentile bootstrap of the shares `successes` / `n` over clusters, their rows: counts per cluster are all it needs.
cluster_interval <- function(successes, n, resamples, seed) {
  if (length(n) < 2L) {
    return(matrix(NA_real_, 2L, ncol(successes)))
  }
  times <- with_seed(seed, stats::rmultinom(resamples, length(n), rep(1, length(n))))
  share <- crossprod(times, successes) / drop(crossprod(times, n))
  apply(share, 2L, stats::quantile, c(0.025, 0.975), names = FALSE)
}
