# What motifs and sequences are shuffled to, for the null distributions of motif_disruption().

# A sequence with the same first and last base and the same count of every dinucleotide, each such sequence equally
# likely per arrangement of its edges (Altschul & Erickson 1985, Mol Biol Evol 2:526-538). `base`: codes 1 to 4.
shuffle_dinucleotides <- function(base) {
  n <- length(base)
  if (n < 4L) {
    return(base)
  }
  successors <- split(base[-1L], factor(base[-n], 1:4))
  last <- last_edges(successors, base[n])
  order <- lapply(1:4, function(b) {
    edges <- successors[[b]]
    if (b == base[n] || !length(edges)) return(edges[sample.int(length(edges))])
    kept <- match(last[b], edges)
    c(edges[-kept][sample.int(length(edges) - 1L)], last[b])
  })
  used <- integer(4L)
  current <- base[1L]
  for (i in seq_len(n)[-1L]) {
    used[current] <- used[current] + 1L
    current <- order[[current]][used[current]]
    base[i] <- current
  }
  base
}

# For each base that the walk leaves, but for the final one, the edge it leaves by last: drawn until all lead to
# `final`.
last_edges <- function(successors, final) {
  left <- setdiff(which(lengths(successors) > 0L), final)
  last <- rep(NA_integer_, 4L)
  last[final] <- final
  repeat {
    for (b in left) last[b] <- successors[[b]][sample.int(length(successors[[b]]), 1L)]
    if (all(last[last[last[last[left]]]] == final)) {
      return(last)
    }
  }
}

# Each run of A, C, G, T between NAs shuffled on its own.
shuffle_runs <- function(base) {
  runs <- rle(is.na(base))
  end <- cumsum(runs$lengths)
  for (i in which(!runs$values)) {
    at <- seq.int(end[i] - runs$lengths[i] + 1L, end[i])
    base[at] <- shuffle_dinucleotides(base[at])
  }
  base
}

shuffle_columns <- function(score) score[, sample.int(ncol(score)), drop = FALSE]
