# What motif_disruption() takes from a table of effects.

effect_row_columns <- c("sequence", "position", "ref", "alt", "output", "effect")
variant_keys <- c("sequence", "position", "ref", "alt")

# Variants, by sequence, and their effects as a matrix of variants x outputs.
variant_effects_wide <- function(x, call = rlang::caller_env()) {
  if (!nrow(x)) stop_deepmr("no_rows", "{.arg x} has no rows.", call = call)
  check_numeric_columns(x, c("position", "effect"), "x", call = call)
  effect <- x$effect
  if (!all(is.finite(effect))) {
    bad <- which(!is.finite(effect))
    stop_deepmr(
      "effects", "{length(bad)} effect{?s} of {.arg x} {?is/are} missing or not finite, the first in row {bad[1L]}.",
      call = call
    )
  }
  if (!is.null(x$at_rounding)) effect <- ifelse(x$at_rounding %in% TRUE, 0, effect)
  rows <- data.table::data.table(
    sequence = as.character(x$sequence), position = as.integer(x$position), ref = toupper(x$ref),
    alt = toupper(x$alt)
  )
  place <- intersect(place_columns, names(x))
  if (length(place)) data.table::set(rows, j = place, value = as.list(x)[place])
  outputs <- unique(as.character(x$output))
  group <- data.table::frankv(
    list(match(rows$sequence, unique(rows$sequence)), rows$position, rows$alt, rows$ref), ties.method = "dense"
  )
  effects <- matrix(NA_real_, max(group), length(outputs), dimnames = list(NULL, outputs))
  cell <- group + (match(x$output, outputs) - 1) * max(group)
  if (anyDuplicated(cell)) {
    at <- rows[anyDuplicated(cell)]
    stop_deepmr(
      "duplicates", "{.arg x} has variant {at$position} {at$ref}>{at$alt} of {.val {at$sequence}} twice.", call = call
    )
  }
  effects[cell] <- effect
  variants <- rows[match(seq_len(max(group)), group)]
  if (anyNA(effects)) {
    gap <- which(is.na(effects), arr.ind = TRUE)[1L, ]
    at <- variants[gap[1L]]
    stop_deepmr(
      "effects",
      "Variant {at$position} {at$ref}>{at$alt} of {.val {at$sequence}} has no row for {.val {outputs[gap[2L]]}}.",
      "All variants need the same outputs.",
      call = call
    )
  }
  list(variants = variants, effects = effects)
}

# The text of each sequence: what `sequences` says, checked against `ref`, or `ref` itself.
variant_sequences <- function(variants, sequences, call = rlang::caller_env()) {
  wanted <- unique(variants$sequence)
  reference <- unique(variants[, c("sequence", "position", "ref")])
  if (is.null(sequences)) {
    check_no_list(reference, call)
    return(rebuilt_sequences(reference, wanted, "x", "give it in {.arg sequences}, as it was mutated.", call))
  }
  sequences <- as_sequences(sequences)
  missing <- setdiff(wanted, names(sequences))
  if (length(missing)) {
    stop_deepmr(
      "sequences", "{.arg sequences} lacks {.val {missing[1L]}}, which {.arg x} has.",
      "It has {.val {utils::head(names(sequences), 3L)}}.",
      call = call
    )
  }
  text <- sequences[wanted]
  base <- substring(text[match(reference$sequence, wanted)], reference$position, reference$position)
  off <- which(base != reference$ref)
  if (length(off)) {
    at <- reference[off[1L]]
    stop_deepmr(
      "sequences",
      paste(
        "Base {at$position} of {.val {at$sequence}} is {.val {base[off[1L]]}} in {.arg sequences},",
        "but {.val {at$ref}} in {.arg x}."
      ),
      "Give the sequences that were mutated.",
      call = call
    )
  }
  text
}

# In a list of variants every position has a sequence, its window, of its own.
check_no_list <- function(reference, call) {
  if (nrow(reference) > 1L && !anyDuplicated(reference$sequence)) {
    stop_deepmr(
      "sequences", "{.arg x} has one position of each sequence, as lists of variants have ({.fn variant_effects}).",
      "Whether strong effects sit in motifs shows where all of a sequence was mutated: {.fn saturation_mutagenesis}.",
      call = call
    )
  }
}

# The bases of each sequence, from a table with all of its positions. `remedy` ends a sentence.
rebuilt_sequences <- function(reference, wanted, arg, remedy, call) {
  pieces <- split(reference, factor(reference$sequence, wanted))
  vapply(pieces, function(piece) {
    piece <- piece[order(piece$position)]
    gap <- which(piece$position != seq_len(nrow(piece)))
    if (length(gap)) {
      name <- piece$sequence[1L]
      has <- range(piece$position)
      stop_deepmr(
        "sequences",
        paste(
          "{.arg {arg}} has only a part of the sequence {.val {name}}:",
          "its column {.field position} goes from {has[1L]} to {has[2L]} and lacks {gap[1L]}."
        ),
        c(
          paste(
            "Motifs are looked for in the bases of its column {.field ref}, with a row for each position from 1 on.",
            "There is none for N, nor for positions that were not mutated."
          ),
          paste("The whole sequence is needed:", remedy)
        ),
        call = call
      )
    }
    paste(piece$ref, collapse = "")
  }, "")
}

# The output of each motif, NA for decoys.
motif_owners <- function(outputs, motifs, known, call = rlang::caller_env()) {
  if (is.null(outputs)) {
    return(owners_by_name(motifs, known, call))
  }
  check_owners(outputs, call)
  unknown <- setdiff(names(outputs), motifs)
  if (length(unknown) || anyDuplicated(names(outputs))) {
    bad <- c(unknown, names(outputs)[duplicated(names(outputs))])[1L]
    stop_deepmr(
      "argument", "{.arg outputs} names the motif {.val {bad}}, which is not there or stands there twice.",
      "The motifs are {.val {motifs}}.",
      call = call
    )
  }
  check_known_outputs(unname(outputs), known, "{.arg x}", call = call)
  stats::setNames(unname(outputs)[match(motifs, names(outputs))], motifs)
}

owners_by_name <- function(motifs, known, call) {
  owners <- stats::setNames(ifelse(motifs %in% known, motifs, NA_character_), motifs)
  if (all(is.na(owners))) {
    stop_deepmr(
      "argument", "No motif has the name of an output: motifs {.val {motifs}}, outputs {.val {known}}.",
      "Say which belong together, e.g. {.code outputs = c(FOXA1 = \"HepG2_FOXA1\")}.",
      call = call
    )
  }
  owners
}

check_owners <- function(outputs, call) {
  if (!is.character(outputs) || !length(outputs) || anyNA(outputs) || is.null(names(outputs))) {
    stop_deepmr(
      "argument", "{.arg outputs} must be output names, named by motifs, not {.val {outputs}}.",
      "For example {.code outputs = c(FOXA1 = \"HepG2_FOXA1\")}.",
      call = call
    )
  }
}
