test_that("tables from a file, or bound together, are plotted as what they were", {
  x <- simulate_mutagenesis(n_sequences = 4, length = 20)
  effects <- estimate_effects(x, "exposure", "outcome")
  fit <- fit_mr(effects, method = c("egger", "egger_draws"))
  prob <- (1:200 - 0.5) / 200
  label <- as.integer((1:200 * 37) %% 200 / 200 < prob)
  tables <- list(x, effects, fit, suppressMessages(meta_analyze(fit)), reliability(prob, label))
  file <- temporary_file(".csv")
  for (table in tables) {
    data.table::fwrite(table[, !vapply(table, is.list, TRUE), with = FALSE], file)
    type <- if (inherits(table, "deepmr_mr_fit")) list(type = "forest")
    draw <- function(table) do.call(autoplot, c(list(table), type))
    want <- draw(table)
    for (plain in list(data.table::fread(file), read.csv(file), rbind(table))) {
      got <- draw(plain)
      expect_identical(got$labels$caption, want$labels$caption)
      expect_equal(ggplot2::layer_data(got, 1), ggplot2::layer_data(want, 1), tolerance = 1e-6)
    }
  }
})

test_that("fits bound together are one plot, and their scatter asks for the effects", {
  effects <- estimate_effects(simulate_mutagenesis(n_sequences = 3, length = 20), "exposure", "outcome")
  both <- rbind(fit_mr(effects, method = "egger"), fit_mr(effects, method = "ivw"))
  forest <- autoplot(both, type = "forest")
  expect_identical(levels(forest$data$label), c("egger (mc)", "egger (classical)", "ivw (mc)", "ivw (classical)"))
  expect_error(autoplot(both), class = "deepmr_error_no_variants")
  expect_s3_class(autoplot(both, data = effects), "ggplot")
})

test_that("other data frames are left to ggplot2", {
  expect_error(autoplot(data.frame(a = 1)), "not supported by autoplot")
})
