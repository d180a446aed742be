# Classed errors: `deepmr_error_<what>` and `deepmr_error`. One sentence says what
# was wrong, with the value; one says what to do. Both may use cli markup and
# `{}` interpolation, evaluated in the caller.

stop_deepmr <- function(what, problem, remedy = NULL, parent = NULL, ...,
                        call = rlang::caller_env(), .envir = rlang::caller_env()) {
  message <- c("!" = problem)
  if (!is.null(remedy)) message <- c(message, stats::setNames(remedy, rep("i", length(remedy))))
  cli::cli_abort(
    message,
    class = c(paste0("deepmr_error_", what), "deepmr_error"),
    parent = parent, ..., call = call, .envir = .envir
  )
}

warn_deepmr <- function(what, problem, remedy = NULL, call = rlang::caller_env(),
                        .envir = rlang::caller_env()) {
  message <- c("!" = problem)
  if (!is.null(remedy)) message <- c(message, stats::setNames(remedy, rep("i", length(remedy))))
  cli::cli_warn(
    message,
    class = c(paste0("deepmr_warning_", what), "deepmr_warning"),
    call = call, .envir = .envir
  )
}
