#' DNA sequences as deepmr uses them
#'
#' @param x A (named) character vector of DNA, the path of a FASTA file (plain or
#'   gzipped), a `DNAStringSet`, or a `GRanges` with the `genome` that it lies in. A, C, G, T and N, in upper or lower
#'   case.
#' @param ... Not used.
#' @return A named character vector in upper case. Sequences without names are
#'   called `sequence1`, `sequence2`, ... For a `GRanges` a `deepmr_sequences`, which keeps its windows in the genome:
#'   see [sequences_bed()], also for names, strand, the place of a resized window and what is set aside.
#' @examples
#' as_sequences(c(promoter = "ACGTACGT", enhancer = "ttgacgta"))
#' fasta <- tempfile(fileext = ".fa")
#' writeLines(c(">promoter", "ACGT", "ACGT", ">enhancer", "TTGACGTA"), fasta)
#' as_sequences(fasta)
#' @export
as_sequences <- function(x, ...) {
  UseMethod("as_sequences")
}

#' @export
as_sequences.default <- function(x, ...) {
  stop_deepmr(
    "sequences", "Sequences cannot be made from {.obj_type_friendly {x}}.",
    "Give a character vector, the path of a FASTA file, a DNAStringSet, or a GRanges with its {.arg genome}."
  )
}

#' @export
as_sequences.character <- function(x, ...) {
  if (length(x) == 1L && is_path(x)) read_fasta(x) else check_sequences(x)
}

#' @export
as_sequences.XStringSet <- function(x, ...) {
  check_sequences(stats::setNames(as.character(x), names(x)))
}

#' @rdname as_sequences
#' @inheritParams sequences_bed
#' @export
as_sequences.GRanges <- function(x, genome, width = NULL, max_n = 0.1, ...) {
  check_bioconductor("GenomicRanges")
  width <- if (!is.null(width)) check_count(width, "width")
  max_n <- check_number(max_n, "max_n", 0, 1)
  genome <- open_genome(genome)
  if (!length(x)) stop_deepmr("sequences", "{.arg x} has no ranges.")
  tell_overlaps(cut_windows(granges_intervals(x), width, genome, max_n, "x", rlang::current_env()))
}

# A sequence that was changed is no longer the genome's: it gives up its window.
#' @export
as_sequences.deepmr_sequences <- function(x, ...) {
  bases <- check_sequences(plain_sequences(x))
  text <- attr(x, "text")
  changed <- if (identical(names(bases), names(text))) bases != text else rep(TRUE, length(bases))
  if (!any(changed)) {
    return(new_sequences(bases, attr(x, "windows"), attr(x, "set_aside")))
  }
  cli::cli_inform(
    "{sum(changed)} sequence{?s} {?was/were} changed since {?it was/they were} cut from the genome: no coordinates.",
    class = "deepmr_message_changed"
  )
  if (all(changed)) {
    return(bases)
  }
  windows <- attr(x, "windows")[!changed][list(sequence = names(bases)), on = "sequence"]
  new_sequences(bases, windows, attr(x, "set_aside"))
}

is_path <- function(x) {
  !is.na(x) && (file.exists(x) || grepl("[/\\\\.]", x))
}

read_fasta <- function(file, call = rlang::caller_env()) {
  if (!file.exists(file) || dir.exists(file)) {
    stop_deepmr("sequences", "There is no FASTA file {.file {file}}.", call = call)
  }
  lines <- trimws(readLines(file, warn = FALSE))
  lines <- lines[nzchar(lines)]
  header <- startsWith(lines, ">")
  if (!any(header)) {
    stop_deepmr(
      "sequences", "{.file {file}} holds no FASTA record.",
      "A record begins with a line {.code >name}.",
      call = call
    )
  }
  if (!header[1L]) {
    start <- substr(lines[1L], 1L, 20L)
    stop_deepmr("sequences", "{.file {file}} begins with {.val {start}}, not with {.code >name}.", call = call)
  }
  record <- cumsum(header)
  pieces <- split(lines[!header], factor(record[!header], seq_len(max(record))))
  name <- sub("^>\\s*(\\S*).*$", "\\1", lines[header])
  check_sequences(stats::setNames(vapply(pieces, paste, "", collapse = ""), name), call = call)
}

# Named, upper-case, not empty, only A, C, G, T and N.
check_sequences <- function(x, call = rlang::caller_env()) {
  if (!length(x)) stop_deepmr("sequences", "There are no sequences.", call = call)
  if (is.null(names(x))) names(x) <- paste0("sequence", seq_along(x))
  if (anyNA(names(x)) || any(names(x) == "")) {
    stop_deepmr("sequences", "Sequence {.val {which(is.na(names(x)) | names(x) == '')[1]}} has no name.", call = call)
  }
  if (anyDuplicated(names(x))) {
    stop_deepmr(
      "sequences", "Two sequences are called {.val {names(x)[duplicated(names(x))][1]}}.",
      "Give each a name of its own: every later table goes by it.",
      call = call
    )
  }
  if (anyNA(x) || any(!nzchar(x))) {
    stop_deepmr("sequences", "Sequence {.val {names(x)[is.na(x) | !nzchar(x)][1]}} is empty.", call = call)
  }
  x <- stats::setNames(toupper(x), names(x))
  at <- regexpr("[^ACGTN]", x)
  if (any(at > 0L)) {
    bad <- which(at > 0L)[1L]
    character <- substr(x[bad], at[bad], at[bad])
    stop_deepmr(
      "characters", "Sequence {.val {names(x)[bad]}} has the character {.val {character}} at position {at[bad]}.",
      "Use A, C, G, T and N only.",
      call = call
    )
  }
  x
}

check_sequence_lengths <- function(sequences, model, call = rlang::caller_env()) {
  wrong <- nchar(sequences) != model$length
  if (any(wrong)) {
    first <- sequences[wrong][1L]
    stop_deepmr(
      "length", "Sequence {.val {names(first)}} has {nchar(first)} bases, but the model takes {model$length}.",
      if (sum(wrong) > 1L) "{sum(wrong)} of {length(sequences)} sequences have the wrong length.",
      call = call
    )
  }
}
