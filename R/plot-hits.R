# Motif hits along a sequence: bars with a name, in as many lanes as keep them apart.

hit_columns <- c("sequence", "motif", "start", "end", "strand")

# Hits that reach into what `rows` show, cut to it: `xmin`, `xmax`, `panel`, `label`, `lane`. NULL without motifs.
hits_shown <- function(motifs, rows, table, call) {
  if (is.null(motifs)) return(NULL)
  hits <- if (inherits(motifs, "deepmr_motifs")) {
    motif_hits(text_of(table, unique(rows$sequence), call), motifs)
  } else {
    check_hits(motifs, call)
  }
  windows <- rows[, list(from = min(.SD$position), to = max(.SD$position)), by = c("sequence", "panel", "shift")]
  hits <- merge(both_strands_once(data.table::as.data.table(as.list(hits)[hit_columns])), windows, by = "sequence")
  hits <- hits[hits$end >= hits$from & hits$start <= hits$to]
  data.table::set(hits, j = c("xmin", "xmax"), value = list(
    pmax(hits$start, hits$from) + hits$shift - 0.5, pmin(hits$end, hits$to) + hits$shift + 0.5
  ))
  in_lanes(hits, room = (if (nlevels(rows$panel) > 1L) 94 else 75) / map_columns(rows))
}

# A palindrome matches on both strands at one place: one bar.
both_strands_once <- function(hits) {
  hits[, list(
    label = paste0(if (any(.SD$strand == "-")) "< ", .BY$motif, if (any(.SD$strand != "-")) " >")
  ), by = c("sequence", "motif", "start", "end")]
}

check_hits <- function(hits, call) {
  if (!is.data.frame(hits)) {
    stop_deepmr(
      "argument", "{.arg motifs} must be motifs or a table of hits, not {.obj_type_friendly {hits}}.",
      "Read motifs with {.fn read_motifs}, or find hits with {.fn motif_hits}.",
      call = call
    )
  }
  check_numeric_columns(check_columns(hits, hit_columns, "motifs", call), c("start", "end"), "motifs", call)
}

# The sequences shown, read off the references of all their positions.
text_of <- function(table, sequences, call) {
  reference <- table[table$sequence %in% sequences, c("sequence", "position", "ref"), with = FALSE]
  rebuilt_sequences(
    unique(reference), sequences, "object", "give hits, {.code motifs = motif_hits(sequences, motifs)}.", call
  )
}

# A bar and its name share the room of the longer; the name of a bar in the right half ends with it. A panel has `room`
# for so many letters, in a picture of 5 inches.
in_lanes <- function(hits, room) {
  letter <- (hits$to - hits$from + 1) / room
  right <- hits$xmin - hits$shift > (hits$from + hits$to) / 2
  width <- letter * (nchar(hits$label) + 1)
  left_end <- ifelse(right, pmin(hits$xmin, hits$xmax - width), hits$xmin)
  right_end <- ifelse(right, hits$xmax, pmax(hits$xmax, hits$xmin + width))
  data.table::set(hits, j = c("right", "left_end", "right_end"), value = list(right, left_end, right_end))
  hits <- hits[order(hits$panel, hits$left_end)]
  lanes <- lapply(split(hits, hits$panel), function(panel) first_free_lane(panel$left_end, panel$right_end))
  data.table::set(hits, j = "lane", value = as.integer(unlist(lanes)))
  hits
}

# Intervals by their left end: each into the first lane whose last one has ended.
first_free_lane <- function(left, right) {
  ends <- numeric()
  lane <- integer(length(left))
  for (i in seq_along(left)) {
    lane[i] <- match(TRUE, c(ends <= left[i], TRUE))
    ends[lane[i]] <- right[i]
  }
  lane
}

n_lanes <- function(hits) if (is.null(hits)) 0L else max(hits$lane, 0L)

# Lanes of `height` from `bottom` upwards.
hit_layers <- function(hits, bottom, height) {
  if (!n_lanes(hits)) return(NULL)
  hits$low <- bottom + (hits$lane - 1) * height
  hits$high <- hits$low + 0.3 * height
  hits$top <- hits$low + height
  hits$at <- ifelse(hits$right, hits$xmax, hits$xmin)
  list(
    ggplot2::geom_rect(
      ggplot2::aes(xmin = .data$xmin, xmax = .data$xmax, ymin = .data$low, ymax = .data$high),
      data = hits, fill = "grey35", colour = "white", linewidth = 0.4, inherit.aes = FALSE # hits that touch stay apart
    ),
    ggplot2::geom_text(
      ggplot2::aes(.data$at, .data$high, label = .data$label, hjust = as.numeric(.data$right)),
      data = hits, vjust = -0.35, size = if (nlevels(hits$panel) > 1L) 2 else 2.5, colour = ink, inherit.aes = FALSE
    ),
    ggplot2::geom_blank(ggplot2::aes(.data$at, .data$top), data = hits, inherit.aes = FALSE)
  )
}

hit_sentence <- function(hits) {
  if (is.null(hits)) return("")
  if (!nrow(hits)) return("No motif has a hit here.")
  "Dark bars: motif hits; > on the sequence's strand, < on the other."
}
