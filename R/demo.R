# The demo's promoters and its oracle, in base R. What the oracle is and how its
# files are made: data-raw/demo_model/.

# The model's predictions, in its order.
demo_outputs <- c("Dref", "Trl", "M1BP", "da", "accessibility")

demo_file <- function(name) {
  system.file("extdata", name, package = "deepmr", mustWork = TRUE)
}

#' Promoters to try the demo model on
#'
#' Promoter DNA of *Drosophila melanogaster* (dm3) from chromosome arm 2R, of which
#' the demo model saw nothing in training: the 500 bp next to a transcription start
#' site, read 5' to 3' on the strand of the gene, drawn at random (with a fixed seed)
#' from all such windows of the arm.
#'
#' @param n How many: the first `n` of the 100 shipped.
#' @return A `deepmr_sequences`, a named character vector with its windows in the genome (see [sequences_bed()]); a
#'   name is the window, 1-based, both ends included, e.g. `"chr2R:1000-1499(+)"`.
#' @section Errors: `deepmr_error_argument` for an `n` that is not a whole number from 1
#'   to 100.
#' @seealso [model_demo()], [demo_truth()].
#' @examples
#' nchar(demo_sequences(3))
#' @export
demo_sequences <- function(n = 20L) {
  n <- check_count(n, "n")
  shipped <- as_sequences(demo_file("demo_promoters.fa"))
  if (n > length(shipped)) {
    stop_deepmr(
      "argument", "{.arg n} is {n}, but {length(shipped)} demo sequences are shipped.",
      "Use an {.arg n} of at most {length(shipped)}."
    )
  }
  utils::head(new_sequences(shipped, demo_windows(names(shipped))), n)
}

# Read off "chr2R:1000-1499(+)".
demo_windows <- function(names) {
  part <- function(i) sub("^(.*):([0-9]+)-([0-9]+)\\(([+-])\\)$", paste0("\\", i), names)
  data.table::data.table(
    sequence = names, chrom = part(1), start = as.integer(part(2)), end = as.integer(part(3)), strand = part(4),
    chrom_length = NA_integer_
  )
}

#' What the demo model should have learnt
#'
#' The oracle that labelled the demo model's training data, applied to any sequence,
#' without a network or Python: the level of each output and the effect of every
#' single-nucleotide variant (SNV) on it.
#'
#' @section The oracle:
#' Four motifs from JASPAR, `"Dref"` (MA1456.2), `"Trl"` (MA0205.3), `"M1BP"`
#' (MA1459.2) and the decoy `"da"` (MA2308.1), score every window of both strands by
#' its log-likelihood ratio against the background. The occupancy of factor k is
#'
#' q_k = 1 - exp(-sum over windows and strands of log(1 + exp(llr + mu_k))),
#'
#' with mu_k such that the mean occupancy of the training promoters is 0.3. Accessibility
#' is, exactly,
#'
#' accessibility = 0.05 + 0.4 q_Dref + 0.3 q_Trl + 0.2 q_M1BP + 0 q_da.
#'
#' @section Three truths:
#' * **Structural coefficient:** 0.4, 0.3, 0.2 or 0, from the equation above: element
#'   `coefficients` of the value.
#' * **Oracle slope:** the regression of accessibility effects on a factor's effects among
#'   the variants of a sequence, with the oracle's noise-free effects (element `effects`). It
#'   differs from the structural coefficient where a variant changes two factors at once.
#' * **Network slope:** the same regression with the network's own mean effects, as the
#'   number of dropout draws grows, over the variants that move both predictions. This is
#'   what the estimators of [fit_mr()] aim at. For the first 20 promoters they come with the
#'   package, from 400 draws: `system.file("extdata", "demo_network_slopes.csv", package = "deepmr")`.
#'
#' Network slope minus oracle slope is what the network got wrong about the oracle: no
#' estimator that sees only the network can take it away. And there is no arrow from exposure
#' to outcome *inside* a multi-task network: both are read off the same hidden units. The
#' oracle has one; the network has at best learnt to predict as if.
#'
#' @section How well the network learnt it:
#' Required: a correlation of at least 0.9 with the oracle's levels and of at least 0.8 with
#' its SNV effects, for every output, on chromosome arm 2R, which training never saw. Measured
#' with dropout off, on the 100 windows of [demo_sequences()] (all SNVs; pooled, and the median
#' over sequences in which some SNV moves the output by at least 0.05) and, for levels, on all
#' windows of the arm as well:
#'
#' | output | levels, arm | levels, shipped | SNV effects, pooled | SNV effects, median | in the median |
#' |---|---|---|---|---|---|
#' | `Dref` | 0.997 | 0.998 | 0.991 | 0.994 | 96 |
#' | `Trl` | 0.992 | 0.989 | 0.965 | 0.983 | 93 |
#' | `M1BP` | 0.988 | 0.991 | 0.972 | 0.980 | 97 |
#' | `da` | 0.996 | 0.997 | 0.987 | 0.986 | 99 |
#' | `accessibility` | 0.985 | 0.990 | 0.966 | 0.980 | 100 |
#'
#' This is member 1; the other four are on the page of [model_demo()].
#'
#' @param sequences Anything that [as_sequences()] takes, of any length from that of the
#'   longest motif (11 bp). A motif window that holds an N contributes nothing, and an N has no
#'   variants.
#' @return A list of three data.tables:
#'   * `levels`: `sequence`, `output`, `level` (a probability).
#'   * `effects`: `sequence`, `position` (1-based), `ref`, `alt`, `output`, `effect` (level of
#'     the variant minus level of the sequence), by sequence, position, alternative and output.
#'   * `coefficients`: `output`, `coefficient`: the structural coefficients in accessibility.
#' @section Errors: those of [as_sequences()], and `deepmr_error_length` for a sequence shorter
#'   than the longest motif.
#' @references Rauluseviciute et al. (2024) JASPAR 2024: 20th anniversary of the open-access
#'   database of transcription factor binding profiles. *Nucleic Acids Research* 52, D174-D182.
#' @seealso [model_demo()], [demo_sequences()].
#' @examples
#' truth <- demo_truth(demo_sequences(2))
#' truth$levels
#' truth$coefficients
#' dref <- truth$effects[output == "Dref"]
#' accessibility <- truth$effects[output == "accessibility"]
#' cor(dref$effect, accessibility$effect)
#' @export
demo_truth <- function(sequences) {
  oracle <- read_oracle()
  sequences <- as_sequences(sequences)
  check_motifs_fit(sequences, max(vapply(oracle$llr, ncol, 0L)))
  parts <- lapply(sequences, oracle_sequence, oracle = oracle)
  list(
    levels = data.table::rbindlist(lapply(parts, `[[`, "levels"), idcol = "sequence"),
    effects = data.table::rbindlist(lapply(parts, `[[`, "effects"), idcol = "sequence"),
    coefficients = data.table::data.table(
      output = names(oracle$coefficient), coefficient = unname(oracle$coefficient)
    )
  )
}

