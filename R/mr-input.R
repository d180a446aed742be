# From the user's table to what the methods work on: columns checked, groups numbered,
# and for every row the reason, if any, why it is left out. No row is removed here.

effect_columns <- c("beta_exposure", "se_exposure", "beta_outcome", "se_outcome")

# Returns a plain data.table with the columns of the user's table that matter, `group`
# (1, 2, ... by sequence, then exposure, then outcome, each in order of appearance),
# `reason` (why a row is left out of every fit), `effect_reason` (the same for methods that need no standard errors)
# and, with draws, `draws_reason` (out of the draw-based ones only).
prepare_effects <- function(x, exposure = NULL, outcome = NULL, call = rlang::caller_env(), reverse = FALSE) {
  check_given(x, "x", "a table of effects or of mutagenesis", call)
  x <- as_effects(x, exposure, outcome, call)
  if (reverse) x <- add_reverse(x, call)
  check_numeric_columns(x, effect_columns, "x", call)
  check_standard_errors(x$se_exposure, "se_exposure", call)
  check_standard_errors(x$se_outcome, "se_outcome", call)
  optional <- c(
    "position", "ref", "alt", place_columns, "n_draws", "n_members", spread_columns, "draws_exposure", "draws_outcome",
    "at_rounding", "selected", "reason"
  )
  keep <- intersect(c("sequence", optional, "exposure", "outcome", effect_columns), names(x))
  # Shares the columns of `x`, of which none is changed in place: draws are large.
  data <- data.table::setDT(as.list(x)[keep])
  if (!all(is.na(data$n_draws))) check_draw_counts(data, call)
  if (!is.null(data$n_members)) check_member_counts(data$n_members, call)
  check_spread_factors(data, call)
  for (role in c("exposure", "outcome")) {
    if (is.null(data[[role]])) data[, (role) := role]
  }
  unit <- c("sequence", "exposure", "outcome")
  data[, (unit) := lapply(.SD, as.character), .SDcols = unit]
  check_named(data, unit, call)
  data.table::set(data, j = "group", value = number_groups(as.list(data)[unit]))
  if (all(variant_columns %in% names(data))) {
    check_duplicated_rows(data, c(unit, variant_columns[-1L]), "x", call, by = c("group", variant_columns[-1L]))
  }
  tell_no_errors(data)
  reason <- left_out_reason(data, call)
  # What methods without standard errors may use: "se_exposure is missing" is none of their reasons.
  effect_reason <- left_out_reason(data, call, usable_without_errors(data))
  data.table::set(data, j = c("reason", "effect_reason"), value = list(reason, effect_reason))
  if (all(c("draws_exposure", "draws_outcome") %in% names(data))) {
    for (column in c("draws_exposure", "draws_outcome")) {
      if (!is.list(data[[column]])) {
        data.table::set(data, j = column, value = list(as_draws(data[[column]], column, call)))
      }
    }
    data.table::set(data, j = "n_draws", value = count_draws(data, call))
    data.table::set(data, j = "draws_reason", value = draws_left_out_reason(data, call))
  }
  data[]
}

# Rows of one unit mostly follow each other, so the runs of equal rows are numbered instead of the rows.
number_groups <- function(units) {
  run <- data.table::rleidv(units)
  size <- tabulate(run)
  first <- cumsum(size) - size + 1L
  ranks <- lapply(units, function(x) match(x[first], unique(x[first])))
  data.table::frankv(data.table::as.data.table(ranks), ties.method = "dense")[run]
}

