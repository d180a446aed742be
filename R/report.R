#' A report of Mendelian randomization fits
#'
#' One self-contained HTML page that opens without R, Python or network: what was asked; pooled slopes with forest
#' plots; whether the mutations break motifs; whether predictions and standard errors are calibrated; every fit; what
#' the diagnostics say; which fits failed and which variants were left out and why; the model, its dropout masks and
#' the sequences; how to cite; versions. What was not handed over is one line that says so.
#'
#' @param fit A fit ([fit_mr()]), whole or a part of its rows. Several fits: join them with [rbind()].
#' @param file Path of the page, ending in `.html`. Its folder must exist. A page that is there
#'   is replaced only when the new one is complete.
#' @param mutagenesis The mutagenesis table that was fitted ([saturation_mutagenesis()]), for scatter plots of
#'   a few sequences, and for model, masks and sequences; or `NULL`.
#' @param motifs What [motif_disruption()] returns for the same sequences and at least one of the fit's outputs, or
#'   `NULL`. Motifs are shown with the outputs of the fit only.
#' @param calibration What [calibration_error()], [reliability()], [se_coverage()] or [recalibrate()] returns, a list of
#'   these, or `NULL`. Names of the list become headings. Of tables by output only the fit's outputs and `"(pooled)"`
#'   are shown, and at least one output of the fit must be among them. The three tables go by their columns, so one
#'   that was read from a file serves as well.
#' @param title Title of the page; made from the outputs by default.
#' @return `file`, invisibly.
#' @details Needs the package rmarkdown, and pandoc. Slopes are pooled by [meta_analyze()] with its defaults, so
#'   with 95 % intervals. Pictures show at most 12 pairs of exposure and outcome, tables all of them up to 5,000
#'   rows; the page says what it leaves out. Each picture is there twice, for wide and for narrow screens. Tables
#'   fit the page at desktop width and in print, where what is folded is printed if it was opened.
#' @section Errors:
#' `deepmr_error_columns` (among them a table of a step before or after the fit, which is named),
#' `deepmr_error_no_rows`, `deepmr_error_duplicated_rows`, `deepmr_error_argument` (such as `motifs` of another class),
#' `deepmr_error_file` (the page cannot be written), `deepmr_error_mutagenesis` (not the table that was fitted),
#' `deepmr_error_calibration` (none of the four, or an empty list), `deepmr_error_outputs` (`motifs` or `calibration`
#' about other outputs), `deepmr_error_motifs` (about other sequences), `deepmr_error_not_installed` (rmarkdown or
#' pandoc).
#' @seealso [autoplot()][autoplot.deepmr_mr_fit] for the pictures one by one, [diagnose()] for the diagnostics.
#' @examplesIf rlang::is_installed("rmarkdown") && rmarkdown::pandoc_available()
#' x <- simulate_mutagenesis(n_sequences = 3, length = 30)
#' fit <- fit_mr(x, exposure = "exposure", outcome = "outcome")
#' # A made-up truth, to show how the coverage of the standard errors is added
#' truth <- x[, list(sequence, position, alt, output, effect = effect + 0.01)]
#' file <- tempfile(fileext = ".html")
#' render_report(fit, file, mutagenesis = x, calibration = se_coverage(x, truth))
#' @export
render_report <- function(fit, file, mutagenesis = NULL, motifs = NULL, calibration = NULL, title = NULL) {
  check_report_fit(fit)
  check_report_tools()
  file <- check_report_file(file)
  report <- new_report(fit, mutagenesis, motifs, calibration, title)
  sections <- report_sections(report)
  # From a copy: the installed template's folder may be read-only, and rmarkdown writes beside the template.
  folder <- tempfile("deepmr-report-")
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  template <- file.path(folder, "report.Rmd")
  file.copy(system.file("report", "report.Rmd", package = "deepmr"), template)
  # A report may be made by a chunk of another document.
  old <- options(knitr.duplicate.label = "allow")
  on.exit(options(old), add = TRUE)
  page <- rmarkdown::render(
    template,
    output_file = "report.html", quiet = TRUE, envir = new.env(),
    output_options = list(pandoc_args = c("--metadata", paste0("pagetitle=", report$title)))
  )
  replace_file(page, file)
  invisible(file)
}

# The HTML of each section, under the names that the template uses.
report_sections <- function(report) {
  sections <- list(
    lead = report_lead, asked = report_asked, pooled = report_pooled, forests = report_forests, motifs = report_motifs,
    calibration = report_calibration, scatters = report_scatters, fits = function(report) fits_table(report$fit),
    diagnostics = report_diagnostics, failed = function(report) failed_table(report$fit), left_out = left_out_table,
    model = report_model, sequences = report_sequences, citation = report_citation,
    versions = function(report) report_versions()
  )
  show <- progress("Writing the report:", length(sections))
  html <- lapply(seq_along(sections), function(i) {
    show(i - 1, names(sections)[i])
    sections[[i]](report)
  })
  stats::setNames(html, names(sections))
}

check_report_tools <- function(call = rlang::caller_env()) {
  if (!requireNamespace("rmarkdown", quietly = TRUE)) {
    stop_deepmr(
      "not_installed", "A report needs the R package rmarkdown, which is not installed.",
      "Install it with {.run install.packages(\"rmarkdown\")}.",
      call = call
    )
  }
  if (!rmarkdown::pandoc_available()) {
    stop_deepmr(
      "not_installed", "A report needs pandoc, which was not found.",
      "Install pandoc (on Debian: apt-get install pandoc), or set the environment variable {.envvar RSTUDIO_PANDOC}.",
      call = call
    )
  }
}

# Found before the work, not after it.
check_report_file <- function(file, call = rlang::caller_env()) {
  check_given(file, "file", "the path of the page, such as {.val report.html}", call)
  ok <- is.character(file) && length(file) == 1L && grepl("\\.html?$", file, ignore.case = TRUE)
  if (!ok) {
    stop_deepmr("argument", "{.arg file} must be one path that ends in {.val .html}, not {.val {file}}.", call = call)
  }
  file <- path.expand(file)
  if (dir.exists(file)) stop_deepmr("file", "{.file {file}} is a folder.", call = call)
  if (!dir.exists(dirname(file))) {
    stop_deepmr("file", "There is no folder {.file {dirname(file)}}.", "Make it first.", call = call)
  }
  if (file.access(dirname(file), 2L) != 0L) {
    stop_deepmr("file", "The folder {.file {dirname(file)}} cannot be written to.", call = call)
  }
  file
}

# Copied beside the target first: a rename either happens or does not.
replace_file <- function(from, to, call = rlang::caller_env()) {
  beside <- tempfile(".deepmr-", dirname(to))
  on.exit(unlink(beside))
  if (!file.copy(from, beside) || !file.rename(beside, to)) {
    stop_deepmr("file", "{.file {to}} could not be written.", "Is the disk full?", call = call)
  }
}
