#' Do the variants that a model reacts to break motifs?
#'
#' For each variant the change of the best match of each motif, beside the predicted effect; and whether the two go
#' together more than chance allows: before an effect of a factor's predicted binding is believed, the variants that
#' lower it should break that factor's motif, and no other.
#'
#' @section What is computed:
#' The score of a match is that of [motif_hits()]. `score_ref` and `score_alt` are the best over the windows, on both
#' strands, that hold the variant's position. In `change` a score below 0 bits counts as 0: the background fits such a
#' window better, so it is no match that could be broken. A position lies in a hit if a window of the reference that
#' holds it has a p-value of at most `p_hit`.
#'
#' * **Rank correlation** (`rho`): Spearman's, of effect and `change` over the variants of a sequence; pooled: their
#'   mean over the sequences in which both differ. Above 0 if breaking the motif lowers the output.
#' * **Enrichment** (`ratio`): of the variants that lower the output most, a share `top` of all, how many lie in hits
#'   (`observed`), over how many would if each lay anywhere in its sequence (`expected`: for each sequence their number
#'   times the share of its variants that lie in hits; summed over sequences). Sequences without hits, or without any of
#'   the strongest variants, say nothing about it. It can reach 1 over the share of variants in hits.
#'
#' The verdict goes by the enrichment. The rank correlation sees all variants, and most have effects near 0 that a
#' multi-task network's outputs share, as they are read off the same hidden units: in such a network breaking any motif
#' moves every output a little, and decoys show in `rho`. `top` is small for the same reason: a 10 bp site is 2 % of a
#' sequence of 500.
#'
#' Intervals are 95 % percentile intervals over 1,000 resamples of whole sequences: variants of one
#' sequence share windows and dropout masks. They are too narrow with fewer than about
#' ten sequences that say something (`n_informative`), and have no width where all of the strongest variants lie in
#' hits and these cover the same share of each sequence: then the ratio is as large as it can be.
#'
#' @section Two nulls:
#' Neighbouring variants share windows, so effects and matches both come in runs, and p-values that take variants
#' for independent would be far too small. These do not:
#' * **Shuffled motifs** (`p_motif`): effects and sequences stay; the motif's columns are permuted. Exchangeable, if
#'   the motif's order of columns has nothing to do with the output. Keeps the motif's base composition, information
#'   content and distribution of scores, so the threshold of a hit is the same. A motif of little complexity
#'   (`GAGAGA`) stays much like itself, which makes this test careful.
#' * **Shuffled sequences** (`p_sequence`): effects stay at their positions, with all their runs, and the motif stays;
#'   the sequence in which its hits are found is replaced by one with the same count of every dinucleotide (each run
#'   without N on its own). Exchangeable, if hits lie anywhere that the dinucleotides allow. It does not hold
#'   the local composition: an output that reacts to GC-rich stretches can look tied to any GC-rich motif. The
#'   first null holds just that.
#'
#' Either alone can be misled, so `p_enrichment` is the larger of the two, a p-value for "at least one null is
#' true". Enrichment is tested one-sided, by (observed - expected) / sqrt(expected). `p_rho`, two-sided, has shuffled
#' motifs only: in a shuffled sequence a position has another base, and so other variants. With n shuffles a one-sided
#' p-value is at least 1 / (n + 1).
#'
#' @param x A table of [saturation_mutagenesis()], or any with columns `sequence`, `position`, `ref`, `alt`,
#'   `output`, `effect`; all variants with all outputs. Effects `at_rounding` count as 0.
#' @param motifs Motifs ([read_motifs()], [jaspar_motifs()]). Those that belong to no output are decoys.
#' @param sequences The sequences of `x` ([as_sequences()]), of which `x` may have fewer. Not needed where `x` has
#'   variants at each position from 1 on: then they are read off `ref`.
#' @param outputs Which output each motif belongs to: names are motifs, values outputs. By default a motif belongs to
#'   the output of its name.
#' @param p_hit Largest p-value of a hit. At the default 1,000 random bp have about one hit, both strands counted;
#'   motifs of 6 bp can have hits at all.
#' @param top Share of all variants, over all sequences, that counts as the strongest.
#' @param n_shuffles Shuffles of each motif, and of the sequences; at least 19.
#' @param seed Whole number. R's own random state is neither used nor changed.
#' @return A `deepmr_motif_disruption`, a list of data.tables:
#'   * `variants`: a row for each variant and motif: `sequence`, `position`, `ref`, `alt`, (where `x` has them) `chrom`,
#'     `genome_position`, `strand` and `id`, `motif`, `output` (the motif's, `NA` for a decoy), `effect` (on that
#'     output), `score_ref`, `score_alt`, `change` (bits), `p_ref`, `p_alt` (p-values of the scores), `in_hit`. Scores
#'     are `NA` where every window over the position holds an N.
#'   * `by_sequence`: a row for each sequence, motif and output of `x`: `sequence`, `motif`, `output`, `own` (whether
#'     the output is the motif's), `n` (variants), `rho`, `p_rho`, `strongest` (how many of the strongest it has),
#'     `observed`, `expected`, `ratio` (`NA` where nothing is expected), `p_motif`, `p_sequence`, `p_enrichment`.
#'   * `pooled`: a row for each motif and output, as above with `n_sequences`, `n_informative` (sequences with a hit and
#'     some of the strongest variants), `n_in_hits` (sequences with a variant in a hit), `n_strongest` (sequences with
#'     some of the strongest variants), `rho.low`, `rho.high`, `ratio.low`, `ratio.high` (95 % intervals
#'     over resampled sequences; `NA` where fewer than two tell, or all say the same).
#'
#'   `print()` says in words what was found, or which is missing for a test, hits or effects; and where another motif is
#'   enriched more than the output's own.
#'   [autoplot()][autoplot.deepmr_motif_disruption()] shows it.
#' @section Errors:
#' `deepmr_error_columns`, `deepmr_error_no_rows`, `deepmr_error_argument` (among them `outputs` that name no motif, and
#' no motif with an output), `deepmr_error_unknown_output`, `deepmr_error_sequences` (text that is missing or does not
#' fit `ref`), `deepmr_error_length` (a sequence shorter than a motif), `deepmr_error_effects` (an effect that is
#' missing or not finite), `deepmr_error_duplicates`.
#' @references
#' Altschul SF, Erickson BW (1985). Significance of nucleotide sequence alignments. Mol Biol Evol 2:526-538.
#'
#' Phipson B, Smyth GK (2010). Permutation p-values should never be zero. Stat Appl Genet Mol Biol 9:39.
#'
#' Coetzee SG, Coetzee GA, Hazelett DJ (2015). motifbreakR. Bioinformatics 31:3847-3849.
#' @seealso [motif_hits()], [read_motifs()].
#' @examples
#' # Effects by the demo's oracle, which reads motifs; a network's come from saturation_mutagenesis().
#' sequences <- demo_sequences(3)
#' effects <- demo_truth(sequences)$effects
#' motifs <- read_motifs(system.file("extdata", "demo_motifs.jaspar", package = "deepmr"))
#' found <- motif_disruption(effects, motifs, n_shuffles = 19)
#' found
#' found$pooled[, c("motif", "output", "ratio", "ratio.low", "ratio.high", "p_enrichment")]
#' @export
motif_disruption <- function(x, motifs, sequences = NULL, outputs = NULL, p_hit = 5e-4, top = 0.01,
                             n_shuffles = 200L, seed = 1L) {
  x <- check_columns(x, effect_row_columns, "x")
  check_motifs(motifs)
  check_p_hit(p_hit)
  top <- check_number(top, "top", lower = 0, upper = 1)
  check_open_share(top, "top")
  n_shuffles <- check_count(n_shuffles, "n_shuffles", min = 19L)
  seed <- check_count(seed, "seed", min = 0L)
  wide <- variant_effects_wide(x)
  owners <- motif_owners(outputs, names(motifs), colnames(wide$effects))
  sequences <- variant_sequences(wide$variants, sequences)
  check_motifs_fit(sequences, max(vapply(motifs, ncol, 0L)))

  joined <- joined_bases(sequences)
  background <- strand_background(joined$base)
  scanned <- lapply(log_odds(motifs, background), function(odds) {
    score <- whole_scores(odds)
    tail <- score_tail(score, background)
    list(score = score, tail = tail, threshold = hit_threshold(tail, p_hit))
  })
  group <- match(wide$variants$sequence, names(sequences))
  cells <- variant_cells(wide$variants, joined$start[group], length(joined$base))
  design <- association_design(wide$effects, group, top)
  found <- with_seed(seed, associations(joined$base, scanned, cells, design, n_shuffles))
  keys <- list(sequences = names(sequences), outputs = colnames(wide$effects), owners = owners)
  structure(
    list(
      variants = disruption_variants(wide, scanned, found, owners),
      by_sequence = disruption_by_sequence(found, design, keys, n_shuffles),
      pooled = disruption_pooled(found, design, keys, n_shuffles)
    ),
    p_hit = p_hit, top = top, n_shuffles = n_shuffles, background = stats::setNames(background, dna_bases),
    reachable = vapply(scanned, function(motif) is.finite(motif$threshold), TRUE),
    class = "deepmr_motif_disruption"
  )
}

