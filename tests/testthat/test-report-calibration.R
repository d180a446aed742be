report_labels <- function(n = 60L) {
  with_seed(1, {
    prob <- round(stats::runif(2 * n), 3)
    data.table::data.table(
      sequence = rep(paste0("h", seq_len(n)), 2), output = rep(c("exposure", "other"), each = n), mean = prob,
      label = as.integer(stats::runif(2 * n) < prob^2)
    )
  })
}

simulated_coverage <- function(x, factor = 1) {
  truth <- x[, list(sequence, position, alt, output, effect = sapply(effect_draws, tail, 1))]
  x <- data.table::copy(x)[, se := se * factor]
  se_coverage(x, truth, resamples = 50)
}

test_that("the page holds the figures of all four kinds, of the fit's outputs only", {
  skip_on_cran()
  skip_without_reports()
  x <- simulate_mutagenesis(n_sequences = 3, length = 40)
  fit <- fit_mr(x, exposure = "exposure", outcome = "outcome", method = "egger", error = "mc")
  labels <- report_labels()
  predicted <- labels[, c("sequence", "output", "mean")]
  error <- calibration_error(predicted, labels, resamples = 50)
  bins <- reliability(predicted, labels)
  coverage <- simulated_coverage(x)
  fitted <- recalibrate(predicted, labels, "platt")
  file <- temporary_file(".html")
  given <- list(error, bins, "Effects against <truth>" = coverage, fitted)
  render_report(fit, file, mutagenesis = x, calibration = given)
  page <- read_page(file)

  shown <- page_table(page, "Calibration error")
  wanted <- error[error$output != "other"]
  expect_identical(shown$output, wanted$output)
  expect_identical(shown[["mean gap (ECE)"]], number(wanted$ece))
  expect_identical(shown[["log loss"]], number(wanted$log_loss))
  shown <- page_table(page, "Bins, with exact intervals")
  wanted <- bins[bins$output != "other"]
  expect_identical(shown[["observed frequency"]], number(wanted$event_rate))
  shown <- page_table(page, "Coverage, with bootstrap")
  expect_identical(shown$held, number(coverage$coverage))
  shown <- page_table(page, "Mean log loss")
  expect_identical(shown$after, number(generics::glance(fitted)[output == "exposure"]$after))
  terms <- generics::tidy(fitted)[output == "exposure"]
  expect_identical(page_table(page, "Parameters")$estimate, number(terms$estimate))

  expect_on_page(page, "<h3>Effects against &lt;truth&gt;</h3>")
  expect_on_page(page, "<h3>Reliability of the predictions</h3>")
  # Two pictures of these, a forest and a scatter; each twice.
  expect_length(gregexpr("<img src=\"data:image/png;base64,", page, fixed = TRUE)[[1]], 4L)
  expect_length(gregexpr("srcset=\"data:image/png;base64,", page, fixed = TRUE)[[1]], 4L)
})

test_that("coverage is judged by its interval", {
  x <- simulate_mutagenesis(n_sequences = 8, length = 40)
  expect_match(coverage_sentences(simulated_coverage(x, 0.3)), "standard errors are too small", fixed = TRUE)
  expect_match(coverage_sentences(simulated_coverage(x, 5)), "larger than they need be", fixed = TRUE)
  coverage <- simulated_coverage(x)
  coverage[, c("coverage", "cluster.low", "cluster.high") := list(0.94, 0.9, 0.97)]
  expect_match(coverage_sentences(coverage), "promise 95 %, 94.0 % hold the true effect (90.0 to 97.0)", fixed = TRUE)
  expect_match(coverage_sentences(coverage), "no sign that standard errors are off", fixed = TRUE)
})

test_that("bins outside their intervals are counted, high and low", {
  bins <- data.table::data.table(
    bin = 1:4, lower = c(0, 0.25, 0.5, 0.75), upper = c(0.25, 0.5, 0.75, 1), n = 10L, mean_prob = c(0.1, 0.4, 0.6, 0.9),
    event_rate = 0.5, conf.low = c(0.05, 0.5, 0.1, 0.2), conf.high = c(0.2, 0.6, 0.3, 0.4)
  )
  data.table::setattr(bins, "class", class(reliability(0.5, 1)))
  words <- reliability_html(bins)
  expect_match(words, "in 1 of 4 bins the mean prediction lies within", fixed = TRUE)
  expect_match(words, "; in 2 it is too high and in 1 it is too low", fixed = TRUE)
})

test_that("calibration of something else is refused; a table without its class is not", {
  fit <- report_fit(2L)
  labels <- report_labels()
  other <- labels[output == "other"]
  ask <- function(calibration) new_report(fit, calibration = calibration)
  expect_error(ask(3), "an object of class numeric", class = "deepmr_error_calibration")
  expect_error(ask(list()), "an empty list", class = "deepmr_error_calibration")
  expect_error(ask(labels), "a table with sequence, output", class = "deepmr_error_calibration")
  bins <- reliability(labels$mean, labels$label)
  expect_error(ask(list(bins, "a")), "class character (element 2)", class = "deepmr_error_calibration", fixed = TRUE)
  expect_error(ask(bins[0]), "no rows", class = "deepmr_error_no_rows")
  expect_error(ask(reliability(other, other)), "other, \\(pooled\\)", class = "deepmr_error_outputs")
  expect_error(ask(recalibrate(other, other, "platt")), "other", class = "deepmr_error_outputs")
  plain <- ask(as.data.frame(bins))$calibration
  expect_identical(plain[[1]]$kind, "reliability")
  expect_s3_class(plain[[1]]$x, "deepmr_reliability")
  # The table given stays as it was.
  expect_identical(class(bins), class(reliability(0.5, 1)))
  expect_identical(ask(recalibrate(labels$mean, labels$label, "none"))$calibration[[1]]$kind, "recalibration")
})

test_that("a fit without parameters has no table of them", {
  labels <- report_labels()
  part <- new_report(report_fit(2L), calibration = recalibrate(labels$mean, labels$label, "none"))$calibration[[1]]
  expect_no_match(recalibration_html(part$x), "Parameters")
})
