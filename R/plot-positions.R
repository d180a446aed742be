# What pictures along a sequence share: the rows asked for, where they stand on the x axis, and that axis.

max_maps <- 4L # sequences that a page still shows

# Beyond these, letters are narrower than a printer's dot is wide apart in a picture of 5 inches.
most_letters <- 150L

# Rows of one output and few sequences, with `x` and `panel`; `attr(, "axis")` is the axis' title, `attr(, "sentences")`
# say what is not shown. x is the position, or where every sequence has coordinates the place in the genome, negative
# on the minus strand: so the axis always runs along the sequence, from its 5' to its 3' end.
position_rows <- function(table, output, sequences, positions, call) {
  chosen <- c(is.null(output), is.null(sequences)) # for the user, who is told of the others
  outputs <- unique(as.character(table$output))
  output <- if (is.null(output)) outputs[1L] else check_plotted_output(output, outputs, "output", call)
  all_sequences <- unique(as.character(table$sequence))
  sequences <- map_sequences(sequences, all_sequences, call)
  asked <- table$output == output & table$sequence %in% sequences # within `[`, `output` would be the column
  check_several_positions(table, call)
  rows <- table[asked]
  in_window <- rows$position %in% window_positions(positions, rows$position, call)
  rows <- rows[in_window]
  check_bases(rows, call)
  check_duplicated_rows(rows, variant_columns, "object", call)
  data.table::set(rows, j = "shift", value = axis_shift(rows, call))
  data.table::set(rows, j = c("x", "panel"), value = list(rows$position + rows$shift, panel_with_place(rows)))
  data.table::setattr(rows, "axis", axis_title(rows))
  data.table::setattr(rows, "sentences", c(
    if (chosen[1L]) not_shown(length(outputs) - 1L, length(outputs), "outputs", "see `output`"),
    if (chosen[2L]) not_shown(length(all_sequences) - 1L, length(all_sequences), "sequences", "see `sequences`")
  ))
  rows
}

check_several_positions <- function(table, call) {
  n <- data.table::uniqueN(table$sequence)
  if (n > 1L && data.table::uniqueN(table, by = c("sequence", "position")) == n) {
    stop_deepmr(
      "argument", "{.arg object} has one position of each sequence: there is nothing to lay out along it.",
      "Single variants ({.fn variant_effects}) are drawn by {.code type = \"before_after\"} and {.code \"se_effect\"}.",
      call = call
    )
  }
}

check_plotted_output <- function(output, known, arg, call) {
  check_string(output, arg, "the name of one output,", call)
  check_known_outputs(output, known, "{.arg object}", arg, call = call)
  output
}

map_sequences <- function(sequences, known, call) {
  if (is.null(sequences)) return(known[1L])
  check_plotted_sequences(sequences, known, call)
  if (length(sequences) > max_maps) {
    stop_deepmr(
      "argument", "{.arg sequences} names {length(sequences)} sequences; a picture has room for {max_maps}.",
      "Make several pictures.",
      call = call
    )
  }
  sequences
}

check_plotted_sequences <- function(sequences, known, call) {
  if (is.character(sequences) && anyDuplicated(sequences)) {
    twice <- sequences[duplicated(sequences)][1L]
    stop_deepmr("argument", "{.arg sequences} names {.val {twice}} more than once.", "Name each once.", call = call)
  }
  unknown <- setdiff(sequences, known)
  if (!is.character(sequences) || !length(sequences) || length(unknown)) {
    bad <- c(unknown, sequences)
    stop_deepmr(
      "argument", "{.arg sequences} must be sequences of {.arg object}, not {.val {or_none(bad)[1L]}}.",
      "It has {name_some(known, 3L)}.",
      call = call
    )
  }
}

window_positions <- function(positions, known, call) {
  if (is.null(positions)) return(known)
  whole <- is.numeric(positions) && all(is.finite(positions)) && all(positions == round(positions))
  if (!whole || !any(positions %in% known)) {
    stop_deepmr(
      "argument", "{.arg positions} must be whole numbers, some of them positions that the sequences shown have.",
      "These run from {min(known)} to {max(known)}; a window is {.code positions = 200:260}.",
      call = call
    )
  }
  positions
}

check_bases <- function(rows, call) {
  odd <- setdiff(c(rows$ref, rows$alt), dna_bases)
  if (length(odd)) {
    stop_deepmr(
      "columns", "{.field ref} and {.field alt} of {.arg object} must be A, C, G or T, not {.val {odd[1L]}}.",
      call = call
    )
  }
}

on_genome <- function(rows) {
  all(coordinate_columns %in% names(rows)) && !anyNA(rows$chrom) && !anyNA(rows$genome_position) &&
    all(rows$strand %in% c("+", "-"))
}

