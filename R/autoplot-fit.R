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
#' truths and pooled estimates); arrows point to what lies beyond and the caption counts it. Fits without an
#' estimate keep their row, empty, and the caption gives their status.
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
    check_something_shown(nrow(object), "{.arg object} has no rows.")
    return(autoplot.deepmr_effects(variants_once(generics::augment(object, data = data)), fit = object, ...))
  }
  rows <- fit_rows(object, "object", also = if (type == "funnel") "std.error")
  check_something_shown(nrow(rows), "{.arg object} has no rows.")
  rows$label <- method_label(rows)
  rows$pair <- pair_label(rows)
  pooled <- pooled_rows(pooled, rows)
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

# Pooled estimates of the methods and pairs in `rows`; no row where `pooled` is NULL.
pooled_rows <- function(pooled, rows, call = rlang::caller_env()) {
  columns <- c("exposure", "outcome", "method", "error", "estimate", "conf.low", "conf.high")
  if (is.null(pooled)) pooled <- rows[0L]
  check_columns(pooled, columns, "pooled", call = call)
  optional <- c("pred.low", "pred.high", "tau")
  given <- intersect(optional, names(pooled))
  if (!is.null(pooled$term)) pooled <- pooled[pooled$term == "overall", ]
  pooled <- data.table::as.data.table(unclass(pooled)[c(columns, given)])
  for (column in setdiff(optional, given)) {
    data.table::set(pooled, j = column, value = NA_real_)
  }
  label <- as.character(method_label(pooled, with_error = length(unique(rows$error)) > 1L))
  pooled$label <- factor(label, levels(rows$label))
  pooled$pair <- factor(as.character(pair_label(pooled)), levels(rows$pair))
  kept <- is.finite(pooled$estimate) & !is.na(pooled$label) & !is.na(pooled$pair) & pooled$error %in% rows$error
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

# Limits of each panel, and what of each row lies within: `low`, `high` are the
# interval cut to the limits, `beyond` marks estimates outside.
within_window <- function(rows, pooled, truth) {
  limits <- lapply(split(seq_len(nrow(rows)), rows$pair), function(i) {
    here <- rows$pair[i[1L]]
    panel_limits(rows[i], pooled[pooled$pair == here], truth[truth$pair == here])
  })
  limits <- do.call(rbind, limits)[as.character(rows$pair), , drop = FALSE]
  rows$left <- limits[, 1L]
  rows$right <- limits[, 2L]
  rows$low <- clamp(rows$conf.low, rows$left, rows$right)
  rows$high <- clamp(rows$conf.high, rows$left, rows$right)
  rows$beyond <- is.finite(rows$estimate) & (rows$estimate < rows$left | rows$estimate > rows$right)
  rows
}

# Quartiles of the estimates widened by twice their distance (or half the usual width
# of an interval, if that is more), never more than the data need, always with truths and pooled estimates.
panel_limits <- function(rows, pooled, truth) {
  estimate <- rows$estimate[is.finite(rows$estimate)]
  needed <- c(truth$value, pooled$estimate, 0)
  everything <- c(rows$estimate, rows$conf.low, rows$conf.high, pooled$conf.low, pooled$conf.high, needed)
  if (!length(estimate)) return(range(needed, 1))
  quartiles <- stats::quantile(estimate, c(0.25, 0.75), names = FALSE)
  half_width <- stats::median(rows$conf.high - rows$conf.low, na.rm = TRUE) / 2
  middle <- quartiles + c(-2, 2) * max(diff(quartiles), half_width, na.rm = TRUE)
  whole <- range(everything[is.finite(everything)])
  range(max(middle[1L], whole[1L]), min(middle[2L], whole[2L]), needed)
}

clip_pooled <- function(pooled, rows) {
  limits <- unique(rows[, c("pair", "left", "right")])[match(pooled$pair, unique(rows$pair))]
  for (column in c("conf.low", "conf.high", "pred.low", "pred.high")) {
    data.table::set(pooled, j = column, value = clamp(pooled[[column]], limits$left, limits$right))
  }
  pooled
}

clamp <- function(x, low, high) pmin(pmax(x, low), high)

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

plot_forest <- function(rows, pooled, truth) {
  sequences <- unique(rows$sequence)
  rows$y <- length(sequences) + 1 - match(rows$sequence, sequences) + dodge(rows$label)
  shown <- rows[is.finite(rows$estimate) & !rows$beyond]
  intervals <- rows[is.finite(rows$low) & is.finite(rows$high)]

  row_truth <- truth[truth$sequence %in% sequences]
  row_truth$y <- length(sequences) + 1 - match(row_truth$sequence, sequences)
  pooled_labels <- intersect(levels(rows$label), as.character(pooled$label))
  step <- if (length(sequences) > 12L) 1 else 0.7 # between diamonds; many rows have no more than their letters' height
  pooled_y <- -0.2 - step * seq_along(pooled_labels)
  pooled$y <- pooled_y[match(pooled$label, pooled_labels)]
  ggplot2::ggplot(rows, ggplot2::aes(.data$estimate, .data$y, colour = .data$label)) +
    row_bands(length(sequences)) +
    ggplot2::geom_vline(xintercept = 0, colour = "grey75", linewidth = 0.3) +
    (if (nrow(pooled)) ggplot2::geom_hline(yintercept = 0, colour = "grey80", linewidth = 0.3)) +
    truth_lines(truth) +
    ggplot2::geom_linerange(
      ggplot2::aes(y = .data$y, xmin = .data$low, xmax = .data$high, colour = .data$label),
      data = intervals, inherit.aes = FALSE, linewidth = 0.45
    ) +
    interval_arrows(intervals) +
    ggplot2::geom_point(data = shown, size = 1.7) +
    pooled_diamonds(pooled, half = if (length(pooled_labels) > 1L) 0.2 else 0.3) +
    row_marks(row_truth) +
    method_scales(rows$label) +
    ggplot2::scale_y_continuous(
      breaks = c(rev(seq_along(sequences)), pooled_y),
      labels = c(sequences, pooled_names(pooled, pooled_labels)),
      limits = c(min(0.4, pooled_y - 0.5), length(sequences) + 0.6), expand = ggplot2::expansion(0)
    ) +
    ggplot2::facet_wrap("pair", scales = "free_x") +
    ggplot2::labs(
      x = "slope of the outcome on the exposure", y = NULL,
      caption = caption_of(
        single_method(rows), points_sentence(rows, "Points", ", with the interval"), diamond_sentence(pooled),
        beyond_sentence(rows), no_estimate(rows)
      )
    ) +
    theme_deepmr() +
    strip_fitting(levels(rows$pair)) +
    ggplot2::theme(
      axis.text.y = ggplot2::element_text(size = max(4, min(9, 200 / length(sequences)))),
      panel.grid.major.y = ggplot2::element_blank()
    )
}

# Curves where every panel has one, otherwise dots, a line of them for each method.
plot_density <- function(rows, pooled, truth) {
  shown <- rows[is.finite(rows$estimate) & !rows$beyond]
  count <- table(shown$pair, shown$label)
  curve <- shown[count[cbind(as.character(shown$pair), as.character(shown$label))] >= 5L]
  curved <- all(levels(rows$pair) %in% curve$pair)
  ggplot2::ggplot(rows, ggplot2::aes(.data$estimate, colour = .data$label, fill = .data$label)) +
    ggplot2::geom_vline(xintercept = 0, colour = "grey75", linewidth = 0.3) +
    ggplot2::geom_rect(
      ggplot2::aes(xmin = .data$conf.low, xmax = .data$conf.high, ymin = -Inf, ymax = Inf, fill = .data$label),
      data = pooled, inherit.aes = FALSE, alpha = 0.15, show.legend = FALSE
    ) +
    ggplot2::geom_blank(ggplot2::aes(x = .data$left)) +
    ggplot2::geom_blank(ggplot2::aes(x = .data$right)) +
    (if (curved) ggplot2::geom_density(data = curve, fill = NA, linewidth = 0.6, key_glyph = "path")) +
    ggplot2::geom_vline(
      ggplot2::aes(xintercept = .data$estimate, colour = .data$label), data = pooled,
      linewidth = 0.7, show.legend = FALSE
    ) +
    truth_lines(truth) +
    (if (curved) estimate_ticks(shown) else estimate_dots(shown)) +
    method_scales(rows$label) +
    ggplot2::scale_fill_manual("method", values = method_colours(rows$label), drop = FALSE, guide = "none") +
    ggplot2::facet_wrap("pair", scales = "free") +
    ggplot2::labs(
      x = slope_words(rows), y = if (curved) "density",
      caption = caption_of(
        single_method(rows), points_sentence(rows, if (curved) "Ticks" else "Points"),
        if (nrow(pooled)) "Solid line and band: pooled estimate and interval.",
        beyond_sentence(rows, arrows = FALSE), no_estimate(rows)
      )
    ) +
    theme_deepmr() +
    strip_fitting(levels(rows$pair))
}

estimate_ticks <- function(shown) {
  list(
    ggplot2::geom_rug(
      data = shown, length = ggplot2::unit(0.035, "npc"), linewidth = 0.4, alpha = 0.8, show.legend = FALSE
    ),
    ggplot2::scale_y_continuous(expand = ggplot2::expansion(c(0.05, 0.05)), limits = c(0, NA))
  )
}

# The height says nothing: without an axis.
estimate_dots <- function(shown) {
  list(
    ggplot2::geom_point(ggplot2::aes(y = dodge(.data$label)), data = shown, size = 1.9, alpha = 0.8),
    ggplot2::scale_y_continuous(limits = c(-0.6, 0.6), breaks = NULL)
  )
}

# Vertical places of several methods within the row of one sequence, the first on top.
dodge <- function(label) {
  m <- nlevels(label)
  if (m == 1L) return(0)
  0.22 - 0.44 * (as.integer(label) - 1) / (m - 1)
}

# Every other row lightly shaded, to lead the eye from name to interval.
row_bands <- function(n) {
  y <- seq(n, 1, by = -2)
  ggplot2::annotate("rect", xmin = -Inf, xmax = Inf, ymin = y - 0.5, ymax = y + 0.5, fill = "grey96")
}

# Arrow heads where the axis cuts an interval, or where the estimate itself lies beyond.
interval_arrows <- function(intervals) {
  cut_left <- intervals[intervals$conf.low < intervals$left & intervals$low == intervals$left]
  cut_right <- intervals[intervals$conf.high > intervals$right & intervals$high == intervals$right]

  arrow_heads <- function(x) {
    ggplot2::geom_segment(
      ggplot2::aes(x = .data$from, xend = .data$tip, y = .data$y, yend = .data$y, colour = .data$label),
      data = x, inherit.aes = FALSE, linewidth = 0.45, arrow = grid::arrow(length = grid::unit(3.5, "pt")),
      show.legend = FALSE
    )
  }
  cut_left$from <- cut_left$left + 1e-3 * (cut_left$right - cut_left$left)
  cut_left$tip <- cut_left$left
  cut_right$from <- cut_right$right - 1e-3 * (cut_right$right - cut_right$left)
  cut_right$tip <- cut_right$right
  list(arrow_heads(cut_left), arrow_heads(cut_right))
}

# What tells several pooled estimates apart: methods, errors or both.
pooled_names <- function(pooled, labels) {
  if (length(labels) < 2L) return(rep("pooled", length(labels)))
  row <- pooled[match(labels, pooled$label)]
  methods <- data.table::uniqueN(row$method)
  if (methods > 1L && data.table::uniqueN(row$error) > 1L) return(labels)
  paste("pooled,", if (methods > 1L) row$method else row$error)
}

# With no spread between the sequences the diamond hides the prediction interval, which is the same.
diamond_sentence <- function(pooled) {
  if (!nrow(pooled)) return(NULL)
  without_spread <- pooled$tau %in% 0
  if (all(without_spread)) {
    return("Diamond: pooled estimate and interval, with no spread between sequences the prediction interval too.")
  }
  paste0(
    "Diamond: pooled estimate and interval; thin line: prediction interval",
    if (any(without_spread)) ", hidden where there is no spread between sequences", "."
  )
}

pooled_diamonds <- function(pooled, half) {
  if (!nrow(pooled)) return(NULL)
  corner <- function(x, dy) {
    data.table::data.table(pooled[, c("pair", "label")], id = seq_len(nrow(pooled)), x = x, y = pooled$y + dy)
  }
  diamonds <- rbind(
    corner(pooled$conf.low, 0), corner(pooled$estimate, half),
    corner(pooled$conf.high, 0), corner(pooled$estimate, -half)
  )
  list(
    ggplot2::geom_linerange(
      ggplot2::aes(y = .data$y, xmin = .data$pred.low, xmax = .data$pred.high, colour = .data$label),
      data = pooled[is.finite(pooled$pred.low) & is.finite(pooled$pred.high)], inherit.aes = FALSE, linewidth = 0.3
    ),
    ggplot2::geom_polygon(
      ggplot2::aes(.data$x, .data$y, fill = .data$label, group = .data$id),
      data = diamonds, inherit.aes = FALSE, show.legend = FALSE
    ),
    ggplot2::scale_fill_manual(values = method_colours(pooled$label), guide = "none")
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

row_marks <- function(truth) {
  if (!nrow(truth)) return(NULL)
  list(
    ggplot2::geom_point(
      ggplot2::aes(.data$value, .data$y, shape = .data$truth_name),
      data = truth, inherit.aes = FALSE, colour = "black", size = 1.6, stroke = 0.6
    ),
    ggplot2::scale_shape_manual("per sequence", values = c(4L, 3L, 5L, 2L, 6L))
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

beyond_sentence <- function(rows, arrows = TRUE) {
  cut <- sum(rows$conf.low < rows$left | rows$conf.high > rows$right, na.rm = TRUE)
  beyond <- sum(rows$beyond)
  n <- sum(is.finite(rows$estimate))
  c(
    if (beyond) sprintf("%d of %d estimates %s beyond the axis.", beyond, n, ngettext(beyond, "lies", "lie")),
    if (arrows && cut) sprintf("Arrows: %d %s beyond the axis.", cut, ngettext(cut, "interval goes", "intervals go"))
  )
}
