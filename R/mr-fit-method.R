# One method over all groups and errors: rows chosen, standard errors scaled to the
# error definition, kernel and diagnostics run, counts added.

fit_method <- function(data, name, errors, options) {
  method <- method_registry()[[name]]
  parts <- error_groups(data, method, errors, options$se, max(data$group))
  fits <- lapply(parts_by_draws(data, parts), function(alike) {
    fit_parts(alike$data, name, alike$parts, errors, options)
  })
  data.table::rbindlist(fits)
}

# `parts`: errors, with the groups fitted under each.
fit_parts <- function(data, name, parts, errors, options) {
  method <- method_registry()[[name]]
  n_groups <- max(data$group)
  used <- is.na(method_reason(data, method, options$se))
  n_draws <- group_draws(data, n_groups)
  n_all <- tabulate(data$group, n_groups)
  if (method$needs_draws) {
    find_moments <- if (is.null(data$stratum)) moments_by_group else pooled_moments
    moments <- find_moments(data, used, n_groups, options, method$intercept)
  }
  reach <- exposure_reach(data, used, n_groups)
  group_rows <- used_rows(data, used, n_groups)

  one_error <- function(error, groups) {
    rows <- unlist(group_rows[groups])
    input <- kernel_input(data, rows, groups, if (method$raw_errors) "given" else error)
    if (method$needs_draws) input$moments <- moments[groups]
    options$error <- error
    fit <- fit_groups(method, input, length(groups), options)
    if (!is.null(data$stratum)) add_pooled_columns(fit, method, input)
    fit <- cbind(
      fit, instrument_diagnostics(input, length(groups)), loo_range(method, input, length(groups), options)
    )
    data.table::set(fit, which(is.na(fit$estimate)), c("loo_low", "loo_high"), NA_real_)
    n <- tabulate(input$group, length(groups))
    labels <- data.table::data.table(
      group = groups, method = name, method_rank = match(name, names(method_registry())),
      error = error, error_rank = match(error, c(errors, "given")),
      target = if (method$needs_draws || options$se == "draws") options$target else NA_character_,
      n = n, n_left_out = n_all[groups] - n, n_draws = n_draws[groups], exposure_reach = reach[groups]
    )
    columns <- c(fit_columns, if (!is.null(data$stratum)) pooled_columns)
    cbind(labels, flag_idle_exposure(fit, reach[groups]))[, columns, with = FALSE]
  }
  data.table::rbindlist(lapply(parts, function(part) one_error(part$error, part$groups)))
}

# The kernel, what the draws add to it, and the columns that only some kernels have.
fit_groups <- function(method, input, n_groups, options) {
  if (options$error == "posterior" && !method$needs_draws) {
    fit <- no_fit(n_groups, "no draws in this method: they are what \"posterior\" is made of")
  } else {
    fit <- method$fit(input, n_groups, options)
    if (!method$needs_draws) fit <- add_draw_figures(fit, input, n_groups, options)
  }
  if (is.null(fit$se_from)) fit[, "se_from" := if (method$needs_draws) "draws" else "method"]
  if (is.null(fit$slope_without_draw)) {
    data.table::set(fit, j = "slope_without_draw", value = list(rep(list(NULL), nrow(fit))))
  }
  fit
}

# The rows that are used, of each group.
used_rows <- function(data, used, n_groups) {
  if (all(used)) {
    return(rows_by_group(data$group, n_groups))
  }
  rows <- which(used)
  lapply(rows_by_group(data$group[rows], n_groups), function(at) rows[at])
}

# Which groups are fitted under which error: all those asked for where the number of draws is
# known, else "given", the standard errors as they stand.
error_groups <- function(data, method, errors, se, n_groups) {
  known <- if (method$needs_draws || se == "draws") {
    seq_len(n_groups)
  } else if (method$raw_errors) {
    integer(0)
  } else {
    which(!is.na(group_draws(data, n_groups)))
  }
  unknown <- setdiff(seq_len(n_groups), known)
  parts <- lapply(if (length(known)) errors, function(error) list(error = error, groups = known))
  if (length(unknown)) parts <- c(parts, list(list(error = "given", groups = unknown)))
  parts
}

# Why a row is not used by a method, NA where it is.
method_reason <- function(data, method, se) {
  reason <- if (method$needs_errors || se == "draws") data$reason else data$effect_reason
  if (method$needs_draws || se == "draws") reason <- data.table::fcoalesce(reason, data$draws_reason)
  if (!is.null(method$leave_out)) reason <- data.table::fcoalesce(reason, method$leave_out(data))
  reason
}

# What a kernel works on: effects, errors scaled to `error`, group numbers 1, 2, ..., for one regression over all
# sequences also numbers of the sequences within groups (`stratum`), positions, MR-Egger's line, which the diagnostics
# need too, and, at rows `at` of these, the deviations of the draws.
kernel_input <- function(data, rows, groups, error) {
  se <- textbook_errors(data, rows, error)
  number <- integer(max(data$group))
  number[groups] <- seq_along(groups)
  input <- list(
    bx = data$beta_exposure[rows], bxse = se$se_exposure, by = data$beta_outcome[rows], byse = se$se_outcome,
    group = number[data$group[rows]], stratum = number_strata(data$stratum[rows]),
    sequence = if (!is.null(data$stratum)) data$sequence[rows],
    position = data$position[rows], has_draws = !is.null(data$draws_exposure),
    deviations = function(at) draw_deviations(data, rows[at])
  )
  input$egger <- first_egger_line(input, length(groups))
  input
}

