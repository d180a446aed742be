# What a report is made from: the fit as a plain table, its variants, the pooled slopes.

max_report_rows <- 5000L
max_report_panels <- 12L

new_report <- function(fit, mutagenesis = NULL, motifs = NULL, calibration = NULL, title = NULL,
                       call = rlang::caller_env()) {
  check_report_fit(fit, call)
  if (!nrow(fit)) stop_deepmr("no_rows", "{.arg fit} has no rows.", call = call)
  variants <- attr(fit, "variants")
  fit <- data.table::as.data.table(as.list(fit)[report_columns()])
  check_duplicated_rows(fit, fit_keys, "fit", call, what = "fit")
  data.table::setattr(fit, "class", c("deepmr_mr_fit", "data.table", "data.frame"))
  if (!is.null(mutagenesis)) check_report_mutagenesis(mutagenesis, fit, call)
  list(
    fit = fit, variants = report_variants(variants, fit), mutagenesis = mutagenesis,
    # NULL where it is not known: the row of a regression over all sequences does not name them.
    sequences = if (!over_all_sequences(fit)) {
      unique(fit$sequence)
    } else if (!is.null(mutagenesis)) {
      unique(as.character(mutagenesis$sequence))
    },
    # One sequence has nothing to pool. Which fits are weak, the page says.
    pooled = if (data.table::uniqueN(fit$sequence) > 1L) without_weak_message(meta_analyze(fit)),
    not_pooled = not_pooled(fit),
    pairs = unique(data.table::as.data.table(as.list(fit)[c("exposure", "outcome")])),
    motifs = check_report_motifs(motifs, fit, call), calibration = check_report_calibration(calibration, fit, call),
    title = check_title(title, fit, call)
  )
}

without_weak_message <- function(code) suppressMessages(code, classes = "deepmr_message_weak")

# How many fits the pooled slopes leave out and `why`, in the words that the table of fits has for it.
not_pooled <- function(fit) {
  pooled <- without_weak_message(fits_to_pool(fit, "leave_out"))
  by <- setdiff(fit_keys, "sequence")
  left_out <- data.table::as.data.table(as.list(fit)[c(by, "status")])[!usable_slope(pooled$estimate, pooled$std.error)]
  data.table::set(left_out, which(left_out$status == "ok"), "status", "no standard error above 0")
  counts <- left_out[, list(n = .N), by = c(by, "status")]
  data.table::set(counts, j = "why", value = sprintf("%s (%s)", format_count(counts$n), counts$status))
  counts
}

check_title <- function(title, fit, call) {
  if (is.null(title)) {
    return(paste("Mendelian randomization of", name_some(unique(fit$exposure)), "on", name_some(unique(fit$outcome))))
  }
  if (!is.character(title) || length(title) != 1L || is.na(title) || !nzchar(title)) {
    stop_deepmr("argument", "{.arg title} must be one string, not {.val {title}}.", call = call)
  }
  title
}

# Tables of the other steps, by columns that a fit does not have: what they are, and how to go on.
not_fits <- list(
  list(
    has = c("output", "effect"), what = "a mutagenesis table",
    remedy = "Fit it first: {.code fit_mr(x, exposure = \"...\", outcome = \"...\")}, with two of its outputs."
  ),
  list(
    has = c("beta_exposure", "beta_outcome"), what = "a table of effects",
    remedy = "Fit it first: {.code fit_mr(effects)}."
  ),
  list(
    has = c("exposure", "outcome", "tau2"), what = "a meta-analysis",
    remedy = "Give the fit that {.fn meta_analyze} was given: a report pools its slopes by itself."
  )
)

# Those of a fit that a report reads.
report_columns <- function() {
  union(fit_keys, setdiff(fit_columns, c("group", "method_rank", "error_rank", "target", "slope_without_draw")))
}

check_report_fit <- function(fit, call = rlang::caller_env()) {
  check_given(fit, "fit", "what {.fn fit_mr} returns", call)
  stop_fit <- function(what, remedy) {
    stop_deepmr("columns", "{.arg fit} must be what {.fn fit_mr} returns, not {what}.", remedy, call = call)
  }
  if (!is.data.frame(fit)) {
    join <- if (is.list(fit)) "Give one fit; {.code do.call(rbind, fits)} joins a list of them."
    stop_fit(if (is.list(fit)) "a list" else cli::format_inline("{.obj_type_friendly {fit}}"), join)
  }
  for (other in not_fits) if (all(other$has %in% names(fit))) stop_fit(other$what, other$remedy)
  missing <- setdiff(report_columns(), names(fit))
  if (length(missing)) {
    stop_deepmr(
      "columns", "{.arg fit} lacks {length(missing)} column{?s} of what {.fn fit_mr} returns, such as
       {.field {missing[1]}}.",
      "Give the fit itself: {.fn tidy}, {.fn glance} and {.fn summary} keep a part of it.",
      call = call
    )
  }
}

# A table that lacks something of the fit is another table: its scatter and its origin would mislead.
check_report_mutagenesis <- function(mutagenesis, fit, call) {
  check_columns(mutagenesis, effects_source_columns, "mutagenesis", call = call)
  absent <- list(
    output = setdiff(c(fit$exposure, fit$outcome), as.character(mutagenesis$output)),
    sequence = if (!over_all_sequences(fit)) setdiff(fit$sequence, as.character(mutagenesis$sequence))
  )
  for (what in names(absent)) {
    if (length(absent[[what]])) {
      stop_deepmr(
        "mutagenesis", "{.arg mutagenesis} lacks the {what} {.val {absent[[what]][1]}} of the fit.",
        "Give the table that was fitted.",
        call = call
      )
    }
  }
}

# The variants behind the fits at hand, with the reasons; NULL where they were lost or are not all there.
report_variants <- function(variants, fit) {
  unit <- c("sequence", "exposure", "outcome")
  units <- unique(data.table::as.data.table(as.list(fit)[unit]))
  if (is.null(variants) || nrow(units[!variants, on = unit])) {
    return(NULL)
  }
  keep <- intersect(c(unit, "reason", "draws_reason"), names(variants))
  variants[units, on = unit][, keep, with = FALSE]
}
