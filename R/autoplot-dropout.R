#' Plot a dropout check
#'
#' `"shares"` has a bar for each active dropout call: the share of the variance that is lost without it and that it
#' makes alone, with 95 % Monte-Carlo intervals, of predictions and of effects. `"gain"` has, for every output, the
#' factors by which locking makes the standard errors smaller, a point for each variant over their quartiles.
#' `"se_effect"` is that plot of the mutagenesis table ([autoplot.deepmr_mutagenesis()]). At most six outputs
#' are shown, the first; the caption counts the others.
#'
#' @param object What [diagnose_dropout()] returns.
#' @param type `"shares"`, `"gain"` or `"se_effect"`.
#' @param ... Not used.
#' @return A ggplot. Errors: `deepmr_error_argument` (`type`), `deepmr_error_no_rows` (nothing to show).
#' @examplesIf deepmr_python_info()$usable
#' check <- diagnose_dropout(
#'   model_demo(), demo_sequences(1),
#'   outputs = c("Dref", "accessibility"), positions = seq(200, 290, by = 10),
#'   n_samples = 10
#' )
#' ggplot2::autoplot(check)
#' ggplot2::autoplot(check, type = "gain")
#' @export
autoplot.deepmr_dropout_check <- function(object, type = c("shares", "gain", "se_effect"), ...) {
  type <- check_choice(if (missing(type)) "shares" else type, c("shares", "gain", "se_effect"), "type")
  outputs <- unique(object$mutagenesis$output)
  shown <- utils::head(outputs, length(okabe_ito))
  caption <- not_shown(length(outputs) - length(shown), length(outputs), "outputs", "no room")
  mutagenesis <- object$mutagenesis[object$mutagenesis$output %in% shown]
  switch(type,
    shares = plot_shares(object$shares[object$shares$output %in% shown], object$sites$site, caption),
    gain = plot_gain(mutagenesis, caption),
    se_effect = autoplot(mutagenesis, type = "se_effect")
  )
}

plot_shares <- function(shares, sites, caption) {
  shares <- shares[!is.na(shares$estimate)]
  check_something_shown(nrow(shares), "No output has a variance over the draws.")
  shares$site <- factor(shares$site, rev(sites))
  shares$output <- factor(shares$output, unique(shares$output))
  shares$of <- factor(shares$of, c("prediction", "effect"), c("predictions", "effects"))
  shares$share <- factor(shares$share, c("alone", "total"), c("made by it alone", "lost without it"))
  beside <- ggplot2::position_dodge(0.8)
  axis <- range(0, 1, shares$estimate)
  cut <- sum(shares$conf.low < axis[1L] | shares$conf.high > axis[2L], na.rm = TRUE)
  ggplot2::ggplot(shares, ggplot2::aes(.data$estimate, .data$site, fill = .data$share)) +
    ggplot2::geom_col(position = beside, width = 0.7) +
    ggplot2::geom_linerange(
      ggplot2::aes(xmin = .data$conf.low, xmax = .data$conf.high), position = beside, colour = ink, linewidth = 0.4
    ) +
    ggplot2::facet_grid(.data$of ~ .data$output) +
    ggplot2::coord_cartesian(xlim = axis) +
    ggplot2::scale_x_continuous(n.breaks = 3L, guide = ggplot2::guide_axis(check.overlap = TRUE)) +
    ggplot2::scale_fill_manual(
      NULL, values = c("made by it alone" = okabe_ito[5L], "lost without it" = okabe_ito[1L]),
      guide = ggplot2::guide_legend(reverse = TRUE)
    ) +
    ggplot2::labs(
      x = "share of the variance over the draws", y = NULL,
      caption = caption_of(
        "Bars of a call differ by what it does together with others. Lines: 95 % Monte-Carlo.",
        if (cut) sprintf("%d of them %s beyond the axis.", cut, ngettext(cut, "goes", "go")), caption
      )
    ) +
    theme_deepmr() +
    strip_fitting(levels(shares$output), columns = nlevels(shares$output))
}