fit_columns <- c(
  "group", "method_rank", "error_rank", "method", "error", wald_columns, intercept_columns, "se_from", "target",
  "n", "n_left_out", "n_draws", "rse", "n_eff", "max_weight_share", "mean_f", "i2_gx", "i2_gx_weighted",
  "i2_cov", "bias_pred", "loo_low", "loo_high", "exposure_reach",
  "cross_talk", "cross_talk_slope", "strong_correlation", "strong_slope",
  "q", "q_df", "q_p", "q_ivw", "q_ivw_p", "q_egger", "q_egger_p", "q_rucker", "q_rucker_p", "rucker",
  "status", "slope_without_draw"
)

# The standard errors of `rows` under `error`, as a textbook method takes them.
textbook_errors <- function(data, rows, error) {
  scale <- error_scale(error, data$n_draws[rows])
  se <- list(se_exposure = data$se_exposure[rows] * scale, se_outcome = data$se_outcome[rows] * scale)
  if (error != "given" && !is.null(data$n_members)) se <- members_errors(se, data, rows, error)
  se
}

# What turns a standard deviation over T draws into the standard error of `error`.
error_scale <- function(error, n_draws) {
  switch(error,
    mc = 1 / sqrt(n_draws),
    classical = sqrt(1 + 1 / n_draws),
    posterior = 1,
    given = 1
  )
}

# Several draws for each member of an ensemble: R/draw-errors.R tells apart what is within and between
# members, for which the draws must be there.
members_errors <- function(se, data, rows, error) {
  if (is.null(data$draws_reason)) {
    return(se)
  }
  kind <- paste(data$n_draws[rows], data$n_members[rows])
  ok <- is.na(data$draws_reason[rows]) & !draws_independent(data$n_draws[rows], data$n_members[rows])
  for (at in split(which(ok), kind[ok])) {
    first <- rows[at[1L]]
    errors <- draw_errors(error, data$n_draws[first], data$n_members[first])
    for (role in c("exposure", "outcome")) {
      draws <- data[[paste0("draws_", role)]][rows[at]]
      se[[paste0("se_", role)]][at] <- sqrt(vapply(draws, errors$variance, 0))
    }
  }
  se
}

# Draws behind the standard errors of each group (the fewest); NA where any variant's
# number is unknown or below 2.
group_draws <- function(data, n_groups) {
  if (!is.numeric(data$n_draws)) {
    return(rep(NA_integer_, n_groups))
  }
  fewest <- by_group(data$n_draws, data$group, n_groups, min)
  fewest[!(fewest >= 2 & is.finite(fewest))] <- NA_real_
  as.integer(fewest)
}

# Moments of the draws for every group, or, as a string, why there are none.
moments_by_group <- function(data, used, n_groups, options, centred, least = 2L + centred) {
  groups <- factor(data$group, seq_len(n_groups))
  rows <- split(seq_along(used)[used], groups[used])
  has_draws <- tapply(data$draws_reason, groups, function(reason) anyNA(reason))
  moments <- vector("list", n_groups)
  outcome_source <- NULL
  visits <- unique(data[, c("sequence", "outcome", "group"), with = FALSE])
  for (i in visits$group[order(visits$sequence, visits$outcome)]) {
    at <- rows[[i]]
    problem <- draws_problem(has_draws[[i]], lengths(data$draws_exposure[at]), data$n_members[at], least)
    if (!is.null(problem)) {
      moments[[i]] <- problem
      next
    }
    # Exposures of one sequence often share the outcome: centre its draws once.
    w <- draw_weights(options$weights, data$se_outcome[at])
    position <- if (options$target == "structural") number_positions(data$position[at])
    n_members <- if (is.null(data$n_members)) 1L else data$n_members[at[1L]]
    source <- list(data$draws_outcome[at], w, position, n_members)
    if (!identical(source, outcome_source)) {
      outcome_source <- source
      outcome <- centre_draws(draw_columns(source[[1L]]), w, centred, position, n_members)
    }
    exposure <- centre_draws(draw_columns(data$draws_exposure[at]), w, centred, position, n_members)
    found <- draw_moments(exposure, outcome, w, n_members, second_order = options$target == "structural")
    moments[[i]] <- if (found$spread || least == 1L) found else "no spread in exposure effects"
  }
  moments
}

draws_problem <- function(has_draws, n_draws, n_members, least) {
  if (!has_draws) {
    "no draws"
  } else if (length(n_draws) < least) {
    paste("fewer than", least, "instruments")
  } else if (length(unique(n_draws)) > 1L) {
    "numbers of draws differ between variants"
  } else if (length(unique(n_members)) > 1L) {
    "numbers of ensemble members differ between variants"
  }
}

# Numbers of the positions of one sequence; NULL where they are unknown or each has one variant.
number_positions <- function(position) {
  if (is.null(position) || anyNA(position) || !anyDuplicated(position)) NULL else match(position, unique(position))
}

# The floor keeps variants with next to no spread from taking all the weight.
draw_weights <- function(weights, se_outcome) {
  switch(weights,
    equal = rep(1, length(se_outcome)),
    inverse_variance = 1 / pmax(se_outcome, 0.1 * stats::median(se_outcome))^2
  )
}

# Rows without an estimate, all for one reason.
no_fit <- function(n_groups, status) {
  data.table::as.data.table(c(empty_fit, list(status = status)))[rep(1L, n_groups)]
}
