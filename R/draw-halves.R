# Halves of the draws: one chooses instruments, the other has their effects. Under masks that are drawn
# independently the error of a choice is then not in the effects.

# Indices of a half, 1 to T. Odd and even draws; where members of an ensemble take turns over the draws, odd and
# even turns, so that each half has every member in the same order.
half_indices <- function(half, n_draws, n_members) {
  turn <- if (draws_independent(n_draws, n_members)) seq_len(n_draws) else (seq_len(n_draws) - 1L) %/% n_members + 1L
  which(turn %% 2L == (half == "odd"))
}

# Turns that can be halved into halves with a variance each.
least_turns <- 4L

# `effects` with the effects, errors and draws of the half that does not choose, and `choice`: exposure effects and
# standard errors (SD over draws) of the half that does.
halve_draws <- function(effects, half, call) {
  columns <- c("draws_exposure", "draws_outcome")
  if (!all(columns %in% names(effects))) {
    stop_deepmr(
      "no_draws", "{.code draws = \"{half}\"} needs draws; {.arg effects} has no {.field draws_exposure} and
       {.field draws_outcome}.",
      "Keep them with {.code saturation_mutagenesis(draws = TRUE)}.",
      call = call
    )
  }
  check_not_spread(effects, call)
  draws <- lapply(stats::setNames(columns, columns), function(column) as_draws(effects[[column]], column, call))
  n_draws <- lengths(draws$draws_exposure)
  n_members <- if (is.null(effects$n_members)) rep(1L, nrow(effects)) else effects$n_members
  check_member_counts(n_members, call)
  check_halves(n_draws, lengths(draws$draws_outcome), n_members, call)
  kinds <- split(seq_along(n_draws), paste(n_draws, n_members))
  none <- rep(NA_real_, nrow(effects))
  choice <- list(beta = none, se = none)
  used <- c(list(beta_exposure = none, se_exposure = none, beta_outcome = none, se_outcome = none), draws)
  left <- n_draws
  for (rows in kinds[n_draws[vapply(kinds, `[[`, 0L, 1L)] > 0L]) {
    at <- half_indices(half, n_draws[rows[1L]], n_members[rows[1L]])
    chosen <- column_moments(draw_columns(draws$draws_exposure[rows])[at, , drop = FALSE])
    choice$beta[rows] <- chosen$mean
    choice$se[rows] <- chosen$sd
    for (role in c("exposure", "outcome")) {
      rest <- draw_columns(draws[[paste0("draws_", role)]][rows])[-at, , drop = FALSE]
      moments <- column_moments(rest)
      used[[paste0("beta_", role)]][rows] <- moments$mean
      used[[paste0("se_", role)]][rows] <- moments$sd
      used[[paste0("draws_", role)]][rows] <- lapply(seq_along(rows), function(i) rest[, i])
    }
    left[rows] <- n_draws[rows[1L]] - length(at)
  }
  data.table::set(effects, j = names(used), value = unname(used))
  covariance <- draw_covariance(effects$draws_exposure, effects$draws_outcome, call)
  data.table::set(effects, j = c("n_draws", "cov_exposure_outcome"), value = list(left, covariance))
  if (!is.null(effects$n_members)) {
    # Where each draw is a member, half of the members are left.
    each <- n_members == n_draws & n_draws > 0L
    data.table::set(effects, j = "n_members", value = as.integer(ifelse(each, left, n_members)))
  }
  list(effects = effects, choice = choice)
}

check_halves <- function(n_draws, n_draws_outcome, n_members, call) {
  differ <- sum(n_draws != n_draws_outcome)
  if (differ) {
    stop_deepmr(
      "draws", "Exposure and outcome have different numbers of draws for {differ} variant{?s}.",
      "Both must come from one run of {.fn saturation_mutagenesis}.",
      call = call
    )
  }
  turns <- ifelse(draws_independent(n_draws, n_members), n_draws, n_draws %/% n_members)
  few <- which(turns < least_turns & n_draws > 0L)
  if (length(few)) {
    what <- if (n_members[few[1L]] > 1L) "draws of each member" else "draws"
    stop_deepmr(
      "draws", "{.arg effects} has variants with {turns[few[1L]]} {what}; halves need at least {least_turns}.",
      "Take more ({.arg n_samples} of {.fn saturation_mutagenesis}), or choose on all draws: {.code draws = \"all\"}.",
      call = call
    )
  }
}

column_moments <- function(m) {
  mean <- colMeans(m)
  list(mean = mean, sd = sqrt(colSums((m - rep(mean, each = nrow(m)))^2) / (nrow(m) - 1)))
}
