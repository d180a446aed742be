# How long work goes on. A terminal gets a bar; a log, a pipe or R Markdown, where a bar would leave every
# frame behind, gets a line at most every 30 seconds, so that short runs say nothing there.

seconds_between_lines <- 30

# A function to call with how many of `total` are done (a fraction counts) and what is being worked on.
# The bar ends with the function whose frame is `envir`.
progress <- function(verb, total, envir = rlang::caller_env()) {
  if (cli::is_dynamic_tty()) progress_bar(verb, total, envir) else progress_lines(verb, total)
}

progress_bar <- function(verb, total, envir) {
  bar <- cli::cli_progress_bar(
    format = paste(verb, "{cli::pb_status} {cli::pb_bar} {cli::pb_percent} | {cli::pb_eta_str}"),
    total = total, current = FALSE, .envir = envir
  )
  function(done, name) cli::cli_progress_update(set = done, status = name, id = bar, .envir = envir)
}

# `clock` gives seconds; tests bring one of their own.
progress_lines <- function(verb, total, clock = function() proc.time()[["elapsed"]]) {
  started <- clock()
  last <- started
  function(done, name) {
    now <- clock()
    if (done >= total || done <= 0 || now - last < seconds_between_lines) {
      return(invisible())
    }
    last <<- now
    left <- (now - started) / done * (total - done)
    progress_line(sprintf(
      "%s %s: %d of %d done, %d %%, about %s left",
      verb, name, floor(done), total, floor(100 * done / total), in_words(left)
    ))
  }
}

# A message (suppressMessages() mutes it). knitr would print messages into the page: there the line goes past it.
progress_line <- function(text) {
  if (isTRUE(getOption("knitr.in.progress"))) {
    cat(text, "\n", sep = "", file = stderr())
  } else {
    rlang::inform(text, class = "deepmr_message_progress")
  }
}

# Seconds as a person says them: "40 s", "5 min", "2 h 10 min", "3 d 4 h".
in_words <- function(seconds) {
  minutes <- round(seconds / 60)
  hours <- minutes %/% 60
  if (seconds < 60) {
    sprintf("%.0f s", ceiling(seconds))
  } else if (hours < 1) {
    sprintf("%.0f min", minutes)
  } else if (hours < 48) {
    sprintf("%.0f h %.0f min", hours, minutes %% 60)
  } else {
    sprintf("%.0f d %.0f h", hours %/% 24, hours %% 24)
  }
}
