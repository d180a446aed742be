# Motifs: count or probability matrices with what is known of each. Files are read in R/motif-files.R.

#' Read motifs from a file
#'
#' @section Formats:
#' Found from what the file holds:
#' * **MEME**, minimal or the full text output: the `letter-probability matrix` of each `MOTIF`; DNA only. Each
#'   row must sum to 1 within 0.02, as probabilities of two decimals may.
#' * **JASPAR**: `>id name` and four rows of counts, as `A [ 1 2 3 ]`, as `A 1 2 3`, or (the older raw form) as
#'   numbers alone in the order A, C, G, T.
#' * **PFM**: four rows of counts or probabilities without a header, labelled or not. One motif to a file, named
#'   for the file.
#'
#' Rows labelled in another order are sorted. A file may be compressed with gzip.
#'
#' @section One matrix as MEME and as JASPAR:
#' JASPAR has counts, MEME probabilities and perhaps the number of sites (`nsites`), and pseudocounts make scores of the
#' two ([log_odds()]). Where probabilities times `nsites` are whole numbers but for the rounding, these are the counts,
#' and scores are the same. They are not where the file has too few decimals for its sites (four hold up to 5,000),
#' no `nsites` (taken as 20, MEME's default) or one that is not the matrix's (some converters write 20 for all): fewer
#' sites make pseudocounts weigh more, and so rare bases cost less. Take the counts where there are both. Of the demo's
#' four motifs (1,065 to 6,858 sites) in its 100 promoters, 398 hits were the same with six and with four decimals; with
#' three 4 were in one only, with `nsites= 20` 32.
#'
#' @param file Path of the file.
#' @param format `"meme"`, `"jaspar"` or `"pfm"`; by default what the file looks like.
#' @return A `deepmr_motifs`: a named list of 4 x width matrices with the rows A, C, G and T, counts or
#'   probabilities as in the file (but for the rounding, see below). `[` and `c()` keep the class. `attr(x, "about")` is
#'   a data frame with a row for each motif: `id`, `name`, `nsites` (sites that it was made from: the file's, or the
#'   largest sum of a column of counts; `NA` where a matrix of probabilities comes without) and `A`, `C`, `G`, `T`
#'   (background of a MEME file, `NA` in others). Names are the motifs' own, with the id in brackets where two share
#'   one.
#' @section Errors: `deepmr_error_motifs`, with the file, the motif and what was wrong: no file, no motif, a
#'   wrong number of rows, rows of unequal length, values that are negative or no numbers, an empty column,
#'   MEME rows that do not sum to 1, an alphabet that is not DNA's.
#' @references
#' Bailey TL, Johnson J, Grant CE, Noble WS (2015). The MEME Suite. Nucleic Acids Research 43:W39-W49. The format:
#' <https://meme-suite.org/meme/doc/meme-format.html>
#'
#' Rauluseviciute I, et al. (2024). JASPAR 2024. Nucleic Acids Research 52:D174-D182.
#' @seealso [jaspar_motifs()], [log_odds()], [motif_hits()], [motif_disruption()].
#' @examples
#' motifs <- read_motifs(system.file("extdata", "demo_motifs.jaspar", package = "deepmr"))
#' motifs
#' motifs[["Dref"]]
#' @export
read_motifs <- function(file, format = NULL) {
  check_string(file, "file", "the path of one file,")
  if (!is.null(format)) check_choice(format, names(motif_readers), "format")
  lines <- motif_lines(file)
  if (is.null(format)) format <- motif_format(lines)
  records <- motif_readers[[format]](lines, file)
  if (!length(records)) {
    stop_deepmr(
      "motifs", "{.file {file}} holds no motif.",
      "Give a file in the MEME or JASPAR format, or four rows of counts."
    )
  }
  new_motifs(records, file)
}

# `records`: lists of id, name, matrix (4 rows in the order A, C, G, T), nsites, background (or NULL).
# `source` is named in errors.
new_motifs <- function(records, source, call = rlang::caller_env()) {
  for (record in records) check_motif(record$matrix, record$name, source, call = call)
  matrices <- lapply(records, function(record) {
    matrix(record$matrix, 4L, dimnames = list(dna_bases, NULL))
  })
  field <- function(name, missing) {
    vapply(records, function(record) if (is.null(record[[name]])) missing else record[[name]], missing)
  }
  background <- vapply(records, function(record) {
    if (is.null(record$background)) rep(NA_real_, 4L) else as.numeric(record$background)
  }, numeric(4L))
  about <- data.frame(id = field("id", NA_character_), name = field("name", NA_character_), nsites = NA_real_)
  about[dna_bases] <- t(background)
  about$nsites <- mapply(motif_sites, matrices, field("nsites", NA_real_))
  motif_list(matrices, about)
}

dna_bases <- c("A", "C", "G", "T")

motif_list <- function(matrices, about) {
  shared <- about$name %in% about$name[duplicated(about$name)]
  names <- make.unique(ifelse(shared, paste0(about$name, " (", about$id, ")"), about$name), " #")
  rownames(about) <- NULL
  structure(stats::setNames(matrices, names), about = about, class = "deepmr_motifs")
}

# Sites as stated, or for counts as counted.
motif_sites <- function(matrix, stated) {
  total <- max(colSums(matrix))
  if (is.na(stated) && !is_probability(matrix)) total else stated
}

is_probability <- function(matrix) all(abs(colSums(matrix) - 1) <= probability_slack)

# By how much a column of probabilities may miss 1: four numbers, rounded to as few as two decimals.
probability_slack <- 0.02 + 1e-9

