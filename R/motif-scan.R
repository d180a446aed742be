# Scans of sequences with motifs, both strands. Scores are whole multiples of `score_step`, so that a score's
# p-value (R/motif-pvalue.R) is that of the very matrix that was scanned.

score_step <- 0.001 # bits

# Log-odds in steps.
whole_scores <- function(log_odds) round(log_odds / score_step)

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

# Scores of the windows that begin at each base, of one strand; -Inf where a window holds an N or has no room.
window_scores <- function(base, score) {
  starts <- seq_len(max(0L, length(base) - ncol(score) + 1L))
  total <- numeric(length(starts))
  for (j in seq_len(ncol(score))) total <- total + score[, j][base[starts + j - 1L]]
  total[is.na(total)] <- -Inf
  total
}

# 4 vectors as long as `base`: the best score, over strands, of the windows over a position if it held that base.
# -Inf where no window without N covers it.
local_best <- function(base, score) {
  width <- ncol(score)
  best <- rep(list(rep(-Inf, length(base))), 4L)
  starts <- seq_len(max(0L, length(base) - width + 1L))
  for (strand in list(score, reverse_matrix(score))) {
    total <- window_scores(base, strand)
    for (j in seq_len(width)) {
      at <- starts + j - 1L
      own <- strand[, j][base[at]]
      own[is.na(own)] <- 0
      others <- total - own
      for (b in 1:4) best[[b]][at] <- pmax(best[[b]][at], others + strand[b, j])
    }
  }
  best
}

# Best scores with the base there is, and with `alt`, at the positions `at` of `base`.
variant_scores <- function(base, score, at, alt) {
  best <- local_best(base, score)
  pick <- function(code) {
    out <- rep(-Inf, length(code))
    for (b in 1:4) out[code == b] <- best[[b]][at[code == b]]
    out
  }
  list(ref = pick(base[at]), alt = pick(alt))
}

# Which positions lie in a window, on either strand, that scores at least `threshold`.
in_hits <- function(base, score, threshold) {
  width <- ncol(score)
  hit <- window_scores(base, score) >= threshold | window_scores(base, reverse_matrix(score)) >= threshold
  opened <- cumsum(c(hit, rep(FALSE, length(base) - length(hit))))
  opened > c(rep(0L, width), opened)[seq_along(opened)]
}

#' Where motifs match
#'
#' Every window, on either strand, whose score has a p-value of at most `p_hit`.
#'
#' Scores are log-odds in bits ([log_odds()]) to 0.001, against the base frequencies of all the sequences and
#' their reverse complements. A p-value is the chance that a random window of these frequencies scores as high or
#' higher, from the exact distribution of the scores; it is one window's, not corrected for how many there are. A short motif's best
#' word may be commoner than `p_hit`: then it has no hit (`CAGCTG` has p = 0.0002 where bases are equally frequent).
#' Windows that hold an N match nothing.
#'
#' @param sequences Anything that [as_sequences()] takes.
#' @param motifs Motifs ([read_motifs()], [jaspar_motifs()]).
#' @param p_hit Largest p-value of a hit, between 0 and 1.
#' @return A data.table with a row for each hit, by sequence, motif and start: `sequence`, `motif`, `start`,
#'   `end` (positions from 1, both within the hit), `strand` (`"+"` or `"-"`), `score` (bits), `p.value`.
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
  hits[, c("sequence", "motif", "start", "end", "strand", "score", "p.value"), with = FALSE]
}

# Hits of one motif; `at` is the number of the sequence.
hits_of <- function(odds, joined, p_hit) {
  score <- whole_scores(odds)
  tail <- score_tail(score, strand_background(joined$base))
  data.table::rbindlist(lapply(c("+", "-"), function(strand) {
    total <- window_scores(joined$base, if (strand == "+") score else reverse_matrix(score))
    begin <- which(total >= hit_threshold(tail, p_hit))
    at <- findInterval(begin - 1L, joined$start)
    start <- as.integer(begin - joined$start[at])
    data.table::data.table(
      at = at, start = start, end = start + ncol(score) - 1L, strand = rep(strand, length(at)),
      score = total[begin] * score_step, p.value = score_p(tail, total[begin])
    )
  }))
}

check_p_hit <- function(p_hit, call = rlang::caller_env()) {
  check_number(p_hit, "p_hit", lower = 0, upper = 1, call = call)
  check_open_share(p_hit, "p_hit", call = call)
}
