all_words <- function(width) as.matrix(expand.grid(rep(list(1:4), width)))

# Scores and probabilities of all 4^width words.
enumerate <- function(score, background) {
  words <- all_words(ncol(score))
  column <- rep(seq_len(ncol(score)), each = nrow(words))
  of <- function(values) matrix(values[cbind(as.vector(words), column)], nrow(words))
  list(
    score = rowSums(of(score)), probability = apply(matrix(background[words], nrow(words)), 1, prod)
  )
}

test_that("p-values are those of enumerating every word", {
  backgrounds <- list(rep(.25, 4), c(.3, .2, .2, .3), c(.1, .2, .3, .4))
  for (width in c(1, 2, 5, 8)) {
    for (background in backgrounds) {
      score <- with_seed(width, matrix(round(rnorm(4 * width, sd = 40)), 4))
      words <- enumerate(score, background)
      tail <- score_tail(score, background)
      asked <- unique(words$score)[seq_len(min(200, length(unique(words$score))))]
      want <- vapply(asked, function(s) sum(words$probability[words$score >= s]), 0)
      expect_equal(score_p(tail, asked), want, tolerance = 1e-12)
      expect_identical(tail$lowest, min(words$score))
    }
  }
})

test_that("hits are the words with p at most p_hit, none where no word is so rare", {
  score <- with_seed(1, matrix(round(rnorm(20, sd = 30)), 4))
  background <- c(.3, .2, .2, .3)
  tail <- score_tail(score, background)
  words <- enumerate(score, background)
  for (p_hit in c(.1, .01, .002)) {
    expect_identical(words$score >= hit_threshold(tail, p_hit), score_p(tail, words$score) <= p_hit)
  }
  expect_identical(hit_threshold(tail, 1e-9), Inf)
  expect_identical(hit_threshold(tail, 1), tail$lowest)
  expect_identical(score_p(tail, c(-Inf, tail$lowest)), c(NA, 1))
})

test_that("p-values agree with TFMPvalue's", {
  skip_if_not_installed("TFMPvalue")
  motifs <- read_motifs(demo_file("demo_motifs.jaspar"))
  background <- c(A = .3, C = .2, G = .2, T = .3)
  for (odds in log_odds(motifs, background)) {
    score <- whole_scores(odds)
    tail <- score_tail(score, background)
    best <- sum(apply(score, 2, max))
    for (asked in round(best * c(1, .9, .6, .3))) {
      # TFMPvalue refines until it is exact for this matrix, which is the whole scores'; half a step below the score, so
      # that float rounding of its own does not decide.
      theirs <- TFMPvalue::TFMsc2pv(score, asked - 0.5, bg = background, type = "PWM")
      expect_equal(score_p(tail, asked), theirs, tolerance = 1e-8)
    }
  }
})

test_that("rounding the matrix moves a score's p-value within the rounding's reach", {
  skip_if_not_installed("TFMPvalue")
  odds <- log_odds(read_motifs(demo_file("demo_motifs.jaspar")))$M1BP
  tail <- score_tail(whole_scores(odds), rep(.25, 4))
  reach <- ceiling(ncol(odds) / 2) # half a step for each column
  exact <- TFMPvalue::TFMsc2pv(odds, 6, bg = c(A = .25, C = .25, G = .25, T = .25), type = "PWM")
  asked <- 6 / score_step
  expect_lte(score_p(tail, asked + reach), exact)
  expect_gte(score_p(tail, asked - reach), exact)
})
