#' Slopes without one variant
#'
#' The slope of every fit with each of its variants left out in turn: does a single mutation
#' carry the estimate?
#'
#' @details
#' Nothing is refitted: a slope that is a ratio of two sums over variants loses one
#' summand of each (for centred sums times `s0 / (s0 - w)`, `w` the variant's share of the
#' sum of weights `s0`), which equals the fit without the variant. The weights of the
#' other variants stay as they are. Methods whose weights depend on all variants
#' (penalized and robust MR-Egger, medians, profile likelihood) have no such form.
#'
#' @inheritParams fit_mr
#' @param method One or more of `"egger_draws"`, `"ivw_draws"`, `"egger"`, `"ivw"`, `"ivw_delta"`,
#'   `"divw"`, `"ols"`; `NULL` as in [fit_mr()].
#' @return A data.table, one row per variant used, method and error: `sequence`,
#'   `exposure`, `outcome`, `method`, `error`, `position`, `ref`, `alt` (where the table has
#'   them), `beta_exposure`, `beta_outcome`, `estimate` (the slope without this variant;
#'   `NA` where fewer variants are left than the method needs, or the denominator would not
#'   be positive) and `change` (that minus the slope with it).
#' @section Errors:
#' Those of [fit_mr()]; `deepmr_error_no_closed_form` for a method without one.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 1, length = 30)
#' effects <- estimate_effects(x, "exposure", "outcome")
#' slopes <- leave_one_out(effects, method = "egger", error = "mc")
#' slopes[which.max(abs(slopes$change))]
#' @export
leave_one_out <- function(x, method = NULL, error = c("mc", "classical"), weights = NULL, exposure = NULL,
                          outcome = NULL, psi = 0, ...) {
  rlang::check_dots_empty()
  error <- check_errors(error)
  if (!is.null(method)) check_method_names(method)
  options <- list(
    distribution = "normal", model = "default", level = 0.95, se = "method", psi = check_psi(psi),
    weights = check_choice(if (is.null(weights)) "equal" else weights, c("equal", "inverse_variance"), "weights")
  )
  data <- prepare_effects(x, exposure, outcome)
  has_draws <- "draws_reason" %in% names(data)
  method <- if (is.null(method)) default_method(has_draws) else check_methods(method, has_draws, "method")
  check_closed_form(method)
  check_weight_choice(weights, method)
  slopes <- data.table::rbindlist(lapply(method, function(name) method_slopes(data, name, error, options)))
  data.table::setorderv(slopes, c("group", "method_rank", "error_rank", "row"))
  variant <- intersect(c("position", "ref", "alt"), names(data))
  columns <- c("sequence", "exposure", "outcome", variant, "beta_exposure", "beta_outcome")
  found <- slopes[, c("method", "error", "estimate", "change"), with = FALSE]
  out <- cbind(data[slopes$row, columns, with = FALSE], found)
  out[, c(fit_keys, variant, "beta_exposure", "beta_outcome", "estimate", "change"), with = FALSE]
}

check_closed_form <- function(method, call = rlang::caller_env()) {
  has <- !vapply(lapply(method_registry(), `[[`, "summands"), is.null, TRUE)
  without <- setdiff(method, names(has)[has])
  if (length(without)) {
    stop_deepmr(
      "no_closed_form", "{.val {without}} {?has/have} no closed form without one variant.",
      "Methods that have: {.val {names(has)[has]}}. For others, fit again with the variant not {.field selected}.",
      call = call
    )
  }
}

# One method, all groups and errors: rows of `data` with the slope without them.
method_slopes <- function(data, name, errors, options) {
  method <- method_registry()[[name]]
  n_groups <- max(data$group)
  used <- is.na(method_reason(data, method, "method"))
  parts <- lapply(error_groups(data, method, errors, "method", n_groups), function(part) {
    rows <- which(used & data$group %in% part$groups)
    input <- kernel_input(data, rows, part$groups, part$error)
    slopes <- downdated_slopes(method, input, length(part$groups), c(options, list(error = part$error)))
    if (part$error == "posterior" && !method$needs_draws) slopes[] <- lapply(slopes, function(x) x + NA)
    data.table::data.table(
      row = rows, group = data$group[rows], method = name, method_rank = match(name, names(method_registry())),
      error = part$error, error_rank = match(part$error, c(errors, "given")),
      estimate = slopes$without, change = slopes$without - slopes$all[input$group]
    )
  })
  data.table::rbindlist(parts)
}

