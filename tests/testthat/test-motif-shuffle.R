dinucleotides <- function(base) table(factor(base[-length(base)], 1:4), factor(base[-1], 1:4))

test_that("shuffles keep every dinucleotide count, and the ends", {
  with_seed(1, {
    for (i in 1:200) {
      base <- sample(4L, sample(1:60, 1), replace = TRUE, prob = rexp(4))
      shuffled <- shuffle_dinucleotides(base)
      expect_identical(dinucleotides(shuffled), dinucleotides(base))
      expect_identical(shuffled[c(1, length(base))], base[c(1, length(base))])
    }
  })
})

test_that("every sequence with these dinucleotides comes equally often", {
  base <- match(strsplit("ACAGACTA", "")[[1]], c("A", "C", "G", "T"))
  words <- as.matrix(expand.grid(rep(list(1:4), 8)))
  key <- function(x) paste(x, collapse = "")
  want <- dinucleotides(base)
  same <- words[words[, 1] == 1 & words[, 8] == 1, ]
  same <- apply(same[apply(same, 1, function(x) all(dinucleotides(x) == want)), ], 1, key)
  drawn <- with_seed(3, replicate(3000, key(shuffle_dinucleotides(base))))
  expect_setequal(drawn, same)
  expect_gt(stats::chisq.test(table(drawn))$p.value, 0.001)
})

test_that("what cannot be shuffled stays", {
  for (base in list(integer(), 2L, c(1L, 3L), rep(4L, 9), c(1L, 2L, 1L, 2L, 1L))) {
    expect_identical(with_seed(1, shuffle_dinucleotides(base)), base)
  }
})

test_that("N stay where they are, and runs between them keep their counts", {
  base <- with_seed(4, sample(4L, 90, replace = TRUE))
  base[c(1, 30, 31, 60)] <- NA
  shuffled <- with_seed(5, shuffle_runs(base))
  expect_identical(which(is.na(shuffled)), which(is.na(base)))
  for (run in list(2:29, 32:59, 61:90)) expect_identical(dinucleotides(shuffled[run]), dinucleotides(base[run]))
  expect_false(identical(shuffled, base))
})

test_that("shuffled columns have the same scores' distribution", {
  score <- with_seed(6, matrix(round(rnorm(24, sd = 50)), 4))
  shuffled <- with_seed(7, shuffle_columns(score))
  expect_false(identical(shuffled, score))
  background <- c(.3, .2, .2, .3)
  expect_equal(score_tail(shuffled, background), score_tail(score, background), tolerance = 1e-12)
})
