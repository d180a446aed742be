# The bootstrap interval of the expected calibration error. A resample of clusters is a count for each cluster, and the
# sums over a bin are linear in these counts, so nothing is put into bins twice: with equal-width bins,
# ece = sum over bins of |sum of (label - prob)| / n.

# list(ece.low, ece.high), one value for each of `sets`. Each set has the random numbers that it would have alone.
ece_interval <- function(sets, bins, resamples, level, seed) {
  totals <- lapply(sets, cluster_totals, bins = bins)
  n_clusters <- vapply(totals, function(x) max(x$cluster), 0L)
  resampled <- matrix(NA_real_, resamples, length(sets))
  several <- unique(n_clusters[n_clusters > 1L])
  show <- progress("Resampling", resamples * length(several))
  for (k in seq_along(if (resamples) several)) {
    same <- which(n_clusters == several[k])
    with_seed(seed, for (rows in blocks_of(resamples, several[k])) {
      counts <- resample_counts(several[k], length(rows))
      resampled[rows, same] <- vapply(totals[same], resampled_ece, numeric(length(rows)), counts = counts)
      show(resamples * (k - 1) + max(rows), "")
    })
  }
  tail <- (1 - level) / 2
  quantile <- function(p) apply(resampled, 2L, function(x) if (anyNA(x)) NA_real_ else stats::quantile(x, p))
  if (!resamples) {
    return(list(NA_real_, NA_real_))
  }
  list(quantile(tail), quantile(1 - tail))
}

# Numbers of the resamples in blocks whose counts take some tens of megabytes.
blocks_of <- function(resamples, n_clusters) {
  split(seq_len(resamples), (seq_len(resamples) - 1L) %/% max(1, 2e6 %/% n_clusters))
}

# How often each of n clusters is drawn: an n x k matrix, each column a resample of n.
resample_counts <- function(n, k) {
  drawn <- sample.int(n, n * k, replace = TRUE) + rep(n * (seq_len(k) - 1L), each = n)
  matrix(tabulate(drawn, n * k), n)
}

# One row per cluster (numbered from 1) and bin with predictions of it: their number and what the labels exceed them by.
cluster_totals <- function(set, bins) {
  # Sorted, so that the interval does not depend on the order of the rows.
  clusters <- sort(unique(set$cluster), method = "radix")
  table <- data.table::data.table(
    cluster = match(set$cluster, clusters), bin = width_bin(set$prob, bins), excess = set$label - set$prob
  )
  table[, list(excess = sum(.SD$excess), n = .N), by = c("cluster", "bin")]
}

resampled_ece <- function(totals, counts) {
  counts <- counts[totals$cluster, , drop = FALSE]
  colSums(abs(rowsum(counts * totals$excess, totals$bin))) / drop(crossprod(counts, totals$n))
}
