# Sequences that were cut from a genome: a named character vector that knows its windows there.

# `windows`: data.table(sequence, chrom, start, end, strand, chrom_length, ...), one row for each sequence, in order;
# 1-based, both ends included. `set_aside`: what was asked for and is not among them.
new_sequences <- function(x, windows, set_aside = NULL) {
  # `text`: what the genome has there, to tell sequences that were changed since (by substr(), chartr(), ...).
  structure(x, windows = windows, text = x, set_aside = set_aside, class = c("deepmr_sequences", "character"))
}

# The text alone, with its names.
plain_sequences <- function(x) {
  attributes(x) <- list(names = names(x))
  x
}

# What was set aside stays: a report on a selection is still to say what its file had and could not be used.
#' @export
`[.deepmr_sequences` <- function(x, i) {
  if (missing(i)) {
    return(x)
  }
  at <- unname(stats::setNames(seq_along(x), names(x))[i])
  new_sequences(plain_sequences(x)[at], attr(x, "windows")[at], attr(x, "set_aside"))
}

#' @export
`[<-.deepmr_sequences` <- function(x, i, value) {
  x <- plain_sequences(x)
  x[i] <- value
  x
}

#' @export
`[[<-.deepmr_sequences` <- function(x, i, value) {
  x <- plain_sequences(x)
  x[[i]] <- value
  x
}

#' @export
`names<-.deepmr_sequences` <- function(x, value) {
  bases <- stats::setNames(plain_sequences(x), value)
  if (is.null(value)) {
    return(bases)
  }
  windows <- data.table::copy(attr(x, "windows"))
  data.table::set(windows, j = "sequence", value = names(bases))
  new_sequences(bases, windows, attr(x, "set_aside"))
}

#' @export
c.deepmr_sequences <- function(...) {
  parts <- lapply(unname(list(...)), function(x) if (inherits(x, "deepmr_sequences")) x else as_sequences(x))
  windows <- lapply(parts, function(part) {
    if (inherits(part, "deepmr_sequences")) attr(part, "windows") else data.table::data.table(sequence = names(part))
  })
  new_sequences(
    unlist(lapply(parts, plain_sequences)), data.table::rbindlist(windows, fill = TRUE),
    join_set_aside(Filter(Negate(is.null), lapply(parts, attr, "set_aside")))
  )
}

# Parts of one reading have the same, once. Lines of several files would not say of which.
join_set_aside <- function(tables) {
  tables <- unique(tables)
  if (length(tables) < 2L) {
    return(if (length(tables)) tables[[1L]])
  }
  joined <- data.table::rbindlist(tables, fill = TRUE)
  joined[, setdiff(names(joined), "line"), with = FALSE]
}

#' @export
print.deepmr_sequences <- function(x, ...) {
  windows <- attr(x, "windows")
  bases <- unique(nchar(x))
  lengths <- if (length(bases) == 1L) paste0(" of ", counted(bases, "base")) else ""
  cat("<sequences> ", counted(length(x), "sequence"), lengths, ", cut from a genome\n", sep = "")
  table <- data.table::data.table(sequence = names(x), bases = nchar(x))
  print(cbind(table, windows[, setdiff(names(windows), c("sequence", "chrom_length")), with = FALSE]), topn = 3L)
  print_set_aside(x)
  invisible(x)
}

# "3 set aside: window beyond the chromosome (2), too many N (1)"
set_aside_in_words <- function(set_aside) {
  reasons <- sort(table(set_aside$reason), decreasing = TRUE)
  paste0(counted_plain(nrow(set_aside)), " set aside: ", paste0(names(reasons), " (", reasons, ")", collapse = ", "))
}

counted_plain <- function(n) format(n, big.mark = ",", trim = TRUE)

print_set_aside <- function(x) {
  set_aside <- attr(x, "set_aside")
  if (NROW(set_aside)) {
    cat(set_aside_in_words(set_aside), lines_in_words(set_aside$line), "; see attr(x, \"set_aside\")\n", sep = "")
  }
}

# ", lines 3, 7, 8 and 4 more of the file"
lines_in_words <- function(line) {
  line <- sort(line[!is.na(line)])
  if (length(line)) sprintf(", line%s %s of the file", if (length(line) > 1L) "s" else "", name_some(line, 5L))
}

# "peak7 (line 12)", where the line is known.
name_and_line <- function(row) {
  paste0(row$name, if (!is.null(row$line) && !is.na(row$line)) sprintf(" (line %d)", row$line))
}

# Said when it happens, as nothing is left out silently.
tell_set_aside <- function(set_aside, what) {
  if (nrow(set_aside)) {
    cli::cli_inform(
      c(
        "!" = "{nrow(set_aside)} {what}{cli::qty(nrow(set_aside))}{?s} set aside.",
        stats::setNames(reason_lines(set_aside), rep("*", length(unique(set_aside$reason)))),
        "i" = "All of them: {.code attr(x, \"set_aside\")}."
      ),
      class = "deepmr_message_set_aside"
    )
  }
}

# One line for each reason, with its first case; braces are doubled for cli.
reason_lines <- function(set_aside) {
  lines <- vapply(split(set_aside, set_aside$reason), function(rows) {
    sprintf("%s (%d), such as %s: %s", rows$reason[1L], nrow(rows), name_and_line(rows[1L]), rows$detail[1L])
  }, "")
  gsub("}", "}}", gsub("{", "{{", unname(lines), fixed = TRUE), fixed = TRUE)
}
