#' Pair exposure and outcome effects
#'
#' Puts the effects of every variant on an exposure and on an outcome side by side:
#' the table that [select_instruments()] and [fit_mr()] work on.
#'
#' @section Units and signs:
#' Effects are alternative minus reference on the model's output scale, with no
#' orientation by sign. `se_exposure` and `se_outcome` are standard deviations over
#' the dropout draws, not errors of the mean; [fit_mr()] scales them by its `error`
#' argument.
#'
#' @param x A mutagenesis table ([saturation_mutagenesis()]) or any data frame with
#'   its columns; only columns are checked, never attributes.
#' @param exposure,outcome One or more names of outputs in `x`, or rows of the table
#'   that [outputs()] returns; every exposure is paired with every outcome but itself. The
#'   same names in both give all ordered pairs.
#' @param reverse Add the reverse direction: every pair also with exposure and outcome changed over. What
#'   that shows inside one network: [fit_mr()], "Reverse direction".
#' @return A data.table of class `deepmr_effects`, one row per sequence x variant x
#'   exposure x outcome: `sequence`, `position`, `ref`, `alt`, (where `x` has them) `chrom`, `genome_position`,
#'   `strand` and `id`, `exposure`, `outcome`, `beta_exposure`, `se_exposure`, `beta_outcome`, `se_outcome`,
#'   `cov_exposure_outcome` (sample covariance of the two effects over the draws,
#'   divisor T - 1; `NA` without draws), `n_draws`, `draws_exposure` and
#'   `draws_outcome` (list columns of T numbers each, only when `x` has
#'   `effect_draws`), `n_members` (only when `x` has it: an ensemble), `spread_exposure` and `spread_outcome`
#'   (only when `x` has `spread`: [transform_spread()]), `at_rounding` (either effect is at float
#'   rounding level).
#' @section Errors:
#' `deepmr_error_unknown_output` (with the nearest names), `deepmr_error_ambiguous_output`
#' (a label of several outputs), `deepmr_error_no_output` (a search that found nothing),
#' `deepmr_error_same_output` (one output is the only exposure and the only outcome; where others are left, an output
#' is not paired with itself, and a message of class `deepmr_message_same_output` says so),
#' `deepmr_error_duplicated_rows`, `deepmr_error_unmatched_variants`,
#' `deepmr_error_draws` and `deepmr_error_columns`.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 2, length = 30)
#' estimate_effects(x, exposure = "exposure", outcome = "outcome")
#' # Both directions, one table
#' estimate_effects(x, exposure = "exposure", outcome = "outcome", reverse = TRUE)
#' @export
estimate_effects <- function(x, exposure, outcome, reverse = FALSE) {
  x <- check_columns(x, effects_source_columns, "x")
  check_given(exposure, "exposure", "the name of an output, or several")
  check_given(outcome, "outcome", "the name of an output, or several")
  check_numeric_columns(x, c("effect", "se", "n_draws"), "x")
  if (!nrow(x)) {
    stop_deepmr("no_rows", "{.arg x} has no rows.", "A sequence of N only has no variants, for one.")
  }
  known <- unique(as.character(x$output))
  exposure <- unique(check_outputs(exposure, known, "exposure"))
  outcome <- unique(check_outputs(outcome, known, "outcome"))
  pairs <- pair_outputs(exposure, outcome, check_flag(reverse, "reverse"))
  keep <- intersect(c(effects_source_columns, place_columns, "n_members", "spread", "effect_draws"), names(x))
  rows <- which(x$output %in% c(exposure, outcome))
  x <- data.table::as.data.table(as.list(x)[keep])[rows]
  if (!is.null(x$effect_draws)) {
    data.table::set(x, j = "effect_draws", value = list(as_draws(x$effect_draws, "effect_draws")))
  }
  check_duplicated_rows(x, c(variant_columns, "output"), "x")
  effects <- data.table::rbindlist(Map(
    function(from, to) pair_effects(x, from, to), pairs$exposure, pairs$outcome
  ))
  data.table::setattr(effects, "class", c("deepmr_effects", "data.table", "data.frame"))
  effects
}

# Every exposure with every outcome, none with itself.
pair_outputs <- function(exposure, outcome, reverse, call = rlang::caller_env()) {
  pairs <- data.table::CJ(exposure = exposure, outcome = outcome, sorted = FALSE)
  both <- intersect(exposure, outcome)
  pairs <- pairs[pairs$exposure != pairs$outcome]
  if (!nrow(pairs)) {
    stop_deepmr(
      "same_output", "{.val {both}} is exposure and outcome at once.",
      "Its slope on itself is 1; name another output for one of the two.",
      call = call
    )
  }
  if (length(both)) {
    cli::cli_inform(
      "{length(both)} output{?s} {?is/are} exposure and outcome, and not paired with {?itself/themselves}.",
      class = "deepmr_message_same_output"
    )
  }
  if (reverse) {
    turned <- data.table::data.table(exposure = pairs$outcome, outcome = pairs$exposure)
    pairs <- unique(rbind(pairs, turned))
  }
  pairs
}

variant_columns <- c("sequence", "position", "ref", "alt")
effects_source_columns <- c(variant_columns, "output", "effect", "se", "n_draws", "at_rounding")

# `by`: columns that say the same in a way that is faster to compare.
check_duplicated_rows <- function(x, columns, arg, call = rlang::caller_env(), by = columns, what = "variant") {
  at <- anyDuplicated(x, by = by)
  if (at) {
    row <- paste(columns, vapply(columns, function(column) as.character(x[[column]][at]), ""), sep = " = ")
    stop_deepmr(
      "duplicated_rows", "{.arg {arg}} has more than one row for {row}.",
      "Each {what} may stand once; was a table bound to itself?",
      call = call
    )
  }
}

