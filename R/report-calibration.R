# The calibration section of a report: what calibration_error(), reliability(), se_coverage() and recalibrate() return,
# one or a list of them.

reliability_columns <- c("lower", "upper", "n", "mean_prob", "event_rate", "conf.low", "conf.high")
se_coverage_columns <- c(
  "output", "level", "interval", "n", "n_sequences", "coverage", "conf.low", "conf.high", "cluster.low",
  "cluster.high", "median_se"
)

# Tables go by their columns, as one that was read from a file has no class.
calibration_kind <- function(x) {
  has <- function(columns) is.data.frame(x) && all(columns %in% names(x))
  if (inherits(x, "deepmr_recalibration")) {
    "recalibration"
  } else if (has(calibration_columns)) {
    "error"
  } else if (has(reliability_columns)) {
    "reliability"
  } else if (has(se_coverage_columns)) {
    "coverage"
  } else {
    NA_character_
  }
}

calibration_titles <- c(
  error = "Calibration error of the predictions", reliability = "Reliability of the predictions",
  coverage = "Coverage of the standard errors of effects", recalibration = "Recalibration"
)

# A list of list(kind, title, x), `x` with the outputs of the fit only; NULL where nothing was given.
check_report_calibration <- function(calibration, fit, call) {
  if (is.null(calibration)) {
    return(NULL)
  }
  single <- is.data.frame(calibration) || inherits(calibration, "deepmr_recalibration") || !is.list(calibration)
  parts <- if (single) list(calibration) else unclass(calibration)
  if (!length(parts)) stop_calibration("an empty list", call)
  titles <- if (is.null(names(parts))) character(length(parts)) else names(parts)
  Map(function(x, title, i) {
    kind <- calibration_kind(x)
    which <- if (single) "" else paste0(" (element ", i, ")")
    if (is.na(kind)) stop_calibration(paste0(obj_words(x), which), call)
    of_fit <- if (kind == "recalibration") recalibration_of_fit else calibration_of_fit
    x <- of_fit(x, kind, fit, paste0("calibration", which), call)
    list(kind = kind, title = if (nzchar(title)) title else calibration_titles[[kind]], x = x)
  }, parts, titles, seq_along(parts))
}

obj_words <- function(x) {
  if (is.data.frame(x)) paste("a table with", name_some(names(x), 6L)) else paste("an object of class", class(x)[1L])
}

stop_calibration <- function(found, call) {
  stop_deepmr(
    "calibration",
    "{.arg calibration} must be what {.fn calibration_error}, {.fn reliability}, {.fn se_coverage} or
     {.fn recalibrate} returns, or a list of these, not {found}.",
    call = call
  )
}

# Rows of the fit's outputs, and of all outputs together; a copy with its class.
calibration_of_fit <- function(x, kind, fit, arg, call) {
  x <- data.table::as.data.table(as.list(x))
  if (!nrow(x)) stop_deepmr("no_rows", "{.arg {arg}} has no rows.", call = call)
  if (!is.null(x$output)) {
    check_shared_outputs(x$output, fit, arg, call)
    x <- x[x$output %in% c(fit$exposure, fit$outcome, pooled_name)]
  }
  class <- c(reliability = "deepmr_reliability", coverage = "deepmr_se_coverage")
  data.table::setattr(x, "class", c(class[names(class) == kind], "data.table", "data.frame"))
  x
}

# Its words, and the tables of tidy() and glance(), which have outputs where it was fitted to a table.
recalibration_of_fit <- function(x, kind, fit, arg, call) {
  tables <- list(terms = generics::tidy(x), scores = generics::glance(x))
  outputs <- tables$scores$output
  if (!is.null(outputs)) {
    check_shared_outputs(outputs, fit, arg, call)
    tables <- lapply(tables, function(table) table[table$output %in% c(fit$exposure, fit$outcome)])
  }
  c(list(words = format(x)), tables)
}

# What is about other outputs says nothing about this fit.
check_shared_outputs <- function(outputs, fit, arg, call) {
  if (!any(c(fit$exposure, fit$outcome) %in% outputs)) {
    stop_deepmr(
      "outputs", "{.arg {arg}} is about {name_some(unique(outputs), 3L)}, the fit about
       {name_some(unique(c(fit$exposure, fit$outcome)), 3L)}.",
      "Give what was made with the same model and outputs.",
      call = call
    )
  }
}

report_calibration <- function(report) {
  if (is.null(report$calibration)) {
    what <- "Whether predictions and standard errors are calibrated was not checked"
    return(not_given(what, "a table of their reliability or coverage"))
  }
  html <- list(
    error = calibration_error_html, reliability = reliability_html, coverage = coverage_html,
    recalibration = recalibration_html
  )
  parts <- vapply(report$calibration, function(part) {
    paste0("<h3>", escape_html(part$title), "</h3>\n", html[[part$kind]](part$x))
  }, "")
  paste(parts, collapse = "\n")
}

# What an output's sentence begins with, where a table tells outputs apart.
output_start <- function(output) {
  if (is.null(output)) "" else paste0("<strong>", escape_html(output), "</strong>: ")
}

# A bullet for each row, up to as many as there are pictures.
some_bullets <- function(sentences) {
  more <- length(sentences) - max_report_panels
  bullets(utils::head(sentences, max_report_panels), if (more > 0L) paste(counted(more, "more row"), "in the table."))
}