# What to add to a position to get its place on the axis.
axis_shift <- function(rows, call) {
  if (!on_genome(rows)) return(rep(0, nrow(rows)))
  shift <- ifelse(rows$strand == "-", -1, 1) * rows$genome_position - rows$position
  places <- unique(data.table::data.table(sequence = rows$sequence, chrom = rows$chrom, shift = shift))
  twice <- places$sequence[duplicated(places$sequence)]
  if (length(twice)) {
    stop_deepmr(
      "coordinates", "Positions and genome coordinates of {.val {twice[1L]}} do not run along with each other.",
      "A sequence is one window of the genome; without {.field genome_position} positions are shown.",
      call = call
    )
  }
  shift
}

# With a genome's axis, titles say which part of the sequence this is. The fourth panel calls for two columns, where
# windows are short enough for them; titles then have two lines.
panel_with_place <- function(rows) {
  label <- as.character(rows$sequence)
  if (on_genome(rows)) {
    from <- stats::ave(rows$position, rows$sequence, FUN = min)
    to <- stats::ave(rows$position, rows$sequence, FUN = max)
    strand <- ifelse(rows$strand == "-", "minus strand", "plus strand")
    place <- sprintf("%s %s, bases %d to %d", rows$chrom, strand, from, to)
    label <- paste(label, place, sep = if (map_columns(rows) > 1L) "\n" else ", ")
  }
  factor(label, unique(label))
}

# Of the widest window shown, in positions.
window_width <- function(rows) {
  max(rows[, list(width = max(.SD$position) - min(.SD$position) + 1), by = "sequence"]$width)
}

map_columns <- function(rows) {
  if (data.table::uniqueN(rows$sequence) > 3L && 2L * window_width(rows) <= most_letters) 2L else 1L
}

axis_title <- function(rows) {
  if (!on_genome(rows)) return("position in the sequence")
  minus <- unique(rows$strand == "-")
  paste0(
    "position on ", one_or(rows$chrom, "the chromosome"),
    if (identical(minus, TRUE)) ", falling from left to right",
    if (length(minus) == 2L) " (falling on the minus strand)"
  )
}

# Whole numbers, none so near an end that its label would be cut off.
inner_breaks <- function(limits) {
  breaks <- unique(round(pretty(limits, 4L)))
  breaks[abs(breaks - mean(limits)) <= 0.46 * diff(limits)]
}

# Panels and their x axis. `y`: whether panels have y axes of their own.
position_layers <- function(rows, y = FALSE) {
  ranges <- rows[, list(from = min(.SD$x), to = max(.SD$x)), by = "panel"]
  x <- data.table::uniqueN(ranges, by = c("from", "to")) > 1L
  columns <- map_columns(rows)
  list(
    ggplot2::facet_wrap("panel", ncol = columns, scales = c("fixed", "free_x", "free_y", "free")[1L + x + 2L * y]),
    ggplot2::scale_x_continuous(
      attr(rows, "axis"), breaks = inner_breaks,
      labels = function(x) format_count(abs(x)), expand = ggplot2::expansion(add = 0.3),
      guide = ggplot2::guide_axis(check.overlap = TRUE)
    ),
    theme_deepmr(),
    strip_fitting(levels(rows$panel), columns),
    ggplot2::theme(
      panel.grid.major = ggplot2::element_blank(),
      axis.text.y = ggplot2::element_text(size = if (nlevels(rows$panel) > 1L) 6 else 8.8)
    ),
    if (nlevels(rows$panel) > 2L) close_together
  )
}

# For three panels and more: all but the data is small.
close_together <- ggplot2::theme(
  axis.text = ggplot2::element_text(size = 6),
  axis.text.x = ggplot2::element_text(margin = ggplot2::margin(1)),
  axis.title = ggplot2::element_text(size = 8),
  axis.title.x = ggplot2::element_text(margin = ggplot2::margin(1)),
  panel.spacing.y = ggplot2::unit(4, "pt"),
  strip.text = ggplot2::element_text(margin = ggplot2::margin(1, 0, 1, 0)),
  legend.title = ggplot2::element_text(size = 8),
  legend.text = ggplot2::element_text(size = 6),
  legend.key.height = ggplot2::unit(6, "pt"),
  legend.box.spacing = ggplot2::unit(3, "pt"),
  plot.caption = ggplot2::element_text(size = 7, margin = ggplot2::margin(2))
)

# Captions as wide as the picture, in the letters that it has.
map_caption <- function(rows, ...) caption_of(..., width = if (nlevels(rows$panel) > 2L) 98L else 78L)
