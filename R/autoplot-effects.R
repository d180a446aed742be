#' Plot effects of exposure and outcome against each other
#'
#' The scatter of a Mendelian randomization: one point per variant, effect on the outcome
#' against effect on the exposure, in the coding reference to alternative, with the
#' fitted lines of `fit`. One panel per sequence and pair of outputs.
#'
#' With some 3,000 variants a panel, error bars on all of them hide the picture: only the
#' `n_bars` variants with the largest exposure effects get theirs (one standard error either
#' way). Variants that were not used (not selected, or at float rounding level) are grey.
#' A method that orients every variant towards a positive exposure effect (the textbook
#' `egger`, but not `egger_draws`) has in this coding the line
#' `sign(x) * intercept + slope * x`: two half-lines when the intercept is not 0.
#' Whatever is left out is counted in the caption.
#'
#' @param object A table of [estimate_effects()], or any with its columns `sequence`,
#'   `beta_exposure`, `se_exposure`, `beta_outcome`, `se_outcome` (and `exposure`,
#'   `outcome`, `at_rounding`, `selected`, `used`, where there are any) and class
#'   `deepmr_effects`.
#' @param fit A fit of [fit_mr()] whose lines are drawn, or `NULL`.
#' @param sequences Names of the sequences to show; `NULL` for the first ones, as many as
#'   give at most 9 panels.
#' @param n_bars Number of variants per panel with error bars.
#' @param ... Not used.
#' @return A ggplot. Errors: `deepmr_error_argument`, `deepmr_error_columns`.
#' @seealso [autoplot.deepmr_mr_fit()]
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 2, length = 60)
#' effects <- estimate_effects(x, exposure = "exposure", outcome = "outcome")
#' ggplot2::autoplot(effects, fit = fit_mr(effects))
#' @export
autoplot.deepmr_effects <- function(object, fit = NULL, sequences = NULL, n_bars = 30L, ...) {
  n_bars <- check_count(n_bars, "n_bars", min = 0L)
  plot_scatter(object, fit, sequences, n_bars)
}

max_panels <- 9L

plot_scatter <- function(effects, fit, sequences, n_bars, call = rlang::caller_env()) {
  variants <- scatter_variants(effects, call)
  check_something_shown(nrow(variants), "{.arg object} has no rows.", call)
  all_sequences <- unique(variants$sequence)
  pairs <- unique(variants[, c("exposure", "outcome")])
  sequences <- scatter_sequences(sequences, all_sequences, nrow(pairs), call)
  variants <- variants[variants$sequence %in% sequences]
  complete <- is.finite(variants$beta_exposure) & is.finite(variants$beta_outcome)
  if (!any(complete)) {
    stop_deepmr("columns", "No variant has both effects.", "The sequences are {.val {sequences}}.", call = call)
  }
  shown <- variants[complete]
  shown$panel <- panel_of(shown)
  bars <- strongest(shown, n_bars)
  lines <- if (!is.null(fit)) scatter_lines(fit, shown, call)
  idle <- shown$used == "not used"
  idle_seen <- any(idle & !at_origin(shown))
  ggplot2::ggplot(shown, ggplot2::aes(.data$beta_exposure, .data$beta_outcome)) +
    ggplot2::geom_hline(yintercept = 0, colour = "grey75", linewidth = 0.3) +
    ggplot2::geom_vline(xintercept = 0, colour = "grey75", linewidth = 0.3) +
    scatter_bars(bars) +
    ggplot2::geom_point(
      ggplot2::aes(fill = .data$used), shape = 21, colour = "white", stroke = 0.1, size = 1.3, alpha = 0.65
    ) +
    ggplot2::scale_fill_manual(
      "variant", values = c("used" = ink, "not used" = faint),
      guide = if (idle_seen) ggplot2::guide_legend(override.aes = list(size = 2.5)) else "none"
    ) +
    scatter_line_layers(lines) +
    scatter_facets(shown) +
    ggplot2::labs(
      x = paste("effect on", one_or(pairs$exposure, "the exposure")),
      y = paste("effect on", one_or(pairs$outcome, "the outcome")),
      caption = caption_of(
        "One point per variant, alternative minus reference.",
        if (nrow(bars)) {
          sprintf("Error bars (SD over draws): the %d variants of a panel with the largest exposure effects.", n_bars)
        },
        if (any(idle) && !idle_seen) {
          sprintf("%s of %s variants, not used, lie at the origin.", format_count(sum(idle)), format_count(nrow(shown)))
        },
        not_shown(sum(!complete), nrow(variants), "variants", "an effect is missing"),
        not_shown(length(all_sequences) - length(sequences), length(all_sequences), "sequences", "see `sequences`"),
        attr(lines, "sentence")
      )
    ) +
    theme_deepmr() +
    strip_fitting(levels(shown$panel))
}

