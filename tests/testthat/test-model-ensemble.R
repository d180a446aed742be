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
  expect_output(print(x), "3 draws\n")
})

test_that("its parts are shown", {
  skip_if_no_python()
  expect_snapshot(print(model_ensemble(list(test_model(), other_model()))), transform = portable)
})

test_that("members that do not fit are refused", {
  skip_if_no_python()
  model <- test_model()
  expect_error(model_ensemble(model), "must be a list", class = "deepmr_error_argument")
  expect_error(model_ensemble(list()), class = "deepmr_error_argument")
  expect_error(model_ensemble(list(model, "x")), class = "deepmr_error_argument")
  expect_error(model_ensemble(list(model, model)), "one and the same network", class = "deepmr_error_ensemble")
  expect_error(
    model_ensemble(list(model, test_model(outputs = c("x", "z")))), "'y' is in one only",
    class = "deepmr_error_ensemble"
  )
  expect_error(
    predict(model_ensemble(list(model, other_model(), test_model())), test_sequences, n_samples = 2),
    "less than the 3 members",
    class = "deepmr_error_argument"
  )
})
