# Predictions of unknown values f = mean + sqrt(lambda) * sd * z with variances that differ over a factor of a hundred;
# `label` is f with noise of variance `noise`.
heteroscedastic <- function(n, lambda, noise = 0, replicates = 1L, outputs = "a", seed = 1) {
  with_seed(seed, {
    x <- data.table::CJ(output = outputs, sequence = paste0("s", seq_len(n)))
    x[, c("mean", "var") := list(stats::rnorm(.N), exp(stats::rnorm(.N)) / 4)]
    x[, "truth" := mean + sqrt(lambda * var) * stats::rnorm(.N)]
    labels <- x[rep(seq_len(nrow(x)), each = replicates), c("sequence", "output", "truth")]
    labels[, "label" := truth + sqrt(noise) * stats::rnorm(.N)]
    list(x = x, labels = labels[, c("sequence", "output", "label")])
  })
}

lambda_of <- function(fit) tidy(fit)[term == "lambda"]

test_that("the small example gives its figures", {
  mu <- rep(0, 12)
  sd <- rep(c(1, 1, 2, 2), 3)
  y <- rep(c(0.5, -1.5, 1, -3), 3)
  x <- data.frame(sequence = 1:12, output = "a", mean = mu, var = sd^2, label = y)
  fit <- recalibrate(x, x, "variance", noise = 0)
  expect_equal(lambda_of(fit)$estimate, 1.25)
  expect_equal(glance(fit)$before, 1.8905121235, tolerance = 1e-10)
  z <- y / sd
  expect_equal(glance(fit)$after, mean(log(2 * pi * 1.25 * sd^2) / 2 + z^2 / 2.5), tolerance = 1e-12)
  expect_equal(lambda_of(recalibrate(x, x, "variance", noise = 1))$estimate, (12.5 - 4) / 10)
  expect_identical(transform_steps(fit)[[1]], list(kind = "spread", factor = c(a = 1.25)))
})

test_that("noise may be a number, a column, or the replicates' own, each averaged over labels", {
  set <- heteroscedastic(30, 2, noise = 0.5, replicates = 3, seed = 2)
  labels <- set$labels[-c(1, 5)]
  average <- labels[, list(y = mean(label), v = stats::var(label) / .N, n = .N), by = "sequence"]
  x <- set$x[average, on = "sequence"]
  expected <- function(v) sum((x$y - x$mean)^2 - v) / sum(x$var)
  estimate <- function(...) lambda_of(recalibrate(set$x, ..., method = "variance", resamples = 10))$estimate
  expect_equal(estimate(labels), expected(x$v))
  expect_equal(estimate(labels, noise = 0.5), expected(0.5 / x$n))
  with_column <- data.table::copy(labels)[, "noise" := 0.5]
  expect_equal(estimate(with_column), expected(0.5 / x$n))
})

test_that("a sequence with one label of unknown noise is left out with a message", {
  set <- heteroscedastic(30, 2, noise = 0.5, replicates = 2, seed = 3)
  labels <- set$labels[-1]
  first <- set$labels$sequence[1]
  expect_message(got <- recalibrate(set$x, labels, "variance"), "1 of 30", class = "deepmr_message_single_label")
  expect_equal(got, recalibrate(set$x[sequence != first], labels[sequence != first], "variance"))
})

test_that("the interval is a bootstrap over sequences", {
  set <- heteroscedastic(60, 2, noise = 0.5, replicates = 2, seed = 4)
  average <- set$labels[, list(y = mean(label), v = stats::var(label) / .N), by = "sequence"]
  x <- set$x[average, on = "sequence"]
  brute <- with_seed(5, replicate(4000, {
    rows <- sample(60, replace = TRUE)
    max(0, sum(((x$y - x$mean)^2 - x$v)[rows]) / sum(x$var[rows]))
  }))
  fit <- lambda_of(recalibrate(set$x, set$labels, "variance", level = 0.8, resamples = 4000))
  expect_lt(abs(fit$conf.low - stats::quantile(brute, 0.1)), 0.15 * stats::sd(brute))
  expect_lt(abs(fit$conf.high - stats::quantile(brute, 0.9)), 0.15 * stats::sd(brute))
  expect_equal(fit$std.error, stats::sd(brute), tolerance = 0.1) # two standard deviations of 4000 draws, skewed
  again <- lambda_of(recalibrate(set$x, set$labels, "variance", seed = 2))
  expect_false(isTRUE(all.equal(again$conf.low, fit$conf.low)))
})

