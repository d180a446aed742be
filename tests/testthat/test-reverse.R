test_that("the reverse fit is that of exposure and outcome changed over", {
  x <- simulate_mutagenesis(n_sequences = 2, length = 20)
  effects <- estimate_effects(x, "exposure", "outcome")
  turned <- estimate_effects(x, "outcome", "exposure")
  methods <- c("egger_draws", "egger", "ols", "median")
  both <- fit_mr(effects, method = methods, reverse = TRUE)
  want <- rbind(bare(fit_mr(effects, method = methods)), bare(fit_mr(turned, method = methods)))
  order_of <- function(fit) do.call(order, unname(as.list(fit)[fit_keys]))
  expect_equal(bare(both)[order_of(both), ], want[order_of(want), ], ignore_attr = TRUE)
  # side by side
  expect_identical(both$exposure[c(1, 9)], c("exposure", "outcome"))
  expect_identical(unique(both$sequence[1:16]), "simulated1")
  from_table <- fit_mr(x, exposure = "exposure", outcome = "outcome", method = methods, reverse = TRUE)
  expect_equal(bare(from_table), bare(both))
  already <- estimate_effects(x, "exposure", "outcome", reverse = TRUE)
  expect_equal(bare(fit_mr(already, method = methods)), bare(both))
  expect_equal(bare(fit_mr(already, method = methods, reverse = TRUE)), bare(both))
})

test_that("the two slopes of ols have the squared correlation as their product", {
  effects <- estimate_effects(simulate_mutagenesis(n_sequences = 1, length = 20), "exposure", "outcome")
  fit <- fit_mr(effects, method = "ols", error = "mc", reverse = TRUE)
  expect_equal(prod(fit$estimate), cor(effects$beta_exposure, effects$beta_outcome)^2)
})

test_that("a plain table is turned by its columns, and selected instruments are not", {
  effects <- estimate_effects(simulate_mutagenesis(n_sequences = 1, length = 10), "exposure", "outcome")
  plain <- bare(effects)[c("sequence", effect_columns)]
  fit <- fit_mr(plain, method = "ols", reverse = TRUE)
  expect_identical(fit$exposure, c("exposure", "outcome"))
  expect_identical(fit$outcome, c("outcome", "exposure"))
  expect_equal(fit$estimate[2], coef(lm(beta_exposure ~ beta_outcome, plain))[[2]])
  expect_error(fit_mr(select_instruments(effects), reverse = TRUE), "selected", class = "deepmr_error_argument")
  both <- estimate_effects(simulate_mutagenesis(n_sequences = 1, length = 10), "exposure", "outcome", reverse = TRUE)
  chosen <- fit_mr(select_instruments(both, min_effect = 0.01), method = "ols", error = "mc")
  expect_identical(chosen$n, c(sum(abs(plain$beta_exposure) >= 0.01), sum(abs(plain$beta_outcome) >= 0.01)))
})

test_that("both directions are plotted and summed up, and fitted over all sequences", {
  effects <- estimate_effects(simulate_mutagenesis(n_sequences = 3, length = 20), "exposure", "outcome")
  fit <- fit_mr(effects, method = "egger_draws", error = "mc", reverse = TRUE)
  expect_identical(nrow(summary(fit)), 2L)
  expect_identical(nrow(augment(fit)), 2L * nrow(effects))
  for (type in c("scatter", "forest")) expect_no_error(ggplot2::ggplot_build(ggplot2::autoplot(fit, type = type)))
  expect_identical(meta_analyze(fit)$k, c(3L, 3L))
  pooled <- fit_mr(effects, method = "ols", error = "mc", reverse = TRUE, by = NULL)
  want <- lm(beta_exposure ~ beta_outcome + sequence, effects)
  expect_equal(pooled$estimate[2], coef(want)[["beta_outcome"]])
})
