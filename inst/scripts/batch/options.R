# From words to options. optparse describes the options and prints the help; the words are read here, because optparse
# takes abbreviations, loses what follows a second "=", and leaves with exit codes of its own.

option <- function(name, help, metavar = NULL) {
  type <- if (is.null(metavar)) "logical" else "character"
  action <- if (is.null(metavar)) "store_true" else "store"
  optparse::make_option(paste0("--", name), action = action, type = type, help = help, metavar = metavar)
}

option_names <- function(options) vapply(options, function(o) sub("^--", "", o@long_flag), "")

# A list of what was given, by name: text, or TRUE for an option that takes no value.
# `terms`: words that are no options are kept too, as `terms`.
parse_options <- function(args, options, terms = FALSE) {
  known <- option_names(options)
  takes_value <- vapply(options, function(o) o@action == "store", NA)
  given <- list()
  i <- 1L
  while (i <= length(args)) {
    if (terms && !startsWith(args[i], "--")) {
      given$terms <- c(given$terms, args[i])
      i <- i + 1L
      next
    }
    name <- option_name(args[i], known)
    if (name %in% names(given)) usage_error(sprintf("--%s is there twice.", name))
    has_value <- grepl("=", args[i], fixed = TRUE)
    if (!takes_value[known == name]) {
      if (has_value) usage_error(sprintf("--%s takes no value.", name))
      value <- TRUE
    } else if (has_value) {
      value <- sub("^[^=]*=", "", args[i])
    } else {
      i <- i + 1L
      value <- if (i <= length(args) && !startsWith(args[i], "--")) args[i] else ""
    }
    if (identical(value, "")) usage_error(sprintf("--%s needs a value.", name))
    given[[name]] <- value
    i <- i + 1L
  }
  given
}

option_name <- function(word, known) {
  if (!startsWith(word, "--") || word == "--") {
    usage_error(sprintf("'%s' is not an option, and belongs to none.", word))
  }
  name <- sub("=.*$", "", substring(word, 3L))
  if (!name %in% known) {
    near <- known[order(utils::adist(name, known)[1L, ])[1L]]
    usage_error(sprintf("There is no option --%s. The nearest is --%s.", name, near))
  }
  name
}

or <- function(x, otherwise) if (is.null(x)) otherwise else x

counted <- function(n, what, plural = paste0(what, "s")) {
  paste0(format(n, big.mark = ","), " ", if (n == 1L) what else plural)
}

need_options <- function(given, names) {
  missing <- setdiff(names, names(given))
  if (length(missing)) usage_error(paste(paste0("--", missing, collapse = " and "), "must be given."))
}

# ---- Values ----------------------------------------------------------------

as_number <- function(given, name) {
  text <- given[[name]]
  if (is.null(text)) {
    return(NULL)
  }
  value <- suppressWarnings(as.numeric(text))
  # as.numeric() also takes hexadecimal, "Inf" and blanks.
  if (!grepl("^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$", text) || !is.finite(value)) {
    usage_error(sprintf("--%s must be a number, not '%s'.", name, text))
  }
  value
}

as_count <- function(given, name, min) {
  value <- as_number(given, name)
  if (is.null(value)) {
    return(NULL)
  }
  if (value != round(value) || value < min || value > .Machine$integer.max) {
    usage_error(sprintf("--%s must be a whole number of at least %d, not '%s'.", name, min, given[[name]]))
  }
  as.integer(value)
}

one_of <- function(given, name, choices) {
  value <- given[[name]]
  if (!is.null(value) && !value %in% choices) {
    usage_error(sprintf("--%s must be %s, not '%s'.", name, paste(choices, collapse = " or "), value))
  }
  value
}

# "a,b,c", or "@file" with one name per line.
as_names <- function(given, name) {
  text <- given[[name]]
  if (is.null(text)) {
    return(NULL)
  }
  if (startsWith(text, "@")) {
    file <- input_file(substring(text, 2L), paste0("--", name))
    values <- trimws(readLines(file, warn = FALSE, encoding = "UTF-8"))
    values <- values[nzchar(values)]
  } else {
    values <- trimws(strsplit(paste0(text, ","), ",", fixed = TRUE)[[1L]])
  }
  if (!length(values) || any(!nzchar(values))) {
    usage_error(sprintf("--%s has an empty name: '%s'. Write names as a,b,c, or @file with one per line.", name, text))
  }
  if (anyDuplicated(values)) usage_error(sprintf("--%s has '%s' twice.", name, values[duplicated(values)][1L]))
  values
}

# "a=0.2,b=0.1" as numbers by name.
as_rates <- function(given, name) {
  if (is.null(given[[name]])) {
    return(NULL)
  }
  parts <- trimws(strsplit(paste0(given[[name]], ","), ",", fixed = TRUE)[[1L]])
  rates <- suppressWarnings(as.numeric(sub("^.*=", "", parts)))
  if (!all(grepl("^[^=]+=[0-9.]+$", parts)) || anyNA(rates)) {
    usage_error(sprintf("--%s must be like conv1=0.2,features.3=0.1, not '%s'.", name, given[[name]]))
  }
  stats::setNames(rates, sub("=.*$", "", parts))
}

# Paths of files that are there: one, or several as names are given.
as_files <- function(given, name) {
  text <- given[[name]]
  if (is.null(text)) {
    return(NULL)
  }
  # A path may have a comma.
  paths <- if (file.exists(text)) text else as_names(given, name)
  vapply(paths, input_file, "", option = paste0("--", name), USE.NAMES = FALSE)
}

# "FOXA1=HepG2_FOXA1_None" as an output named by its motif.
as_pairs <- function(given, name) {
  pairs <- as_names(given, name)
  wrong <- !grepl("^[^=]+=.+$", pairs)
  if (any(wrong)) usage_error(sprintf("--%s must be like FOXA1=HepG2_FOXA1_None, not '%s'.", name, pairs[wrong][1L]))
  if (!is.null(pairs)) stats::setNames(trimws(sub("^[^=]*=", "", pairs)), trimws(sub("=.*$", "", pairs)))
}

# The ranges of "100-200,300", NULL where none are given.
position_ranges <- function(given) {
  text <- given[["positions"]]
  if (is.null(text)) {
    return(NULL)
  }
  parts <- trimws(strsplit(paste0(text, ","), ",", fixed = TRUE)[[1L]])
  if (!all(grepl("^[0-9]+(-[0-9]+)?$", parts))) {
    usage_error(sprintf("--positions must be like 100-200,300, not '%s'.", text))
  }
  list(text = parts, first = as.numeric(sub("-.*$", "", parts)), last = as.numeric(sub("^.*-", "", parts)))
}

# The ranges as whole numbers up to `most`.
as_positions <- function(given, most) {
  ranges <- position_ranges(given)
  if (is.null(ranges)) {
    return(NULL)
  }
  wrong <- ranges$first < 1 | ranges$last < ranges$first | ranges$last > most
  if (any(wrong)) {
    problem <- "--positions '%s' does not lie within 1 to %d, the length of the sequences."
    usage_error(sprintf(problem, ranges$text[wrong][1L], most))
  }
  sort(unique(as.integer(unlist(Map(seq, ranges$first, ranges$last)))))
}
