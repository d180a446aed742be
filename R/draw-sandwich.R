# Standard errors and diagnostics of textbook methods from the draws.
#
# A kernel's influence holds, per variant: `slope` and `intercept` (NULL without one), the
# derivatives of the two estimates by the outcome effect; `sign`, by which the variant is
# turned; `weights` of the regression; `pull`, weights over the slope's denominator. With Mr =
# My - theta Mx, the deviations of the draws from the line, h = slope, r the residuals:
#
# V1: error propagation of h'Mr_t, with all covariances over variants and outputs
# V2 = tau2 sum h^2: direct effects, of which substitutions of one position share a part
#   (draw-direct.R). For a structural target only: about the
#   network's own slope r is fixed, and the errors of bx move it too, by sum pull r Mx_t.
# Over several sequences (strata of one regression) the errors are independent between sequences with masks of
# their own, so V1 is a sum over sequences, or Mr of all are added draw by draw, as for one. Direct effects are shared
# within positions of a sequence only.
# R/draw-errors.R says what covariance the errors have. Quantiles are t with Satterthwaite's degrees
# of freedom. The estimate stays as it is.

# Adds `i2_cov` and `bias_pred` wherever a group has draws, and with `se = "draws"` replaces
# standard errors, tests and intervals.
add_draw_figures <- function(fit, data, n_groups, options) {
  influence <- attr(fit, "influence")
  wanted <- options$se == "draws"
  if (!wanted && (is.null(influence) || !data$has_draws)) {
    return(fit)
  }
  influence <- if (!is.null(influence)) influence()
  rows <- rows_by_group(data$group, n_groups)
  found <- lapply(seq_len(n_groups), function(g) {
    group_figures(data, rows[[g]], influence, fit$estimate[g], fit$intercept[g], options)
  })
  has_figures <- vapply(found, is.list, TRUE)
  for (g in which(has_figures & lengths(found) > 0L)) {
    shown <- if (wanted) names(found[[g]]) else c("i2_cov", "bias_pred")
    data.table::set(fit, g, shown, found[[g]][shown])
  }
  if (!wanted) {
    return(fit)
  }
  problems <- rep(NA_character_, n_groups)
  problems[!has_figures] <- unlist(found[!has_figures])
  say_no_draws(fit, problems)
}

# A list, empty where there is nothing to add to; in words why there are no draws.
group_figures <- function(data, at, influence, theta, alpha, options) {
  sets <- if (is.null(data$stratum)) list(at) else unname(split(at, data$stratum[at]))
  draws <- if (length(at)) lapply(sets, data$deviations) else list("no draws")
  problems <- Filter(is.character, draws)
  if (length(problems)) {
    return(problems[[1L]])
  }
  nothing <- is.null(influence) || is.na(theta) || options$error == "given"
  if (nothing) list() else draw_figures(data, sets, influence, draws, theta, alpha, options)
}

# A row whose standard error cannot be had keeps no estimate either.
say_no_draws <- function(fit, problems) {
  at <- which(!is.na(problems))
  data.table::set(fit, at, c(wald_columns, intercept_columns, "rse", "q", "q_df", "q_p"), NA_real_)
  data.table::set(fit, at, "status", problems[at])
  data.table::set(fit, j = "se_from", value = "draws")
  fit
}

# `sets`: rows of each stratum, or of the whole group; `draws`: their deviations.
draw_figures <- function(data, sets, influence, draws, theta, alpha, options) {
  weigh <- vapply(sets, function(at) sum(influence$weights[at]) > 0, TRUE)
  sets <- sets[weigh]
  draws <- draws[weigh]
  rows <- unlist(sets)
  w <- influence$weights[rows]
  line <- list(slope = theta, intercept = alpha, x_mean = sum(w * influence$sign[rows] * data$bx[rows]) / sum(w))
  parts <- Map(set_figures, sets, draws, MoreArgs = list(data, influence, line, options))
  total <- function(what) sum(vapply(parts, `[[`, 0, what))
  centred <- !is.null(influence$intercept)
  left <- length(rows) - 1L - centred * length(sets)
  direct <- if (options$target == "structural" && left > 0) {
    direct_effects(Reduce(`+`, lapply(parts, `[[`, "direct")), left)
  } else {
    no_direct_effects
  }
  masks <- if (length(sets) > 1L) {
    influences <- lapply(parts, function(part) part$slope$of_draws)
    masks_between(influences, vapply(draws, function(d) as.integer(d$n_members), 0L), options$masks)
  } else {
    NA_character_
  }
  joint <- masks %in% "shared"
  if (joint && !draws_match(vapply(draws, function(d) ncol(d$x), 0L), lapply(draws, `[[`, "n_members"))) {
    return(unmatched_draws)
  }
  errors <- lapply(parts, `[[`, "errors")
  slope <- sets_inference(theta, lapply(parts, `[[`, "slope"), errors, joint, direct, options$level)
  c(
    slope,
    if (centred) {
      as_intercept(sets_inference(alpha, lapply(parts, `[[`, "intercept"), errors, joint, direct, options$level))
    },
    list(i2_cov = 1 - total("xx") / total("sxx"), bias_pred = (total("xy") - theta * total("xx")) / total("sxx")),
    if (!is.null(data$stratum)) list(masks = masks)
  )
}