# `all`: slope by group; `without`: slope by row, that row left out.
downdated_slopes <- function(method, data, n_groups, options) {
  parts <- method$summands(data, n_groups, options)
  sums <- group_sums(list(n = rep(1, length(parts$xy)), xy = parts$xy, xx = parts$xx), data$group, n_groups)
  xx <- sums$xx[data$group] - parts$factor * parts$xx
  xy <- sums$xy[data$group] - parts$factor * parts$xy
  least <- 1L + method$needs_draws + 2L * method$intercept - (method$needs_draws && method$intercept)
  if (!is.null(data$stratum) && method$intercept) {
    least <- least + (tabulate(data$group[!duplicated(data$stratum)], n_groups) - 1L)[data$group]
  }
  # what rounding leaves where only the variant itself had spread
  possible <- sums$n[data$group] > least & xx > 1e-12 * abs(sums$xx)[data$group]
  list(all = ifelse(sums$xx > 0, sums$xy / sums$xx, NA_real_), without = ifelse(possible, xy / xx, NA_real_))
}

# Columns of the fit: the smallest and the largest slope without one variant.
loo_range <- function(method, data, n_groups, options) {
  out <- data.table::data.table(loo_low = rep(NA_real_, n_groups), loo_high = NA_real_)
  if (is.null(method$summands) || !length(data$bx)) {
    return(out)
  }
  slope <- downdated_slopes(method, data, n_groups, options)$without
  range <- data.table::data.table(slope = slope, group = data$group)
  range <- range[, list(low = min(slope), high = max(slope)), by = "group"]
  data.table::set(out, range$group, c("loo_low", "loo_high"), range[, c("low", "high"), with = FALSE])
  out
}

# Summands of the slope's two sums, by method: slope = sum(xy) / sum(xx), and `factor` for what a
# variant takes with it when it leaves a centred sum.

summands_egger <- function(data, n_groups, options) {
  centred_summands(abs(data$bx), orient(data$bx) * data$by, 1 / data$byse^2, data, n_groups)
}

summands_ols <- function(data, n_groups, options) {
  centred_summands(data$bx, data$by, rep(1, length(data$bx)), data, n_groups)
}

summands_ivw <- function(data, n_groups, options) {
  w <- 1 / data$byse^2
  list(xy = w * data$bx * data$by, xx = w * data$bx^2, factor = 1)
}

summands_ivw_delta <- function(data, n_groups, options) {
  w <- delta_weights(data, options$psi)
  list(xy = w * data$bx * data$by, xx = w * data$bx^2, factor = 1)
}

summands_divw <- function(data, n_groups, options) {
  w <- 1 / data$byse^2
  xy <- w * (data$bx * data$by - options$psi * data$bxse * data$byse)
  list(xy = xy, xx = w * (data$bx^2 - data$bxse^2), factor = 1)
}

summands_egger_draws <- function(data, n_groups, options) draws_summands(data, n_groups, options, centred = TRUE)
summands_ivw_draws <- function(data, n_groups, options) draws_summands(data, n_groups, options, centred = FALSE)

# The error that is taken off each sum is itself such a sum over variants.
draws_summands <- function(data, n_groups, options, centred) {
  w <- numeric(length(data$bx))
  xx <- xy <- rep(NA_real_, length(w))
  for (at in split(seq_along(w), if (is.null(data$stratum)) data$group else data$stratum)) {
    draws <- data$deviations(at)
    w[at] <- draw_weights(options$weights, data$byse[at])
    if (is.character(draws)) next
    if (centred) {
      centre <- function(m) m - rep(drop(crossprod(m, w[at])) / sum(w[at]), each = nrow(m))
      draws[c("x", "y")] <- lapply(draws[c("x", "y")], centre)
    }
    form <- error_form(options$error, ncol(draws$x), draws$n_members)
    error_x <- if (is.matrix(form)) draws$x %*% form else draws$x * form
    xx[at] <- w[at] * rowSums(error_x * draws$x)
    xy[at] <- w[at] * rowSums(error_x * draws$y)
  }
  parts <- if (centred) {
    centred_summands(data$bx, data$by, w, data, n_groups)
  } else {
    list(xy = w * data$bx * data$by, xx = w * data$bx^2, factor = 1)
  }
  list(xy = parts$xy - xy, xx = parts$xx - xx, factor = parts$factor)
}

# T x T matrix F for which x'Fy is the error's share of a product of draws x and y; a number where it is a
# multiple of the identity.
error_form <- function(error, n_draws, n_members) {
  errors <- draw_errors(error, n_draws, n_members)
  alike <- error == "posterior" || draws_independent(n_draws, n_members)
  if (alike) errors$trace(diag(n_draws)) / n_draws else errors$square(diag(n_draws))
}

centred_summands <- function(x, y, w, data, n_groups) {
  line <- group_line(x, y, w, data$group, n_groups, data$stratum)
  # The only variant of its stratum has no part in the slope.
  factor <- ifelse(line$own_s0 > w, line$own_s0 / (line$own_s0 - w), 0)
  list(xy = w * line$dx * line$dy, xx = w * line$dx^2, factor = factor)
}
