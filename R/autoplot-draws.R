#' Plot a check of the draws
#'
#' `"qq"`: quantiles of the standardised draws against those of as many normal draws, a panel per output; normal draws
#' lie on the diagonal. `"halves"`: standard errors of the first half of the draws over those of the second: median and
#' the middle 95 % of the rows, over a grey bar that shows the middle 95 % for normal draws; to the right the
#' correlation of the mean effects. `"se"`: relative error of the standard error of the first t draws: from that of all
#' draws (points), the same for normal draws (solid), and from that of unlimited normal draws (dashed; one standard
#' deviation).
#'
#' @param object What [diagnose_draws()] returns.
#' @param type `"qq"`, `"halves"` or `"se"`.
#' @param ... Not used.
#' @return A ggplot. Errors: `deepmr_error_argument` (`type`).
#' @examples
#' check <- diagnose_draws(simulate_mutagenesis(n_sequences = 3, length = 30, n_samples = 40))
#' ggplot2::autoplot(check)
#' ggplot2::autoplot(check, type = "halves")
#' ggplot2::autoplot(check, type = "se")
#' @export
autoplot.deepmr_draws_check <- function(object, type = c("qq", "halves", "se"), ...) {
  type <- check_choice(if (missing(type)) "qq" else type, c("qq", "halves", "se"), "type")
  component <- c(qq = "qq", halves = "halves", se = "se_by_draws")[[type]]
  rows <- data.table::copy(object[[component]])
  rows$output <- factor(rows$output, unique(rows$output))
  switch(type, qq = plot_draws_qq(rows), halves = plot_draws_halves(rows), se = plot_draws_se(rows)) +
    theme_deepmr() +
    strip_fitting(levels(rows$output))
}

plot_draws_qq <- function(rows) {
  ggplot2::ggplot(rows, ggplot2::aes(.data$theoretical, .data$observed)) +
    ggplot2::geom_abline(slope = 1, intercept = 0, linetype = "dashed", colour = "grey45", linewidth = 0.4) +
    ggplot2::geom_point(colour = okabe_ito[1L], size = 0.9) +
    ggplot2::facet_wrap("output") +
    ggplot2::labs(
      x = "quantile of as many normal draws, standardised alike", y = "quantile of the standardised draws",
      caption = caption_of(
        "Draws standardised with the mean and SD of their own row; positive: towards a larger effect.",
        "Dashed: normal draws."
      )
    )
}

plot_draws_halves <- function(rows) {
  end <- max(rows$ratio_high, rows$expected_high)
  rows$label <- sprintf("r = %.3f", rows$correlation)
  ggplot2::ggplot(rows, ggplot2::aes(.data$se_ratio, .data$output)) +
    ggplot2::geom_vline(xintercept = 1, linetype = "dashed", colour = "grey45", linewidth = 0.4) +
    ggplot2::geom_linerange(
      ggplot2::aes(xmin = .data$expected_low, xmax = .data$expected_high), colour = "grey85", linewidth = 5
    ) +
    ggplot2::geom_linerange(
      ggplot2::aes(xmin = .data$ratio_low, xmax = .data$ratio_high), colour = okabe_ito[1L], linewidth = 0.7
    ) +
    ggplot2::geom_point(colour = okabe_ito[1L], size = 2.2) +
    ggplot2::geom_text(ggplot2::aes(x = 1.08 * end, label = .data$label), hjust = 0, size = 3, colour = ink) +
    ggplot2::scale_x_log10(expand = ggplot2::expansion(c(0.05, 0.2))) +
    ggplot2::scale_y_discrete(limits = rev) +
    ggplot2::labs(
      x = "standard error, first half of the draws over second", y = NULL,
      caption = caption_of(
        "Points and lines: median and middle 95 % of the rows; grey: middle 95 % for normal draws.",
        "r: correlation of the mean effects of the halves."
      )
    )
}

plot_draws_se <- function(rows) {
  total <- max(rows$n_draws)
  t <- exp(seq(log(min(rows$n_draws)), log(total), length.out = 200L))
  expected <- data.table::data.table(
    n_draws = t, expected = stats::qnorm(0.75) * sqrt(pmax(0, 1 / (2 * (t - 1)) - 1 / (2 * (total - 1)))),
    theory = 1 / sqrt(2 * (t - 1))
  )
  ggplot2::ggplot(rows, ggplot2::aes(.data$n_draws)) +
    ggplot2::geom_line(ggplot2::aes(y = .data$theory), data = expected, linetype = "dashed", colour = "grey45") +
    ggplot2::geom_line(ggplot2::aes(y = .data$expected), data = expected, colour = "grey45") +
    ggplot2::geom_point(ggplot2::aes(y = .data$relative_error), colour = okabe_ito[1L], size = 2) +
    ggplot2::scale_x_log10(breaks = unique(rows$n_draws), guide = ggplot2::guide_axis(check.overlap = TRUE)) +
    ggplot2::scale_y_continuous(limits = c(0, NA), expand = ggplot2::expansion(c(0.02, 0.05))) +
    ggplot2::facet_wrap("output") +
    ggplot2::labs(
      x = "number of draws t", y = "relative error of the standard error",
      caption = caption_of(
        sprintf("Points: median |SE of t draws / SE of all %d - 1|; solid: the same for normal draws.", total),
        "Dashed: one standard deviation about the SE of unlimited normal draws."
      )
    )
}