# `influences` and `errors` of the sets of variants; `joint`: draw t is one mask for all of them.
sets_inference <- function(estimate, influences, errors, joint, direct, level) {
  of_draws <- lapply(influences, `[[`, "of_draws")
  if (joint) of_draws <- list(Reduce(`+`, of_draws))
  errors <- errors[seq_along(of_draws)]
  variance <- unlist(Map(function(errors, v) errors$variance(v), errors, of_draws))
  df <- unlist(Map(function(errors, v) errors$df(v), errors, of_draws))
  from_direct <- direct$variance(Reduce(`+`, lapply(influences, `[[`, "direct")))
  draws_inference(estimate, sum(variance), from_direct, satterthwaite(variance, df), direct$df, level)
}

# Of variants that share their masks and, with an intercept, one: sums, the errors' share of them, and the influences
# on the slope and (the mean over all variants of) the intercept.
set_figures <- function(at, draws, data, influence, line, options) {
  errors <- draw_errors(options$error, ncol(draws$x), draws$n_members)
  w <- influence$weights[at]
  sign <- influence$sign[at]
  centred <- !is.null(influence$intercept)
  trace <- function(a, b) errors$trace(draw_products(a, b, w, if (centred) sign, draws$n_members))
  x <- sign * data$bx[at]
  off <- draws$y - line$slope * draws$x
  alpha <- if (is.null(data$stratum)) line$intercept else stratum_intercepts(data, at, influence, line$slope)[[1L]]
  residual <- data$by[at] - line$slope * data$bx[at] - if (centred) alpha * sign else 0
  position <- number_positions(data$position[at])
  moved <- 0
  direct <- NULL
  if (options$target == "network") {
    moved <- drop(crossprod(draws$x, influence$pull[at] * residual))
  } else {
    left_of_errors <- off - if (centred) sign %*% crossprod(w * sign, off) / sum(w) else 0
    direct <- direct_sums(residual, left_of_errors, w, position, errors, draws$n_members)
  }
  influence_of <- function(h, moved) {
    list(of_draws = drop(crossprod(off, h)) + moved, direct = direct_influence(h, position))
  }
  list(
    errors = errors, direct = direct,
    sxx = sum(w * x^2) - if (centred) sum(w * x)^2 / sum(w) else 0,
    xx = trace(draws$x, draws$x), xy = trace(draws$x, draws$y),
    slope = influence_of(influence$slope[at], moved),
    intercept = if (centred) influence_of(influence$intercept[at], -line$x_mean * moved)
  )
}

# Sums over variants of w times the products of deviations of draws s and t (T x T), after centring
# over variants turned by `sign` (NULL: no centring). One network needs no more than the diagonal.
draw_products <- function(a, b, w, sign, n_members) {
  common <- function(m) drop(crossprod(m, w * sign)) / sqrt(sum(w))
  if (n_members == 1L) {
    return(diag(colSums(w * a * b) - if (is.null(sign)) 0 else common(a) * common(b), ncol(a)))
  }
  crossprod(a, w * b) - if (is.null(sign)) 0 else tcrossprod(common(a), common(b))
}

# Of weighted least squares with an intercept (or one for each stratum, of which `intercept` is the mean over
# variants) on turned effects.
line_influence <- function(sign, w, line, group) {
  slope <- w * line$dx / line$sxx[group]
  intercept <- w / line$s0[group] - line$x_mean[group] * slope
  list(weights = w, sign = sign, pull = w / line$sxx[group], slope = sign * slope, intercept = sign * intercept)
}

# Deviations of the draws from their means (n variants x T) for rows of one group, or in
# words why there are none.
draw_deviations <- function(data, rows) {
  has_draws <- all(c("draws_exposure", "draws_outcome") %in% names(data)) && all(is.na(data$draws_reason[rows]))
  problem <- draws_problem(has_draws, lengths(data$draws_exposure[rows]), data$n_members[rows], least = 0L)
  if (!is.null(problem)) {
    return(problem)
  }
  deviations <- function(draws) {
    draws <- draw_matrix(draws)
    draws - rowMeans(draws)
  }
  list(
    x = deviations(data$draws_exposure[rows]), y = deviations(data$draws_outcome[rows]),
    n_members = if (is.null(data$n_members)) 1L else data$n_members[rows[1L]]
  )
}
