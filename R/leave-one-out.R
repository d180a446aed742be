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
    distribution = "normal", model = "default", level = 0.95, se = "method", target = "network", psi = check_psi(psi),
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
  if (method$needs_draws) moments <- moments_by_group(data, used, n_groups, options, method$intercept)
  parts <- lapply(error_groups(data, method, errors, "method", n_groups), function(part) {
    rows <- which(used & data$group %in% part$groups)
    input <- kernel_input(data, rows, part$groups, part$error)
    if (method$needs_draws) input$moments <- moments[part$groups]
    no_meaning <- part$error == "posterior" && !method$needs_draws
    estimate <- change <- rep(NA_real_, length(rows))
    group_rows <- rows_by_group(input$group, length(part$groups))
    for (g in if (no_meaning) integer(0) else which(lengths(group_rows) > 0L)) {
      at <- group_rows[[g]]
      slopes <- downdated_slopes(method, variants_of(input, at, g), c(options, list(error = part$error)))
      estimate[at] <- slopes$without
      change[at] <- slopes$without - slopes$all
    }
    data.table::data.table(
      row = rows, group = data$group[rows], method = name, method_rank = match(name, names(method_registry())),
      error = part$error, error_rank = match(part$error, c(errors, "given")), estimate = estimate, change = change
    )
  })
  data.table::rbindlist(parts)
}

# The variants of one group, from what a kernel works on.
variants_of <- function(data, at, g) {
  c(lapply(data[effect_vectors], `[`, at), list(moments = data$moments[[g]]))
}

# Of one group: the slope of `all` variants, and, by variant, `without` it.
downdated_slopes <- function(method, variants, options) {
  n <- length(variants$bx)
  parts <- method$summands(variants, options)
  all <- list(xy = sum(parts$xy), xx = sum(parts$xx))
  xx <- all$xx - parts$factor * parts$xx
  without <- (all$xy - parts$factor * parts$xy) / xx
  least <- 1L + method$needs_draws + 2L * method$intercept - (method$needs_draws && method$intercept)
  # what rounding leaves where only the variant itself had spread
  without[if (n > least) which(!(xx > 1e-12 * abs(all$xx))) else seq_len(n)] <- NA_real_
  list(all = if (isTRUE(all$xx > 0)) all$xy / all$xx else NA_real_, without = without)
}

# Columns of the fit: the smallest and the largest slope without one variant.
loo_range <- function(method, data, n_groups, options) {
  out <- matrix(NA_real_, n_groups, 2L, dimnames = list(NULL, c("loo_low", "loo_high")))
  rows <- rows_by_group(data$group, n_groups)
  for (g in if (is.null(method$summands)) integer(0) else which(lengths(rows) > 0L)) {
    without <- downdated_slopes(method, variants_of(data, rows[[g]], g), options)$without
    out[g, ] <- c(min(without), max(without))
  }
  data.table::as.data.table(out)
}

# Summands of the slope's two sums over the variants of one group, by method: slope = sum(xy) / sum(xx), and `factor`
# for what a variant takes with it when it leaves a centred sum.

summands_egger <- function(variants, options) {
  centred_summands(abs(variants$bx), orient(variants$bx) * variants$by, 1 / variants$byse^2)
}

summands_ols <- function(variants, options) {
  centred_summands(variants$bx, variants$by, rep(1, length(variants$bx)))
}

summands_ivw <- function(variants, options) origin_summands(variants, 1 / variants$byse^2)
summands_ivw_delta <- function(variants, options) origin_summands(variants, delta_weights(variants, options$psi))

summands_divw <- function(variants, options) {
  w <- 1 / variants$byse^2
  xy <- w * (variants$bx * variants$by - options$psi * variants$bxse * variants$byse)
  list(xy = xy, xx = w * (variants$bx^2 - variants$bxse^2), factor = 1)
}

# The error that is taken off each sum is itself such a sum over variants.
summands_draws <- function(variants, options) {
  m <- variants$moments
  if (is.character(m)) {
    nothing <- rep(NA_real_, length(variants$bx))
    return(list(xy = nothing, xx = nothing, factor = 1))
  }
  errors <- draw_errors(options$error, m$n_draws, m$n_members)
  sums <- m$variants
  list(
    xy = sums$xy - errors$share(sums$error_xy), xx = sums$xx - errors$share(sums$error_xx),
    factor = if (m$centred) m$s0 / (m$s0 - sums$w) else 1
  )
}

origin_summands <- function(variants, w) {
  list(xy = w * variants$bx * variants$by, xx = w * variants$bx^2, factor = 1)
}

centred_summands <- function(x, y, w) {
  s0 <- sum(w)
  dx <- x - sum(w * x) / s0
  dy <- y - sum(w * y) / s0
  w_dx <- w * dx
  list(xy = w_dx * dy, xx = w_dx * dx, factor = s0 / (s0 - w))
}
