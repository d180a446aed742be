# Files in and out. Inputs are read, and folders for outputs tried, before the work starts; outputs are written beside
# their place and renamed when all is done, so that a failed run leaves what was there.

input_file <- function(path, option) {
  path <- path.expand(path)
  if (!file.exists(path)) usage_error(sprintf("%s: there is no file '%s'.", option, path))
  if (dir.exists(path)) usage_error(sprintf("%s: '%s' is a folder, not a file.", option, path))
  if (file.access(path, 4L) != 0L) usage_error(sprintf("%s: '%s' cannot be read.", option, path))
  path
}

# `formats` are endings such as ".rds". `inputs` are not to be overwritten.
output_file <- function(given, name, formats, inputs = character()) {
  path <- given[[name]]
  if (is.null(path)) {
    return(NULL)
  }
  path <- path.expand(path)
  if (!any(endsWith(tolower(path), formats))) {
    usage_error(sprintf("--%s must end in %s, not '%s'.", name, paste(formats, collapse = " or "), path))
  }
  folder <- dirname(path)
  if (!dir.exists(folder)) usage_error(sprintf("--%s: there is no folder '%s'.", name, folder))
  if (dir.exists(path)) usage_error(sprintf("--%s: '%s' is a folder.", name, path))
  # Tried, because permissions do not tell of a file system that is read-only.
  probe <- part_of(path)
  if (!suppressWarnings(file.create(probe))) {
    usage_error(sprintf("--%s: the folder '%s' cannot be written to.", name, folder))
  }
  unlink(probe)
  if (normalizePath(path, mustWork = FALSE) %in% normalizePath(inputs, mustWork = FALSE)) {
    usage_error(sprintf("--%s: '%s' is an input of this run.", name, path))
  }
  path
}

check_distinct <- function(paths) {
  paths <- normalizePath(as.character(paths), mustWork = FALSE)
  if (anyDuplicated(paths)) usage_error(sprintf("Two outputs would go to '%s'.", paths[duplicated(paths)][1L]))
}

# Keeps the ending, which says how to write.
part_of <- function(path) {
  file.path(dirname(path), paste0(".part-", Sys.getpid(), "-", basename(path)))
}

# `writers` is a list of functions of a path, named by the path where the result shall lie.
write_all <- function(writers) {
  parts <- vapply(names(writers), part_of, "")
  on.exit(unlink(parts))
  Map(function(write, part) write(part), writers, parts)
  for (i in seq_along(parts)) {
    if (!file.rename(parts[i], names(writers)[i])) stop("Could not write '", names(writers)[i], "'.")
    say("Wrote ", names(writers)[i])
  }
}

is_rds <- function(path) endsWith(tolower(path), ".rds")

# A table as RDS, or as tab-separated text without its columns of draws.
write_table <- function(table, path, what) {
  if (is_rds(path)) {
    return(saveRDS(table, path))
  }
  plain <- data.table::as.data.table(as.list(table))
  lists <- names(plain)[vapply(plain, is.list, NA)]
  if (length(lists)) {
    say("The text of the ", what, " leaves out ", paste(lists, collapse = ", "), ": only .rds keeps the draws.")
    plain <- plain[, setdiff(names(plain), lists), with = FALSE]
  }
  plain <- without_breaks(plain, what)
  compress <- if (endsWith(tolower(path), ".gz")) "gzip" else "none"
  # Quotes only where a text would break the table: fwrite() alone quotes all as soon as NA has a name.
  texts <- unlist(Filter(is.character, as.list(plain)), use.names = FALSE)
  quote <- any(grepl("[\t\r\n\"]", texts))
  data.table::fwrite(plain, path, sep = "\t", na = "NA", quote = FALSE, compress = compress)
}

