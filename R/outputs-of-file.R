# Which outputs the name of a peaks file speaks of.

#' Outputs that the name of a peaks file speaks of
#'
#' Peaks files carry the cell and the factor they belong to in their names. This finds a model's outputs of both, to be
#' looked at, or given as they are to `exposure =` of [estimate_effects()] and [fit_mr()].
#'
#' @section How names are read:
#' Only the file's own name is looked at, without its folder, ignoring case. Its words are what stands between
#' characters other than letters and digits; where that finds nothing, they also begin at capitals, as in
#' `wgEncodeAwgTfbsHaibHepg2Foxa1sc101058UniPk`. An output is found when its cell and its target ([outputs()] says how
#' they are read) both stand in the name, as one or more whole words in a row, whatever characters part them:
#' `"H1-hESC"` is `H1hesc` and `H1_hESC`. So `"CTCF"` is not found in `CTCFL`, and of `"SK-N-SH"` and `"SK-N-SH_RA"` the
#' longer is taken where both fit. A target's word may end in the number of an antibody, as ENCODE's do: `sc` or `ab`
#' with digits, or one of the letters c, h, k, m, n with two or three. And a target may stand there under another name:
#' 28 of ENCODE's names of 2012 that are no gene symbols are known with theirs (`Pol2` and `POLR2A`, `NRSF` and `REST`,
#' `p300` and `EP300`), and two such names of one gene for each other. Of targets that one word fits, those that it is
#' letter by letter come before those with an antibody's number taken off, and these before other names: with both among
#' the outputs, `Sin3ak20` is `Sin3Ak-20`, not `SIN3A`. Outputs whose labels have no cell and target are found by their
#' whole label.
#'
#' Where the name has a treatment of outputs found so, those are kept; else the untreated (`"None"`, or none said); else
#' all. No other names of a factor or cell are known.
#'
#' @param x A `deepmr_model`, or a mutagenesis table, for the outputs that it has.
#' @param file Name or path of one file, which need not exist.
#' @return Rows of the table of [outputs()], with two more columns: `found`, what stands in the name, such as
#'   `"cell Hepg2, target Foxa1sc101058"`, and `unread`, the words that say nothing of this output. Look at these: a
#'   treatment that the model does not know is among them. Where several outputs fit, all are returned, and a message
#'   (of class `deepmr_message_outputs`) lists them.
#' @section Errors:
#' `deepmr_error_no_output` (no output fits; lists the nearest), `deepmr_error_argument` (among them a name
#' without letters or digits), `deepmr_error_columns`, `deepmr_error_no_rows`, `deepmr_error_model_lost`.
#' @references
#' The ENCODE Project Consortium (2012). An integrated encyclopedia of DNA elements in the human genome. Nature
#' 489:57-74. The names are of its controlled vocabulary of antibodies (cv.ra, with UCSC's hg19 tracks).
#' @seealso [outputs()] for a search by terms.
#' @examples
#' x <- data.frame(output = c("HepG2_FOXA1_None", "HepG2_FOXA2_None", "K562_CTCF_None"))
#' outputs_of_file(x, "peaks/HepG2_FOXA1.bed.gz")
#' outputs_of_file(x, "wgEncodeAwgTfbsHaibHepg2Foxa1sc101058UniPk.narrowPeak.gz")$output
#' labels <- data.frame(output = c("HepG2_Pol2_None", "HepG2_CTCF_None"))
#' outputs_of_file(labels, "HepG2.POLR2A.bed")$output
#' @export
outputs_of_file <- function(x, file) {
  if (is.data.frame(x)) {
    known <- unique(as.character(check_columns(x, "output", "x")$output))
    if (!length(known)) stop_deepmr("no_rows", "{.arg x} has no rows.")
  } else {
    check_model(x)
    known <- x$outputs
  }
  check_string(file, "file", "the name or path of one file,")
  table <- describe_outputs(known)
  name <- basename(file)
  if (!length(name_words(name))) {
    stop_deepmr("argument", "The file name {.file {name}} has neither letters nor digits.")
  }
  read <- read_file_name(name_words(name), table)
  if (!any(read$fits)) read <- read_file_name(name_words(name, capitals = TRUE), table)
  if (!any(read$fits)) stop_no_output_of(name, read, table)
  rows <- which(read$fits)
  found <- table[rows]
  data.table::set(found, j = c("found", "unread"), value = list(read$found[rows], read$unread[rows]))
  if (length(rows) > 1L) {
    cli::cli_inform(
      c(
        "!" = "{length(rows)} outputs fit the file name {.file {name}}: {.val {found$output}}.",
        i = "Where one of them is meant, give it by its name."
      ),
      class = "deepmr_message_outputs"
    )
  }
  found
}

name_words <- function(name, capitals = FALSE) {
  if (capitals) name <- gsub("([a-z0-9])([A-Z])", "\\1 \\2", name)
  words <- strsplit(name, "[^A-Za-z0-9]+")[[1L]]
  words[nzchar(words)]
}

# As file names write it: letters and digits alone.
bare_name <- function(text) gsub("[^a-z0-9]", "", tolower(text))

