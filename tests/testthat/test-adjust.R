many_pairs <- function() {
  x <- simulate_mutagenesis(n_sequences = 4, length = 12, pleiotropy = 0.05)
  for (i in 1:3) {
    more <- simulate_mutagenesis(n_sequences = 4, length = 12, pleiotropy = 0.05, seed = 1)
    more <- more[more$output == "outcome"]
    more$effect_draws <- lapply(seq_along(more$effect_draws), function(j) {
      more$effect_draws[[j]] + with_seed(100L * i + j, rnorm(1, sd = 0.05))
    })
    more$effect <- vapply(more$effect_draws, mean, 0)
    more[, "output" := paste0("y", i)]
    x <- rbind(x, more)
  }
  x
}

test_that("p-values of fits are adjusted over sequences and pairs, by method and error", {
  outputs <- c("exposure", "outcome", "y1", "y2", "y3")
  suppressMessages(fit <- fit_mr(
    many_pairs(), exposure = outputs, outcome = outputs, method = c("egger_draws", "ols"), adjust = "holm"
  ))
  expect_identical(nrow(fit), 4L * 20L * 2L * 2L)
  for (rows in split(bare(fit), list(fit$method, fit$error))) {
    expect_equal(rows$adj.p.value, p.adjust(rows$p.value, "holm"))
    expect_identical(nrow(rows), 80L)
  }
  expect_gt(mean(fit$adj.p.value > fit$p.value), 0.5)
  expect_identical(match("adj.p.value", names(fit)), match("p.value", names(fit)) + 1L)
  expect_output(print(fit), "adj.p.value")
})

test_that("fits without an estimate are no tests", {
  effects <- estimate_effects(many_pairs(), "exposure", c("outcome", "y1", "y2"))
  effects$beta_outcome[effects$outcome == "y1" & effects$sequence == "simulated2"] <- NA
  fit <- fit_mr(effects, method = "egger", error = "mc", adjust = "BH")
  failed <- is.na(fit$p.value)
  expect_identical(sum(failed), 1L)
  expect_equal(fit$adj.p.value[!failed], p.adjust(fit$p.value[!failed], "BH", n = 11))
  expect_true(is.na(fit$adj.p.value[failed]))
})

test_that("p-values of pooled slopes are adjusted over pairs, those of moderators by term", {
  effects <- estimate_effects(many_pairs(), "exposure", c("outcome", "y1", "y2", "y3"))
  fit <- fit_mr(effects, method = c("ols", "egger_draws"))
  pooled <- meta_analyze(fit, method = "DL", adjust = "BH")
  for (rows in split(bare(pooled), list(pooled$method, pooled$error))) {
    expect_equal(rows$adj.p.value, p.adjust(rows$p.value, "BH"))
    expect_identical(nrow(rows), 4L)
  }
  expect_output(print(pooled), "adj.p.value")
  same <- names(meta_analyze(fit, method = "DL"))
  expect_equal(bare(pooled)[same], bare(meta_analyze(fit, method = "DL"))[same])
  expect_false("adj.p.value" %in% same)
  gc <- data.frame(sequence = unique(fit$sequence), gc = c(0.1, 0.5, 0.3, 0.9))
  moderated <- meta_analyze(fit, mods = ~gc, data = gc, adjust = "bonferroni")
  slopes <- bare(moderated)[moderated$term == "gc" & moderated$method == "ols" & moderated$error == "mc", ]
  expect_equal(slopes$adj.p.value, pmin(1, 4 * slopes$p.value))
  expect_no_error(ggplot2::ggplot_build(ggplot2::autoplot(pooled)))
})

test_that("unknown adjustments are refused", {
  effects <- estimate_effects(simulate_mutagenesis(n_sequences = 1, length = 5), "exposure", "outcome")
  expect_error(fit_mr(effects, adjust = "fdr2"), class = "deepmr_error_argument")
  expect_error(meta_analyze(fit_mr(effects, method = "ols"), adjust = NA), class = "deepmr_error_argument")
})
