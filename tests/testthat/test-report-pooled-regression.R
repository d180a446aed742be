test_that("one regression over all sequences has a page that says so", {
  skip_on_cran()
  skip_without_reports()
  x <- simulate_mutagenesis(n_sequences = 5, length = 40)
  fit <- fit_mr(x, exposure = "exposure", outcome = "outcome", by = NULL, level = 0.8)
  report <- new_report(fit, x)
  lead <- report_lead(report)
  expect_match(lead, "In one regression over all sequences", fixed = TRUE)
  expect_match(lead, paste0("(80\u00a0% interval ", interval(fit$conf.low[1], fit$conf.high[1])), fixed = TRUE)
  expect_match(report_pooled(report), "Nothing to pool: each fit is one regression", fixed = TRUE)
  expect_match(report_asked(report), "<dd>5: simulated1, simulated2", fixed = TRUE)
  expect_match(report_sequences(report), "<strong>5 sequences</strong> with 120 variants each", fixed = TRUE)
  expect_match(report_scatters(report), "1 more sequence not drawn", fixed = TRUE)
  expect_match(fits_table(fit), "80\u00a0% interval</th>", fixed = TRUE)
  without <- new_report(fit)
  expect_match(report_sequences(without), "All sequences together fitted", fixed = TRUE)
  expect_match(report_asked(without), "<dd>one regression over all of them</dd>", fixed = TRUE)
  file <- temporary_file(".html")
  expect_no_warning(render_report(fit, file, mutagenesis = x))
  expect_true(file.exists(file))
})

test_that("intervals are named by their level, where all fits have the same", {
  x <- simulate_mutagenesis(n_sequences = 2, length = 30)
  at <- function(level, method) fit_mr(x, method, exposure = "exposure", outcome = "outcome", level = level)
  for (method in c("egger_draws", "egger", "ols")) {
    expect_identical(interval_words(at(0.95, method)), "95\u00a0% interval")
    expect_identical(interval_words(at(0.995, method)), "99.5\u00a0% interval")
  }
  expect_identical(interval_words(rbind(at(0.8, "ols"), at(0.9, "ols"))), "interval")
  none <- at(0.9, "ols")[, c("estimate", "std.error", "conf.low", "conf.high") := NA_real_]
  expect_identical(interval_words(none), "interval")
})

test_that("every meaning of the error is explained", {
  words <- error_meaning(c("mc", "classical", "posterior", "given"))
  expect_length(words, 4L)
  x <- simulate_mutagenesis(n_sequences = 2, length = 30)
  fit <- fit_mr(x, exposure = "exposure", outcome = "outcome", error = "posterior")
  expect_match(report_asked(new_report(fit)), "<code>posterior</code> takes each draw", fixed = TRUE)
})
