# The section on the sequences of a report: how many, where from, and what was set aside.

report_sequences <- function(report) {
  mutagenesis <- report$mutagenesis
  n <- length(report$sequences)
  if (is.null(mutagenesis)) {
    fitted <- if (n) counted(n, "sequence") else "All sequences together"
    return(not_given(paste(fitted, "fitted; where from is not known"), "the mutagenesis table"))
  }
  table <- sequence_rows(mutagenesis, report$sequences)
  variants <- unique(format_count(range(table$variants)))
  words <- sprintf(
    "<strong>%s</strong> with %s variants %s.", counted(n, "sequence"), paste(variants, collapse = " to "),
    if (n > 1L) "each" else "in all"
  )
  set_aside <- attr(mutagenesis, "set_aside")
  paste(
    c(
      paragraphs(paste(words, place_words(table))),
      html_table(utils::head(table, max_report_rows), "The sequences", tall = nrow(table) > 15L),
      if (NROW(set_aside)) set_aside_table(set_aside)
    ),
    collapse = "\n"
  )
}

# A row for each sequence of the fit: what was mutated, in the genome where the table knows it, else in the sequence.
sequence_rows <- function(mutagenesis, sequences) {
  known <- all(coordinate_columns %in% names(mutagenesis))
  at <- if (known) "genome_position" else "position"
  columns <- c("sequence", "position", "alt", if (known) coordinate_columns)
  x <- unique(data.table::as.data.table(as.list(mutagenesis)[columns]), by = c("sequence", "position", "alt"))
  x <- x[x$sequence %in% sequences]
  rows <- x[, list(first = min(.SD[[at]]), last = max(.SD[[at]]), variants = .N), by = "sequence", .SDcols = at]
  if (known) {
    where <- x[match(rows$sequence, x$sequence)]
    data.table::set(rows, j = c("chromosome", "strand"), value = list(where$chrom, where$strand))
    data.table::setcolorder(rows, c("sequence", "chromosome", "first", "last", "strand"))
  }
  data.table::setnames(rows, c("first", "last"), paste(c("first", "last"), "mutated base"))
  rows[]
}

place_words <- function(table) {
  chromosomes <- sort(table(table$chromosome), decreasing = TRUE)
  if (!length(chromosomes)) {
    return("The table has no genome coordinates.")
  }
  unknown <- sum(is.na(table$chromosome))
  paste0(
    "Cut from a genome: ", escape_html(paste0(names(chromosomes), " (", chromosomes, ")", collapse = ", ")),
    if (unknown) paste(";", unknown, "without coordinates"), "."
  )
}

set_aside_table <- function(set_aside) {
  words <- set_aside_in_words(set_aside)
  columns <- setdiff(names(set_aside), "sequence")
  shown <- utils::head(data.table::as.data.table(as.list(set_aside)[columns]), max_report_rows)
  paste0(
    paragraphs(paste0(escape_html(words), ".")),
    folded("What was set aside", html_table(shown, "Set aside", tall = nrow(shown) > 15L))
  )
}
