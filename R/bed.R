# BED files: BED3 to BED9, BED12 and narrowPeak, read as they are defined.

# data.table(name, chrom, start, end, strand, centre, line): 1-based, both ends included; `name` NA where there is none;
# `centre`: the summit, NA where there is none; `line`: of the file, from 1.
read_bed <- function(file, arg = "bed", call = rlang::caller_env()) {
  check_string(file, arg, "the path of a BED file,", call)
  if (!file.exists(file) || dir.exists(file)) {
    stop_deepmr("bed", "There is no BED file {.file {file}}.", call = call)
  }
  lines <- readLines(file, warn = FALSE)
  number <- which(!grepl("^\\s*(#|track\\b|browser\\b|$)", lines))
  if (!length(number)) stop_deepmr("bed", "{.file {file}} holds no interval.", bed_remedy, call = call)
  lines <- lines[number]
  # Names may hold spaces where tabs part the columns.
  by_tab <- grepl("\t", lines, fixed = TRUE)
  fields <- ifelse(by_tab, strsplit(lines, "\t", fixed = TRUE), strsplit(trimws(lines), "\\s+"))
  n_fields <- unique(lengths(fields))
  if (length(n_fields) > 1L || n_fields < 3L) {
    at <- match(TRUE, lengths(fields) != n_fields[1L], nomatch = 1L)
    stop_deepmr(
      "bed", "Line {number[at]} of {.file {file}} has {lengths(fields)[at]} column{?s}.",
      "Every line must have the same, at least chrom, start and end.",
      call = call
    )
  }
  column <- function(i) if (i <= n_fields) trimws(vapply(fields, `[`, "", i)) else rep(NA_character_, length(fields))
  must <- function(ok, what, values) {
    wrong <- which(!(ok %in% TRUE))
    if (length(wrong)) {
      line <- number[wrong[1L]]
      value <- values[wrong[1L]]
      remedy <- if (wrong[1L] == 1L && !any(grepl("[0-9]", fields[[1L]][2:3]))) header_remedy else bed_remedy
      stop_deepmr(
        "bed", paste0("Line {line} of {.file {file}}: ", what, ", not {.val {value}}."), remedy,
        call = call
      )
    }
  }
  whole <- function(values, what, least) {
    x <- suppressWarnings(as.numeric(values))
    ok <- x == round(x) & x >= least & x <= .Machine$integer.max
    must(ok, paste(what, "must be a whole number from", least), values)
    as.integer(x)
  }
  start <- whole(column(2L), "start", 0L)
  end <- whole(column(3L), "end", 0L)
  must(start <= end, "start must not be above end", paste(start, "and", end))
  name <- column(4L)
  name[name %in% c("", ".")] <- NA_character_
  strand <- column(6L)
  if (n_fields >= 6L) must(strand %in% c("+", "-", "."), "the strand must be +, - or .", strand)
  summit <- rep(NA_integer_, length(start))
  if (n_fields == 10L) {
    summit <- whole(column(10L), "the summit", -1L)
    must(summit < pmax(end - start, 1L), "the summit must lie within the interval", summit)
    tell_no_summit(summit)
  }
  data.table::data.table(
    name = name, chrom = column(1L), start = start + 1L, end = end, strand = ifelse(strand %in% "-", "-", "+"),
    centre = as.integer(ifelse(summit >= 0L, start + 1L + summit, NA)), line = number
  )
}

bed_remedy <- paste(
  "BED lines are chrom, start (from 0), end (not included), and perhaps name, score and strand;",
  "narrowPeak has the summit, from the start, in column 10."
)
# UCSC knows no such line: a header begins with track, browser or #.
header_remedy <- "A line of column names? Put {.val #} before it, or delete it."

tell_no_summit <- function(summit) {
  n <- sum(summit < 0L)
  if (n) {
    cli::cli_inform(
      c(
        "!" = "{n} of {length(summit)} interval{?s} of the narrowPeak file {cli::qty(n)}{?has/have} no summit (-1).",
        i = "A window around such an interval lies around its middle base."
      ),
      class = "deepmr_message_summit"
    )
  }
}