calibration_error_html <- function(x) {
  between <- ifelse(is.na(x$ece.low), "", sprintf(" (interval %s)", interval(x$ece.low, x$ece.high)))
  free <- ifelse(is.na(x$rmsce_debiased), "", sprintf(
    "; %s root mean square, free of the noise of small bins", number(x$rmsce_debiased)
  ))
  sentences <- sprintf(
    "%sthe share of ones is off the predicted probability by %s on average%s and by %s in the worst of %d bins%s.",
    output_start(x$output), number(x$ece), between, number(x$mce), x$bins, free
  )
  shown <- columns_as(x, c(
    output = "output", predictions = "n", bins = "bins", `mean gap (ECE)` = "ece", low = "ece.low", high = "ece.high",
    `largest gap (MCE)` = "mce", `mean gap, equal counts (ACE)` = "ace", `RMS gap, debiased` = "rmsce_debiased",
    `Brier score` = "brier", `log loss` = "log_loss"
  ))
  paste0(some_bullets(sentences), html_table(shown, "Calibration error, 0 at best", tall = nrow(x) > 15L))
}

reliability_html <- function(x) {
  output <- if (is.null(x$output)) rep("", nrow(x)) else x$output
  panels <- split(x, factor(output, unique(output)))
  sentences <- vapply(panels, function(bins) {
    high <- sum(bins$mean_prob > bins$conf.high)
    low <- sum(bins$mean_prob < bins$conf.low)
    sprintf(
      "%sin %d of %s the mean prediction lies within the interval of the observed frequency%s.",
      output_start(bins$output[1L]), nrow(bins) - high - low, counted(nrow(bins), "bin"), off_words(high, low)
    )
  }, "")
  shown <- utils::head(names(panels), max_report_panels)
  plot <- ggplot2::autoplot(x[output %in% shown])
  table <- columns_as(x, c(
    output = "output", bin = "bin", from = "lower", to = "upper", predictions = "n", `mean prediction` = "mean_prob",
    `observed frequency` = "event_rate", low = "conf.low", high = "conf.high"
  ))
  words <- "Observed frequency against mean prediction."
  paste0(
    some_bullets(sentences), html_plot(plot, words, panel_height(length(shown))),
    folded("The bins", html_table(table, "Bins, with exact intervals of the frequency", tall = nrow(x) > 15L))
  )
}

off_words <- function(high, low) {
  words <- c(
    if (high) sprintf("in %d it is too high", high), if (low) sprintf("in %d it is too low", low)
  )
  if (length(words)) paste0("; ", listed(words)) else ""
}

coverage_html <- function(x) {
  shown <- utils::head(unique(x$output), max_report_panels)
  plot <- ggplot2::autoplot(x[x$output %in% shown])
  table <- columns_as(x, c(
    output = "output", set = "set", interval = "interval", promised = "level", held = "coverage", low = "cluster.low",
    high = "cluster.high", variants = "n", sequences = "n_sequences", `median SE` = "median_se"
  ))
  words <- "Share of true effects that intervals hold, against what they promise."
  paste0(
    some_bullets(coverage_sentences(x)), html_plot(plot, words, panel_height(length(shown))),
    folded("The shares", html_table(table, "Coverage, with bootstrap intervals over sequences", tall = nrow(x) > 15L))
  )
}

# One for each output at the highest level, with t quantiles where the table has them.
coverage_sentences <- function(x) {
  intervals <- if ("t" %in% x$interval) "t" else x$interval[1L]
  rows <- x[x$level == max(x$level) & x$interval == intervals]
  # Read from a file, a column of whole numbers or of nothing has another type.
  low <- data.table::fcoalesce(as.numeric(rows$cluster.low), as.numeric(rows$conf.low))
  high <- data.table::fcoalesce(as.numeric(rows$cluster.high), as.numeric(rows$conf.high))
  verdict <- data.table::fcase(
    high < rows$level, "standard errors are too small",
    low > rows$level, "standard errors are larger than they need be",
    default = "no sign that standard errors are off"
  )
  percent <- function(share) number(100 * share, 1L)
  sprintf(
    "%s%sof the intervals that promise %s %%, %s %% hold the true effect (%s): %s.",
    output_start(rows$output), if (is.null(rows$set)) "" else paste0(escape_html(rows$set), ": "),
    format(100 * rows$level), percent(rows$coverage), interval(100 * low, 100 * high, 1L), verdict
  )
}

recalibration_html <- function(x) {
  scores <- x$scores
  terms <- x$terms
  words <- c(log_loss = "log loss", nll = "negative log likelihood")[scores$score[1L]]
  sentence <- sprintf(
    "Fitted: %s. Scores are those on the labels that it was fitted on, so they flatter it. Effects of this page are
     recalibrated only where the model had it put on: see the scale of the predictions below.",
    escape_html(x$words)
  )
  columns <- c(output = "output", method = "method", labels = "n", before = "before", after = "after")
  scores <- columns_as(scores, columns)
  paste(
    c(
      paragraphs(sentence), html_table(scores, paste("Mean", words, "before and after"), tall = nrow(scores) > 15L),
      if (nrow(terms)) folded("The parameters", html_table(terms, "Parameters", tall = nrow(terms) > 15L))
    ),
    collapse = "\n"
  )
}

# Pictures of several panels grow with their rows.
panel_height <- function(n) if (n > 1L) 1.4 + 2.3 * ceiling(n / panel_columns(n)) else 5