# Where a point hides under the many at the origin: within a hundredth of what its panel spans either way.
at_origin <- function(shown) {
  near <- function(effect) abs(effect) <= 0.01 * stats::ave(effect, shown$panel, FUN = function(x) diff(range(x, 0)))
  near(shown$beta_exposure) & near(shown$beta_outcome)
}

# The columns a scatter needs, absent optional ones filled in.
scatter_variants <- function(effects, call) {
  needed <- c("sequence", "beta_exposure", "se_exposure", "beta_outcome", "se_outcome")
  check_columns(effects, needed, "object", call = call)
  check_numeric_columns(effects, needed[-1L], "object", call = call)
  optional <- intersect(c("exposure", "outcome", "at_rounding", "selected", "used"), names(effects))
  variants <- data.table::as.data.table(unclass(effects)[c(needed, optional)])
  for (column in setdiff(c("exposure", "outcome"), optional)) {
    data.table::set(variants, j = column, value = column)
  }
  used <- variants$used
  if (is.null(used)) {
    n <- nrow(variants)
    used <- !true_or(variants$at_rounding, FALSE, n) & true_or(variants$selected, TRUE, n)
  }
  variants$used <- factor(ifelse(used %in% TRUE, "used", "not used"), c("used", "not used"))
  variants
}

# TRUE where `x` is, `absent` throughout where there is no such column.
true_or <- function(x, absent, n) {
  if (is.null(x)) rep(absent, n) else x %in% TRUE
}

# The `n` used variants of each panel with the largest exposure effects.
strongest <- function(shown, n) {
  candidates <- shown[shown$used == "used" & is.finite(shown$se_exposure) & is.finite(shown$se_outcome)]
  candidates <- candidates[order(-abs(candidates$beta_exposure))]
  candidates[data.table::rowid(candidates$panel) <= n]
}

scatter_bars <- function(bars) {
  bars$x_low <- bars$beta_exposure - bars$se_exposure
  bars$x_high <- bars$beta_exposure + bars$se_exposure
  bars$y_low <- bars$beta_outcome - bars$se_outcome
  bars$y_high <- bars$beta_outcome + bars$se_outcome
  bar <- function(mapping) {
    ggplot2::geom_linerange(mapping, data = bars, colour = "grey45", linewidth = 0.3, alpha = 0.7)
  }
  list(
    bar(ggplot2::aes(ymin = .data$y_low, ymax = .data$y_high)),
    bar(ggplot2::aes(xmin = .data$x_low, xmax = .data$x_high))
  )
}

scatter_sequences <- function(sequences, all_sequences, n_pairs, call) {
  if (is.null(sequences)) return(utils::head(all_sequences, max(1L, max_panels %/% n_pairs)))
  unknown <- setdiff(sequences, all_sequences)
  if (length(unknown)) {
    stop_deepmr(
      "argument", "{.arg sequences} has {.val {unknown}}, which the effects do not have.",
      "Nearest: {.val {nearest_names(as.character(unknown[1L]), all_sequences)}}.",
      call = call
    )
  }
  sequences
}

