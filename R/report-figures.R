# The pictures of a report: one forest per pair of outputs, scatters of a few sequences.

# A forest of more rows than this cannot be read; how the slopes spread can.
most_forest_rows <- 80L
most_scatter_pairs <- 3L
most_scatter_sequences <- 4L

report_forests <- function(report) {
  pairs <- utils::head(report$pairs, max_report_panels)
  figures <- lapply(seq_len(nrow(pairs)), function(i) {
    fit <- of_pair(report$fit, pairs[i])
    if (!any(is.finite(fit$estimate))) {
      return(paragraphs(sprintf("No picture of %s: none of its fits gave an estimate.", pair_words(pairs[i]))))
    }
    pooled <- if (!is.null(report$pooled)) of_pair(report$pooled, pairs[i])
    n <- data.table::uniqueN(fit$sequence)
    type <- if (n > most_forest_rows) "density" else "forest"
    height <- if (type == "density") 4.5 else 2 + 0.24 * n + 0.3 * data.table::uniqueN(fit[, c("method", "error")])
    words <- sprintf("Slopes: the effect of %s on %s.", pairs$exposure[i], pairs$outcome[i])
    plot <- ggplot2::autoplot(fit, type = type, pooled = pooled)
    html_plot(plot, words, height)
  })
  paste(c(figures, without_picture(report$pairs, max_report_panels)), collapse = "\n")
}

report_scatters <- function(report) {
  if (is.null(report$mutagenesis)) {
    return(not_given("Not drawn", "the mutagenesis table"))
  }
  pairs <- utils::head(report$pairs, most_scatter_pairs)
  fit <- report$fit
  # Those that are pooled first; those without an estimate, which have no line to show, last.
  sequences <- if (over_all_sequences(fit)) {
    report$sequences
  } else {
    known <- is.finite(fit$estimate)
    unique(c(fit$sequence[known & !is_weak(fit$status)], fit$sequence[known], fit$sequence))
  }
  shown <- utils::head(sequences, most_scatter_sequences)
  figures <- lapply(seq_len(nrow(pairs)), function(i) {
    words <- sprintf("Effects on %s and on %s, with the fitted lines.", pairs$exposure[i], pairs$outcome[i])
    effects <- scatter_effects(report$mutagenesis, pairs[i], shown)
    plot <- ggplot2::autoplot(effects, fit = of_pair(fit, pairs[i]), sequences = shown)
    html_plot(plot, words, if (length(shown) > 2L) 7.5 else 5)
  })
  others <- setdiff(sequences, shown)
  left_out <- if (length(others)) {
    more <- counted(length(others), "more sequence")
    paragraphs(sprintf("%s not drawn: %s.", more, escape_html(name_some(others, 20L))))
  }
  paste(c(figures, left_out, without_picture(report$pairs, most_scatter_pairs)), collapse = "\n")
}

# Without the draws, which a picture does not need.
scatter_effects <- function(mutagenesis, pair, sequences) {
  rows <- which(mutagenesis$sequence %in% sequences & mutagenesis$output %in% c(pair$exposure, pair$outcome))
  x <- data.table::as.data.table(as.list(mutagenesis)[effects_source_columns])[rows]
  estimate_effects(x, pair$exposure, pair$outcome)
}

of_pair <- function(x, pair) {
  x[x$exposure == pair$exposure & x$outcome == pair$outcome]
}

pair_words <- function(pairs) {
  escape_html(paste(pairs$exposure, "on", pairs$outcome))
}

without_picture <- function(pairs, n) {
  others <- pairs[-seq_len(min(n, nrow(pairs)))]
  if (nrow(others)) {
    paragraphs(sprintf("Without a picture, but in the tables: %s.", paste(pair_words(others), collapse = ", ")))
  }
}
