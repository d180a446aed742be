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
#'   `exposure`, `outcome`, `method`, `error`, `position`, `ref`, `alt`, `chrom`, `genome_position`, `strand`, `id`
#'   (those of the last seven that the table has), `beta_exposure`, `beta_outcome`, `estimate` (the slope without this
#'   variant; `NA` where fewer variants are left than the method needs, or the denominator would not
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
    target = "network", # direct effects have no part in a slope
    weights = check_choice(if (is.null(weights)) "equal" else weights, c("equal", "inverse_variance"), "weights")
  )
  data <- prepare_effects(x, exposure, outcome)
  has_draws <- "draws_reason" %in% names(data)
  method <- if (is.null(method)) default_method(data) else check_methods(method, has_draws, "method")
  check_closed_form(method)
  check_weight_choice(weights, method)
  slopes <- data.table::rbindlist(lapply(method, function(name) method_slopes(data, name, error, options)))
  data.table::setorderv(slopes, c("group", "method_rank", "error_rank", "row"))
  variant <- intersect(c("position", "ref", "alt", place_columns), names(data))
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
  parts <- error_groups(data, method_registry()[[name]], errors, "method", max(data$group))
  slopes <- lapply(parts_by_draws(data, parts), function(alike) {
    slopes_of_parts(alike$data, name, alike$parts, errors, options)
  })
  data.table::rbindlist(slopes)
}

slopes_of_parts <- function(data, name, parts, errors, options) {
  method <- method_registry()[[name]]
  n_groups <- max(data$group)
  used <- is.na(method_reason(data, method, "method"))
  if (method$needs_draws) moments <- moments_by_group(data, used, n_groups, options, method$intercept)
  group_rows <- used_rows(data, used, n_groups)
  slopes <- lapply(parts, function(part) {
    rows <- unlist(group_rows[part$groups])
    input <- kernel_input(data, rows, part$groups, part$error)
    if (method$needs_draws) input$moments <- moments[part$groups]
    slopes <- downdated_slopes(method, input, length(part$groups), c(options, list(error = part$error)))
    if (part$error == "posterior" && !method$needs_draws) slopes[] <- lapply(slopes, function(x) x + NA)
    data.table::data.table(
      row = rows, group = data$group[rows], method = name, method_rank = match(name, names(method_registry())),
      error = part$error, error_rank = match(part$error, c(errors, "given")),
      estimate = slopes$without, change = slopes$without - slopes$all[input$group]
    )
  })
  data.table::rbindlist(slopes)
}

# `all`: slope by group; `without`: slope by row, that row left out.
downdated_slopes <- function(method, data, n_groups, options) {
  parts <- method$summands(data, n_groups, options)
  n <- tabulate(data$group, n_groups)
  sums <- group_sums(list(xy = parts$xy, xx = parts$xx), data$group, n_groups)
  xx <- sums$xx[data$group] - parts$factor * parts$xx
  without <- (sums$xy[data$group] - parts$factor * parts$xy) / xx
  least <- 1L + method$needs_draws + 2L * method$intercept - (method$needs_draws && method$intercept)
  if (method$intercept) least <- least + count_strata(data$stratum, data$group, n_groups) - 1L
  # what rounding leaves where only the variant itself had spread
  possible <- xx > (1e-12 * abs(sums$xx) + ifelse(n > least, 0, Inf))[data$group]
  without[which(!possible)] <- NA_real_
  list(all = ifelse(sums$xx > 0, sums$xy / sums$xx, NA_real_), without = without)
}

# Columns of the fit: the smallest and the largest slope without one variant.
loo_range <- function(method, data, n_groups, options) {
  if (is.null(method$summands)) {
    return(data.table::data.table(loo_low = rep(NA_real_, n_groups), loo_high = NA_real_))
  }
  slope <- downdated_slopes(method, data, n_groups, options)$without
  data.table::data.table(
    loo_low = by_group(slope, data$group, n_groups, min), loo_high = by_group(slope, data$group, n_groups, max)
  )
}

# Summands of the slope's two sums, by method: slope = sum(xy) / sum(xx), and `factor` for what a
# variant takes with it when it leaves a centred sum.

summands_egger <- function(data, n_groups, options) {
  centred_summands(first_egger_line(data, n_groups), 1 / data$byse^2)
}

summands_ols <- function(data, n_groups, options) {
  w <- rep(1, length(data$bx))
  centred_summands(group_line(data$bx, data$by, w, data$group, n_groups, data$stratum), w)
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

# The error that is taken off each sum is itself such a sum over variants.
summands_draws <- function(data, n_groups, options) {
  xx <- xy <- factor <- rep(NA_real_, length(data$bx))
  rows <- rows_by_group(data$group, n_groups)
  for (g in which(!vapply(data$moments, is.character, TRUE))) {
    m <- data$moments[[g]]
    pooled <- !is.null(m$sequences)
    parts <- if (pooled) m$sequences else list(m)
    part_rows <- if (pooled) split(rows[[g]], factor(data$sequence[rows[[g]]], names(parts))) else rows[g]
    for (i in seq_along(parts)) {
      part <- parts[[i]]
      errors <- draw_errors(options$error, part$n_draws, part$n_members)
      at <- part_rows[[i]]
      xx[at] <- part$variants$xx - errors$share(part$variants$error_xx)
      xy[at] <- part$variants$xy - errors$share(part$variants$error_xy)
      factor[at] <- if (m$centred) centred_factor(part$s0, part$variants$w) else 1
    }
  }
  list(xy = xy, xx = xx, factor = factor)
}

centred_summands <- function(line, w) {
  w_dx <- w * line$dx
  list(xy = w_dx * line$dy, xx = w_dx * line$dx, factor = centred_factor(line$own_s0, w))
}

# Variants of weight `w` among those of one intercept, whose weights add up to `s0`: the only one of these has no part
# in the slope.
centred_factor <- function(s0, w) {
  factor <- s0 / (s0 - w)
  factor[which(w >= s0)] <- 0
  factor
}
