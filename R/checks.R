# Argument and column checks shared by the public functions. Each stops with
# `deepmr_error_argument` or a more specific class, naming the argument and the value.

check_count <- function(x, arg, min = 1L, call = rlang::caller_env()) {
  ok <- is.numeric(x) && length(x) == 1L && is.finite(x) && x == round(x) && x >= min
  if (!ok) {
    stop_deepmr("argument", "{.arg {arg}} must be one whole number of at least {min}, not {.val {x}}.", call = call)
  }
  most <- .Machine$integer.max
  if (x > most) stop_deepmr("argument", "{.arg {arg}} must be at most {most}, not {.val {x}}.", call = call)
  as.integer(x)
}

check_number <- function(x, arg, lower = -Inf, upper = Inf, call = rlang::caller_env()) {
  ok <- is.numeric(x) && length(x) == 1L && is.finite(x) && x >= lower && x <= upper
  if (!ok) {
    stop_deepmr(
      "argument", "{.arg {arg}} must be one number between {lower} and {upper}, not {.val {x}}.",
      call = call
    )
  }
  as.numeric(x)
}

check_level <- function(level, call = rlang::caller_env()) {
  ok <- is.numeric(level) && length(level) == 1L && is.finite(level) && level > 0 && level < 1
  if (!ok) {
    stop_deepmr(
      "argument", "{.arg level} must be one number between 0 and 1 (exclusive), not {.val {level}}.",
      "Use {.code level = 0.95} for 95 % intervals.",
      call = call
    )
  }
  level
}

# `x` is an argument of the caller as it was handed on: without this a call that lacks it stops in R's words.
check_given <- function(x, arg, wanted, call = rlang::caller_env()) {
  if (missing(x)) stop_deepmr("argument", "{.arg {arg}} is missing.", paste0("It must be ", wanted, "."), call = call)
}

check_flag <- function(x, arg, call = rlang::caller_env()) {
  if (!is.logical(x) || length(x) != 1L || is.na(x)) {
    stop_deepmr("argument", "{.arg {arg}} must be TRUE or FALSE, not {.val {x}}.", call = call)
  }
  x
}

# For messages: a vector of nothing would end them in "not .".
or_none <- function(x) if (length(x)) x else I(paste0(typeof(x), "(0)"))

check_choice <- function(x, choices, arg, call = rlang::caller_env()) {
  if (!is.character(x) || length(x) != 1L || is.na(x) || !x %in% choices) {
    stop_deepmr("argument", "{.arg {arg}} must be one of {.or {.val {choices}}}, not {.val {x}}.", call = call)
  }
  x
}

check_string <- function(x, arg, wanted, call = rlang::caller_env()) {
  if (!is.character(x) || length(x) != 1L || is.na(x) || !nzchar(x)) {
    stop_deepmr("argument", paste("{.arg {arg}} must be", wanted, "not {.val {x}}."), call = call)
  }
  x
}

# A share of something that has both: above 0 and below 1.
check_open_share <- function(x, arg, call = rlang::caller_env()) {
  wrong <- x <= 0 | x >= 1
  if (any(wrong)) {
    stop_deepmr("argument", "{.arg {arg}} must lie between 0 and 1 (exclusive), not {.val {x[wrong][1]}}.", call = call)
  }
}

# `x` must be a data frame with `columns`; returns it as a data.table without copying a data.table.
check_columns <- function(x, columns, arg, call = rlang::caller_env()) {
  check_given(x, arg, "a data.table or data frame", call)
  if (!is.data.frame(x)) {
    stop_deepmr(
      "columns", "{.arg {arg}} must be a data.table or data frame, not {.obj_type_friendly {x}}.",
      call = call
    )
  }
  missing <- setdiff(columns, names(x))
  if (length(missing)) {
    stop_deepmr(
      "columns", "{.arg {arg}} lacks the {cli::qty(missing)}column{?s} {.field {missing}}.",
      "It has {.field {names(x)}}.",
      call = call
    )
  }
  if (data.table::is.data.table(x)) x else data.table::as.data.table(x)
}

check_numeric_columns <- function(x, columns, arg, call = rlang::caller_env()) {
  for (column in columns) {
    if (!is.numeric(x[[column]])) {
      stop_deepmr(
        "columns", "Column {.field {column}} of {.arg {arg}} must be numeric, not {.cls {class(x[[column]])}}.",
        call = call
      )
    }
  }
  invisible(x)
}

# The names nearest to `x` among `choices`: first those that contain it, then outputs of a target
# that it names, then by edit distance. By spelling alone "K562_CTCF_None" would be nearer to
# "K562_CTCFL_None" than to the CTCF of other cells.
nearest_names <- function(x, choices, n = 3L) {
  distance <- utils::adist(tolower(x), tolower(choices))[1L, ]
  within <- grepl(tolower(x), tolower(choices), fixed = TRUE)
  targets <- tolower(parse_labels(output_labels(choices))$target)
  shared <- targets %in% trimws(strsplit(tolower(x), "[_|]")[[1L]])
  choices[utils::head(order(!within, !shared, distance), n)]
}

# Correlation of the errors of exposure and outcome.
check_psi <- function(psi, call = rlang::caller_env()) {
  psi <- check_number(psi, "psi", lower = -1, upper = 1, call = call)
  if (abs(psi) == 1) {
    stop_deepmr("argument", "{.arg psi} must lie between -1 and 1 (exclusive), not {.val {psi}}.", call = call)
  }
  psi
}
