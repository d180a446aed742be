# Pictures of motif_disruption().

#' Plot what variants do to motifs
#'
#' `"effect"` has one point per variant: the effect on the motif's output against the change of the best match, a panel
#' for each motif that has an output. `"enrichment"` has the pooled ratio with its interval for each motif and output,
#' and the ratio of each sequence as a grey tick. `"matrix"` has a tile for each motif and output with the ratio, a star
#' at p <= 0.05 under both nulls and a frame around what belongs together: decoys that explain an output, and outputs
#' that their motif does not explain, show. Where no sequence has both a hit and strong effects there is no ratio: rows
#' and tiles stay, empty or grey, and a motif without any hit is named so on the axis.
#'
#' @param object What [motif_disruption()] returns.
#' @param type `"effect"`, `"enrichment"` or `"matrix"`.
#' @param ... Not used.
#' @return A ggplot. Errors: `deepmr_error_argument` (`type`), `deepmr_error_no_rows` (no motif has a hit).
#' @examples
#' motifs <- read_motifs(system.file("extdata", "demo_motifs.jaspar", package = "deepmr"))
#' found <- motif_disruption(demo_truth(demo_sequences(3))$effects, motifs, n_shuffles = 19)
#' ggplot2::autoplot(found, type = "matrix")
#' @export
autoplot.deepmr_motif_disruption <- function(object, type = c("effect", "enrichment", "matrix"), ...) {
  types <- c("effect", "enrichment", "matrix")
  type <- check_choice(if (missing(type)) "effect" else type, types, "type")
  switch(
    type,
    effect = plot_motif_effect(object), enrichment = plot_enrichment(object), matrix = plot_motif_matrix(object)
  )
}

plot_motif_effect <- function(object) {
  variants <- object$variants[!is.na(object$variants$output)]
  points <- data.table::data.table(
    change = variants$change, effect = variants$effect,
    place = factor(ifelse(variants$in_hit, "in a hit", "elsewhere"), c("in a hit", "elsewhere")),
    panel = factor(paste0(variants$output, ", motif ", variants$motif))
  )
  shown <- points[!is.na(points$change)]
  shown <- shown[order(shown$place, decreasing = TRUE)]
  ggplot2::ggplot(shown, ggplot2::aes(.data$change, .data$effect, colour = .data$place)) +
    ggplot2::geom_hline(yintercept = 0, colour = "grey75", linewidth = 0.3) +
    ggplot2::geom_vline(xintercept = 0, colour = "grey75", linewidth = 0.3) +
    ggplot2::geom_point(size = 0.8, alpha = 0.5, shape = 16) +
    ggplot2::scale_colour_manual(
      "position", values = c("in a hit" = okabe_ito[2L], elsewhere = "grey60"),
      guide = ggplot2::guide_legend(override.aes = list(size = 2, alpha = 1))
    ) +
    ggplot2::facet_wrap("panel", scales = "free") +
    ggplot2::labs(
      x = "change of the best match (bits; below 0 bits is no match)", y = "predicted effect",
      caption = caption_of(
        sprintf("One point per variant. Hit: a window with p <= %s.", format(attr(object, "p_hit"))),
        not_shown(nrow(points) - nrow(shown), nrow(points), "points", "every window over them holds an N")
      )
    ) +
    theme_deepmr() +
    strip_fitting(levels(points$panel))
}

# Pairs of motif and output as factors in the order of the table, motifs from the top.
ordered_pairs <- function(rows, pooled) {
  rows <- data.table::copy(rows)
  rows$motif <- factor(rows$motif, rev(unique(pooled$motif)))
  rows$output <- factor(rows$output, unique(pooled$output))
  rows
}

check_some_ratio <- function(pooled, call = rlang::caller_env(2)) {
  if (all(is.na(pooled$ratio))) {
    stop_deepmr(
      "no_rows", "No motif has a hit among strong effects, so there is no ratio to show.", "Use a larger {.arg p_hit}.",
      call = call
    )
  }
}

# Every motif keeps its row.
motif_axis <- function(object) {
  with_hits <- unique(object$variants$motif[object$variants$in_hit %in% TRUE])
  ggplot2::scale_y_discrete(drop = FALSE, labels = function(motif) {
    paste0(motif, ifelse(motif %in% with_hits, "", " (no hits)"))
  })
}

