# The tables and the words of motif_disruption().

disruption_variants <- function(wide, scanned, found, owners) {
  parts <- lapply(names(scanned), function(name) {
    match <- found[[name]]$match
    bits <- lapply(match, function(score) ifelse(is.finite(score), score * score_step, NA_real_))
    owner <- owners[[name]]
    data.table::data.table(
      wide$variants, motif = name, output = owner,
      effect = if (is.na(owner)) NA_real_ else wide$effects[, owner],
      score_ref = bits$ref, score_alt = bits$alt,
      change = ifelse(is.finite(match$ref), match_change(match) * score_step, NA_real_),
      p_ref = score_p(scanned[[name]]$tail, match$ref), p_alt = score_p(scanned[[name]]$tail, match$alt),
      in_hit = found[[name]]$in_hit
    )
  })
  data.table::rbindlist(parts)
}

disruption_by_sequence <- function(found, design, keys, n_shuffles) {
  data.table::rbindlist(lapply(names(found), function(name) {
    one <- found[[name]]
    n_sequences <- length(keys$sequences)
    data.table::data.table(
      sequence = rep(keys$sequences, length(keys$outputs)), motif = name,
      output = rep(keys$outputs, each = n_sequences),
      own = rep(keys$outputs %in% keys$owners[[name]], each = n_sequences), n = rep(design$n, length(keys$outputs)),
      strongest = as.vector(design$n_strongest),
      association_columns(one$rho, one$counts, one, c("rho", "surplus"), n_shuffles)
    )
  }))
}

disruption_pooled <- function(found, design, keys, n_shuffles) {
  table <- data.table::rbindlist(lapply(names(found), function(name) {
    one <- found[[name]]
    data.table::data.table(
      motif = name, output = keys$outputs, own = keys$outputs %in% keys$owners[[name]],
      n_sequences = length(keys$sequences), n_informative = as.integer(colSums(one$counts$expected > 0)),
      n_in_hits = data.table::uniqueN(design$group[one$in_hit]),
      n_strongest = as.integer(colSums(design$n_strongest > 0)),
      n = sum(design$n), strongest = colSums(design$n_strongest),
      association_columns(
        pooled_correlation(one$rho), pooled_counts(one$counts), one, c("pooled_rho", "pooled_surplus"), n_shuffles
      ),
      rho.low = one$rho_limits[1L, ], rho.high = one$rho_limits[2L, ],
      ratio.low = one$ratio_limits[1L, ], ratio.high = one$ratio_limits[2L, ]
    )
  }))
  data.table::setcolorder(table, c(
    "motif", "output", "own", "n_sequences", "n_informative", "n_in_hits", "n_strongest", "n", "rho", "rho.low",
    "rho.high", "p_rho", "strongest", "observed", "expected", "ratio", "ratio.low", "ratio.high"
  ))
  table[]
}

# `tested`: the names under which shuffles of correlation and enrichment were counted. No p-value where there is nothing
# to test: no correlation, no hit.
association_columns <- function(rho, counts, one, tested, n_shuffles) {
  p_motif <- as.vector(one_sided_p(one$motif, tested[2L], n_shuffles))
  p_sequence <- as.vector(one_sided_p(one$sequence, tested[2L], n_shuffles))
  columns <- data.table::data.table(
    rho = as.vector(rho), p_rho = as.vector(two_sided_p(one$motif, tested[1L], n_shuffles)),
    observed = as.vector(counts$observed), expected = as.vector(counts$expected),
    ratio = as.vector(counts$observed / counts$expected),
    p_motif = p_motif, p_sequence = p_sequence, p_enrichment = pmax(p_motif, p_sequence)
  )
  none <- which(columns$expected == 0)
  data.table::set(columns, none, c("ratio", "p_motif", "p_sequence", "p_enrichment"), NA_real_)
  columns[]
}

