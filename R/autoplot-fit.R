#' Plot Mendelian randomization fits
#'
#' `"scatter"` draws the variants of [augment()] with the fitted lines; see
#' [autoplot.deepmr_effects()], which it calls. Grey there are variants that the first method of
#' the table did not use. `"forest"` has one row per sequence with estimate and interval, and
#' below them the pooled estimate as a diamond with its prediction interval as a thin line.
#' `"funnel"` has the estimates against their standard errors, with the lines within which 95 of
#' 100 sequences would lie if all had the pooled slope. `"density"` shows how the estimates of the
#' sequences spread (a curve with a tick for each where every panel has five estimates of a
#' method, else points), with the pooled estimate and its interval. Panels of the last three
#' are pairs of exposure and outcome; colours are methods, with their error assumption where the table holds more than
#' one.
#'
#' A few estimates far away would squeeze the others: the axis keeps to the middle of the
#' estimates (quartiles widened by twice their distance or the usual half-width of an interval, and
#' truths and pooled estimates). It is widened to the ends of the pooled intervals that are drawn, on either side by as
#' much again as it spans without them and no further. Arrows point to what lies beyond and the caption counts it.
#' Fits without an estimate keep their row, empty, and the caption gives their status. Where `pooled` has left out fits
#' with an estimate, as [meta_analyze()] does with weak ones, they are grey (points hollow), and the caption says why.
#'
#' @param object A table of [fit_mr()].
#' @param type `"scatter"`, `"forest"`, `"funnel"` or `"density"`.
#' @param pooled The [meta_analyze()] of `object`, or `NULL`. Rows whose method and error are
#'   not in `object` are left aside.
#' @param truth Reference values, or `NULL`: a data frame with `truth_name`, `value` and, where
#'   they differ between panels, `exposure` and `outcome`. Rows of a further column `sequence`
#'   that are not `NA` mark one sequence's row of a forest; the others are lines.
#' @param data For `"scatter"` of a part of a fit: the effects table that was fitted, see [augment()].
#' @param ... Passed on for `"scatter"`: `sequences`, `n_bars`.
#' @return A ggplot. Errors: `deepmr_error_argument`, `deepmr_error_columns`, `deepmr_error_no_rows`.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 5, length = 60, slope = 0.4)
#' fit <- fit_mr(estimate_effects(x, exposure = "exposure", outcome = "outcome"))
#' ggplot2::autoplot(fit)
#' truth <- data.frame(truth_name = "simulated slope", value = 0.4)
#' ggplot2::autoplot(fit, type = "forest", pooled = meta_analyze(fit), truth = truth)
#' ggplot2::autoplot(fit, type = "funnel", pooled = meta_analyze(fit))
#' ggplot2::autoplot(fit, type = "density", pooled = meta_analyze(fit), truth = truth)
#' @export
autoplot.deepmr_mr_fit <- function(object, type = c("scatter", "forest", "funnel", "density"), pooled = NULL,
                                   truth = NULL, data = NULL, ...) {
  types <- c("scatter", "forest", "funnel", "density")
  type <- check_choice(if (missing(type)) "scatter" else type, types, "type")
  if (type == "scatter") {
    stray <- c("pooled", "truth")[c(!is.null(pooled), !is.null(truth))]
    if (length(stray)) {
      stop_deepmr(
        "argument", "{.arg {stray[1L]}} is not used by type {.val scatter}.",
        "Take type {.val forest}, {.val funnel} or {.val density}."
      )
    }
    check_something_shown(nrow(object), "{.arg object} has no rows.")
    return(autoplot.deepmr_effects(variants_once(generics::augment(object, data = data)), fit = object, ...))
  }
  rows <- fit_rows(object, "object", also = if (type == "funnel" || "std.error" %in% names(object)) "std.error")
  check_something_shown(nrow(rows), "{.arg object} has no rows.")
  rows$label <- method_label(rows)
  rows$pair <- pair_label(rows)
  weak <- attr(pooled, "pooling")$weak
  pooled <- pooled_rows(pooled, rows, pooled_intervals[[type]])
  rows$left_out <- left_out_why(rows, pooled, weak)
  pooled <- pooled[is.finite(pooled$estimate)]
  truth <- truth_rows(truth, rows)
  rows <- within_window(rows, pooled, truth)
  pooled <- clip_pooled(pooled, rows)
  switch(type,
    forest = plot_forest(rows, pooled, truth), funnel = plot_funnel(rows, pooled, truth),
    density = plot_density(rows, pooled, truth)
  )
}

# augment() has a variant once per method and error; the first of a panel will do.
variants_once <- function(variants) {
  fit <- paste(variants$method, variants$error)
  panel <- paste(variants$sequence, variants$exposure, variants$outcome, sep = "\r")
  variants[fit == fit[match(panel, panel)]]
}

plot_fit_columns <- c(
  "sequence", "exposure", "outcome", "method", "error", "estimate", "conf.low", "conf.high", "status"
)

fit_rows <- function(fit, arg, call = rlang::caller_env(), also = NULL) {
  check_columns(fit, c(plot_fit_columns, also), arg, call = call)
  data.table::as.data.table(unclass(fit)[c(plot_fit_columns, also)])
}

