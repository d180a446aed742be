# What a report is made from: the fit as a plain table, its variants, the pooled slopes.

max_report_rows <- 5000L
max_report_panels <- 12L

new_report <- function(fit, mutagenesis = NULL, motifs = NULL, calibration = NULL, title = NULL,
                       call = rlang::caller_env()) {
  not_read <- c("group", "method_rank", "error_rank", "target", "slope_without_draw")
  columns <- c(fit_keys, setdiff(fit_columns, c(not_read, fit_keys)))
  check_columns(fit, columns, "fit", call = call)
  if (!nrow(fit)) stop_deepmr("no_rows", "{.arg fit} has no rows.", call = call)
  variants <- attr(fit, "variants")
  fit <- data.table::as.data.table(as.list(fit)[columns])
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
    # One sequence has nothing to pool.
    pooled = if (data.table::uniqueN(fit$sequence) > 1L) meta_analyze(fit),
    pairs = unique(data.table::as.data.table(as.list(fit)[c("exposure", "outcome")])),
    motifs = check_report_motifs(motifs, fit, call), calibration = check_report_calibration(calibration, fit, call),
    title = check_title(title, fit, call)
  )
}

check_title <- function(title, fit, call) {
  if (is.null(title)) {
    return(paste("Mendelian randomization of", name_some(unique(fit$outcome)), "on", name_some(unique(fit$exposure))))
  }
  if (!is.character(title) || length(title) != 1L || is.na(title) || !nzchar(title)) {
    stop_deepmr("argument", "{.arg title} must be one string, not {.val {title}}.", call = call)
  }
  title
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
