# Window by window, base by base.
slow_score <- function(window, score) if (anyNA(window)) -Inf else sum(score[cbind(window, seq_along(window))])

slow_windows <- function(base, score) {
  width <- ncol(score)
  reverse <- score[4:1, width:1, drop = FALSE]
  starts <- seq_len(length(base) - width + 1)
  vapply(starts, function(s) {
    window <- base[s + seq_len(width) - 1]
    max(slow_score(window, score), slow_score(window, reverse))
  }, 0)
}

slow_best <- function(base, score, at) {
  starts <- seq_len(length(base) - ncol(score) + 1)
  over <- starts <= at & starts > at - ncol(score)
  max(slow_windows(base, score)[over])
}

scan_text <- c(one = "NTATCGATAACAGCTGNGAGAGAGAGTGGTCACACTGA", two = "ACGNACGT", three = "TTATCGATTACAGCTGCAGCTG")

test_that("every variant's best match is that of scanning its sequence anew", {
  score <- with_seed(2, matrix(round(rnorm(4 * 5, sd = 1000)), 4))
  joined <- joined_bases(scan_text)
  best <- local_best(scan_windows(base_windows(joined$base, 7L), score), -Inf)
  floored <- local_best(scan_windows(base_windows(joined$base, 5L), score), 0)
  for (name in names(scan_text)) {
    base <- match(strsplit(scan_text[[name]], "")[[1]], c("A", "C", "G", "T"))
    from <- joined$start[match(name, names(scan_text))]
    for (at in which(!is.na(base))) {
      want <- vapply(1:4, function(b) slow_best(replace(base, at, b), score, at), 0)
      expect_identical(best[from + at, ], want)
      expect_identical(pmax(floored[from + at, ], 0), pmax(want, 0))
    }
  }
})

test_that("hits are the windows whose p-value is small, on either strand, within their sequence", {
  motifs <- read_motifs(demo_file("demo_motifs.jaspar"))
  hits <- motif_hits(scan_text, motifs, p_hit = .002)
  joined <- joined_bases(scan_text)
  background <- strand_background(joined$base)
  expect_equal(background, rev(background))
  for (name in names(motifs)) {
    score <- whole_scores(log_odds(motifs, background)[[name]])
    tail <- score_tail(score, background)
    want <- lapply(names(scan_text), function(sequence) {
      base <- match(strsplit(scan_text[[sequence]], "")[[1]], c("A", "C", "G", "T"))
      if (length(base) < ncol(score)) return(NULL)
      best <- slow_windows(base, score)
      at <- which(score_p(tail, best) <= .002)
      data.frame(sequence = rep(sequence, length(at)), start = at, score = best[at] * score_step)
    })
    want <- do.call(rbind, want)
    got <- hits[motif == name, list(score = max(score)), by = c("sequence", "start")]
    expect_equal(as.data.frame(got), want)
  }
  expect_setequal(unique(hits$motif), names(motifs))
  expect_true(all(hits$end - hits$start + 1 == vapply(motifs, ncol, 0L)[hits$motif]))
  dref <- hits[motif == "Dref" & sequence == "one"]
  expect_identical(dref$strand, c("+", "-")) # a palindrome
  expect_identical(dref$start, c(2L, 2L))
})

test_that("the hits of a reverse complement are the same, on the other strand", {
  motifs <- read_motifs(demo_file("demo_motifs.jaspar"))
  sequence <- demo_sequences(8)[8]
  reverse <- chartr("ACGT", "TGCA", paste(rev(strsplit(sequence, "")[[1]]), collapse = ""))
  there <- motif_hits(sequence, motifs, p_hit = .001)
  back <- motif_hits(c(r = reverse), motifs, p_hit = .001)
  back[, c("start", "end", "strand") := list(501L - end, 501L - start, chartr("+-", "-+", strand))]
  key <- c("motif", "start", "end", "strand", "score", "p.value")
  data.table::setorderv(there, key)
  data.table::setorderv(back, key)
  expect_gt(nrow(there), 5)
  expect_equal(there[, key, with = FALSE], back[, key, with = FALSE])
})

test_that("hits in windows of a genome have their place there, on both strands", {
  skip_if_not_installed("Biostrings")
  motifs <- read_motifs(demo_file("demo_motifs.jaspar"))
  text <- paste(demo_sequences(4), collapse = "")
  genome <- Biostrings::DNAStringSet(c(chr1 = text))
  bed <- write_bed(c("chr1\t100\t1700\tplus\t0\t+", "chr1\t300\t1900\tminus\t0\t-"))
  sequences <- sequences_bed(bed, genome, NULL)
  hits <- motif_hits(sequences, motifs)
  expect_setequal(unique(paste(hits$sequence, hits$strand)), c("plus +", "plus -", "minus +", "minus -"))
  word <- function(text, start, end, strand) {
    found <- Biostrings::DNAStringSet(substring(text, start, end))
    as.character(ifelse(strand == "-", as.character(Biostrings::reverseComplement(found)), as.character(found)))
  }
  in_sequence <- word(plain_sequences(sequences)[hits$sequence], hits$start, hits$end, hits$strand)
  expect_identical(word(text, hits$genome_start, hits$genome_end, hits$genome_strand), unname(in_sequence))
  expect_identical(unique(hits$chrom), "chr1")
  # Sequences without a window among them; none with.
  mixed <- motif_hits(c(sequences[1], c(own = text)), motifs)
  expect_identical(is.na(mixed$genome_start), mixed$sequence == "own")
  plain <- motif_hits(plain_sequences(sequences), motifs)
  expect_identical(plain, hits[, names(plain), with = FALSE])
  expect_identical(ncol(plain), 7L)
})

test_that("positions in hits are those of motif_hits()", {
  motifs <- read_motifs(demo_file("demo_motifs.jaspar"))
  sequences <- demo_sequences(4)
  joined <- joined_bases(sequences)
  background <- strand_background(joined$base)
  hits <- motif_hits(sequences, motifs)
  for (name in c("Trl", "M1BP")) {
    score <- whole_scores(log_odds(motifs, background)[[name]])
    threshold <- hit_threshold(score_tail(score, background), 5e-4)
    got <- which(in_hits(scan_windows(base_windows(joined$base, 11L), score), threshold))
    own <- hits[motif == name]
    want <- Map(seq, own$start, own$end)
    want <- unlist(Map(`+`, want, joined$start[match(own$sequence, names(sequences))]))
    expect_identical(got, sort(unique(as.integer(want))))
  }
})

test_that("a motif wider than the sequence, or all N, has no hit", {
  motifs <- read_motifs(demo_file("demo_motifs.jaspar"))
  expect_identical(nrow(motif_hits(c(a = "ACG", b = strrep("N", 40)), motifs)), 0L)
  expect_error(motif_hits("ACGT", motifs, p_hit = 0), class = "deepmr_error_argument")
  expect_error(motif_hits("ACGT", 1), class = "deepmr_error_argument")
})