# Where variants stand in joined sequences: their positions, and their reference and alternative in local_best().
variant_cells <- function(variants, start, n) {
  at <- start + variants$position
  cell <- function(base) at + (match(base, dna_bases) - 1L) * n
  list(at = at, ref = cell(variants$ref), alt = cell(variants$alt))
}

# For each motif what was seen, its intervals, and how often either kind of shuffle reached it.
associations <- function(base, scanned, cells, design, n_shuffles) {
  widest <- max(vapply(scanned, function(motif) ncol(motif$score), 0L))
  windows <- base_windows(base, widest)
  found <- lapply(scanned, function(motif) {
    seen <- motif_statistics(windows, motif$score, motif$threshold, cells, design, floor = -Inf)
    c(seen, list(
      rho_limits = bootstrap_correlation(seen$rho), ratio_limits = bootstrap_ratio(seen$counts),
      motif = list(), sequence = list()
    ))
  })
  show <- progress("Shuffling", n_shuffles)
  for (i in seq_len(n_shuffles)) {
    shuffled <- base_windows(shuffle_runs(base), widest)
    for (name in names(scanned)) {
      motif <- scanned[[name]]
      seen <- found[[name]]$tested
      score <- shuffle_columns(motif$score)
      other <- motif_statistics(windows, score, motif$threshold, cells, design, floor = 0)$tested
      found[[name]]$motif <- count_reached(found[[name]]$motif, seen, other)
      counts <- hit_counts(in_hits(scan_windows(shuffled, motif$score), motif$threshold)[cells$at], design)
      other <- list(surplus = surplus(counts), pooled_surplus = surplus(pooled_counts(counts)))
      found[[name]]$sequence <- count_reached(found[[name]]$sequence, seen, other)
    }
    show(i, "motifs and sequences")
  }
  found
}
