# The tables of a report.

# Names that are the same in all rows, such as the one outcome: they go into the caption, and leave room for numbers.
# The table's first column stays. One row has all its names.
shared_names <- function(x) {
  keys <- intersect(fit_keys, names(x))[-1L]
  keys[nrow(x) > 1L & vapply(keys, function(key) data.table::uniqueN(x[[key]]) == 1L, NA)]
}

# Fits or pooled slopes as a plain table, without those.
report_rows <- function(x) {
  x <- data.table::as.data.table(as.list(x))
  x[, setdiff(names(x), shared_names(x)), with = FALSE]
}

# ": outcome DNase, method egger"
shared_words <- function(x) {
  keys <- shared_names(x)
  named <- vapply(keys, function(key) paste(key, x[[key]][1L]), "")
  if (length(keys)) paste0(": ", paste(named, collapse = ", ")) else ""
}

# The columns of `x` named on the right under the names on the left, those that `x` has.
columns_as <- function(x, columns) {
  columns <- columns[columns %in% names(x)]
  data.table::setnames(x[, unname(columns), with = FALSE], names(columns))
}

pooled_table <- function(pooled) {
  x <- report_rows(pooled)
  x[, c("interval", "next_one", "p", "i2", "of") := list(
    interval(x$conf.low, x$conf.high), interval(x$pred.low, x$pred.high), p_value(x$p.value),
    ifelse(is.na(x$i2), "\u2013", sprintf("%.2f", x$i2)),
    paste(format_count(x$k), "of", format_count(x$k + x$k_left_out))
  )]
  # Shorter than the words of meta_analyze(), which would push the numbers off the page.
  data.table::set(x, j = "status", value = ifelse(is_narrow(x), "too narrow: see note", x$status))
  grey <- x$status != "ok"
  x <- columns_as(x, c(
    exposure = "exposure", outcome = "outcome", method = "method", error = "error", status = "status",
    `pooled slope` = "estimate", `95 % interval` = "interval", p = "p", `one more sequence` = "next_one",
    `SD between sequences` = "tau", I2 = "i2", sequences = "of"
  ))
  caption <- paste0("Slopes pooled over sequences", pooling_words(attr(pooled, "pooling")), shared_words(pooled))
  paste0(html_table(x, caption, tall = nrow(x) > 15L, grey = grey), narrow_note(pooled))
}

pooling_words <- function(pooling) {
  if (is.null(pooling)) {
    return("")
  }
  sprintf(" (%s, %s)", pooling$method, test_words[[pooling$test]])
}

# Rows whose interval is narrower than the errors of the sequences allow (R/meta.R says so in `status`).
is_narrow <- function(pooled) startsWith(pooled$status, "narrower")

narrow_note <- function(pooled) {
  if (!any(is_narrow(pooled))) {
    return("")
  }
  paste0("\n", paragraphs(paste(
    "<strong>Too narrow</strong>: an interval narrower than the sequences' own errors allow, because the slopes happen",
    "to agree better than their errors say, and Knapp-Hartung takes this agreement for precision.",
    "Knapp-Hartung in its ad hoc form gives an interval that their errors allow."
  )))
}

fits_table <- function(fit) {
  x <- report_rows(fit)
  n_all <- nrow(x)
  x <- utils::head(x, max_report_rows)
  x[, c("interval", "p", "q_text") := list(interval(x$conf.low, x$conf.high), p_value(x$p.value), p_value(x$q_egger_p))]
  grey <- x$status != "ok"
  # Only fits to effects with draws have it.
  if (all(is.na(x$i2_cov))) x <- x[, setdiff(names(x), "i2_cov"), with = FALSE]
  shown <- if (n_all > nrow(x)) {
    sprintf("The first %s of %s fits", format_count(nrow(x)), format_count(n_all))
  } else {
    paste("All", counted(n_all, "fit"))
  }
  table <- function(columns, caption) {
    columns <- columns_as(x, c(stats::setNames(fit_keys, fit_keys), columns))
    html_table(columns, paste0(caption, shared_words(fit)), tall = nrow(x) > 15L, grey = grey)
  }
  slopes <- c(
    status = "status", slope = "estimate", stats::setNames("interval", interval_words(fit)),
    p = "p", intercept = "intercept", variants = "n", `left out` = "n_left_out"
  )
  diagnostics <- c(
    `mean F` = "mean_f", I2_GX = "i2_gx", I2_cov = "i2_cov", `cross-talk` = "cross_talk",
    `Q of Egger` = "q_egger", `p of Q` = "q_text"
  )
  paste0(
    table(slopes, shown), "\n",
    folded("Diagnostics of each fit", table(diagnostics, paste("Diagnostics of", tolower(shown))))
  )
}

# "95 % interval", by the level that the limits were made with; "interval" where it differs or there is none.
interval_words <- function(fit) {
  level <- 2 * stats::pt((fit$conf.high - fit$estimate) / fit$std.error, fit$df) - 1
  level <- unique(round(level[is.finite(level)], 6L))
  if (length(level) == 1L) sprintf("%s\u00a0%% interval", format(100 * level)) else "interval"
}

failed_table <- function(fit) {
  failed <- report_rows(fit)[!is.finite(fit$estimate)]
  if (!nrow(failed)) {
    return(paragraphs("None: every fit gave an estimate."))
  }
  counts <- failed[, list(fits = .N), by = "status"]
  shown <- utils::head(failed, max_report_rows)
  caption <- sprintf(
    "%s of %s without an estimate%s", format_count(nrow(failed)), counted(nrow(fit), "fit"),
    if (nrow(failed) > nrow(shown)) sprintf(", the first %s", format_count(nrow(shown))) else ""
  )
  caption <- paste0(caption, shared_words(fit))
  columns <- intersect(c(fit_keys, "n", "n_left_out", "status"), names(shown))
  shown <- shown[, columns, with = FALSE]
  data.table::setnames(shown, c("n", "n_left_out"), c("variants", "left out"))
  paste0(
    bullets(sprintf("%s: %s", counts$fits, escape_html(counts$status))),
    html_table(shown, caption, tall = nrow(shown) > 15L)
  )
}

# Variants count once per pair of outputs; methods on draws may leave out more.
left_out_table <- function(report) {
  variants <- report$variants
  if (is.null(variants)) {
    left_out <- sum(report$fit$n_left_out)
    return(paragraphs(sprintf(
      "%s left out, summed over the fits. The reasons are not at hand: this is a part of a fit, or a fit from a file.",
      counted(left_out, "variant")
    )))
  }
  needs_draws <- vapply(method_registry(), `[[`, TRUE, "needs_draws")
  reason <- variants$reason
  if ("draws_reason" %in% names(variants) && any(needs_draws[unique(report$fit$method)] %in% TRUE)) {
    only <- paste0(variants$draws_reason, " (methods on draws only)")
    reason <- data.table::fcoalesce(reason, ifelse(is.na(variants$draws_reason), NA_character_, only))
  }
  variants <- data.table::data.table(variants[, c("exposure", "outcome"), with = FALSE], reason = reason)
  counts <- variants[!is.na(reason), list(variants = .N), by = c("exposure", "outcome", "reason")]
  if (!nrow(counts)) {
    return(paragraphs("None: every variant entered its fit."))
  }
  all <- variants[, list(of = .N), by = c("exposure", "outcome")]
  counts <- counts[all, on = c("exposure", "outcome"), nomatch = NULL]
  html_table(counts, "Variants left out of the fits, over all sequences", tall = nrow(counts) > 15L)
}
