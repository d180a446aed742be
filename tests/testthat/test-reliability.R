test_that("reliability() has one row per non-empty bin and the interval of binom.test()", {
  x <- random_predictions(120, seed = 6)
  for (type in c("width", "adaptive")) {
    bins <- reliability(x$prob, x$label, bins = 20, type = type, level = 0.9)
    expect_s3_class(bins, "deepmr_reliability")
    expect_equal(sum(bins$n), length(x$prob))
    expect_true(all(bins$n > 0) && !is.unsorted(bins$bin, strictly = TRUE))
    expect_true(all(bins$mean_prob >= bins$lower & bins$mean_prob <= bins$upper))
    for (i in seq_len(nrow(bins))) {
      expected <- stats::binom.test(round(bins$n[i] * bins$event_rate[i]), bins$n[i], conf.level = 0.9)$conf.int
      expect_equal(c(bins$conf.low[i], bins$conf.high[i]), as.vector(expected), tolerance = 1e-10)
    }
  }
})

test_that("the mean gap of the reliability table is the calibration error", {
  x <- random_predictions(300, seed = 7)
  mean_gap <- function(bins) sum(bins$n * abs(bins$event_rate - bins$mean_prob)) / sum(bins$n)
  error <- calibration_error(x$prob, x$label)
  expect_equal(mean_gap(reliability(x$prob, x$label)), error$ece)
  expect_equal(mean_gap(reliability(x$prob, x$label, type = "adaptive")), error$ace)
})