# One line per panel and label, cut to the panel's data. `attr(, "sentence")` tells of fits
# without a line.
scatter_lines <- function(fit, shown, call) {
  check_columns(fit, c(plot_fit_columns, "intercept"), "fit", call = call)
  fit <- fit_rows(spread_pooled(data.table::as.data.table(unclass(fit)), shown), "fit", call, also = "intercept")
  fit$label <- method_label(fit)
  panels <- unique(shown[, c("sequence", "exposure", "outcome", "panel")])
  fit <- merge(fit, panels, by = c("sequence", "exposure", "outcome"), sort = FALSE)
  lines <- lapply(which(is.finite(fit$estimate)), function(i) {
    row <- fit[i]
    inside <- shown[shown$panel == row$panel]
    segments <- line_segments(
      row$intercept, row$estimate, range(inside$beta_exposure, 0), range(inside$beta_outcome, 0),
      oriented = orients(row$method)
    )
    if (nrow(segments)) cbind(row[, c("panel", "label")], segments)
  })
  lines <- data.table::rbindlist(lines)
  data.table::setattr(lines, "sentence", no_estimate(fit))
  lines
}

# y = a + b x within the box; for an oriented method y = sign(x) a + b x, in two pieces.
line_segments <- function(a, b, x, y, oriented) {
  if (!is.finite(a)) a <- 0
  pieces <- if (oriented && a != 0) {
    rbind(clip_line(-a, b, c(x[1L], 0), y), clip_line(a, b, c(0, x[2L]), y))
  } else {
    clip_line(a, b, x, y)
  }
  data.table::as.data.table(pieces)
}

clip_line <- function(a, b, x, y) {
  if (b != 0) {
    crossing <- sort((y - a) / b)
    x <- c(max(x[1L], crossing[1L]), min(x[2L], crossing[2L]))
  }
  if (x[1L] >= x[2L]) x <- numeric()
  data.frame(x = x[1L], xend = x[2L], y = a + b * x[1L], yend = a + b * x[2L])[length(x) == 2L, ]
}

# Whether the method turns every variant towards a positive exposure effect first.
orients <- function(method) {
  isTRUE(method_registry()[[method]]$oriented)
}

scatter_line_layers <- function(lines) {
  if (is.null(lines) || !nrow(lines)) return(NULL)
  guide <- ggplot2::guide_legend(ncol = legend_columns(levels(lines$label)))
  list(
    ggplot2::geom_segment(
      ggplot2::aes(
        x = .data$x, y = .data$y, xend = .data$xend, yend = .data$yend,
        colour = .data$label, linetype = .data$label
      ),
      data = lines, linewidth = 0.7
    ),
    ggplot2::scale_colour_manual("method", values = method_colours(lines$label), drop = FALSE, guide = guide),
    ggplot2::scale_linetype_discrete("method", drop = FALSE, guide = guide)
  )
}

# Panels in the order of the sequences, those of one sequence next to each other.
panel_of <- function(x) {
  pairs <- unique(x[, c("exposure", "outcome")])
  pair <- if (length(unique(pairs$outcome)) > 1L) pair_label(x) else x$exposure
  sequence <- as.character(x$sequence)
  columns <- panel_columns(data.table::uniqueN(sequence) * nrow(pairs))
  broken <- vapply(unique(sequence), break_name, "", width = strip_letters(columns, 7))
  sequence <- unname(broken[sequence])
  label <- if (nrow(pairs) > 1L) paste(sequence, pair, sep = "\n") else sequence
  factor(label, unique(label[order(match(x$sequence, x$sequence))]))
}

scatter_facets <- function(shown) {
  facets <- if (nlevels(shown$panel) == 1L) {
    ggplot2::facet_wrap("panel")
  } else {
    ggplot2::facet_wrap("panel", scales = "free")
  }
  list(
    facets,
    ggplot2::scale_x_continuous(n.breaks = 4L, guide = ggplot2::guide_axis(check.overlap = TRUE))
  )
}

one_or <- function(x, otherwise) {
  if (length(unique(x)) == 1L) as.character(x[1L]) else otherwise
}
