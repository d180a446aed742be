# A small example, computed by hand: bins of 5 hold 3, 1, 2, 1, 3
# predictions, with gaps 1/15, 3/4, 0, 7/20, 1/15.
prob_a <- c(.05, .15, .25, .45, .55, .65, .85, .95, 1, 0)
label_a <- c(0, 0, 1, 0, 1, 1, 1, 1, 1, 0)

# The definitions again, in loops and without ranks or findInterval().
slow_width_bin <- function(prob, bins) {
  vapply(prob, function(p) {
    for (i in seq_len(bins)) {
      inside <- if (i < bins) p >= (i - 1) / bins && p < i / bins else p >= (i - 1) / bins
      if (inside) return(i)
    }
  }, numeric(1))
}

slow_gaps <- function(prob, label, bin) {
  gaps <- shares <- numeric()
  for (b in sort(unique(bin))) {
    total_prob <- total_label <- count <- 0
    for (j in seq_along(prob)) {
      if (bin[j] == b) {
        total_prob <- total_prob + prob[j]
        total_label <- total_label + label[j]
        count <- count + 1
      }
    }
    gaps <- c(gaps, abs(total_label - total_prob) / count)
    shares <- c(shares, count / length(prob))
  }
  list(gaps = gaps, shares = shares)
}

# Walk up the sorted predictions; a block of ties goes to the bin that holds its middle.
slow_adaptive_bin <- function(prob, bins) {
  n <- length(prob)
  bin <- numeric(n)
  for (value in unique(prob)) {
    below <- sum(prob < value)
    ties <- sum(prob == value)
    middle <- below + ties / 2
    b <- 1
    while (middle * bins >= b * n) b <- b + 1
    bin[prob == value] <- b
  }
  bin
}

test_that("the small example gives the values computed by hand", {
  result <- calibration_error(prob_a, label_a, bins = 5)
  expect_named(result, calibration_columns)
  expect_equal(result$n, 10L)
  expect_equal(result$ece, 0.15)
  expect_equal(result$mce, 0.75)
  expect_equal(result$brier, 0.114)
  expect_equal(result$ace, 0.12)
  expect_equal(result$ace_max, 0.30)
  expect_equal(result$rmsce, sqrt((3 / 15^2 + 0.75^2 + 0 + 0.35^2 + 3 / 15^2) / 10))
  # The bins of one left out; the middle one's noise, 1/4, is more than all gaps.
  expect_equal(result$rmsce_debiased, 0)
  expect_equal(result$log_loss, -sum(log(c(.95, .85, .25, .55, .55, .65, .85, .95, 1, 1))) / 10)
  bins <- reliability(prob_a, label_a, bins = 5)
  expect_equal(bins$n, c(3, 1, 2, 1, 3))
  expect_equal(abs(bins$event_rate - bins$mean_prob), c(1 / 15, 0.75, 0, 0.35, 1 / 15))
})

test_that("bins and errors equal a slow implementation, with ties and predictions on edges", {
  for (seed in 1:3) {
    for (bins in c(1L, 7L, 10L, 100L)) {
      x <- random_predictions(150, seed)
      fast <- calibration_error(x$prob, x$label, bins)
      width <- slow_gaps(x$prob, x$label, slow_width_bin(x$prob, bins))
      adaptive <- slow_gaps(x$prob, x$label, slow_adaptive_bin(x$prob, bins))
      expect_equal(fast$ece, sum(width$gaps * width$shares), tolerance = 1e-12)
      expect_equal(fast$mce, max(width$gaps), tolerance = 1e-12)
      expect_equal(fast$ace, sum(adaptive$gaps * adaptive$shares), tolerance = 1e-12)
      expect_equal(fast$ace_max, max(adaptive$gaps), tolerance = 1e-12)
    }
  }
})

test_that("a prediction on an edge belongs to the bin above, and 1 to the last", {
  expect_equal(width_bin((0:10) / 10, 10L), c(1:10, 10L))
  expect_equal(width_bin((0:100) / 100, 100L), c(1:100, 100L))
  expect_equal(width_bin(c(0, 1), 1L), c(1L, 1L))
})

