# The motif section of a report: what motif_disruption() found about the outputs of the fit.

most_motif_rows <- 40L

check_report_motifs <- function(motifs, fit, call) {
  if (is.null(motifs)) {
    return(NULL)
  }
  if (!inherits(motifs, "deepmr_motif_disruption")) {
    stop_deepmr(
      "argument", "{.arg motifs} must be what {.fn motif_disruption} returns, not {.obj_type_friendly {motifs}}.",
      call = call
    )
  }
  check_shared_outputs(motifs$pooled$output, fit, "motifs", call)
  if (!over_all_sequences(fit) && !any(fit$sequence %in% motifs$by_sequence$sequence)) {
    stop_deepmr(
      "motifs", "{.arg motifs} is about other sequences: it has {.val {motifs$by_sequence$sequence[1]}}, the fit
       {.val {fit$sequence[1]}}.",
      "Give {.code motif_disruption()} the mutagenesis table that was fitted.",
      call = call
    )
  }
  motifs_of(motifs, motifs$pooled$output %in% c(fit$exposure, fit$outcome))
}

# The part of the pooled rows, and the sequences' rows that belong to them.
motifs_of <- function(motifs, rows) {
  motifs$pooled <- motifs$pooled[rows]
  pair <- c("motif", "output")
  motifs$by_sequence <- motifs$by_sequence[motifs$pooled[, pair, with = FALSE], on = pair]
  motifs
}

report_motifs <- function(report) {
  motifs <- report$motifs
  if (is.null(motifs)) {
    what <- "Whether the mutations that lower an output break the motif of its factor was not checked"
    return(not_given(what, "a motif check"))
  }
  pooled <- motifs$pooled
  without <- setdiff(report$fit$exposure, pooled$output[pooled$own])
  sentences <- c(
    escape_html(utils::head(disruption_words(motifs), max_report_panels)),
    if (length(without)) {
      sprintf("No motif was given for %s: nothing is known of its sites.", escape_html(name_some(without, 6L)))
    }
  )
  paste(
    c(
      bullets(sentences), paragraphs(escape_html(disruption_counted(motifs))), enrichment_figure(motifs),
      folded("The numbers", motif_table(pooled))
    ),
    collapse = "\n"
  )
}

# The motifs of outputs first, then those with the smallest p-values.
enrichment_figure <- function(motifs) {
  pooled <- motifs$pooled
  if (all(is.na(pooled$ratio))) {
    return(paragraphs("No picture: no motif has a hit among strong effects."))
  }
  names <- unique(pooled$motif[order(!pooled$own, pooled$p_enrichment)])
  shown <- utils::head(names, most_motif_rows)
  outputs <- utils::head(unique(pooled$output), max_report_panels)
  plot <- ggplot2::autoplot(motifs_of(motifs, pooled$motif %in% shown & pooled$output %in% outputs), "enrichment")
  n <- length(outputs)
  height <- 1.8 + ceiling(n / panel_columns(n)) * (0.6 + 0.25 * length(shown))
  left_out <- if (length(names) > length(shown)) {
    paragraphs(sprintf("%s without a picture, but in the table.", counted(length(names) - length(shown), "more motif")))
  }
  paste0(html_plot(plot, "Strongest effects in hits of motifs, against what chance gives.", height), left_out)
}

motif_table <- function(pooled) {
  x <- utils::head(pooled[order(!pooled$own, pooled$p_enrichment)], max_report_rows)
  x[, c("interval", "p", "own_text") := list(
    interval(x$ratio.low, x$ratio.high, 1L), p_value(x$p_enrichment), ifelse(x$own, "yes", "no")
  )]
  shown <- columns_as(x, c(
    motif = "motif", output = "output", `belong together` = "own_text", observed = "observed", expected = "expected",
    ratio = "ratio", `95 % interval` = "interval", p = "p", `rank correlation` = "rho", sequences = "n_informative"
  ))
  caption <- "Strongest variants in hits: observed, expected, and their ratio"
  html_table(shown, caption, tall = nrow(shown) > 15L, grey = !x$own)
}
