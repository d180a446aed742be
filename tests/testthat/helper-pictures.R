# Simulated sequences "simulated1", ... placed on a chromosome, the first on its minus strand, in windows that begin at
# 1001, 2001, ...
placed_mutagenesis <- function(n_sequences = 2L, length = 20L) {
  x <- simulate_mutagenesis(n_sequences = n_sequences, length = length, n_samples = 5L)
  number <- as.integer(sub("simulated", "", x$sequence))
  minus <- number == 1L
  forward <- 1000L * number + x$position
  backward <- 1000L * number + length + 1L - x$position
  place <- list("chr2", ifelse(minus, backward, forward), ifelse(minus, "-", "+"))
  data.table::set(x, j = coordinate_columns, value = place)
}

caption_text <- function(plot) gsub("\n", " ", plot$labels$caption)

# Rectangles that are no tiles.
rectangles_of <- function(plot) {
  is_rectangle <- vapply(plot$layers, function(layer) class(layer$geom)[1L] == "GeomRect", TRUE)
  lapply(which(is_rectangle), function(i) ggplot2::layer_data(plot, i))
}

# Letters as drawn: `x` their middle, `low`, `high`, `base` by their colour.
letters_of <- function(plot) {
  points <- data.table::rbindlist(layers_of(plot, "GeomPolygon"))
  drawn <- points[, list(x = mean(range(x)), low = min(y), high = max(y)), by = c("fill", "group", "PANEL")]
  drawn[, "base" := names(base_colours)[match(fill, base_colours)]]
  drawn[order(PANEL, x)]
}