# One exposure beside one outcome; both must have the very same variants.
pair_effects <- function(x, exposure, outcome, call = rlang::caller_env(2)) {
  from <- x[x$output == exposure]
  to <- x[x$output == outcome]
  at <- to[from, on = variant_columns, which = TRUE]
  unmatched <- sum(is.na(at)) + nrow(to) - sum(!is.na(at))
  if (unmatched) {
    stop_deepmr(
      "unmatched_variants",
      "{unmatched} variant{?s} {?has/have} an effect on only one of {.val {exposure}} and {.val {outcome}}.",
      "Give the mutagenesis table whole, or drop those variants from both outputs.",
      call = call
    )
  }
  to <- to[at]
  check_same_draws(from$n_draws, to$n_draws, call)
  effects <- from[, c(variant_columns, intersect(place_columns, names(from))), with = FALSE]
  effects[, c("exposure", "outcome") := list(exposure, outcome)]
  effects[, c("beta_exposure", "se_exposure") := list(from$effect, from$se)]
  effects[, c("beta_outcome", "se_outcome") := list(to$effect, to$se)]
  effects[, "cov_exposure_outcome" := draw_covariance(from$effect_draws, to$effect_draws, call)]
  effects[, "n_draws" := from$n_draws]
  if (!is.null(from$n_members)) effects[, "n_members" := from$n_members]
  if (!is.null(from$spread)) effects[, c("spread_exposure", "spread_outcome") := list(from$spread, to$spread)]
  if (!is.null(from$effect_draws)) {
    effects[, c("draws_exposure", "draws_outcome") := list(from$effect_draws, to$effect_draws)]
  }
  effects[, "at_rounding" := from$at_rounding | to$at_rounding][]
}

# One T per row scales both standard errors later, so it must hold for both.
check_same_draws <- function(exposure, outcome, call) {
  differ <- sum(!(exposure == outcome | is.na(exposure) & is.na(outcome)) %in% TRUE)
  if (differ) {
    stop_deepmr(
      "draws", "Exposure and outcome have different numbers of draws for {differ} variant{?s}.",
      "Both must come from one run of {.fn saturation_mutagenesis}: draw t is the same mask for all outputs.",
      call = call
    )
  }
}

# Sample covariance of two list columns of draws, row by row; NA where there are none.
draw_covariance <- function(x, y, call) {
  if (is.null(x)) {
    return(NA_real_)
  }
  n_draws <- lengths(x)
  if (any(n_draws != lengths(y))) {
    stop_deepmr(
      "draws", "Exposure and outcome have different numbers of draws for {sum(n_draws != lengths(y))} variant{?s}.",
      "Both must come from one run of {.fn saturation_mutagenesis}: draw t is the same mask for all outputs.",
      call = call
    )
  }
  covariance <- rep(NA_real_, length(x))
  for (n in setdiff(unique(n_draws), 0:1)) {
    rows <- which(n_draws == n)
    dx <- draw_matrix(x[rows])
    dy <- draw_matrix(y[rows])
    covariance[rows] <- rowSums((dx - rowMeans(dx)) * (dy - rowMeans(dy))) / (n - 1)
  }
  covariance
}

# A column of draws as the list it should be. A file has none: fwrite() puts the draws of a
# row between bars, and fread() gives text, or NA where every row is empty.
as_draws <- function(draws, column, call = rlang::caller_env()) {
  if (is.list(draws)) {
    return(draws)
  }
  if (is.character(draws) || all(is.na(draws))) {
    parts <- strsplit(ifelse(is.na(draws), "", draws), "|", fixed = TRUE)
    return(lapply(parts, function(part) suppressWarnings(as.numeric(part))))
  }
  stop_deepmr(
    "columns", "Column {.field {column}} must be a list of numeric vectors, not {.obj_type_friendly {draws}}.",
    "Drop the column to go on without draws.",
    call = call
  )
}

# A list of n vectors of T draws as a T x n matrix, and as an n x T one.
draw_columns <- function(draws) {
  all <- unlist(draws, use.names = FALSE)
  dim(all) <- c(length(all) / max(1L, length(draws)), length(draws)) # matrix() would copy
  all
}
draw_matrix <- function(draws) t(draw_columns(draws))

#' @method print deepmr_effects
#' @export
print.deepmr_effects <- function(x, ...) {
  if (!is_to_be_printed(x)) {
    return(invisible(x))
  }
  if (all(c("sequence", "exposure", "outcome") %in% names(x))) {
    n_sequences <- length(unique(x$sequence))
    exposures <- unique(x$exposure)
    outcomes <- unique(x$outcome)
    pairs <- nrow(unique(data.table::as.data.table(as.list(x)[c("exposure", "outcome")])))
    what <- if (pairs > 1L) "variant-pair combination" else "variant"
    cli::cat_line(cli::pluralize(
      "Effects of {nrow(x)} {what}{cli::qty(nrow(x))}{?s} in {n_sequences} sequence{?s}, alternative minus reference"
    ))
    cli::cat_line("Exposure: ", name_some(exposures), "; outcome: ", name_some(outcomes))
    draws <- if ("draws_exposure" %in% names(x)) "kept" else "not kept"
    n_rounding <- sum(x$at_rounding %in% TRUE)
    cli::cat_line("Draws ", draws, "; ", n_rounding, " at float rounding level")
    if ("selected" %in% names(x)) cli::cat_line(sum(x$selected %in% TRUE), " selected as instruments")
  }
  print_table(x, ...)
  invisible(x)
}

name_some <- function(names, n = 3L) {
  more <- length(names) - n
  paste0(paste(utils::head(names, n), collapse = ", "), if (more > 0) paste0(" and ", more, " more"))
}
