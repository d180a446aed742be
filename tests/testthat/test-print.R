test_that("a table that was changed by reference is not printed at once, but when asked", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 12)
  effects <- estimate_effects(x, "exposure", "outcome")
  fit <- suppressMessages(fit_mr(effects))
  for (table in list(x, effects, fit, meta_analyze(fit))) {
    table[, "mark" := 1L]
    expect_silent(print(table)) # what the console does after `:=`
    expect_output(print(table), "sequence")
  }
})

test_that("list-columns are named, not shown", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 12)
  printed <- capture.output(print_table(x))
  expect_match(printed[length(printed)], "Not shown: the list-column effect_draws", fixed = TRUE)
  expect_false(any(grepl("effect_draws", printed[-length(printed)])))
})