# One sentence for each row of `pooled`.
disruption_sentences <- function(pooled, reachable) {
  vapply(seq_len(nrow(pooled)), function(i) {
    row <- pooled[i]
    variants <- sprintf("variants that lower %s", row$output)
    if (!reachable[[row$motif]]) {
      return(sprintf("no word of %s is rare enough to be a hit: nothing is known of %s", row$motif, variants))
    }
    if (is.na(row$ratio)) {
      return(sprintf("%s: nothing is known of %s", what_is_missing(row), variants))
    }
    interval <- if (is.na(row$ratio.low)) {
      if (row$n_informative == 1L) "one sequence gives no interval" else "sequences all alike give no interval"
    } else {
      sprintf("95 %% interval %.1f to %.1f", row$ratio.low, row$ratio.high)
    }
    figures <- sprintf(
      "(%s, p = %s; from %d of %s)", interval, format(signif(row$p_enrichment, 2L)), row$n_informative,
      counted(row$n_sequences, "sequence")
    )
    if (row$p_enrichment <= 0.05) {
      sprintf("%s sit in %s hits %.1f times more often than expected %s", variants, row$motif, row$ratio, figures)
    } else {
      sprintf(
        "%s do not sit in %s hits more often than expected by more than chance: %.1f times %s",
        variants, row$motif, row$ratio, figures
      )
    }
  }, "")
}

# Why there is no ratio: no hit, no strong effect, or none of both in one sequence.
what_is_missing <- function(row) {
  what <- c(
    if (row$n_in_hits == 0L) sprintf("no variant lies in a hit of %s", row$motif),
    if (row$n_strongest == 0L) sprintf("no variant lowers %s", row$output)
  )
  if (length(what)) {
    return(paste(what, collapse = ", and "))
  }
  sprintf(
    "%s with a variant in a hit of %s, %d with one of those that lower %s most, none with both",
    counted(row$n_in_hits, "sequence"), row$motif, row$n_strongest, row$output
  )
}

# Rows of `other` that are enriched at p <= 0.05, and more than the output is for its own motifs: labels mixed up, or an
# output that stands for another factor.
stronger_motifs <- function(own, other) {
  best <- vapply(other$output, function(output) max(own$ratio[own$output == output], -Inf, na.rm = TRUE), 0)
  has_own <- other$output %in% own$output
  other[which(has_own & other$p_enrichment <= 0.05 & other$ratio > best)]
}

# What was found: of each output's own motif, then of all other pairs.
disruption_words <- function(x) {
  pooled <- x$pooled
  words <- disruption_sentences(pooled[pooled$own], attr(x, "reachable"))
  words <- sprintf("%s%s.", toupper(substr(words, 1L, 1L)), substring(words, 2L))
  other <- pooled[!pooled$own]
  also <- other[other$p_enrichment <= 0.05 & !is.na(other$p_enrichment)]
  if (nrow(other)) {
    words <- c(words, sprintf(
      "Of %s of a motif with another output, %d %s enriched at p <= 0.05%s.", counted(nrow(other), "pair"), nrow(also),
      if (nrow(also) == 1L) "is" else "are",
      if (nrow(also)) paste0(": ", paste(also$output, "by", also$motif, collapse = ", ")) else ""
    ))
  }
  stronger <- stronger_motifs(pooled[pooled$own], other)
  if (nrow(stronger)) {
    pairs <- sprintf("%s by %s (%.1f times)", stronger$output, stronger$motif, stronger$ratio)
    words <- c(words, paste0("More than by the own motif: ", paste(pairs, collapse = ", "), "."))
  }
  words
}

disruption_counted <- function(x) {
  sprintf(
    "Counted: the %s %% of all variants that lower an output most. Hits: windows with p <= %s. %s.",
    format(100 * attr(x, "top")), format(attr(x, "p_hit")), counted(attr(x, "n_shuffles"), "shuffle")
  )
}

#' @export
print.deepmr_motif_disruption <- function(x, ...) {
  pooled <- x$pooled
  cat(
    "<motif disruption> ", counted(data.table::uniqueN(pooled$motif), "motif"), ", ",
    counted(data.table::uniqueN(pooled$output), "output"), ", ", counted(pooled$n_sequences[1L], "sequence"), "\n",
    sep = ""
  )
  words <- disruption_words(x)
  own <- seq_along(words) <= sum(pooled$own)
  for (line in c(paste0(ifelse(own, "* ", ""), words), disruption_counted(x))) {
    cli::cat_line(strwrap(line, width = cli::console_width(), exdent = 2L))
  }
  invisible(x)
}