# An effects table as it is, narrowed to the outputs asked for, or made from a
# mutagenesis table.
as_effects <- function(x, exposure, outcome, call) {
  is_mutagenesis <- is.data.frame(x) && !"beta_exposure" %in% names(x) && all(c("output", "effect") %in% names(x))
  if (is_mutagenesis) {
    if (is.null(exposure) || is.null(outcome)) {
      stop_deepmr(
        "argument", "{.arg x} is a mutagenesis table, so {.arg exposure} and {.arg outcome} must name outputs.",
        "Its outputs are {.val {unique(as.character(x$output))}}.",
        call = call
      )
    }
    return(estimate_effects(x, exposure, outcome))
  }
  x <- check_columns(x, c("sequence", effect_columns), "x", call)
  for (role in c("exposure", "outcome")) {
    wanted <- if (role == "exposure") exposure else outcome
    if (is.null(wanted)) next
    check_columns(x, role, "x", call)
    wanted <- check_outputs(wanted, unique(as.character(x[[role]])), role, call)
    rows <- which(x[[role]] %in% wanted)
    x <- x[rows]
  }
  if (!nrow(x)) stop_deepmr("no_rows", "{.arg x} has no rows.", call = call)
  x
}

left_out_reason <- function(data, call, unusable = unusable_value(data)) {
  # The first of these reasons that a row has.
  reason <- unusable
  reason[which(data$at_rounding == TRUE)] <- "at float rounding level"
  exact <- which(data$se_outcome == 0)
  reason[exact] <- data.table::fcoalesce(reason[exact], "se_outcome is 0")
  rest <- which(!selected_rows(data, call))
  reason[rest] <- data.table::fcoalesce(reason[rest], not_selected_reason(data, rest))
  reason
}

# Said once, since all fits but ols fail for it.
tell_no_errors <- function(data) {
  if (lacks_errors(data)) {
    cli::cli_inform(
      c(
        "!" = "{.arg x} has no standard errors: only {.code method = \"ols\"} can use its variants.",
        "i" = "With dropout off ({.code dropout = NULL}) only an ensemble has any: see {.fn model_ensemble}."
      ),
      class = "deepmr_message_no_errors"
    )
  }
}

# Said where nothing can be fitted: the statuses of single rows do not say that all of a table is of this kind.
tell_few_variants <- function(data) {
  n <- tabulate(data$group)
  if (max(n) > 2L || data.table::uniqueN(data$sequence) == 1L) {
    return(invisible())
  }
  method <- if ("draws_reason" %in% names(data)) "ivw_draws" else "ivw"
  cli::cli_inform(
    c(
      "!" = "No fit has an estimate: no sequence has more than {max(n)} variant{?s}.",
      i = "Of a list of variants ({.fn variant_effects}) each position has a sequence, its window, of its own.",
      i = "One slope through the origin over all of them: {.code by = NULL, method = \"{method}\"}.",
      i = "A slope for each sequence needs all of its mutations: {.fn saturation_mutagenesis}."
    ),
    class = "deepmr_message_few_variants"
  )
}

lacks_errors <- function(data) nrow(data) > 0L && (all(is.na(data$se_exposure)) || all(is.na(data$se_outcome)))

# Standard errors may be missing, but one that is infinite says that the effect is not known.
usable_without_errors <- function(data) unusable_value(data, missing = c("beta_exposure", "beta_outcome"))

# "se_exposure is missing": the first column whose value cannot be used.
unusable_value <- function(data, missing = effect_columns) {
  reason <- rep(NA_character_, nrow(data))
  for (what in c("missing", "infinite")) {
    for (column in if (what == "missing") missing else effect_columns) {
      if (is.finite(sum(data[[column]]))) next # nothing missing, nothing infinite
      bad <- if (what == "missing") is.na(data[[column]]) else is.infinite(data[[column]])
      if (any(bad)) reason[bad & is.na(reason)] <- paste(column, "is", what)
    }
  }
  reason
}

selected_rows <- function(data, call) {
  if (is.null(data$selected)) {
    return(rep(TRUE, nrow(data)))
  }
  if (!is.logical(data$selected) || anyNA(data$selected)) {
    stop_deepmr("columns", "Column {.field selected} must be TRUE or FALSE in every row.", call = call)
  }
  data$selected
}

# The words of select_instruments() where it made them.
not_selected_reason <- function(data, rows) {
  given <- if (is.null(data$reason)) rep(NA_character_, length(rows)) else as.character(data$reason[rows])
  data.table::fcoalesce(given, "not selected")
}

