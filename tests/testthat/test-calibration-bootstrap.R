# A resample put together row by row and put into bins anew.
rebinned_ece <- function(set, counts, bins) {
  clusters <- sort(unique(set$cluster))
  apply(counts, 2, function(count) {
    rows <- unlist(lapply(which(count > 0), function(i) rep(which(set$cluster == clusters[i]), count[i])))
    calibration_error(set$prob[rows], set$label[rows], bins, resamples = 0)$ece
  })
}

clustered_set <- function(n_clusters, seed) {
  with_seed(seed, {
    cluster <- sort(sample(n_clusters, 5 * n_clusters, replace = TRUE))
    shift <- stats::rnorm(n_clusters)[cluster]
    prob <- round(stats::runif(length(cluster)), 2)
    data.table::data.table(
      prob = prob, label = stats::rbinom(length(prob), 1, stats::plogis(stats::qlogis(prob * 0.98 + 0.01) + shift)),
      cluster = cluster
    )
  })
}

test_that("counts give what binning each resample anew gives", {
  set <- clustered_set(12, 1)
  n <- length(unique(set$cluster))
  counts <- with_seed(2, resample_counts(n, 30))
  expect_equal(resampled_ece(cluster_totals(set, 7L), counts), rebinned_ece(set, counts, 7L), tolerance = 1e-12)
})

test_that("a resample draws as many clusters as there are, each as often as another", {
  counts <- with_seed(3, resample_counts(6, 5000))
  expect_true(all(colSums(counts) == 6))
  # Binomial(6, 1/6): mean 1, variance 5/6.
  expect_true(all(abs(rowMeans(counts) - 1) < 4 * sqrt(5 / 6 / 5000)))
  expect_equal(mean(apply(counts, 1, stats::var)), 5 / 6, tolerance = 0.05) # 6 variances of 5000 draws: 2 % each
})

test_that("the interval is that of a bootstrap with other random numbers", {
  set <- clustered_set(40, 4)
  n <- length(unique(set$cluster))
  members <- split(seq_len(nrow(set)), set$cluster)
  brute <- with_seed(5, replicate(4000, {
    rows <- unlist(members[sample(n, replace = TRUE)])
    gaps <- tapply(rows, cut(set$prob[rows], (0:10) / 10, right = FALSE), function(r) sum(set$label[r] - set$prob[r]))
    sum(abs(gaps), na.rm = TRUE) / length(rows)
  }))
  result <- calibration_error(set$prob, set$label, clusters = set$cluster, resamples = 4000, level = 0.8)
  # The standard error of a 10 % quantile of 4000 draws is .027 of their standard deviation (normal), twice of two runs.
  expect_lt(abs(result$ece.low - stats::quantile(brute, 0.1)), 0.15 * stats::sd(brute))
  expect_lt(abs(result$ece.high - stats::quantile(brute, 0.9)), 0.15 * stats::sd(brute))
  # Clusters differ, so taking predictions one by one would be too sure.
  alone <- calibration_error(set$prob, set$label, resamples = 4000, level = 0.8)
  expect_gt((result$ece.high - result$ece.low) / (alone$ece.high - alone$ece.low), 1.1)
})

test_that("the interval does not depend on blocks, row order or the session's random state", {
  set <- clustered_set(20, 6)
  wanted <- calibration_error(set$prob, set$label, clusters = set$cluster)
  shuffled <- set[with_seed(7, sample(.N))]
  set.seed(99)
  before <- .Random.seed
  expect_equal(calibration_error(shuffled$prob, shuffled$label, clusters = shuffled$cluster), wanted, tolerance = 1e-12)
  expect_identical(.Random.seed, before)
  in_blocks <- with_seed(8, cbind(resample_counts(5, 3), resample_counts(5, 4)))
  expect_identical(in_blocks, with_seed(8, resample_counts(5, 7)))
  expect_identical(unlist(blocks_of(1000, 1e5), use.names = FALSE), 1:1000)
})

test_that("one cluster, or no resamples, leave the interval NA", {
  none <- function(...) calibration_error(c(0.1, 0.4, 0.8), c(0, 1, 1), ...)[, c("ece.low", "ece.high")]
  expect_true(all(is.na(none(clusters = c(1, 1, 1)))))
  expect_true(all(is.na(none(resamples = 0))))
  expect_true(all(is.na(calibration_error(0.3, 1)[, c("ece.low", "ece.high")])))
  expect_false(anyNA(none(clusters = c("x", "x", "y"))))
})

test_that("clusters and resamples are checked", {
  for (bad in list(1:2, c(1, NA, 2), list(1, 2, 3))) {
    expect_error(calibration_error(c(0.1, 0.4, 0.8), c(0, 1, 1), clusters = bad), class = "deepmr_error_argument")
  }
  expect_error(calibration_error(0.1, 0, resamples = -1), class = "deepmr_error_argument")
  expect_error(calibration_error(0.1, 0, seed = 0.5), class = "deepmr_error_argument")
})