check_motifs_fit <- function(sequences, widest, call = rlang::caller_env()) {
  short <- sequences[nchar(sequences) < widest]
  if (length(short)) {
    stop_deepmr(
      "length", "Sequence {.val {names(short)[1L]}} has {nchar(short[[1L]])} bases.",
      "Give sequences of at least {widest} bases, the width of the longest motif.",
      call = call
    )
  }
}

# list(llr = named list of 4 x width matrices, mu, coefficient = named by motif, intercept).
read_oracle <- function() {
  table <- utils::read.csv(demo_file("demo_oracle.csv"))
  values <- lapply(split(table, table$parameter), function(x) stats::setNames(x$value, x$name))
  counts <- read_motifs(demo_file("demo_motifs.jaspar"))
  background <- values$background[c("A", "C", "G", "T")]
  llr <- lapply(counts, function(count) {
    frequency <- sweep(count, 2L, colSums(count), "/")
    log((frequency + values$pseudocount * background) / (1 + values$pseudocount) / background)
  })
  list(
    llr = llr, mu = values$mu[names(llr)], coefficient = values$coefficient[names(llr)],
    intercept = unname(values$intercept)
  )
}

# Levels and SNV effects of one upper-case sequence, without its name.
oracle_sequence <- function(sequence, oracle) {
  base <- match(strsplit(sequence, "")[[1L]], c("A", "C", "G", "T"))
  totals <- Map(function(llr, mu) motif_totals(base, llr, mu), oracle$llr, oracle$mu)
  level <- -expm1(-vapply(totals, `[[`, 0, "total"))
  accessibility <- oracle$intercept + sum(oracle$coefficient * level)

  position <- rep(seq_along(base), each = 4L)
  alt <- rep(1:4, length(base))
  kept <- which(!is.na(base[position]) & alt != base[position])
  # exp(-total) falls by the factor exp(-change); differences taken this way do not cancel.
  effect <- vapply(totals, function(x) -exp(-x$total) * expm1(-x$change[kept]), numeric(length(kept)))
  effect <- matrix(effect, ncol = length(totals))
  effect <- cbind(effect, effect %*% oracle$coefficient)

  bases <- c("A", "C", "G", "T")
  outputs <- c(names(oracle$llr), "accessibility")
  each <- length(outputs)
  list(
    levels = data.table::data.table(output = outputs, level = c(unname(level), accessibility)),
    effects = data.table::data.table(
      position = rep(position[kept], each = each), ref = rep(bases[base[position[kept]]], each = each),
      alt = rep(bases[alt[kept]], each = each), output = rep(outputs, length(kept)),
      effect = as.vector(t(effect))
    )
  )
}

# The motif's sum of softplus scores over windows of both strands, `total`, and its
# `change` (4 x length) when a position takes each base: only windows over it change.
motif_totals <- function(base, llr, mu) {
  width <- ncol(llr)
  start <- seq_len(length(base) - width + 1L)
  total <- 0
  change <- matrix(0, 4L, length(base))
  for (strand in list(llr, llr[4:1, width:1, drop = FALSE])) {
    score <- rep(mu, length(start))
    for (j in seq_len(width)) score <- score + strand[cbind(base[start + j - 1L], j)]
    score[is.na(score)] <- -Inf # a window with N: softplus 0, whatever else changes
    bound <- softplus(score)
    total <- total + sum(bound)
    for (j in seq_len(width)) {
      column <- start + j - 1L
      old <- strand[cbind(base[column], j)]
      old[is.na(old)] <- 0
      new <- outer(strand[, j], score - old, "+")
      change[, column] <- change[, column] + softplus(new) - rep(bound, each = 4L)
    }
  }
  list(total = total, change = change)
}

# log(1 + exp(x)) without overflow.
softplus <- function(x) pmax(x, 0) + log1p(exp(-abs(x)))
