# The formats of motif files: each reader takes the lines of a file to records for new_motifs().

motif_lines <- function(file, call = rlang::caller_env()) {
  if (!file.exists(file) || dir.exists(file)) {
    stop_deepmr("motifs", "There is no motif file {.file {file}}.", call = call)
  }
  # A file of bytes gives warnings and no motif.
  lines <- suppressWarnings(readLines(file, warn = FALSE))
  lines <- iconv(lines, "UTF-8", "UTF-8", sub = "?")
  trimws(sub("^\ufeff", "", lines))
}

motif_format <- function(lines) {
  if (any(grepl("^MEME version", lines))) {
    "meme"
  } else if (any(startsWith(lines, ">"))) {
    "jaspar"
  } else {
    "pfm"
  }
}

number_pattern <- "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$"

# Numbers of one row; anything else stops with the word that is none.
row_numbers <- function(text, name, file, call) {
  words <- strsplit(trimws(text), "[\\s,;]+", perl = TRUE)[[1L]]
  wrong <- !grepl(number_pattern, words)
  if (any(wrong)) {
    word <- substr(words[wrong][1L], 1L, 20L)
    stop_deepmr("motifs", "Motif {.val {name}} in {.file {file}} has {.val {word}}, which is no number.", call = call)
  }
  as.numeric(words)
}

read_jaspar_lines <- function(lines, file, call = rlang::caller_env(2)) {
  lines <- lines[nzchar(lines) & !startsWith(lines, "#")]
  header <- startsWith(lines, ">")
  if (length(lines) && !header[1L]) {
    start <- substr(lines[1L], 1L, 20L)
    stop_deepmr("motifs", "{.file {file}} begins with {.val {start}}, not with {.code >id name}.", call = call)
  }
  lapply(split(lines, cumsum(header)), function(record) {
    words <- strsplit(trimws(sub("^>", "", record[1L])), "\\s+")[[1L]]
    name <- if (length(words) > 1L) paste(words[-1L], collapse = " ") else words[1L]
    if (is.na(name) || !nzchar(name)) {
      stop_deepmr("motifs", "A motif in {.file {file}} has a header without a name: {.val {record[1L]}}.", call = call)
    }
    list(id = words[1L], name = name, matrix = four_rows(record[-1L], name, file, call))
  })
}

read_pfm_lines <- function(lines, file, call = rlang::caller_env(2)) {
  lines <- lines[nzchar(lines) & !startsWith(lines, "#")]
  if (!any(grepl("[0-9]", lines))) {
    return(list())
  }
  name <- sub("[.][^.]*$", "", sub("[.]gz$", "", basename(file)))
  list(list(id = name, name = name, matrix = four_rows(lines, name, file, call)))
}

# Four rows, "A [ 1 2 ]", "A: 1 2", "A | 1 2" or "1 2", as a matrix in the order A, C, G, T.
four_rows <- function(rows, name, file, call) {
  if (length(rows) != 4L) {
    stop_deepmr(
      "motifs", "Motif {.val {name}} in {.file {file}} has {length(rows)} row{?s}.",
      "A motif has four: A, C, G and T.",
      call = call
    )
  }
  labelled <- grepl("^[A-Za-z]", rows)
  label <- toupper(substr(rows, 1L, 1L))
  order <- if (any(labelled)) match(dna_bases, label) else 1:4
  if (anyNA(order)) {
    stop_deepmr(
      "motifs", "The rows of motif {.val {name}} in {.file {file}} begin with {.val {label}}.",
      "Label them A, C, G and T, or not at all.",
      call = call
    )
  }
  text <- sub("^[A-Za-z]?\\s*[:|=]?\\s*\\[?", "", sub("\\]\\s*$", "", rows))
  values <- lapply(text, row_numbers, name = name, file = file, call = call)
  widths <- lengths(values)
  if (length(unique(widths)) > 1L) {
    stop_deepmr("motifs", "The rows of motif {.val {name}} in {.file {file}} have {widths} values.", call = call)
  }
  do.call(rbind, values[order])
}

read_meme_lines <- function(lines, file, call = rlang::caller_env(2)) {
  check_meme_alphabet(lines, file, call)
  background <- meme_background(lines, file, call)
  start <- grep("^letter-probability matrix:", lines)
  titles <- grep("^MOTIF\\s", lines)
  lapply(start, function(at) {
    title <- titles[titles < at]
    if (!length(title)) {
      stop_deepmr("motifs", "The matrix in line {at} of {.file {file}} belongs to no {.code MOTIF}.", call = call)
    }
    words <- strsplit(sub("^MOTIF\\s+", "", lines[max(title)]), "\\s+")[[1L]]
    words <- words[seq_len(min(c(which(words == "width") - 1L, length(words))))]
    name <- words[min(2L, length(words))]
    nsites <- meme_field(lines[at], "nsites")
    values <- meme_rows(lines, at, name, file, nsites, call)
    list(id = words[1L], name = name, matrix = t(values), nsites = nsites, background = background)
  })
}

