# How to cite a report: deepmr, the methods of the fit, and what else the page shows.

report_citation <- function(report) {
  methods <- mr_methods()[, c("name", "reference")]
  methods <- methods[methods$name %in% report$fit$method]
  made <- attr(report$mutagenesis, "provenance")
  with_dropout <- is.list(made) && inherits(made$dropout, "deepmr_dropout_spec")
  paste0(
    deepmr_citation(),
    bullets(
      if (nrow(methods)) sprintf("<code>%s</code>: %s", methods$name, escape_html(methods$reference)),
      if (!is.null(report$pooled)) {
        "Pooling: Viechtbauer W (2010). Conducting meta-analyses in R with the metafor package. J Stat Softw 36(3):1-48"
      },
      if (with_dropout) {
        "Monte-Carlo dropout: Gal Y, Ghahramani Z (2016). Dropout as a Bayesian approximation. ICML, PMLR 48:1050-1059"
      },
      if (!is.null(report$motifs)) {
        "Shuffled sequences: Altschul SF, Erickson BW (1985). Mol Biol Evol 2:526-538. Their p-values: Phipson B, Smyth
         GK (2010). Stat Appl Genet Mol Biol 9:39"
      },
      calibration_references(report$calibration)
    )
  )
}

deepmr_citation <- function() {
  file <- system.file("CITATION", package = "deepmr")
  own <- utils::readCitationFile(file, meta = utils::packageDescription("deepmr"))
  paste0("<p>", gsub("</?p>", "", paste(format(own, style = "html"), collapse = "")), "</p>\n")
}

calibration_references <- function(parts) {
  words <- c(
    error = "Calibration error: Guo C, Pleiss G, Sun Y, Weinberger KQ (2017). On calibration of modern neural networks.
      ICML, PMLR 70:1321-1330",
    reliability = "Intervals of frequencies: Clopper CJ, Pearson ES (1934). Biometrika 26:404-413"
  )
  kinds <- vapply(parts, `[[`, "", "kind")
  unname(words[names(words) %in% kinds])
}

report_versions <- function() {
  session <- escape_html(utils::capture.output(utils::sessionInfo()))
  paste0(
    paragraphs(sprintf(
      "Made on %s with deepmr %s and R %s.", format(Sys.time(), "%Y-%m-%d %H:%M %Z"),
      utils::packageVersion("deepmr"), getRversion()
    )),
    folded("R session", paste0("<pre>", paste(session, collapse = "\n"), "</pre>"))
  )
}