test_that("adaptive bins differ by at most one in size without ties, and keep ties together", {
  for (n in c(10, 97, 100)) {
    for (bins in c(3L, 7L, 10L)) {
      sizes <- tabulate(adaptive_bin(with_seed(n, stats::runif(n)), bins), bins)
      expect_lte(diff(range(sizes)), 1)
    }
  }
  tied <- rep(c(0.1, 0.2, 0.9), c(50, 3, 7))
  expect_true(all(tapply(adaptive_bin(tied, 10L), tied, function(b) length(unique(b))) == 1L))
  expect_equal(unique(adaptive_bin(rep(0.5, 8), 4L)), 3L)
})

test_that("the order of the data does not matter", {
  x <- random_predictions(200, seed = 4)
  shuffled <- with_seed(5, sample(length(x$prob)))
  expect_equal(
    calibration_error(x$prob[shuffled], x$label[shuffled], resamples = 0),
    calibration_error(x$prob, x$label, resamples = 0),
    tolerance = 1e-14
  )
  for (type in c("width", "adaptive")) {
    expect_equal(
      reliability(x$prob[shuffled], x$label[shuffled], type = type), reliability(x$prob, x$label, type = type),
      tolerance = 1e-14
    )
  }
})

test_that("logical labels, integer predictions and one prediction are fine", {
  expect_equal(calibration_error(prob_a, label_a == 1), calibration_error(prob_a, label_a))
  expect_equal(calibration_error(c(0L, 1L), c(0, 1))$ece, 0)
  one <- calibration_error(0.3, 1)
  expect_equal(c(one$ece, one$mce, one$ace, one$brier), c(0.7, 0.7, 0.7, 0.49))
})

test_that("bad predictions stop with their own class", {
  expect_error(calibration_error("0.5", 1), class = "deepmr_error_probability")
  expect_error(calibration_error(matrix(0.5, 2, 2), c(0, 1, 0, 1)), class = "deepmr_error_probability")
  for (bad in c(NA, NaN, -1e-9, 1 + 1e-9, Inf)) {
    expect_error(calibration_error(c(0.5, bad), c(0, 1)), class = "deepmr_error_probability")
    expect_error(reliability(c(0.5, bad), c(0, 1)), class = "deepmr_error_probability")
  }
})

test_that("bad labels stop with their own class", {
  expect_error(calibration_error(0.5, "1"), class = "deepmr_error_label")
  expect_error(calibration_error(c(0.5, 0.5), factor(c(0, 1))), class = "deepmr_error_label")
  for (bad in c(NA, 0.5, 2, -1)) {
    expect_error(calibration_error(c(0.5, 0.5), c(0, bad)), class = "deepmr_error_label")
    expect_error(reliability(c(0.5, 0.5), c(0, bad)), class = "deepmr_error_label")
  }
  expect_error(calibration_error(c(0.5, 0.5), c(TRUE, NA)), class = "deepmr_error_label")
})

test_that("empty input, unequal lengths and bad arguments stop", {
  expect_error(calibration_error(numeric(), numeric()), class = "deepmr_error_length")
  expect_error(calibration_error(c(0.1, 0.2), 1), class = "deepmr_error_length")
  expect_error(reliability(0.1, c(0, 1)), class = "deepmr_error_length")
  for (bins in list(0, 2.5, NA, "10", c(5, 10))) {
    expect_error(calibration_error(0.1, 0, bins = bins), class = "deepmr_error_argument")
  }
  expect_error(reliability(0.1, 0, type = "equal"), class = "deepmr_error_argument")
  expect_error(reliability(0.1, 0, level = 1), class = "deepmr_error_argument")
})

test_that("the messages say what was wrong and where", {
  expect_snapshot(error = TRUE, {
    calibration_error(c(0.5, 1.2), c(0, 1))
    calibration_error(c(0.5, 0.7), c(0, 0.3))
    calibration_error(c(0.5, 0.7), 1)
  })
})

