report_command <- function() {
  list(
    about = "\nA fit as one self-contained HTML page.",
    options = list(
      option("fit", "What fit wrote, as .rds", "FILE"),
      option("mutagenesis", "What mutagenize wrote, for scatter plots and how it was made", "FILE"),
      option("motifs", "The .rds that motifs wrote, for the motif check", "FILE"),
      option(
        "calibration", "What calibration_error(), reliability(), se_coverage() or recalibrate() gave (.rds, .tsv)",
        "FILE"
      ),
      option("title", "Title of the page", "TEXT"),
      option("out", "Where the page goes: .html", "FILE")
    ),
    epilogue = paste0(
      "Example:\n",
      "  Rscript deepmr.R report --fit fit.rds --mutagenesis x.rds --motifs motifs.rds --out report.html"
    ),
    prepare = prepare_report, run = run_report
  )
}

prepare_report <- function(given) {
  need_options(given, c("fit", "out"))
  out <- output_file(given, "out", c(".html", ".htm"), unlist(given[c("fit", "mutagenesis", "motifs", "calibration")]))
  if (!is_rds(given$fit)) {
    usage_error(sprintf("--fit must be the .rds of a fit, not '%s': a text table lacks the diagnostics.", given$fit))
  }
  calibration <- given$calibration
  list(
    out = out, motifs = if (!is.null(given$motifs)) read_motif_check(given$motifs),
    calibration = if (!is.null(calibration)) {
      path <- input_file(calibration, "--calibration")
      if (is_rds(path)) read_rds(path, "--calibration") else read_text(path, "--calibration")
    },
    fit = read_table(given$fit, "--fit", "a fit"), title = given$title,
    mutagenesis = if (!is.null(given$mutagenesis)) {
      read_table(given$mutagenesis, "--mutagenesis", "a mutagenesis table")
    }
  )
}

read_motif_check <- function(path) {
  path <- input_file(path, "--motifs")
  if (!is_rds(path)) {
    usage_error(sprintf("--motifs must be the .rds that motifs --out writes, not '%s'.", path))
  }
  found <- read_rds(path, "--motifs")
  if (!inherits(found, "deepmr_motif_disruption")) {
    usage_error(sprintf("--motifs: '%s' is not what motifs --out writes.", path))
  }
  found
}

run_report <- function(job) {
  write_all(stats::setNames(list(function(path) {
    deepmr::render_report(
      job$fit, path,
      mutagenesis = job$mutagenesis, motifs = job$motifs, calibration = job$calibration, title = job$title
    )
  }), job$out))
}
