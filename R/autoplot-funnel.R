# Funnel: estimates of the sequences against their standard errors, precise ones on top. Where all sequences had
# one slope, 95 of 100 points would lie within the lines about the pooled estimate.

plot_funnel <- function(rows, pooled, truth) {
  shown <- rows[is.finite(rows$estimate) & !rows$beyond & is.finite(rows$std.error)]
  largest <- max(shown$std.error, 0)
  ggplot2::ggplot(rows, ggplot2::aes(.data$estimate, .data$std.error, colour = .data$label)) +
    ggplot2::geom_vline(xintercept = 0, colour = "grey75", linewidth = 0.3) +
    funnel_lines(pooled, rows, largest) +
    truth_lines(truth) +
    estimate_points(shown, size = 1.7, alpha = 0.8) +
    method_scales(rows$label) +
    ggplot2::scale_y_reverse(limits = c(1.02 * largest, 0), expand = ggplot2::expansion(c(0.02, 0.02))) +
    ggplot2::facet_wrap("pair", scales = "free_x") +
    ggplot2::labs(
      x = slope_words(rows), y = "standard error",
      caption = caption_of(
        single_method(rows), points_sentence(rows, "Points"), left_out_sentence(shown),
        if (nrow(pooled)) {
          "Thick line: pooled estimate; thin: 95 of 100 sequences would lie within, were the slopes all the same."
        } else {
          "No funnel without a pooled slope: pass `pooled = meta_analyze(fit)`."
        },
        beyond_sentence(rows), no_estimate(rows)
      )
    ) +
    theme_deepmr() +
    strip_fitting(levels(rows$pair))
}

# The pooled estimate and the two lines of the funnel, ended where the panel does.
funnel_lines <- function(pooled, rows, largest) {
  if (!nrow(pooled) || largest == 0) return(NULL)
  limits <- unique(rows[, c("pair", "left", "right")])[match(pooled$pair, unique(rows$pair))]
  z <- stats::qnorm(0.975)
  leg <- function(side) {
    room <- if (side < 0) pooled$estimate - limits$left else limits$right - pooled$estimate
    height <- pmin(largest, pmax(room, 0) / z)
    data.table::data.table(
      pooled[, c("pair", "label", "estimate")], x = pooled$estimate + side * z * height, y = height
    )
  }
  list(
    ggplot2::geom_segment(
      ggplot2::aes(x = .data$estimate, xend = .data$estimate, y = 0, yend = largest, colour = .data$label),
      data = pooled, inherit.aes = FALSE, linewidth = 0.8, show.legend = FALSE
    ),
    ggplot2::geom_segment(
      ggplot2::aes(x = .data$estimate, xend = .data$x, y = 0, yend = .data$y, colour = .data$label),
      data = rbind(leg(-1), leg(1)), inherit.aes = FALSE, linewidth = 0.3, show.legend = FALSE
    )
  )
}
