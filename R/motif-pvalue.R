# p-values of scores: the exact distribution of the score of a random window, by dynamic programming over the columns
# (Staden 1989, Comput Appl Biosci 5:89-96; Touzet & Varre 2007, Algorithms Mol Biol 2:15).

# `score`: 4 x width whole numbers; bases of a window are independent with the frequencies `background`. Returns
# `lowest`, the lowest score there is, and `p`: P(score >= lowest), P(score >= lowest + 1), ..., P(score >= highest).
score_tail <- function(score, background) {
  low <- apply(score, 2L, min)
  spread <- apply(score, 2L, max) - low
  probability <- 1
  for (j in seq_len(ncol(score))) {
    n <- length(probability)
    shifted <- numeric(n + spread[j])
    for (b in 1:4) {
      at <- score[b, j] - low[j] + seq_len(n)
      shifted[at] <- shifted[at] + background[b] * probability
    }
    probability <- shifted
  }
  # Summed from the top: small ones first.
  list(lowest = sum(low), p = pmin(1, rev(cumsum(rev(probability)))))
}

# p-values of whole scores between the lowest and the highest; NA for -Inf.
score_p <- function(tail, score) {
  score[!is.finite(score)] <- NA
  tail$p[score - tail$lowest + 1]
}

# The lowest score with a p-value of at most `p_hit`, Inf where there is none.
hit_threshold <- function(tail, p_hit) {
  rare <- which(tail$p <= p_hit)
  if (length(rare)) tail$lowest + rare[1L] - 1 else Inf
}