test_that("the debiased error is that of its formula, and right for calibrated and miscalibrated predictions", {
  prob <- rep(c(0.1, 0.3, 0.7), c(4, 5, 1))
  label <- c(0, 0, 1, 1, 1, 1, 1, 1, 0, 0)
  # Gaps .4, .5; noise 1/4 / 3 and .8 * .2 / 4; the bin of one is left out.
  expected <- sqrt((4 * (0.16 - 1 / 12) + 5 * (0.25 - 0.04)) / 9)
  expect_equal(calibration_error(prob, label, resamples = 0)$rmsce_debiased, expected)
  expect_identical(calibration_error(c(0.1, 0.9), c(0, 1), resamples = 0)$rmsce_debiased, NA_real_)
  # Over many small samples, the mean squared error without bias is the truth: 0, or .2^2; the plain one is not.
  squares <- with_seed(1, replicate(400, {
    prob <- stats::runif(100, 0.2, 0.8)
    middle <- (floor(10 * prob) + 0.5) / 10 # of its bin, so that calibrated bins have no gap but noise
    one <- function(truth) {
      gaps <- gaps_by_bin(middle, stats::rbinom(100, 1, truth), width_bin(middle, 10L))
      several <- gaps$n > 1
      noise <- gaps$rate * (1 - gaps$rate) / (gaps$n - 1)
      c(stats::weighted.mean((gaps$gap^2 - noise)[several], gaps$n[several]), sum(gaps$share * gaps$gap^2))
    }
    c(one(middle), one(middle + 0.2))
  }))
  error <- apply(squares, 1, stats::sd) / 20
  expect_true(all(abs(rowMeans(squares)[c(1, 3)] - c(0, 0.04)) < 4 * error[c(1, 3)]))
  expect_true(all(rowMeans(squares)[c(2, 4)] - c(0, 0.04) > 4 * error[c(2, 4)]))
})

test_that("a certain prediction that was wrong has a large, finite log loss", {
  expect_equal(calibration_error(c(0, 1), c(1, 0))$log_loss, -log(1e-15), tolerance = 1e-3)
  expect_equal(calibration_error(0, 1)$log_loss, -log(1e-15))
  expect_equal(calibration_error(c(0, 1), c(0, 1))$log_loss, 0, tolerance = 1e-14)
})

test_that("a table gives each output's row and the pooled one, whatever the order of the labels", {
  table <- labelled_table(60, slope = 2)
  labels <- table[with_seed(1, sample(.N)), c("sequence", "output", "label")]
  result <- calibration_error(table, labels)
  expect_named(result, c("output", calibration_columns))
  expect_identical(result$output, c("a", "b", "(pooled)"))
  for (name in c("a", "b")) {
    one <- table[output == name]
    expect_equal(result[output == name, -"output"], calibration_error(one$mean, one$label, clusters = one$sequence))
  }
  expect_equal(result[3, -"output"], calibration_error(table$mean, table$label, clusters = table$sequence))
  expect_error(calibration_error(table, labels, clusters = table$sequence), class = "deepmr_error_argument")
  table$mean[3] <- 1.5
  expect_error(calibration_error(table, labels), "prob$mean", fixed = TRUE, class = "deepmr_error_probability")
})

test_that("errors are scikit-learn's", {
  metrics <- sklearn("metrics")
  calibration <- sklearn("calibration")
  x <- with_seed(8, {
    prob <- stats::runif(500)
    list(prob = prob, label = stats::rbinom(500, 1, prob^2))
  })
  result <- calibration_error(x$prob, x$label, bins = 8, resamples = 0)
  expect_equal(result$brier, metrics$brier_score_loss(x$label, x$prob), tolerance = 1e-12)
  expect_equal(result$log_loss, metrics$log_loss(x$label, x$prob), tolerance = 1e-12)
  curve <- calibration$calibration_curve(x$label, x$prob, n_bins = 8L)
  gap <- abs(as.vector(curve[[1]]) - as.vector(curve[[2]]))
  share <- as.vector(table(cut(x$prob, (0:8) / 8))) / 500
  expect_equal(result$ece, sum(share * gap), tolerance = 1e-12)
  expect_equal(result$mce, max(gap), tolerance = 1e-12)
})
