# The sentences of a report: what was asked, the answer, what the diagnostics say. They return HTML.

report_lead <- function(report) {
  pooled <- report$pooled
  if (is.null(pooled)) {
    fit <- report$fit
    rows <- fit[fit$method == fit$method[1L] & fit$error == fit$error[1L]]
    where <- if (over_all_sequences(fit)) {
      "In one regression over all sequences"
    } else {
      paste("In the sequence", escape_html(rows$sequence[1L]))
    }
    how <- interval_words(rows)
  } else {
    rows <- pooled[pooled$method == pooled$method[1L] & pooled$error == pooled$error[1L]]
    where <- paste("Pooled over", ifelse(rows$k_left_out > 0L, paste(format_count(rows$k), "of "), ""))
    where <- paste0(where, counted(rows$k + rows$k_left_out, "sequence"))
    how <- "95\u00a0% interval"
  }
  caveat <- if (is.null(pooled)) "" else pooled_caveats(rows, report$not_pooled)
  none <- sprintf(
    "No %sslope of <strong>%s</strong> on <strong>%s</strong>: %s.%s", if (is.null(pooled)) "" else "pooled ",
    escape_html(rows$exposure), escape_html(rows$outcome), escape_html(rows$status), caveat
  )
  slopes <- sprintf(
    "%s, one unit of change in the prediction of <strong>%s</strong> goes with <strong>%s</strong> units (%s %s) of
     change in that of <strong>%s</strong>.%s",
    where, escape_html(rows$exposure), number(rows$estimate), how, interval(rows$conf.low, rows$conf.high),
    escape_html(rows$outcome), caveat
  )
  sentence <- ifelse(is.finite(rows$estimate), slopes, none)
  more <- length(sentence) - 4L
  first <- sprintf("Method %s, %s errors.", escape_html(rows$method[1L]), escape_html(rows$error[1L]))
  paragraphs(
    utils::head(sentence, 4L), if (more > 0L) paste(counted(more, "more slope"), "in the table below."), first
  )
}

# " Left out: 2 (weak: I2_cov below 0.3)." and the like for each row of `pooled`, in the words of the table of fits.
pooled_caveats <- function(pooled, not_pooled) {
  by <- setdiff(fit_keys, "sequence")
  why <- vapply(seq_len(nrow(pooled)), function(i) {
    same <- Reduce(`&`, lapply(by, function(key) not_pooled[[key]] == pooled[[key]][i]))
    paste(listed(not_pooled$why[same]), collapse = "")
  }, "")
  narrow <- " This interval is narrower than the errors of the sequences allow: see the note under the pooled slopes."
  paste0(
    ifelse(pooled$k_left_out > 0L, sprintf(" Left out: %s.", escape_html(why)), ""),
    ifelse(is_narrow(pooled), narrow, "")
  )
}

report_asked <- function(report) {
  fit <- report$fit
  named <- function(x, n = 12L) {
    x <- unique(x)
    escape_html(if (length(x) > n) name_some(x, n) else listed(x))
  }
  methods <- unique(fit$method)
  known <- method_registry()[methods]
  method_words <- sprintf(
    "<code>%s</code>: %s", escape_html(methods),
    vapply(known, function(m) if (is.null(m)) "not one of deepmr's" else m$label, "")
  )
  dl <- c(
    "exposures" = named(fit$exposure), "outcomes" = named(fit$outcome),
    "sequences" = if (length(report$sequences)) {
      paste0(format_count(length(report$sequences)), ": ", named(report$sequences))
    } else {
      "one regression over all of them"
    },
    "methods" = paste(method_words, collapse = "; "),
    "errors" = paste(error_meaning(fit$error), collapse = " ")
  )
  paste0("<dl>\n", paste0("<dt>", names(dl), "</dt><dd>", dl, "</dd>", collapse = "\n"), "\n</dl>")
}

error_meaning <- function(error) {
  words <- c(
    mc = "<code>mc</code> takes the network as it is and asks for its average effect over dropout masks; more draws
      make that more certain.",
    classical = "<code>classical</code> takes the network's effect as the truth plus one error of the size of the
      spread over masks, which more draws do not reduce.",
    posterior = "<code>posterior</code> takes each draw for a network that may be the true one, and asks for the slope
      of one more of them; more draws do not narrow it.",
    given = "<code>given</code> uses the standard errors of the table as they stand."
  )
  words[names(words) %in% error]
}