plot_enrichment <- function(object) {
  check_some_ratio(object$pooled)
  pooled <- ordered_pairs(object$pooled[!is.na(object$pooled$ratio)], object$pooled)
  single <- ordered_pairs(object$by_sequence[!is.na(object$by_sequence$ratio)], object$pooled)
  columns <- panel_columns(nlevels(pooled$output))
  strips <- vapply(levels(pooled$output), break_name, "", width = strip_letters(columns, 7))
  levels(pooled$output) <- strips
  levels(single$output) <- strips
  pooled$pair <- factor(ifelse(pooled$own, "the output's own motif", "another motif"))
  ggplot2::ggplot(pooled, ggplot2::aes(.data$ratio, .data$motif, colour = .data$pair)) +
    ggplot2::geom_vline(xintercept = 1, linetype = "dashed", colour = "grey45", linewidth = 0.4) +
    ggplot2::geom_point(data = single, colour = faint, shape = 124, size = 2.5) +
    ggplot2::geom_linerange(
      ggplot2::aes(xmin = .data$ratio.low, xmax = .data$ratio.high), linewidth = 0.6, na.rm = TRUE
    ) +
    ggplot2::geom_point(size = 2) +
    ggplot2::scale_colour_manual(
      NULL, values = c("the output's own motif" = okabe_ito[1L], "another motif" = okabe_ito[2L])
    ) +
    motif_axis(object) +
    ggplot2::facet_wrap("output", drop = FALSE) +
    ggplot2::labs(
      x = "times more often in hits than expected", y = NULL,
      caption = caption_of(
        sprintf("The %s %% of variants that lower the output most.", format(100 * attr(object, "top"))),
        "Points: all sequences together, with 95 % intervals over resampled sequences, where these differ; grey ticks:",
        "single sequences.",
        "Dashed: as often as expected.",
        if (anyNA(object$pooled$ratio)) "Empty: no sequence has both a hit and strong effects."
      )
    ) +
    theme_deepmr() +
    strip_fitting(strips)
}

plot_motif_matrix <- function(object) {
  check_some_ratio(object$pooled)
  tiles <- ordered_pairs(object$pooled, object$pooled)
  known <- tiles[!is.na(tiles$ratio)]
  known$label <- sprintf("%.1f%s", known$ratio, ifelse(known$p_enrichment <= 0.05, "*", ""))
  ggplot2::ggplot(tiles, ggplot2::aes(.data$output, .data$motif, fill = .data$ratio)) +
    ggplot2::geom_tile(colour = "white", linewidth = 0.5) +
    ggplot2::geom_tile(
      data = tiles[tiles$own], fill = NA, colour = "black", linewidth = 0.7, width = 0.96, height = 0.96
    ) +
    ggplot2::geom_text(
      ggplot2::aes(label = .data$label), data = known, size = clamp(17 / nlevels(tiles$output), 1.8, 3.4),
      colour = ifelse(known$ratio > 0.6 * max(known$ratio), "white", ink)
    ) +
    ggplot2::scale_fill_gradient(
      "times expected", low = "#F3F7FA", high = okabe_ito[1L], limits = c(0, NA), na.value = "grey85"
    ) +
    motif_axis(object) +
    ggplot2::coord_cartesian(expand = FALSE) +
    ggplot2::labs(
      x = "output", y = "motif",
      caption = caption_of(
        sprintf(
          "How many times more often than expected the %s %% of variants that lower the output most lie in hits.",
          format(100 * attr(object, "top"))
        ),
        "Star: p <= 0.05 against shuffled motifs and against shuffled sequences.",
        "Frame: motif and output belong together.",
        if (nrow(known) < nrow(tiles)) "Grey: no sequence has both a hit and strong effects."
      )
    ) +
    theme_deepmr() +
    column_names(levels(tiles$output)) +
    ggplot2::theme(panel.grid.major = ggplot2::element_blank(), legend.key.width = ggplot2::unit(30, "pt"))
}

# The x axis' names in lines as wide as a column, or where they would be too small for that upright, in a picture of
# 5 inches; a letter is 0.6 of its size wide.
column_names <- function(names) {
  width <- 270 / length(names)
  broken <- vapply(names, break_name, "", width = width / (0.6 * 8))
  size <- width / (0.6 * max(nchar(unlist(strsplit(broken, "\n")))))
  text <- if (size >= 6) {
    ggplot2::element_text(size = min(size, 8), lineheight = 0.9)
  } else {
    broken <- vapply(names, break_name, "", width = if (width > 18) 16L else Inf)
    ggplot2::element_text(size = clamp(0.45 * width, 4, 8), angle = 90, hjust = 1, vjust = 0.5, lineheight = 0.9)
  }
  list(ggplot2::scale_x_discrete(drop = FALSE, labels = broken), ggplot2::theme(axis.text.x = text))
}
