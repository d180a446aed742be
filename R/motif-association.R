# How effects go with motifs: rank correlation with the change of the match, strongest effects inside hits against what
# shuffled motifs and shuffled sequences give. Used by motif_disruption(), which says what is exchangeable.

# What no shuffle changes. `effects`: variants x outputs, sorted by sequence; `group`: the sequence of each, from 1.
association_design <- function(effects, group, top) {
  n <- tabulate(group)
  strongest <- apply(effects, 2L, strongest_lowering, top = top)
  list(
    group = group, n = n, ranks = centred_ranks(effects, group),
    strongest = strongest * 1, n_strongest = rowsum(strongest * 1, group)
  )
}

# The share `top` of all variants that lower most, ties with the last of them included. Not of each sequence's: where
# nothing moves an output much, its strongest effects are the network's cross-talk.
strongest_lowering <- function(effect, top) {
  effect < 0 & effect <= sort(effect)[ceiling(top * length(effect))]
}

# Ranks within sequences, minus their mean, of length 1 in each: their products' sums are Spearman correlations. NaN
# where all of a sequence are equal.
centred_ranks <- function(x, group) {
  x <- as.matrix(x)
  ranks <- vapply(seq_len(ncol(x)), function(k) {
    data.table::frankv(list(group, x[, k]), ties.method = "average")
  }, numeric(nrow(x)))
  ranks <- matrix(ranks, nrow(x))
  ranks <- ranks - (rowsum(ranks, group) / tabulate(group))[group, , drop = FALSE]
  ranks / sqrt(rowsum(ranks^2, group))[group, , drop = FALSE]
}

# Sequences x outputs. A sequence in which the match never changes, or no effect differs, has none (NA).
rank_correlations <- function(change, design) {
  rho <- rowsum(design$ranks * drop(centred_ranks(change, design$group)), design$group)
  rho[is.nan(rho)] <- NA
  rho
}

# How many of the strongest lie in hits, and how many would if they lay anywhere: sequences x outputs.
hit_counts <- function(in_hit, design) {
  share <- tabulate(design$group[in_hit], length(design$n)) / design$n
  inside <- rowsum(design$strongest[in_hit, , drop = FALSE], design$group[in_hit])
  observed <- design$n_strongest * 0
  observed[rownames(inside), ] <- inside
  list(observed = observed, expected = design$n_strongest * share)
}

# Over sequences, one number for each output.
pooled_correlation <- function(rho) {
  mean <- colMeans(rho, na.rm = TRUE)
  mean[is.nan(mean)] <- NA
  mean
}

# What the p-values go by, not the ratio: one lucky hit of a motif that hardly has any counts for little.
surplus <- function(counts) {
  ifelse(counts$expected > 0, (counts$observed - counts$expected) / sqrt(counts$expected), 0)
}

pooled_counts <- function(counts) lapply(counts, function(x) colSums(x))

# Both statistics of one motif, by sequence and pooled. `floor`: scores below it are not wanted; at most 0.
motif_statistics <- function(windows, score, threshold, cells, design, floor) {
  strands <- scan_windows(windows, score)
  match <- variant_scores(strands, cells, floor)
  rho <- rank_correlations(match_change(match), design)
  in_hit <- in_hits(strands, threshold)[cells$at]
  counts <- hit_counts(in_hit, design)
  list(
    match = match, in_hit = in_hit, rho = rho, counts = counts, tested = list(
      rho = rho, pooled_rho = pooled_correlation(rho),
      surplus = surplus(counts), pooled_surplus = surplus(pooled_counts(counts))
    )
  )
}

# A score below 0 is no match: the background fits the window better.
match_change <- function(match) pmax(match$alt, 0) - pmax(match$ref, 0)

# How often shuffles reach what was seen, to float rounding; NA in a shuffle counts as 0, no association.
count_reached <- function(reached, seen, shuffled) {
  for (name in names(shuffled)) {
    value <- shuffled[[name]]
    value[is.na(value)] <- 0
    reached$above[[name]] <- plus(reached$above[[name]], value >= seen[[name]] - 1e-9)
    reached$below[[name]] <- plus(reached$below[[name]], value <= seen[[name]] + 1e-9)
  }
  reached
}

plus <- function(sum, x) if (is.null(sum)) x * 1 else sum + x

# The seen one is one of the n + 1 (Phipson & Smyth 2010, Stat Appl Genet Mol Biol 9:39).
one_sided_p <- function(reached, name, n) (reached$above[[name]] + 1) / (n + 1)

two_sided_p <- function(reached, name, n) {
  pmin(1, 2 * (pmin(reached$above[[name]], reached$below[[name]]) + 1) / (n + 1))
}

# Percentile intervals over resampled sequences, 2 x outputs; NA where fewer than two sequences say anything, or
# all say the same.
bootstrap_ratio <- function(counts, resamples = 1000L) {
  bootstrap(counts$observed, counts$expected, counts$expected > 0, resamples)
}

bootstrap_correlation <- function(rho, resamples = 1000L) {
  known <- !is.na(rho)
  bootstrap(ifelse(known, rho, 0), known, known, resamples)
}

# Of sums of `upper` over sums of `lower`: sequences x outputs.
bootstrap <- function(upper, lower, known, resamples) {
  weights <- t(stats::rmultinom(resamples, nrow(upper), rep(1, nrow(upper))))
  drawn <- (weights %*% upper) / (weights %*% lower)
  limits <- apply(drawn, 2L, stats::quantile, c(0.025, 0.975), na.rm = TRUE, names = FALSE)
  limits[, colSums(known) < 2L | limits[2L, ] - limits[1L, ] < 1e-9] <- NA
  limits
}