# A row of no name would be a sequence or an output of its own.
check_named <- function(data, columns, call) {
  for (column in columns) {
    n <- sum(is.na(data[[column]]))
    if (n) {
      stop_deepmr(
        "columns", "Column {.field {column}} of {.arg x} is missing in {n} row{?s}.",
        "Every row needs the names of its sequence and outputs.",
        call = call
      )
    }
  }
}

check_draw_counts <- function(data, call) {
  check_numeric_columns(data, "n_draws", "x", call)
  n_draws <- data$n_draws
  wrong <- !is.na(n_draws) & !(is.finite(n_draws) & n_draws >= 0 & n_draws == round(n_draws))
  if (any(wrong)) {
    stop_deepmr(
      "columns", "Column {.field n_draws} must hold whole numbers from 0, or NA, not {.val {n_draws[wrong][1]}}.",
      "It is the number of draws behind the standard errors; without the column they are used as they stand.",
      call = call
    )
  }
}

check_member_counts <- function(n_members, call) {
  wrong <- if (is.numeric(n_members)) !(n_members >= 1 & n_members == round(n_members)) %in% TRUE else TRUE
  if (any(wrong)) {
    stop_deepmr(
      "columns", "Column {.field n_members} must hold whole numbers from 1, not {.val {n_members[wrong][1]}}.",
      "It is the number of networks that take turns over the draws; without the column there is one.",
      call = call
    )
  }
}

# n_draws as given, or counted where it is not; the two must not contradict each other.
count_draws <- function(data, call) {
  counted <- lengths(data$draws_exposure)
  if (is.null(data$n_draws)) {
    return(counted)
  }
  given <- data$n_draws
  wrong <- sum(given != counted & counted > 0L, na.rm = TRUE)
  if (wrong) {
    stop_deepmr(
      "draws", "For {wrong} variant{?s} {.field n_draws} is not the number of draws in {.field draws_exposure}.",
      "Both must come from one run of {.fn saturation_mutagenesis}.",
      call = call
    )
  }
  ifelse(is.na(given), counted, given)
}

draws_left_out_reason <- function(data, call) {
  n_draws <- lengths(data$draws_exposure)
  sum_x <- draw_totals(data$draws_exposure, data$group)
  sum_y <- draw_totals(data$draws_outcome, data$group)
  usable <- is.finite(sum_x) & is.finite(sum_y)
  reason <- data.table::fcase(
    n_draws == 0L, "no draws",
    n_draws != lengths(data$draws_outcome), "exposure and outcome have different numbers of draws",
    n_draws == 1L, "only 1 draw",
    !usable, "missing or infinite draw",
    default = NA_character_
  )
  check_draws_agree(data, sum_x / n_draws, "exposure", is.na(reason) & is.na(data$reason), call)
  check_draws_agree(data, sum_y / n_draws, "outcome", is.na(reason) & is.na(data$reason), call)
  reason
}

# Sums of a list of draws; NA where an element holds no numbers. Groups that follow each other often share
# their outcome's draws.
draw_totals <- function(draws, group) {
  total <- numeric(length(draws))
  before <- NULL
  for (at in rows_by_group(group, max(group))) {
    here <- draws[at]
    if (!identical(here, before)) {
      before <- here
      found <- if (length(unique(lengths(here))) == 1L && length(here[[1L]])) draw_columns(here)
      sums <- if (is.numeric(found)) {
        colSums(found)
      } else {
        vapply(here, function(x) if (is.numeric(x)) sum(x) else NA_real_, 0)
      }
    }
    total[at] <- sums
  }
  total
}

# Effects altered without their draws would make the methods of one call answer
# different questions. The tolerance leaves room for 32-bit arithmetic.
check_draws_agree <- function(data, mean, role, rows, call) {
  beta <- data[[paste0("beta_", role)]]
  gap <- abs(mean - beta) > 0.1 * data[[paste0("se_", role)]] + 1e-5 * max(abs(beta[rows]), 0)
  n <- sum(gap & rows)
  if (n) {
    stop_deepmr(
      "draws", "For {n} variant{?s} the mean of {.field draws_{role}} is not {.field beta_{role}}.",
      "Change effects and draws together, or drop the draws and choose a method without them.",
      call = call
    )
  }
}
