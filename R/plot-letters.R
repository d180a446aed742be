# Bases as letters of any height, drawn as shapes: text cannot be stretched. The shapes are ggseqlogo's.

# The usual colours of bases, green, blue, orange and red, in shades that colour-blind eyes tell apart.
base_colours <- c(A = "#009E73", C = "#0072B2", G = "#E69F00", T = "#D55E00")

# `letters`: data.table(x, base, low, high, panel), `base` one of A, C, G, T. One layer for each base, of fixed colour,
# so that the plot's scale of fill stays free.
letter_layers <- function(letters) {
  shapes <- letter_shapes()
  letters$letter <- seq_len(nrow(letters))
  lapply(split(letters, letters$base), function(own) {
    shape <- shapes[[own$base[1L]]]
    each <- rep(seq_len(nrow(own)), each = nrow(shape))
    points <- data.table::data.table(
      x = own$x[each] + shape$x, y = own$low[each] + shape$y * (own$high - own$low)[each],
      letter = own$letter[each], panel = own$panel[each]
    )
    ggplot2::geom_polygon(
      ggplot2::aes(.data$x, .data$y, group = .data$letter),
      data = points, fill = base_colours[[own$base[1L]]], inherit.aes = FALSE
    )
  })
}

# Outline of each base: x from about -.5 to .5, y from 0 to 1.
letter_shapes <- function() {
  heights <- diag(4L)
  rownames(heights) <- dna_bases
  points <- ggseqlogo::geom_logo(heights, method = "custom", seq_type = "dna", plot = FALSE)
  lapply(stats::setNames(dna_bases, dna_bases), function(base) {
    own <- points[points$letter == base, ]
    own <- own[order(own$order), ]
    data.frame(x = own$x - match(base, dna_bases), y = own$y)
  })
}