test_that("intervals after the recalibration cover the truth as often as they say, despite noisy labels", {
  skip_on_cran()
  for (replicates in c(1L, 3L)) {
    # So many that the standard error of lambda, 1.5 %, moves the coverage by .002.
    held_out <- heteroscedastic(20000, 3, noise = 0.5, replicates = replicates, outputs = c("a", "b"), seed = 6)
    noise <- if (replicates == 1L) 0.5
    fit <- recalibrate(held_out$x, held_out$labels, "variance", noise = noise, resamples = 200)
    fresh <- heteroscedastic(20000, 3, outputs = c("a", "b"), seed = 7)$x
    covered <- function(x) x[, mean(abs(truth - mean) <= 1.959964 * sqrt(var)), by = "output"]$V1
    expect_true(all(covered(fresh) < 0.8))
    spread_prediction(fresh, fit)
    expect_true(all(covered(fresh) > 0.94 & covered(fresh) < 0.96))
  }
  # The noise taken for the model's error would make intervals too wide.
  first <- held_out$labels[!duplicated(held_out$labels, by = c("sequence", "output"))]
  wide <- recalibrate(held_out$x, first, "variance", noise = 0, resamples = 200)
  expect_true(all(lambda_of(wide)$conf.low > 3.5))
})

test_that("right variances are left as they are: the interval holds 1 as often as it says", {
  skip_on_cran()
  fits <- lapply(1:100, function(seed) {
    set <- heteroscedastic(400, 1, noise = 0.3, seed = 100 + seed)
    lambda_of(recalibrate(set$x, set$labels, "variance", noise = 0.3, resamples = 200))
  })
  fits <- data.table::rbindlist(fits)
  expect_lt(abs(mean(fits$estimate) - 1), 3 * stats::sd(fits$estimate) / 10)
  # Binomial(100, .95): below .89 once in 100 times.
  expect_gte(mean(fits$conf.low < 1 & 1 < fits$conf.high), 0.89)
})

test_that("several 0/1 labels of a sequence tell the variance of its probability", {
  set <- with_seed(8, {
    x <- data.table::data.table(sequence = seq_len(3000), output = "a", mean = stats::runif(3000, 0.3, 0.7))
    x[, "var" := 0.0025]
    p <- x$mean + sqrt(2) * 0.05 * stats::rnorm(3000)
    labels <- data.table::data.table(sequence = rep(1:3000, each = 20), output = "a")
    labels[, "label" := stats::rbinom(.N, 1, p[sequence])]
    list(x = x, labels = labels)
  })
  fit <- lambda_of(recalibrate(set$x, set$labels, "variance"))
  expect_true(fit$conf.low < 2 && 2 < fit$conf.high)
  expect_gt(fit$conf.low, 1)
})

test_that("what cannot be fitted stops, and says why", {
  set <- heteroscedastic(20, 1, noise = 0.1)
  binary <- data.table::copy(set$labels)[, "label" := rep(0:1, 10)]
  changed <- function(table, column, value) data.table::copy(table)[3, (column) := value]
  expect_snapshot(error = TRUE, {
    recalibrate(set$x, binary, "variance")
    recalibrate(set$x, binary, "variance", noise = 0.1)
    recalibrate(set$x, set$labels, "variance")
    recalibrate(set$x$mean, set$labels$label, "variance")
    recalibrate(set$x[, -"var"], set$labels, "variance")
    recalibrate(changed(set$x, "var", NA), set$labels, "variance", noise = 0)
    recalibrate(set$x, changed(set$labels, "label", Inf), "variance", noise = 0)
    recalibrate(set$x, set$labels, "variance", noise = -1)
    recalibrate(set$x, set$labels[, noise := -1], "variance")
    recalibrate(set$x, set$labels, "variance", noise = 1)
    recalibrate(data.table::copy(set$x)[, "var" := 0], set$labels[, noise := 1], "variance")
    recalibrate(set$x[1:9], set$labels[1:9], "variance")
    recalibrate(set$x, data.table::copy(set$labels)[, "label" := set$x$mean], "variance")
  })
})

test_that("noise that explains all error leaves no variance, with a warning", {
  set <- heteroscedastic(20, 1)
  expect_warning(fit <- recalibrate(set$x, set$labels, "variance", noise = 100), class = "deepmr_warning_no_variance")
  expect_identical(unlist(lambda_of(fit)[, c("estimate", "conf.low", "conf.high")], use.names = FALSE), c(0, 0, 0))
})

test_that("a fit prints, and spreads a model's draws", {
  set <- heteroscedastic(40, 2, noise = 0.1, outputs = c("x", "y"))
  fit <- recalibrate(set$x, set$labels, "variance", noise = 0.1)
  expect_snapshot(fit)
  skip_if_no_python()
  model <- with_transform(test_model(), fit)
  expect_equal(
    predict(model, test_sequences, n_samples = 5)$var,
    predict(test_model(), test_sequences, n_samples = 5)$var * rep(lambda_of(fit)$estimate, 2)
  )
  expect_output(print(model), "spread with numbers for 2 outputs")
})
