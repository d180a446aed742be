# Windows of a genome: from intervals to sequences, and why some are set aside.

# `intervals`: data.table(name, chrom, start, end, strand, centre); 1-based, both ends included; `name` may be NA;
# strand "+" or "-"; `centre`: the base to centre on, NA for the middle; `line` where they come from a file. `width`
# NULL: the intervals as they are.
# Returns `deepmr_sequences`; columns of `intervals` other than these go along in its windows.
cut_windows <- function(intervals, width, genome, max_n, arg, call) {
  check_some_chromosomes(intervals$chrom, genome, arg, call)
  windows <- place_windows(intervals, width, genome)
  windows <- read_windows(windows, genome, max_n)
  set_aside <- set_aside_of(windows)
  kept <- windows[is.na(windows$reason)]
  if (!nrow(kept)) {
    reasons <- set_aside_in_words(set_aside)
    detail <- set_aside$detail[1L]
    stop_deepmr(
      "sequences", "No window is left: {reasons}.", "The first, {name_and_line(set_aside[1])}: {detail}.",
      call = call
    )
  }
  tell_set_aside(set_aside, "window")
  data.table::set(kept, j = "name", value = window_names(kept))
  bases <- ifelse(kept$strand == "-", reverse_complement(kept$bases), kept$bases)
  own <- setdiff(names(intervals), c("name", "chrom", "start", "end", "strand", "centre", "line"))
  table <- kept[, c("name", "chrom", "start", "end", "strand", "chrom_length", own), with = FALSE]
  data.table::setnames(table, "name", "sequence")
  new_sequences(stats::setNames(bases, table$sequence), table, if (nrow(set_aside)) set_aside)
}

# Windows that share bases, on either strand, are one locus more than once to a meta-analysis. Returns `sequences`.
tell_overlaps <- function(sequences) {
  windows <- attr(sequences, "windows")
  n <- sum(overlaps_another(windows$chrom, windows$start, windows$end))
  if (n) {
    cli::cli_inform(
      c(
        "!" = "{n} of {nrow(windows)} windows overlap another: slopes of these are not independent.",
        i = "A pooled interval takes them for independent and is too narrow; keep one of each locus for it."
      ),
      class = "deepmr_message_overlap"
    )
  }
  sequences
}

# Against the windows before it in the order of the starts, and the one after.
overlaps_another <- function(chrom, start, end) {
  at <- order(chrom, start)
  x <- data.table::data.table(chrom = chrom[at], start = start[at], end = end[at])
  x[, "reach" := cummax(.SD$end), by = "chrom", .SDcols = "end"]
  x[, "before" := data.table::shift(.SD$reach, fill = 0L), by = "chrom", .SDcols = "reach"]
  x[, "after" := data.table::shift(.SD$start, type = "lead", fill = .Machine$integer.max), by = "chrom",
    .SDcols = "start"
  ]
  overlap <- x$start <= x$before | x$after <= x$end
  overlap[order(at)]
}

# `start` and `end` of the windows, and a `reason` with its `detail` for those that cannot be.
# `distinct`: whether a window may stand there only once.
place_windows <- function(intervals, width, genome, distinct = TRUE) {
  windows <- data.table::copy(intervals)
  if (!is.null(width)) {
    middle <- (as.numeric(windows$start) - 1 + windows$end) %/% 2 + 1
    centre <- data.table::fcoalesce(as.numeric(windows$centre), middle)
    start <- centre - width %/% 2
    data.table::set(windows, j = c("start", "end"), value = list(as.integer(start), as.integer(start + width - 1)))
  }
  size <- unname(genome$lengths[windows$chrom])
  data.table::set(windows, j = c("chrom_length", "reason", "detail"), value = list(size, NA_character_, NA_character_))
  set_reason(
    windows, is.na(size), "unknown chromosome",
    function(rows) {
      names <- unique(rows$chrom)
      unknown_chromosome(names, names(genome$lengths))[match(rows$chrom, names)]
    }
  )
  set_reason(
    windows, intervals$end < intervals$start, "no bases",
    function(rows) "the interval starts where it ends; BED starts count from 0"
  )
  set_reason(
    windows, intervals$start < 1L | intervals$end > size, "interval beyond the chromosome",
    function(rows) sprintf("%s has %d bases; another genome build?", rows$chrom, rows$chrom_length)
  )
  set_reason(
    windows, windows$start < 1L | windows$end > size, "window beyond the chromosome",
    function(rows) sprintf("%d to %d, but %s has %d bases", rows$start, rows$end, rows$chrom, rows$chrom_length)
  )
  if (distinct) {
    usable <- is.na(windows$reason)
    again <- duplicated(ifelse(usable, window_id(windows), seq_along(usable)))
    set_reason(windows, again, "same window twice", function(rows) {
      paste(window_id(rows), "stands there more than once")
    })
  }
  windows
}

# Adds `bases` of the plus strand, and a reason where these cannot be used.
read_windows <- function(windows, genome, max_n) {
  data.table::set(windows, j = "bases", value = NA_character_)
  rows <- which(is.na(windows$reason))
  if (!length(rows)) {
    return(windows)
  }
  at <- windows[rows]
  data.table::set(windows, rows, "bases", genome$read(at$chrom, at$start, at$end))
  odd <- regexpr("[^ACGTN]", windows$bases)
  set_reason(windows, odd > 0L, "other characters than A, C, G, T, N", function(rows) {
    at <- regexpr("[^ACGTN]", rows$bases)
    sprintf("%s at %s:%d", substr(rows$bases, at, at), rows$chrom, rows$start + at - 1L)
  })
  set_reason(windows, n_share(windows$bases) > max_n, "too many N", function(rows) {
    sprintf("%.0f %% of the bases are N, more than max_n = %g", 100 * n_share(rows$bases), max_n)
  })
  windows
}

n_share <- function(bases) 1 - nchar(gsub("N", "", bases, fixed = TRUE)) / nchar(bases)

# Rows that have a reason already keep it.
set_reason <- function(windows, which, reason, detail) {
  rows <- which(which & is.na(windows$reason))
  if (length(rows)) data.table::set(windows, rows, c("reason", "detail"), list(reason, detail(windows[rows])))
}

set_aside_of <- function(windows) {
  set_aside <- windows[!is.na(windows$reason)]
  data.table::set(set_aside, j = "name", value = data.table::fcoalesce(set_aside$name, window_id(set_aside)))
  line <- intersect("line", names(set_aside))
  set_aside[, c("name", "chrom", "start", "end", "strand", line, "reason", "detail"), with = FALSE]
}

# Such as "chr2R:1000-1499(+)".
window_id <- function(windows) {
  sprintf("%s:%d-%d(%s)", windows$chrom, windows$start, windows$end, windows$strand)
}

# The name given, or the window; a name that several have gets the window added, and that is said.
window_names <- function(windows) {
  id <- window_id(windows)
  repeated <- unique(windows$name[duplicated(windows$name) & !is.na(windows$name)])
  if (length(repeated)) {
    cli::cli_inform(
      "{length(repeated)} name{?s} {?is/are} there more than once; the window is added: {.val {repeated}}.",
      class = "deepmr_message_renamed"
    )
  }
  name <- ifelse(windows$name %in% repeated, paste(windows$name, id, sep = "_"), windows$name)
  data.table::fcoalesce(as.character(name), id)
}
