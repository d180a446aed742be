# How the estimates of the sequences spread: curves where every panel has one, otherwise dots, a line of them for each
# method.
plot_density <- function(rows, pooled, truth) {
  shown <- rows[is.finite(rows$estimate) & !rows$beyond]
  count <- table(shown$pair, shown$label)
  curve <- shown[count[cbind(as.character(shown$pair), as.character(shown$label))] >= 5L]
  curved <- all(levels(rows$pair) %in% curve$pair)
  ggplot2::ggplot(rows, ggplot2::aes(.data$estimate, colour = .data$label, fill = .data$label)) +
    ggplot2::geom_vline(xintercept = 0, colour = "grey75", linewidth = 0.3) +
    ggplot2::geom_rect(
      ggplot2::aes(
        xmin = ifelse(.data$cut_left, -Inf, .data$conf.low), xmax = ifelse(.data$cut_right, Inf, .data$conf.high),
        ymin = -Inf, ymax = Inf, fill = .data$label
      ),
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
        if (!curved) few_sentence,
        left_out_sentence(rows, if (curved) "Grey ticks" else "Hollow"),
        if (nrow(pooled)) "Solid line and band: pooled estimate and interval.",
        beyond_sentence(rows), no_estimate(rows)
      )
    ) +
    theme_deepmr() +
    strip_fitting(levels(rows$pair))
}

few_sentence <- "No curve: it takes five estimates of a method in each panel."

estimate_ticks <- function(shown) {
  ticks <- function(shown, ...) {
    ggplot2::geom_rug(
      data = shown, length = ggplot2::unit(0.035, "npc"), linewidth = 0.4, alpha = 0.8, show.legend = FALSE, ...
    )
  }
  grey <- !is.na(shown$left_out)
  list(
    ticks(shown[!grey]), if (any(grey)) ticks(shown[grey], colour = left_out_colour),
    ggplot2::scale_y_continuous(expand = ggplot2::expansion(c(0.05, 0.05)), limits = c(0, NA))
  )
}

# The height says nothing: without an axis.
estimate_dots <- function(shown) {
  list(
    estimate_points(shown, mapping = ggplot2::aes(y = dodge(.data$label)), size = 1.9, alpha = 0.8),
    ggplot2::scale_y_continuous(limits = c(-0.6, 0.6), breaks = NULL)
  )
}
