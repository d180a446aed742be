# What the autoplot() methods share: theme, colour-blind-safe palettes, captions.

# Okabe & Ito (2008), without black (kept for references) and yellow (too faint on white).
okabe_ito <- c("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
ink <- "grey20"
faint <- "grey72"

theme_deepmr <- function() {
  ggplot2::theme_minimal(base_size = 11) +
    ggplot2::theme(
      plot.background = ggplot2::element_rect(fill = "white", colour = NA),
      plot.margin = ggplot2::margin(5.5, 14, 5.5, 5.5), # right: half of the last number of an axis
      panel.spacing.x = ggplot2::unit(10, "pt"),
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
      legend.text = ggplot2::element_text(size = ggplot2::rel(0.7)),
      plot.caption = ggplot2::element_text(hjust = 0, colour = "grey35", lineheight = 1.1),
      plot.caption.position = "plot",
      plot.title.position = "plot"
    )
}

# Pictures are to be read from 5 inches width on: a line of a legend then holds some 64 characters, of which a key and
# the space about it take 6.
legend_columns <- function(labels) {
  labels <- as.character(labels)
  clamp(64L %/% (max(nchar(labels), 0L) + 6L), 1L, max(1L, length(labels)))
}

# Titles of panels in letters that such a picture has room for, but not below 5.5 points: longer ones are cut.
strip_fitting <- function(panels, columns = panel_columns(length(panels))) {
  longest <- max(nchar(unlist(strsplit(as.character(panels), "\n"))), 1L)
  ggplot2::theme(strip.text = ggplot2::element_text(size = clamp(strip_letters(columns, 1) / longest, 5.5, 8.8)))
}

panel_columns <- function(n) ggplot2::wrap_dims(n)[2L]

# How many bold letters of `size` points a panel's title has room for, in a picture of 5 inches with `columns` panels
# side by side, each with an axis of its own; a bold letter is 0.67 of its size wide.
strip_letters <- function(columns, size) (330 / columns - 34) / (0.67 * size)

# A name in lines of at most `width` letters, broken only after punctuation and spaces.
break_name <- function(name, width) {
  if (nchar(name) <= width) return(name)
  pieces <- regmatches(name, gregexpr("[^-:_./| ]*[-:_./| ]|[^-:_./| ]+$", name))[[1L]]
  lines <- Reduce(
    function(lines, piece) {
      last <- length(lines)
      if (nchar(lines[last]) + nchar(piece) > width) return(c(lines, piece))
      c(lines[-last], paste0(lines[last], piece))
    },
    pieces[-1L], pieces[1L]
  )
  paste(lines, collapse = "\n")
}

# Colour of sequences: few get distinct colours, many a viridis ramp in the order of the
# factor's levels, and more than `max_legend` no legend.
max_legend <- 12L

scale_colour_sequence <- function(sequences) {
  guide <- if (nlevels(sequences) > max_legend) {
    "none"
  } else {
    ggplot2::guide_legend(
      ncol = legend_columns(levels(sequences)), override.aes = list(size = 2, alpha = 1, shape = 16)
    )
  }
  if (nlevels(sequences) <= length(okabe_ito)) {
    return(ggplot2::scale_colour_manual(NULL, values = okabe_ito, guide = guide))
  }
  ggplot2::scale_colour_viridis_d(NULL, end = 0.92, guide = guide)
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

# Sentences of a caption, NULL and "" left out, wrapped to the width of a figure of 5 inches.
caption_of <- function(..., width = 78L) {
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