# The pooled intervals that each type draws.
pooled_intervals <- list(
  forest = c("conf.low", "conf.high", "pred.low", "pred.high"), funnel = character(),
  density = c("conf.low", "conf.high")
)

# Pooled estimates of the methods and pairs in `rows`, and of their intervals those drawn (the others `NA`); no row
# where `pooled` is NULL.
pooled_rows <- function(pooled, rows, drawn, call = rlang::caller_env()) {
  columns <- c("exposure", "outcome", "method", "error", "estimate", "conf.low", "conf.high")
  is_given <- !is.null(pooled)
  if (!is_given) pooled <- rows[0L]
  check_columns(pooled, columns, "pooled", call = call)
  optional <- c("pred.low", "pred.high", "tau", "k", "k_left_out")
  given <- intersect(optional, names(pooled))
  if (!is.null(pooled$term)) pooled <- pooled[pooled$term == "overall", ]
  pooled <- data.table::as.data.table(unclass(pooled)[c(columns, given)])
  for (column in c(setdiff(optional, given), setdiff(pooled_intervals$forest, drawn))) {
    data.table::set(pooled, j = column, value = NA_real_)
  }
  label <- as.character(method_label(pooled, with_error = length(unique(rows$error)) > 1L))
  pooled$label <- factor(label, levels(rows$label))
  pooled$pair <- factor(as.character(pair_label(pooled)), levels(rows$pair))
  kept <- !is.na(pooled$label) & !is.na(pooled$pair) & pooled$error %in% rows$error
  if (is_given && !any(kept)) {
    stop_deepmr(
      "argument", "{.arg pooled} has no row of what {.arg object} holds: {.val {unique(as.character(rows$label))}}.",
      "Pool these fits: {.code pooled = meta_analyze(fit)}.",
      call = call
    )
  }
  pooled[kept]
}

# Truths with their panel: those without exposure or outcome stand in every panel.
truth_rows <- function(truth, rows, call = rlang::caller_env()) {
  if (is.null(truth)) truth <- data.frame(truth_name = character(), value = numeric())
  check_columns(truth, c("truth_name", "value"), "truth", call = call)
  check_numeric_columns(truth, "value", "truth", call = call)
  pairs <- unique(rows[, c("exposure", "outcome", "pair")])
  # Columns of the user's own would get in the way below.
  truth <- as.data.frame(truth)[intersect(c("truth_name", "value", "exposure", "outcome", "sequence"), names(truth))]
  by <- intersect(c("exposure", "outcome"), names(truth))
  truth <- data.table::as.data.table(merge(truth, pairs, by = by, sort = FALSE))
  if (is.null(truth$sequence)) truth$sequence <- rep(NA_character_, nrow(truth))
  truth$truth_name <- factor(truth$truth_name, unique(truth$truth_name))
  truth[is.finite(truth$value)]
}

# "3 fits without an estimate: fewer than 3 instruments (3)." or "".
no_estimate <- function(fit) {
  failed <- fit$status[!is.finite(fit$estimate)]
  if (!length(failed)) return("")
  reasons <- sort(table(failed), decreasing = TRUE)
  sprintf(
    "%d of %d fits without an estimate: %s.", length(failed), nrow(fit),
    paste0(names(reasons), " (", reasons, ")", collapse = ", ")
  )
}

truth_lines <- function(truth) {
  truth <- truth[is.na(truth$sequence)]
  if (!nrow(truth)) return(NULL)
  list(
    ggplot2::geom_vline(
      ggplot2::aes(xintercept = .data$value, linetype = .data$truth_name), data = truth,
      colour = "black", linewidth = 0.5, key_glyph = "path"
    ),
    ggplot2::scale_linetype_manual("reference", values = c("dashed", "dotted", "dotdash", "longdash", "twodash"))
  )
}

method_scales <- function(label) {
  guide <- if (nlevels(label) > 1L) ggplot2::guide_legend(ncol = legend_columns(levels(label))) else "none"
  ggplot2::scale_colour_manual("method", values = method_colours(label), drop = FALSE, guide = guide)
}

# With one method and no legend, the caption names it.
single_method <- function(rows) {
  if (nlevels(rows$label) > 1L) return("")
  sprintf("Method %s, %s errors.", rows$method[1L], rows$error[1L])
}

# What a point is; fit_mr(by = NULL) has one of all sequences.
points_sentence <- function(rows, marks, with = "") {
  each <- if (over_all_sequences(rows)) "all sequences together" else "one sequence each"
  paste0(marks, ": ", each, with, ".")
}

slope_words <- function(rows) if (over_all_sequences(rows)) "slope over all sequences" else "slope of one sequence"

over_all_sequences <- function(rows) all(rows$sequence == all_sequences)

# Vertical places of several methods within the row of one sequence, the first on top.
dodge <- function(label) {
  m <- nlevels(label)
  if (m == 1L) return(0)
  0.22 - 0.44 * (as.integer(label) - 1) / (m - 1)
}