plot_gain <- function(x, caption) {
  known <- x[!x$at_rounding]
  check_something_shown(nrow(known), "Every effect is at float rounding level.")
  points <- data.table::data.table(
    output = factor(known$output, rev(unique(known$output))), gain = gain_of_locking(known)
  )
  ggplot2::ggplot(points, ggplot2::aes(.data$gain, .data$output)) +
    ggplot2::geom_vline(xintercept = 1, linetype = "dashed", colour = "grey45", linewidth = 0.4) +
    ggplot2::geom_boxplot(outlier.shape = NA, fill = NA, colour = ink, width = 0.6, linewidth = 0.4) +
    ggplot2::geom_point(
      colour = okabe_ito[1L], size = 0.7, alpha = 0.5, shape = 16,
      position = ggplot2::position_jitter(width = 0, height = 0.2, seed = 1L)
    ) +
    ggplot2::scale_x_log10(labels = log10_labels) +
    ggplot2::labs(
      x = "standard error, unlocked over locked", y = NULL,
      caption = caption_of(
        "Unlocked: each row would have masks of its own.",
        "One point per variant, over their quartiles; dashed: no gain.",
        not_shown(nrow(x) - nrow(known), nrow(x), "points", "effect or error at float rounding level"), caption
      )
    ) +
    theme_deepmr()
}

#' Plot the likelihood against the dropout rate
#'
#' The mean log likelihood of a label at each rate, less that at the model's own rates (dashed line; ring), with one
#' paired standard error on either side. Panels are dropout calls.
#'
#' @param object What [tune_dropout()] returns.
#' @param ... Not used.
#' @return A ggplot. Errors: `deepmr_error_columns`.
#' @examplesIf deepmr_python_info()$usable
#' sequences <- demo_sequences(20)
#' levels <- demo_truth(sequences)$levels
#' levels$label <- as.integer(levels$level > 0.5)
#' curve <- tune_dropout(model_demo(), sequences, levels, rates = c(0, 0.1, 0.3), n_samples = 10)
#' ggplot2::autoplot(curve)
#' @export
autoplot.deepmr_dropout_curve <- function(object, ...) {
  columns <- c("layer", "rate", "own", "n", "n_sequences", "difference", "difference.se")
  check_columns(object, columns, "object")
  # Own rates that differ between the calls have no place on the axis: they are the line.
  points <- data.table::as.data.table(unclass(object)[columns])[!is.na(object$rate)]
  points$layer <- factor(points$layer, unique(points$layer))
  own <- points[points$own]
  ggplot2::ggplot(points, ggplot2::aes(.data$rate, .data$difference)) +
    ggplot2::geom_hline(yintercept = 0, linetype = "dashed", colour = "grey45", linewidth = 0.4) +
    ggplot2::geom_line(colour = okabe_ito[1L], linewidth = 0.4) +
    ggplot2::geom_linerange(
      ggplot2::aes(ymin = .data$difference - .data$difference.se, ymax = .data$difference + .data$difference.se),
      data = points[!is.na(points$difference.se)], colour = okabe_ito[1L], linewidth = 0.5
    ) +
    ggplot2::geom_point(colour = okabe_ito[1L], size = 2) +
    ggplot2::geom_point(data = own, shape = 21, size = 3.4, stroke = 0.7, colour = "black", fill = NA) +
    ggplot2::facet_wrap("layer") +
    ggplot2::labs(
      x = "dropout rate", y = "log likelihood per label, difference",
      caption = caption_of(
        "Difference to the model's own rates (dashed line; ring).",
        "Bars: one paired standard error, clustered by sequence.",
        sprintf("%s of %s.", counted(points$n[1L], "label"), counted(points$n_sequences[1L], "sequence"))
      )
    ) +
    theme_deepmr() +
    strip_fitting(levels(points$layer))
}