# "nsites= 20" in the line above a matrix; NA where it is not said.
meme_field <- function(line, field) {
  found <- regmatches(line, regexec(paste0("\\b", field, "=\\s*([0-9.eE+-]+)"), line))[[1L]]
  suppressWarnings(as.numeric(found[2L]))
}

# The rows of numbers under line `at`: width x 4.
meme_rows <- function(lines, at, name, file, nsites, call) {
  width <- meme_field(lines[at], "w")
  below <- lines[-seq_len(at)]
  below <- below[cumsum(nzchar(below)) > 0]
  is_row <- grepl("^[-+.0-9]", below) & !grepl("^-{3}", below)
  rows <- below[cumsum(!is_row) == 0]
  if (!length(rows) || (!is.na(width) && length(rows) != width)) {
    said <- if (is.na(width)) "" else paste0(", but its line says w= ", width)
    stop_deepmr("motifs", "Motif {.val {name}} in {.file {file}} has {length(rows)} row{?s}{said}.", call = call)
  }
  values <- lapply(rows, row_numbers, name = name, file = file, call = call)
  wrong <- which(lengths(values) != 4L)
  if (length(wrong)) {
    stop_deepmr(
      "motifs",
      "Row {wrong[1L]} of motif {.val {name}} in {.file {file}} has {length(values[[wrong[1L]]])} value{?s}, not 4.",
      call = call
    )
  }
  values <- do.call(rbind, values)
  off <- which(abs(rowSums(values) - 1) > probability_slack)
  if (length(off)) {
    stop_deepmr(
      "motifs",
      "Row {off[1L]} of motif {.val {name}} in {.file {file}} sums to {.val {sum(values[off[1L], ])}}, not to 1.",
      "MEME files hold probabilities; counts belong into a JASPAR or PFM file.",
      call = call
    )
  }
  without_rounding(values, rows, nsites)
}

# Probabilities that are counts over `nsites`, but for the last decimal of their text (`rows`; rounded or cut off), as
# just these; all others as they stand.
without_rounding <- function(values, rows, nsites) {
  decimals <- max(nchar(unlist(regmatches(rows, gregexpr("[.][0-9]*", rows)))) - 1L, 0L)
  off <- nsites * 10^-decimals
  if (is.na(nsites) || nsites < 1 || off >= 0.5 || any(grepl("[eE]", rows))) {
    return(values)
  }
  counts <- round(values * nsites)
  if (all(abs(values * nsites - counts) <= off) && all(rowSums(counts) == nsites)) counts / nsites else values
}

# "ALPHABET= ACGT" or the block 'ALPHABET "DNA" ...'; none means DNA.
check_meme_alphabet <- function(lines, file, call) {
  found <- grep("^ALPHABET", lines, value = TRUE)
  alphabet <- trimws(gsub("^ALPHABET=?\\s*|\"|DNA-LIKE", "", found[1L]))
  if (length(found) && !alphabet %in% c("ACGT", "DNA")) {
    stop_deepmr(
      "motifs", "{.file {file}} has the alphabet {.val {alphabet}}.", "Motifs of DNA, with {.val ACGT}, can be read.",
      call = call
    )
  }
}

# Frequencies of A, C, G, T under "Background letter frequencies", which may go over several lines; NULL without.
meme_background <- function(lines, file, call) {
  at <- grep("^Background letter frequencies", lines)
  if (!length(at)) {
    return(NULL)
  }
  words <- unlist(strsplit(utils::head(lines[-seq_len(at[1L])], 4L), "\\s+"))
  value <- suppressWarnings(as.numeric(words[match(dna_bases, words) + 1L]))
  if (anyNA(value) || any(value <= 0) || abs(sum(value) - 1) > probability_slack) {
    stop_deepmr(
      "motifs", "The background letter frequencies of {.file {file}} are {.val {value}}.",
      "Give four above 0 that sum to 1, or delete these lines.",
      call = call
    )
  }
  value / sum(value)
}

motif_readers <- list(meme = read_meme_lines, jaspar = read_jaspar_lines, pfm = read_pfm_lines)
