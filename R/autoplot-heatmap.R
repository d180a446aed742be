# Position x base map of effects: reference above, standard errors below, in one panel per sequence, with room for its
# own motif hits only.

plot_effect_map <- function(table, output, sequences, positions, motifs, call = rlang::caller_env()) {
  rows <- position_rows(table, output, sequences, positions, call)
  hits <- hits_shown(motifs, rows, table, call)
  reference <- unique(rows[, c("x", "panel", "ref"), with = FALSE])
  finite <- is.finite(rows$effect)
  colours <- colour_limit(rows$effect[finite])
  track <- se_track(rows)
  lettered <- window_width(rows) <= most_letters
  gaps <- gaps_of(reference)
  ggplot2::ggplot(rows, ggplot2::aes(.data$x)) +
    ggplot2::geom_rect(
      ggplot2::aes(xmin = .data$x - 0.5, xmax = .data$x + 0.5, ymin = 0.5, ymax = 4.5), data = reference,
      fill = "grey90", inherit.aes = FALSE
    ) +
    (if (nrow(gaps)) {
      ggplot2::geom_segment(
        ggplot2::aes(x = .data$from, xend = .data$to, y = 2.5, yend = 2.5),
        data = gaps, colour = "grey75", linewidth = 0.3, inherit.aes = FALSE
      )
    }) +
    ggplot2::geom_tile(
      ggplot2::aes(y = base_row(.data$alt), fill = .data$effect), data = rows[finite], width = 1, height = 1
    ) +
    ggplot2::geom_tile(
      ggplot2::aes(y = base_row(.data$ref)), data = reference, fill = "grey60", width = 1, height = 0.25
    ) +
    track$layers +
    (if (lettered) letter_layers(reference_letters(reference))) +
    hit_layers(hits, if (lettered) letters_to + 0.2 else letters_from, lane_height) +
    ggplot2::scale_fill_gradient2(
      paste("effect on", rows$output[1L]), low = okabe_ito[1L], mid = "white", high = okabe_ito[2L],
      limits = c(-colours$end, colours$end), breaks = c(-colours$end, 0, colours$end), labels = colours$labels,
      oob = function(x, range) clamp(x, range[1L], range[2L])
    ) +
    ggplot2::scale_y_continuous(
      NULL, breaks = c(track$breaks, 1:4, if (lettered) (letters_from + letters_to) / 2),
      labels = c(track$labels, rev(dna_bases), if (lettered) "ref"), expand = ggplot2::expansion(add = 0.15),
      guide = ggplot2::guide_axis(check.overlap = TRUE)
    ) +
    position_layers(rows, y = TRUE) +
    ggplot2::labs(caption = map_caption(
      rows, "Rows: the base put there; grey bars: the reference base.", colours$sentence, track$sentence,
      hit_sentence(hits), if (!lettered) sprintf("Letters only for up to %d positions: see `positions`.", most_letters),
      if (nrow(gaps)) paste0("Thin line: not mutated", if (!is.null(positions)) ", or not in `positions`", "."),
      if (sum(finite) < 3L * nrow(reference)) "Light grey without a bar: no effect known.",
      not_shown(sum(!finite), nrow(rows), "effects", "missing or infinite"), attr(rows, "sentences")
    )) +
    ggplot2::theme(
      legend.key.width = ggplot2::unit(30, "pt"),
      legend.spacing.x = ggplot2::unit(14, "pt") # half the number under the end of the bar
    )
}

# A few effects may be many times the others, which would all look white: then colours end where 99 % of them do.
colour_limit <- function(effects) {
  most <- max(abs(effects), 0)
  end <- stats::quantile(abs(effects), 0.99, names = FALSE)
  if (!length(effects) || most <= 2 * end || end == 0) end <- most
  beyond <- sum(abs(effects) > end)
  list(
    end = if (end > 0) end else 1,
    labels = paste0(if (beyond) c("< ", "", "> "), signif(c(-1, 0, 1) * if (end > 0) end else 1, 2L)),
    sentence = if (beyond) {
      sprintf("Colours end at %.2g: %s beyond, the largest %.2g.", end, counted(beyond, "effect"), most)
    }
  )
}

# In rows of the map.
lane_height <- 1.5
letters_from <- 4.7
letters_to <- 6.1

# Between neighbours on the axis that lie apart: positions without a row.
gaps_of <- function(reference) {
  between <- reference[order(reference$x), list(from = .SD$x[-.N] + 0.5, to = .SD$x[-1L] - 0.5), by = "panel"]
  between[between$to > between$from]
}

# A on top.
base_row <- function(base) match(base, rev(dna_bases))

reference_letters <- function(reference) {
  data.table::data.table(
    x = reference$x, base = reference$ref, low = letters_from, high = letters_to, panel = reference$panel
  )
}

# The largest standard error of each position, below the map: no effect there is less sure than this. In units of the
# map's rows, with the axis' marks.
se_track <- function(rows) {
  rows <- rows[is.finite(rows$se)]
  if (!nrow(rows)) return(list(sentence = "No standard errors."))
  top <- rows[, list(se = max(.SD$se)), by = c("x", "panel")]
  most <- max(top$se)
  ticks <- pretty(c(0, most), 2L)
  tick <- max(ticks[ticks <= most])
  floor <- -1.5
  height <- if (most > 0) 1.6 / most else 0
  top$high <- floor + height * top$se
  marks <- unique(c(0, tick))
  list(
    layers = ggplot2::geom_rect(
      ggplot2::aes(xmin = .data$x - 0.45, xmax = .data$x + 0.45, ymin = floor, ymax = .data$high),
      data = top, fill = "grey55", inherit.aes = FALSE
    ),
    breaks = floor + height * marks, labels = c("0", paste("SE", format(tick)))[seq_along(marks)],
    sentence = "Below: the largest standard error (SD over draws) of the position's effects."
  )
}