# Of each row of `table` whether it `fits`, what was `found`, and the words `unread`; `cell` and `target`: whether the
# name has these.
read_file_name <- function(words, table) {
  spans <- word_spans(words)
  cell <- spans_of(table$cell, spans)
  target <- spans_of(table$target, spans, target = TRUE)
  # "None#2" is a label's number.
  treatment <- spans_of(sub("#[0-9]+$", "", table$treatment), spans)
  label <- spans_of(ifelse(is.na(table$cell) | is.na(table$target), table$label, NA), spans)
  both <- !is.na(cell) & !is.na(target)
  apart <- both & (spans$end[cell] < spans$start[target] | spans$end[target] < spans$start[cell])
  fits <- apart %in% TRUE
  fits[fits] <- is_nearest(table$target[fits], target[fits], cell[fits], spans)
  fits[fits] <- of_treatment(treatment[fits], table$treatment[fits])
  parts <- list(cell = ifelse(both, cell, NA), target = ifelse(both, target, NA), treatment = treatment, label = label)
  said <- lapply(names(parts), function(part) ifelse(is.na(parts[[part]]), NA, paste(part, spans$text[parts[[part]]])))
  list(
    fits = fits | !is.na(label), cell = !is.na(cell), target = !is.na(target),
    found = apply(do.call(cbind, said), 1L, function(x) paste(x[!is.na(x)], collapse = ", ")),
    unread = apply(do.call(cbind, parts), 1L, function(at) {
      read <- unlist(Map(seq, spans$start[at[!is.na(at)]], spans$end[at[!is.na(at)]]))
      paste(words[setdiff(seq_along(words), read)], collapse = " ")
    })
  )
}

# Which outputs to keep of those that have the cell and target: the treatment that is named, the untreated, or all.
of_treatment <- function(treatment, label) {
  if (any(!is.na(treatment))) {
    return(!is.na(treatment))
  }
  untreated <- is.na(label) | grepl("^None(#[0-9]+)?$", label)
  if (any(untreated)) untreated else rep(TRUE, length(label))
}

# All runs of one or more words.
word_spans <- function(words) {
  n <- length(words)
  spans <- data.table::CJ(start = seq_len(n), end = seq_len(n))
  spans <- spans[spans$end >= spans$start]
  text <- unlist(Map(function(start, end) paste(words[start:end], collapse = " "), spans$start, spans$end))
  data.table::set(spans, j = "text", value = as.character(text))
  spans[]
}

without_antibody <- function(text) sub("((sc|ab)[0-9]+|[chkmn][0-9]{2,3})$", "", text)

# Of targets that the same words fit, beside the same cell, those that the words are letter by letter, else those that
# they are without an antibody's number, else all, which they are by another name. `at`, `cell`: rows of `spans`.
is_nearest <- function(targets, at, cell, spans) {
  text <- bare_name(spans$text[at])
  part <- bare_name(targets)
  rank <- data.table::fcase(part == text, 1, part == without_antibody(text), 2, default = 3)
  rank == stats::ave(rank, at, cell, FUN = min)
}

# The row of `spans` that each of `parts` is, NA where none is. Parts that lie within a longer one's words are none.
spans_of <- function(parts, spans, target = FALSE) {
  text <- bare_name(spans$text)
  part <- bare_name(parts)
  part[is.na(parts) | part == ""] <- NA
  at <- match(part, text, incomparables = NA)
  if (target) {
    stripped <- without_antibody(text)
    at <- data.table::fcoalesce(
      at, match(part, stripped, incomparables = NA),
      match(with_symbols(part), with_symbols(stripped), incomparables = NA)
    )
  }
  own <- spans[unique(at[!is.na(at)])]
  within <- vapply(at, function(i) {
    any(own$start <= spans$start[i] & own$end >= spans$end[i] & own$end - own$start > spans$end[i] - spans$start[i])
  }, TRUE)
  ifelse(within, NA, at)
}

# The nearest by the spelling of their parts, each against the word nearest to it; of the cell or target that the name
# has, where it has one.
stop_no_output_of <- function(name, read, table, call = rlang::caller_env()) {
  has <- if (any(read$cell)) "cell" else if (any(read$target)) "target"
  candidates <- if (is.null(has)) table else table[read[[has]]]
  words <- tolower(name_words(name))
  off <- function(part) apply(utils::adist(words, bare_name(part)), 2L, min)
  whole <- is.na(candidates$cell) | is.na(candidates$target)
  distance <- ifelse(whole, off(candidates$label), off(candidates$cell) + off(candidates$target))
  near <- utils::head(candidates$output[order(distance)], 3L)
  problem <- "No output fits the file name {.file {name}}"
  if (!is.null(has)) {
    value <- unique(candidates[[has]])
    problem <- paste0(problem, ", though the {has} {.val {value}} stands in it")
  }
  stop_deepmr(
    "no_output", paste0(problem, "."), "Nearest: {.val {near}}. {.fn outputs} searches by terms.",
    call = call
  )
}