# Tabs, line ends and a leading quote would break the table: they become blanks in words, and are refused in names.
without_breaks <- function(table, what) {
  for (column in names(table)[vapply(table, is.character, NA)]) {
    text <- table[[column]]
    breaks <- grepl("[\t\r\n]|^\"", text)
    if (any(breaks) && column %in% c(name_columns, optional_columns)) {
      stop("The ", what, " cannot be written as text, because of '", text[breaks][1L], "' in ", column, ": write .rds.")
    }
    if (any(breaks)) data.table::set(table, j = column, value = trimws(gsub("[\t\r\n\"]+", " ", text)))
  }
  table
}

read_table <- function(path, option, kinds) {
  path <- input_file(path, option)
  table <- if (is_rds(path)) read_rds(path, option) else read_text(path, option)
  if (!is.data.frame(table)) usage_error(sprintf("%s: '%s' holds no table.", option, path))
  check_kind(table, path, option, kinds)
}

# What a table of deepmr is, by the columns that no other has; NA where it is none of deepmr's.
table_kind <- function(table) {
  columns <- list(
    "a mutagenesis table" = c("output", "effect", "mean_alt"),
    "a table of effects" = c("beta_exposure", "beta_outcome"),
    "a table of pooled slopes" = c("exposure", "outcome", "tau2"),
    "a fit" = c("sequence", "exposure", "outcome", "method", "error")
  )
  names(Filter(function(own) all(own %in% names(table)), columns))[1L]
}

# `kinds` are what the option takes, in words; tables of the user's own are left to deepmr's checks.
check_kind <- function(table, path, option, kinds) {
  kind <- table_kind(table)
  if (!is.na(kind) && !kind %in% kinds) {
    usage_error(sprintf("%s: '%s' is %s, not %s.", option, path, kind, paste(kinds, collapse = " or ")))
  }
  table
}

read_rds <- function(path, option) {
  tryCatch(
    readRDS(path),
    error = function(e) usage_error(sprintf("%s: '%s' is not an RDS file (%s).", option, path, conditionMessage(e)))
  )
}

# Names stay text ("001", "NA", "1e5"); elsewhere NA and nothing are missing values.
name_columns <- c("sequence", "ref", "alt", "output", "exposure", "outcome", "motif")
# Text, but not for all rows: a window without coordinates, or one that was used and has no reason.
optional_columns <- c("chrom", "id", "reason", "detail")

read_text <- function(path, option) {
  tryCatch(
    {
      if (endsWith(tolower(path), ".gz")) path <- unpacked(path)
      columns <- names(data.table::fread(file = path, nrows = 0L))
      table <- data.table::fread(file = path, na.strings = c("NA", ""), showProgress = FALSE)
      for (column in intersect(c(name_columns, optional_columns), columns)) {
        as_text <- data.table::fread(
          file = path, select = column, colClasses = "character", showProgress = FALSE,
          na.strings = if (column %in% optional_columns) c("NA", "")
        )
        data.table::set(table, j = column, value = as_text[[1L]])
      }
      # A column of nothing but NA looks logical; numbers are what is missing.
      text <- names(table) %in% c(name_columns, optional_columns)
      empty <- !text & vapply(table, function(column) is.logical(column) && all(is.na(column)), NA)
      for (column in names(table)[empty]) data.table::set(table, j = column, value = rep(NA_real_, nrow(table)))
      table
    },
    error = function(e) {
      usage_error(sprintf("%s: '%s' cannot be read as a table (%s).", option, path, conditionMessage(e)))
    },
    # fread() warns where lines are dropped or cut short.
    warning = function(w) {
      usage_error(sprintf("%s: '%s' is not a whole table (%s).", option, path, conditionMessage(w)))
    }
  )
}

# fread() needs another package for compressed files; R itself does not.
unpacked <- function(path) {
  from <- gzfile(path, "rb")
  on.exit(close(from))
  file <- tempfile(fileext = ".tsv")
  to <- file(file, "wb")
  on.exit(close(to), add = TRUE)
  while (length(bytes <- readBin(from, "raw", 1e7))) writeBin(bytes, to)
  file
}
