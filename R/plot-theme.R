# What the autoplot() methods share: theme, colour-blind-safe palettes, captions.

# Okabe & Ito (2008), without black (kept for references) and yellow (too faint on white).
okabe_ito <- c("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
ink <- "grey20"
faint <- "grey72"

theme_deepmr <- function() {
  ggplot2::theme_minimal(base_size = 11) +
    ggplot2::theme(
      plot.background = ggplot2::element_rect(fill = "white", colour = NA),
      panel.border = ggplot2::element_rect(fill = NA, colour = "grey80", linewidth = 0.3),
      panel.grid.minor = ggplot2::element_blank(),
      panel.grid.major = ggplot2::element_line(colour = "grey94", linewidth = 0.3),
      axis.ticks = ggplot2::element_line(colour = "grey80", linewidth = 0.3),
      axis.text = ggplot2::element_text(colour = "grey30"),
      strip.text = ggplot2::element_text(face = "bold", hjust = 0, margin = ggplot2::margin(3, 0, 3, 0)),
      legend.position = "bottom",
      legend.justification = "left",
      legend.box = "vertical",
      legend.box.just = "left",
      legend.spacing.y = ggplot2::unit(0, "pt"),
      legend.margin = ggplot2::margin(1, 0, 1, 0),
      legend.key.height = ggplot2::unit(11, "pt"),
      legend.title = ggplot2::element_text(size = ggplot2::rel(0.85)),
      legend.text = ggplot2::element_text(size = ggplot2::rel(0.8)),
      plot.caption = ggplot2::element_text(hjust = 0, colour = "grey35", lineheight = 1.1),
      plot.caption.position = "plot",
      plot.title.position = "plot"
    )
}

# Colour of sequences: few get distinct colours, many a viridis ramp in the order of the
# factor's levels, and more than `max_legend` no legend.
max_legend <- 12L

scale_colour_sequence <- function(sequences) {
  guide <- if (nlevels(sequences) > max_legend) {
    "none"
  } else {
    ggplot2::guide_legend(override.aes = list(size = 2, alpha = 1, shape = 16))
  }
  if (nlevels(sequences) <= length(okabe_ito)) {
    return(ggplot2::scale_colour_manual("sequence", values = okabe_ito, guide = guide))
  }
  ggplot2::scale_colour_viridis_d("sequence", end = 0.92, guide = guide)
}

# Colours of methods, named by level so that they do not depend on what a panel shows.
method_colours <- function(methods) {
  colours <- if (nlevels(methods) <= length(okabe_ito)) {
    okabe_ito[seq_len(nlevels(methods))]
  } else {
    grDevices::hcl.colors(nlevels(methods), "viridis")
  }
  stats::setNames(colours, levels(methods))
}

# One label per method, with the error assumption where `with_error`.
method_label <- function(fit, with_error = length(unique(fit$error)) > 1L) {
  label <- if (with_error) paste0(fit$method, " (", fit$error, ")") else as.character(fit$method)
  factor(label, unique(label))
}

pair_label <- function(x) {
  label <- if (nrow(x)) paste(x$exposure, "on", x$outcome) else character()
  factor(label, unique(label))
}

# Sentences of a caption, NULL and "" left out, wrapped to the width of a figure.
caption_of <- function(..., width = 105L) {
  sentences <- unlist(list(...))
  sentences <- sentences[nzchar(sentences)]
  if (!length(sentences)) return(NULL)
  paste(strwrap(paste(sentences, collapse = " "), width), collapse = "\n")
}

# "12 of 300 variants not shown: <why>." or "" when there are none.
not_shown <- function(n, total, what, why) {
  if (n == 0L) return("")
  paste0(format_count(n), " of ", format_count(total), " ", what, " not shown: ", why, ".")
}

log10_labels <- function(breaks) {
  ifelse(
    breaks >= 0.001 & breaks < 10000,
    format(breaks, scientific = FALSE, drop0trailing = TRUE, trim = TRUE),
    sub("e([+-])0", "e\\1", format(breaks, scientific = TRUE, digits = 1, trim = TRUE))
  )
}

format_count <- function(n) format(n, big.mark = ",", trim = TRUE)
