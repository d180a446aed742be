# The last sequence's name is that of the fit.
fit_of <- function(found, outputs = c("Dref", "accessibility")) {
  fit <- report_fit(2L, error = "mc")
  fit[, c("sequence", "exposure", "outcome") := list(unique(found$by_sequence$sequence), outputs[1], outputs[2])]
  fit
}

demo_disruption <- function() {
  motif_disruption(demo_truth(demo_sequences(2))$effects, demo_motifs(), n_shuffles = 19)
}

test_that("the page has the verdict and the figures of the fit's outputs", {
  skip_without_reports()
  found <- demo_disruption()
  file <- temporary_file(".html")
  render_report(fit_of(found), file, motifs = found)
  page <- read_page(file)
  verdict <- disruption_sentences(found$pooled[own & output == "Dref"], attr(found, "reachable"))
  expect_on_page(page, escape_html(substring(verdict, 2)))
  expect_not_on_page(page, "ariants that lower Trl")
  table <- page_table(page, "Strongest variants in hits")
  expect_setequal(table$output, c("Dref", "accessibility"))
  at <- match(paste(table$motif, table$output), paste(found$pooled$motif, found$pooled$output))
  expect_identical(table$ratio, number(found$pooled$ratio[at]))
  expect_identical(table$observed, format(found$pooled$observed[at], trim = TRUE))
  expect_identical(table[["belong together"]][1], "yes")
  expect_on_page(page, "Shuffled sequences: Altschul")
})

test_that("an exposure without a motif is named, as is what has no picture", {
  found <- demo_disruption()
  report <- new_report(fit_of(found, c("accessibility", "Dref")), motifs = found)
  expect_match(report_motifs(report), "No motif was given for accessibility", fixed = TRUE)
  found$pooled[, c("ratio", "observed", "expected", "p_enrichment") := list(NA_real_, 0, 0, NA_real_)]
  report <- new_report(fit_of(found), motifs = found)
  expect_match(report_motifs(report), "No picture: no motif has a hit", fixed = TRUE)
  expect_match(report_motifs(list(motifs = NULL)), "this report was made without a motif check", fixed = TRUE)
})

test_that("many motifs: the outputs' own and the most enriched are drawn, the others counted", {
  found <- demo_disruption()
  many <- found
  parts <- function(table) {
    data.table::rbindlist(c(list(table), lapply(1:40, function(i) {
      data.table::copy(table[motif == "Trl"])[, c("motif", "own") := list(paste0("decoy", i), FALSE)]
    })))
  }
  many[c("pooled", "by_sequence")] <- lapply(found[c("pooled", "by_sequence")], parts)
  report <- new_report(fit_of(found), motifs = many)
  expect_match(enrichment_figure(report$motifs), "4 more motifs without a picture", fixed = TRUE)
})

test_that("motifs of something else are refused", {
  found <- demo_disruption()
  ask <- function(fit, motifs = found) new_report(fit, motifs = motifs)
  expect_error(ask(fit_of(found), found$pooled), "motif_disruption", class = "deepmr_error_argument")
  expect_error(ask(report_fit()), "exposure, outcome", class = "deepmr_error_outputs")
  elsewhere <- fit_of(found)[, sequence := c("a", "b")]
  expect_error(ask(elsewhere), "about other sequences", class = "deepmr_error_motifs")
})