report_pooled <- function(report) {
  if (!is.null(report$pooled)) {
    return(pooled_table(report$pooled))
  }
  if (over_all_sequences(report$fit)) {
    return(paragraphs("Nothing to pool: each fit is one regression over all sequences. It is in the table of fits."))
  }
  paragraphs(paste(
    "There is one sequence, so there is nothing to pool: a meta-analysis needs at least two.",
    "Its slopes are below; how much the slope differs from sequence to sequence cannot be said."
  ))
}

diagnostic_words <- c(
  mean_f = "<strong>Mean F</strong> (%s): the mean of (effect on the exposure / its standard error)\u00b2. It says how
    far the exposure moves beyond its error; below about 10 the textbook methods draw slopes towards 0.",
  i2_gx = "<strong>I\u00b2_GX</strong> (%s): the share of the spread of the exposure effects that is not error, if the
    errors of variants were independent. Above 0.9 the slope of MR-Egger is hardly diluted; below 0.6 no correction
    is reliable.",
  i2_cov = "<strong>I\u00b2_cov</strong> (%s): the same with the covariance that the draws show. Below 0.3 a fit is
    called weak; below 0 there is no estimate.",
  q = "<strong>Q</strong>: in %s of %s the variants scatter about MR-Egger's line by more than their errors explain
    (p &lt; 0.05): some change the outcome by other ways than through the exposure. Q takes the errors of variants as
    independent, which those of one network are not."
)

# Medians over the fits of each exposure, outcome, method and error, after what each number means.
report_diagnostics <- function(report) {
  fit <- report$fit
  spread <- function(x, digits = 2L) {
    x <- x[is.finite(x)]
    if (!length(x)) return("not known")
    sprintf("median %s, lowest %s", number(stats::median(x), digits), number(min(x), digits))
  }
  # Diagnostics differ by error: they are made with its standard errors.
  by_error <- function(column, digits) {
    parts <- vapply(unique(fit$error), function(e) paste0(e, " ", spread(fit[[column]][fit$error == e], digits)), "")
    paste0(escape_html(parts), collapse = "; ")
  }
  tested <- is.finite(fit$q_egger_p)
  words <- c(
    sprintf(diagnostic_words[["mean_f"]], by_error("mean_f", 1L)),
    sprintf(diagnostic_words[["i2_gx"]], by_error("i2_gx", 2L)),
    if (any(is.finite(fit$i2_cov))) sprintf(diagnostic_words[["i2_cov"]], by_error("i2_cov", 2L)),
    sprintf(diagnostic_words[["q"]], sum(fit$q_egger_p[tested] < 0.05), counted(sum(tested), "fit"))
  )
  paste0(bullets(words), "\n", diagnostics_table(fit))
}

diagnostics_table <- function(fit) {
  x <- data.table::as.data.table(as.list(fit))
  x <- x[, middle_diagnostics(.SD), by = c("exposure", "outcome", "method", "error")]
  data.table::setnames(x, c("i2_gx", "i2_cov"), c("I2_GX", "I2_cov"))
  caption <- paste0("Diagnostics, medians over the fits", shared_words(x))
  html_table(report_rows(x), caption, tall = nrow(x) > 15L)
}

middle_diagnostics <- function(fits) {
  middle <- function(x) if (any(is.finite(x))) stats::median(x[is.finite(x)]) else NA_real_
  list(
    fits = nrow(fits), failed = sum(!is.finite(fits$estimate)), weak = sum(is_weak(fits$status)),
    `variants used` = paste(unique(format_count(range(fits$n))), collapse = " to "),
    `mean F` = middle(fits$mean_f), i2_gx = middle(fits$i2_gx), i2_cov = middle(fits$i2_cov),
    `cross-talk` = middle(fits$cross_talk),
    `Q / df` = middle(fits$q_egger / (fits$n - 2)), `Q p < 0.05` = sum(fits$q_egger_p < 0.05, na.rm = TRUE)
  )
}
