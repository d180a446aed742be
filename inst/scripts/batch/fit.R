fit_command <- function() {
  list(
    about = "\nOne Mendelian randomization per sequence, exposure and outcome; --pooled pools the sequences.",
    options = list(
      option("table", "What mutagenize wrote (.rds, .tsv, .tsv.gz), or any table of effects; see ?fit_mr", "FILE"),
      option("exposure", "Names of exposures, a,b or @file with one per line", "NAMES"),
      option("exposure-of", "Instead: a peaks file, of which only the name is read (see ?outputs_of_file)", "FILE"),
      option("outcome", "Names of outcomes", "NAMES"),
      option("method", "One or more names of mr_methods() [egger_draws with draws, else egger]", "NAMES"),
      option("error", "One or more of mc, classical, posterior [mc,classical]", "NAMES"),
      option("by", "sequence (default), or all: one regression over all sequences, as for a list of variants", "BY"),
      option("level", "Level of the intervals, pooled ones too [0.95]", "LEVEL"),
      option("out", "Where the fits go: .rds (for report), .tsv or .tsv.gz (as tidy() gives them)", "FILE"),
      option("glance", "Also the diagnostics, one row per fit: .tsv, .tsv.gz or .rds", "FILE"),
      option("pooled", "Also the meta-analysis over sequences: .tsv, .tsv.gz or .rds", "FILE"),
      option("weak", "With --pooled: fits with a weak status, leave_out (default) or keep", "WEAK"),
      option(
        "test", "With --pooled: knha (default), adhoc (no interval narrower than the sequences' errors allow), z or t",
        "TEST"
      )
    ),
    epilogue = paste0(
      "Fits that fail keep their row, with the reason in the column status; the run goes on. Pooling is that of\n",
      "?meta_analyze, as are the choices of --weak and --test.\n\nExample:\n",
      "  Rscript deepmr.R fit --table x.rds --exposure CTCF,GATA1 --outcome DNase --out fit.rds --pooled pooled.tsv"
    ),
    prepare = prepare_fit, run = run_fit
  )
}

prepare_fit <- function(given) {
  need_options(given, c("table", "out"))
  formats <- c(".rds", ".tsv", ".tsv.gz")
  outputs <- Filter(Negate(is.null), sapply(
    c("out", "glance", "pooled"), function(name) output_file(given, name, formats, given$table), simplify = FALSE
  ))
  check_distinct(unlist(outputs))
  level <- or(as_number(given, "level"), 0.95)
  if (level <= 0 || level >= 1) usage_error(sprintf("--level must lie between 0 and 1, not '%s'.", given$level))
  pooling <- as_pooling(given)
  by <- or(one_of(given, "by", c("sequence", "all")), "sequence")
  if (by == "all" && !is.null(given$pooled)) usage_error("--by all leaves nothing to pool: leave out --pooled.")
  arguments <- list(
    exposure = as_names(given, "exposure"), outcome = as_names(given, "outcome"), method = as_names(given, "method"),
    error = or(as_names(given, "error"), c("mc", "classical")), level = level
  )
  unknown <- setdiff(arguments$error, c("mc", "classical", "posterior"))
  if (length(unknown)) usage_error(sprintf("--error must be of mc, classical and posterior, not '%s'.", unknown[1L]))
  table <- read_table(given$table, "--table", c("a mutagenesis table", "a table of effects"))
  is_mutagenesis <- !"beta_exposure" %in% names(table) && "output" %in% names(table)
  if (is_mutagenesis) need_options(given, c(if (is.null(given[["exposure-of"]])) "exposure", "outcome"))
  if (!is.null(given[["exposure-of"]])) arguments$exposure <- exposure_of_file(given, table, is_mutagenesis)
  if (by == "all") arguments["by"] <- list(NULL)
  list(outputs = outputs, arguments = c(list(table), arguments), pooling = c(pooling, level = level))
}

# The arguments of meta_analyze() that have an option.
as_pooling <- function(given) {
  stray <- intersect(c("weak", "test"), names(given))
  if (length(stray) && is.null(given$pooled)) usage_error(sprintf("--%s needs --pooled.", stray[1L]))
  list(
    weak = or(one_of(given, "weak", c("leave_out", "keep")), "leave_out"),
    test = or(one_of(given, "test", c("knha", "adhoc", "z", "t")), "knha")
  )
}

# Said, as nothing is chosen silently.
exposure_of_file <- function(given, table, is_mutagenesis) {
  if (!is.null(given[["exposure"]])) usage_error("--exposure and --exposure-of contradict each other.")
  if (!is_mutagenesis) usage_error("--exposure-of needs a --table that mutagenize wrote.")
  # Several are listed here too.
  found <- suppressMessages(
    deepmr::outputs_of_file(table, given[["exposure-of"]]),
    classes = "deepmr_message_outputs"
  )
  # What was not read may be a treatment, or a cell that the table does not have.
  read <- sprintf(
    "%s (%s%s)", found$output, found$found, ifelse(nzchar(found$unread), paste("; not read:", found$unread), "")
  )
  say("Exposure, by the name of ", basename(given[["exposure-of"]]), ": ", paste(read, collapse = ", "))
  found$output
}

run_fit <- function(job) {
  fit <- do.call(deepmr::fit_mr, job$arguments)
  say(fit_sentence(fit))
  others <- table(fit$status[fit$status != "ok"])
  for (status in names(others)) say("  ", others[[status]], ": ", status)
  out <- job$outputs
  writers <- list(function(path) write_table(if (is_rds(path)) fit else deepmr::tidy(fit), path, "fits"))
  if (!is.null(out$glance)) {
    writers <- c(writers, function(path) write_table(deepmr::glance(fit), path, "diagnostics"))
  }
  if (!is.null(out$pooled)) {
    pooled <- do.call(deepmr::meta_analyze, c(list(fit), job$pooling))
    say_narrow(sum(startsWith(pooled$status, "narrower")))
    writers <- c(writers, function(path) write_table(pooled, path, "pooled slopes"))
  }
  write_all(stats::setNames(writers, unlist(out[c("out", "glance", "pooled")])))
}

say_narrow <- function(n) {
  if (n) {
    say(
      counted(n, "pooled interval"), if (n == 1L) " is" else " are",
      " narrower than the errors of the sequences allow; --test adhoc gives one that they allow."
    )
  }
}

# Rows are fits times errors.
fit_sentence <- function(fit) {
  n <- nrow(unique(data.table::as.data.table(as.list(fit)[c("sequence", "exposure", "outcome", "method")])))
  failed <- sum(!is.finite(fit$estimate))
  weak <- sum(startsWith(fit$status, "weak"))
  errors <- unique(fit$error)
  paste0(
    counted(n, "fit"), " (sequence x exposure x outcome x method), each with ", counted(length(errors), "error"),
    " (", paste(errors, collapse = ", "), "): ", counted(nrow(fit), "row"), ", ", failed, " without an estimate, ",
    weak, " weak"
  )
}
