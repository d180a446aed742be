other_model <- function() test_model("Other")

test_that("an ensemble of one is the plain model", {
  skip_if_no_python()
  same <- function(f) expect_equal(f(model_ensemble(list(test_model()))), f(test_model()), ignore_attr = TRUE)
  same(function(model) saturation_mutagenesis(model, test_sequences, n_samples = 4, batch_size = 8))
  same(function(model) saturation_mutagenesis(model, test_sequences, dropout = NULL, batch_size = 8))
  same(function(model) predict(model, test_sequences, n_samples = 4, batch_size = 8))
})

test_that("members take turns over the draws", {
  skip_if_no_python()
  x <- saturation_mutagenesis(model_ensemble(list(test_model(), other_model())), test_sequences, n_samples = 5)
  alone <- lapply(list(test_model(), other_model()), saturation_mutagenesis, test_sequences, n_samples = 5)
  for (t in 1:5) {
    draw <- function(table) vapply(table$effect_draws, `[`, 0, t)
    expect_equal(draw(x), draw(alone[[2 - t %% 2]]), tolerance = 1e-4)
  }
})

test_that("without dropout there is a draw for each member", {
  skip_if_no_python()
  models <- list(test_model(), other_model(), test_model("NoDropout"))
  x <- saturation_mutagenesis(model_ensemble(models), test_sequences[1L], dropout = NULL)
  alone <- vapply(models, function(m) {
    saturation_mutagenesis(m, test_sequences[1L], dropout = NULL)$effect
  }, numeric(nrow(x)))
  expect_equal(x$effect, rowMeans(alone), tolerance = 1e-4)
  expect_equal(x$se, apply(alone, 1, stats::sd), tolerance = 1e-3)
  expect_true(all(x$n_draws == 3L))
  expect_true(all(x$n_members == 3L))
  expect_output(print(x), "3 draws\n")
})

test_that("its parts are shown", {
  skip_if_no_python()
  expect_snapshot(print(model_ensemble(list(test_model(), other_model()))), transform = portable)
})

test_that("scales of members are shown, and different ones warned of", {
  skip_if_no_python()
  logit <- function(model) with_transform(model, transform_logit())
  same <- model_ensemble(list(logit(test_model()), logit(other_model())))
  expect_output(print(same), "Scale: +logit")
  x <- saturation_mutagenesis(same, test_sequences[1L], n_samples = 2, positions = 1)
  expect_output(print(x), "Scale: logit")
  plain <- with_transform(same, NULL)
  expect_equal(
    predict(plain, test_sequences[1L], n_samples = 2)$mean,
    predict(model_ensemble(list(test_model(), other_model())), test_sequences[1L], n_samples = 2)$mean
  )
  expect_no_match(capture.output(print(plain)), "Scale")
  expect_warning(
    mixed <- model_ensemble(list(logit(test_model()), other_model())), "different scales",
    class = "deepmr_warning_scales"
  )
  expect_output(print(mixed), "by member: logit; the network's own")
})

test_that("numbers by output follow each member's own order of outputs", {
  skip_if_no_python()
  platt <- transform_platt(c(x = 5, y = 0), c(x = 1, y = 1))
  exchanged <- test_model("Other", outputs = c("y", "x"))
  alone <- predict(with_transform(exchanged, platt), test_sequences[1L], dropout = NULL)
  ensemble <- model_ensemble(list(with_transform(test_model(), platt), with_transform(exchanged, platt)))
  draws <- predict(ensemble, test_sequences[1L], dropout = NULL, draws = TRUE)
  second <- vapply(draws$prediction_draws, `[`, 0, 2)
  expect_equal(stats::setNames(second, draws$output)[alone$output], stats::setNames(alone$mean, alone$output))
})

test_that("members that do not fit are refused", {
  skip_if_no_python()
  model <- test_model()
  expect_error(model_ensemble(model), "must be a list", class = "deepmr_error_argument")
  expect_error(model_ensemble(list()), class = "deepmr_error_argument")
  expect_error(model_ensemble(list(model, "x")), "number 2", class = "deepmr_error_argument")
  expect_error(model_ensemble(list(NULL)), "number 1", class = "deepmr_error_argument")
  expect_error(model_ensemble(list(model, model)), "one and the same network", class = "deepmr_error_ensemble")
  expect_error(model_ensemble(list(model, test_model())), "same weights", class = "deepmr_error_ensemble")
  expect_error(
    model_ensemble(list(model, test_model("Other", outputs = c("x", "z")))), "'y' is in one only",
    class = "deepmr_error_ensemble"
  )
  expect_error(
    predict(model_ensemble(list(model, other_model(), test_model("NoDropout"))), test_sequences, n_samples = 2),
    "less than the 3 members",
    class = "deepmr_error_argument"
  )
})
