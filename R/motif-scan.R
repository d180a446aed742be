# Scans of sequences with motifs, both strands. Scores are whole multiples of `score_step`, so that a score's
# p-value (R/motif-pvalue.R) is that of the very matrix that was scanned.

score_step <- 0.001 # bits

# Log-odds in steps.
whole_scores <- function(log_odds) unname(round(log_odds / score_step))

# Sequences end to end as codes 1 to 4, NA for N and after each sequence, so that no window spans two. `start` is
# where each sequence begins.
joined_bases <- function(sequences) {
  codes <- lapply(strsplit(sequences, ""), function(x) c(match(x, dna_bases), NA))
  length <- lengths(codes)
  list(base = unlist(codes, use.names = FALSE), start = cumsum(length) - length, length = length - 1L)
}

# Frequencies of A, C, G, T in the sequences and their reverse complements.
strand_background <- function(base) {
  count <- tabulate(base, 4L) + 1
  symmetric <- count + count[4:1]
  symmetric / sum(symmetric)
}

reverse_matrix <- function(score) score[4:1, rev(seq_len(ncol(score))), drop = FALSE]

# What scans of `base` with motifs of up to `widest` columns share. `lag[[j]]`: the j-th base of the window that
# begins at each position, 5 for N and beyond the end. `room`: bases from each position to the next N.
base_windows <- function(base, widest) {
  n <- length(base)
  code <- c(ifelse(is.na(base), 5L, base), rep(5L, widest))
  next_n <- rev(cummin(rev(ifelse(code == 5L, seq_along(code), length(code)))))
  list(
    lag = lapply(seq_len(widest), function(j) code[seq_len(n) + j - 1L]),
    room = next_n[seq_len(n)] - seq_len(n)
  )
}

# For one strand what each column gives to the window that begins at each position, and their sum: -Inf where a window
# holds an N or has no room.
window_scores <- function(windows, score) {
  columns <- lapply(seq_len(ncol(score)), function(j) c(score[, j], 0)[windows$lag[[j]]])
  total <- Reduce(`+`, columns)
  total[windows$room < ncol(score)] <- -Inf
  list(columns = columns, total = total)
}

# Both strands.
scan_windows <- function(windows, score) {
  lapply(list(score, reverse_matrix(score)), function(strand) {
    c(list(score = strand), window_scores(windows, strand))
  })
}

# n x 4: the best score, over strands, of the windows over a position if it held A, C, G, T, and at least `floor`:
# windows that one change of base cannot take above it need no look. -Inf where no window without N covers a position.
local_best <- function(strands, floor) {
  n <- length(strands[[1L]]$total)
  best <- rep(list(rep(floor, n)), 4L)
  for (strand in strands) {
    score <- strand$score
    start <- which(strand$total + max(apply(score, 2L, max) - apply(score, 2L, min)) > floor)
    total <- strand$total[start]
    for (j in seq_len(ncol(score))) {
      at <- start + j - 1L
      others <- total - strand$columns[[j]][start]
      for (b in 1:4) best[[b]][at] <- pmax(best[[b]][at], others + score[b, j])
    }
  }
  matrix(unlist(best), n)
}

# Best scores with the base there is, and with the variant's. `cells`: where they stand in local_best().
variant_scores <- function(strands, cells, floor) {
  best <- local_best(strands, floor)
  list(ref = best[cells$ref], alt = best[cells$alt])
}

# Which positions lie in a window, on either strand, that scores at least `threshold`.
in_hits <- function(strands, threshold) {
  width <- length(strands[[1L]]$columns)
  opened <- cumsum(strands[[1L]]$total >= threshold | strands[[2L]]$total >= threshold)
  opened > c(rep(0L, width), opened)[seq_along(opened)]
}

#' Where motifs match
#'
#' Every window, on either strand, whose score has a p-value of at most `p_hit`.
#'
#' Scores are log-odds in bits ([log_odds()]) to 0.001, against the base frequencies of all the sequences and
#' their reverse complements. A p-value is the chance that a random window of these frequencies scores as high or
#' higher, from the exact distribution of the scores; it is one window's, not corrected for how many there are. A short
#' motif's best word may be commoner than `p_hit`: then it has no hit: `CAGCTG`, with p = 0.00024 where bases are
#' equally frequent, has none at 1e-4. Windows that hold an N match nothing.
#'
#' @param sequences Anything that [as_sequences()] takes.
#' @param motifs Motifs ([read_motifs()], [jaspar_motifs()]).
#' @param p_hit Largest p-value of a hit, between 0 and 1.
#' @return A data.table with a row for each hit, by sequence, motif and start: `sequence`, `motif`, `start`,
#'   `end` (positions from 1, both within the hit), `strand` (`"+"` or `"-"`, of the sequence), `score` (bits),
#'   `p.value`; and for sequences cut from a genome ([sequences_bed()]) `chrom`, `genome_start`, `genome_end` (from 1,
#'   both within the hit) and `genome_strand`, the hit's strand there.
#' @section Errors: those of [as_sequences()]; `deepmr_error_argument`.
#' @seealso [motif_disruption()].
#' @examples
#' motifs <- read_motifs(system.file("extdata", "demo_motifs.jaspar", package = "deepmr"))
#' motif_hits(demo_sequences(2), motifs)
#' @export
motif_hits <- function(sequences, motifs, p_hit = 5e-4) {
  sequences <- as_sequences(sequences)
  check_motifs(motifs)
  check_p_hit(p_hit)
  joined <- joined_bases(sequences)
  odds <- log_odds(motifs, strand_background(joined$base))
  hits <- data.table::rbindlist(lapply(odds, hits_of, joined = joined, p_hit = p_hit), idcol = "motif")
  hits <- hits[order(hits$at, match(hits$motif, names(odds)), hits$start, hits$strand)]
  data.table::set(hits, j = "sequence", value = names(sequences)[hits$at])
  hits <- hits[, c("sequence", "motif", "start", "end", "strand", "score", "p.value"), with = FALSE]
  add_hit_coordinates(hits, sequences)[]
}

# Hits of one motif; `at` is the number of the sequence.
hits_of <- function(odds, joined, p_hit) {
  score <- whole_scores(odds)
  tail <- score_tail(score, strand_background(joined$base))
  strands <- scan_windows(base_windows(joined$base, ncol(score)), score)
  data.table::rbindlist(lapply(1:2, function(strand) {
    total <- strands[[strand]]$total
    begin <- which(total >= hit_threshold(tail, p_hit))
    at <- findInterval(begin - 1L, joined$start)
    start <- as.integer(begin - joined$start[at])
    data.table::data.table(
      at = at, start = start, end = start + ncol(score) - 1L, strand = rep(c("+", "-")[strand], length(at)),
      score = total[begin] * score_step, p.value = score_p(tail, total[begin])
    )
  }))
}

check_p_hit <- function(p_hit, call = rlang::caller_env()) {
  check_number(p_hit, "p_hit", lower = 0, upper = 1, call = call)
  check_open_share(p_hit, "p_hit", call = call)
}
