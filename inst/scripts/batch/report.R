report_command <- function() {
  list(
    about = "\nA fit as one self-contained HTML page.",
    options = list(
      option("fit", "What fit wrote, as .rds", "FILE"),
      option("mutagenesis", "What mutagenize wrote, for scatter plots and how it was made", "FILE"),
      option("title", "Title of the page", "TEXT"),
      option("out", "Where the page goes: .html", "FILE")
    ),
    epilogue = "Example:\n  Rscript deepmr.R report --fit fit.rds --mutagenesis x.rds --out report.html",
    prepare = prepare_report, run = run_report
  )
}

prepare_report <- function(given) {
  need_options(given, c("fit", "out"))
  out <- output_file(given, "out", c(".html", ".htm"), unlist(given[c("fit", "mutagenesis")]))
  if (!is_rds(given$fit)) {
    usage_error(sprintf("--fit must be the .rds of a fit, not '%s': a text table lacks the diagnostics.", given$fit))
  }
  list(
    out = out, fit = read_table(given$fit, "--fit", "a fit"), title = given$title,
    mutagenesis = if (!is.null(given$mutagenesis)) {
      read_table(given$mutagenesis, "--mutagenesis", "a mutagenesis table")
    }
  )
}

run_report <- function(job) {
  write_all(stats::setNames(list(function(path) {
    deepmr::render_report(job$fit, path, mutagenesis = job$mutagenesis, title = job$title)
  }), job$out))
}