check_motif <- function(matrix, name, source, call) {
  bad <- matrix[!is.finite(matrix) | matrix < 0]
  if (length(bad)) {
    stop_deepmr(
      "motifs", "Motif {.val {name}} in {.file {source}} has the value {.val {bad[1L]}}.",
      "Counts and probabilities are numbers from 0 upwards; log-odds matrices cannot be read.",
      call = call
    )
  }
  empty <- which(colSums(matrix) == 0)
  if (length(empty)) {
    stop_deepmr(
      "motifs", "Column {empty[1L]} of motif {.val {name}} in {.file {source}} holds only zeros.", call = call
    )
  }
}

check_motifs <- function(motifs, arg = "motifs", call = rlang::caller_env()) {
  check_given(motifs, arg, "a {.cls deepmr_motifs}", call)
  if (!inherits(motifs, "deepmr_motifs") || !length(motifs)) {
    stop_deepmr(
      "argument", "{.arg {arg}} must be motifs, not {.obj_type_friendly {motifs}}.",
      "Read them with {.fn read_motifs}, or take them from {.fn jaspar_motifs}.",
      call = call
    )
  }
  motifs
}

#' @export
`[.deepmr_motifs` <- function(x, i) {
  at <- stats::setNames(seq_along(x), names(x))[i]
  if (anyNA(at)) {
    stop_deepmr(
      "motifs", "There is no motif {.val {i[is.na(at)][1L]}}.", "There are {.val {names(x)}}."
    )
  }
  structure(unclass(x)[at], about = attr(x, "about")[at, ], class = "deepmr_motifs")
}

#' @export
c.deepmr_motifs <- function(...) {
  parts <- lapply(list(...), check_motifs, arg = "...")
  abouts <- lapply(parts, attr, "about")
  motif_list(do.call(c, lapply(parts, function(x) unname(unclass(x)[seq_along(x)]))), do.call(rbind, abouts))
}

#' @export
print.deepmr_motifs <- function(x, ...) {
  about <- attr(x, "about")
  cat("<motifs> ", counted(length(x), "motif"), "\n", sep = "")
  print(data.table::data.table(
    motif = names(x), id = about$id, width = vapply(x, ncol, 0L), consensus = vapply(x, consensus, ""),
    bits = round(vapply(x, information, 0), 1), nsites = about$nsites
  ), topn = 3L, ...)
  invisible(x)
}

# The most frequent base of each column, in lower case where it has no majority.
consensus <- function(matrix) {
  top <- apply(matrix, 2L, which.max)
  majority <- matrix[cbind(top, seq_along(top))] > colSums(matrix) / 2
  paste(ifelse(majority, dna_bases[top], tolower(dna_bases[top])), collapse = "")
}

# Information content against equal base frequencies, in bits (Schneider et al. 1986, without their correction
# for few sites).
information <- function(matrix) {
  p <- sweep(matrix, 2L, colSums(matrix), "/")
  sum(ifelse(p > 0, p * log2(4 * p), 0))
}

#' Log-odds matrices of motifs
#'
#' For base b in column j with count n of N sites, log2((n + a f) / (N + a) / f): f is the background frequency
#' of b and `a` the pseudocount, shared out among the bases by f. Sums over a window are scores in bits: how much
#' likelier the window is under the motif than under the background.
#'
#' The pseudocount of 0.8 is what Nishida et al. (2009) suggest for practical use. Matrices of probabilities count as
#' `nsites` sites, or 20 where that is unknown (MEME's own default): see [read_motifs()], "One matrix as MEME and as
#' JASPAR".
#'
#' @param motifs Motifs ([read_motifs()], [jaspar_motifs()]).
#' @param background Frequencies of A, C, G and T, above 0. By default each motif's own, from its MEME file, else
#'   0.25 each.
#' @param pseudocount `a`, above 0, in sites.
#' @return A named list of 4 x width matrices in bits, rows A, C, G, T.
#' @section Errors: `deepmr_error_argument`.
#' @references Nishida K, Frith MC, Nakai K (2009). Pseudocounts for transcription factor binding sites. Nucleic
#'   Acids Research 37:939-944.
#' @examples
#' motifs <- read_motifs(system.file("extdata", "demo_motifs.jaspar", package = "deepmr"))
#' round(log_odds(motifs)$Dref, 1)
#' @export
log_odds <- function(motifs, background = NULL, pseudocount = 0.8) {
  check_motifs(motifs)
  pseudocount <- check_number(pseudocount, "pseudocount", lower = .Machine$double.eps)
  if (!is.null(background)) background <- check_background(background)
  about <- attr(motifs, "about")
  out <- lapply(seq_along(motifs), function(i) {
    own <- unlist(about[i, dna_bases], use.names = FALSE)
    f <- if (!is.null(background)) background else if (anyNA(own)) rep(0.25, 4L) else own
    p <- sweep(motifs[[i]], 2L, colSums(motifs[[i]]), "/")
    sites <- if (is.na(about$nsites[i])) 20 else about$nsites[i]
    log2((p * sites + pseudocount * f) / (sites + pseudocount) / f)
  })
  stats::setNames(out, names(motifs))
}

check_background <- function(background, call = rlang::caller_env()) {
  if (!is.null(names(background)) && setequal(names(background), dna_bases)) background <- background[dna_bases]
  ok <- is.numeric(background) && length(background) == 4L && all(is.finite(background)) && all(background > 0)
  if (!ok || abs(sum(background) - 1) > probability_slack) {
    stop_deepmr(
      "argument", "{.arg background} must be four frequencies above 0 that sum to 1, not {.val {background}}.",
      call = call
    )
  }
  unname(background) / sum(background)
}
