# Draws of test_model() lie between 0 and 1: its last layer is a sigmoid.
raw_draws <- function(model, ...) {
  unlist(predict(model, test_sequences[1L], n_samples = 8, draws = TRUE, ...)$prediction_draws)
}

test_that("each transform is its formula, draw by draw", {
  skip_if_no_python()
  model <- test_model()
  p <- raw_draws(model)
  expect_true(all(p > 0 & p < 1))
  transformed <- function(transform) raw_draws(with_transform(model, transform))
  expect_equal(transformed(transform_identity()), p)
  expect_equal(transformed(transform_logit()), stats::qlogis(p), tolerance = 1e-12)
  expect_equal(transformed(transform_sigmoid()), stats::plogis(p), tolerance = 1e-12)
  expect_equal(transformed(transform_platt(0.3, 1.7)), stats::plogis(0.3 + 1.7 * stats::qlogis(p)), tolerance = 1e-12)
  x <- c(0, 0.3, 0.5, 1)
  y <- c(0.1, 0.2, 0.8, 0.9)
  expect_equal(transformed(transform_table(x, y)), stats::approx(x, y, p)$y, tolerance = 1e-12)
  # Zhou and Troyanskaya's formula as their server's help writes it.
  c_train <- 0.02
  expected <- 1 / (1 + exp(-(log(p / (1 - p)) + log(0.05 / (1 - 0.05)) - log(c_train / (1 - c_train)))))
  expect_equal(transformed(transform_prevalence(c_train)), expected, tolerance = 1e-12)
})

test_that("numbers named by output go to their outputs, in any order", {
  skip_if_no_python()
  model <- test_model()
  platt <- with_transform(model, transform_platt(a = c(y = 1, x = -1), b = c(x = 2, y = 3)))
  p <- matrix(raw_draws(model), ncol = 2)
  expected <- cbind(stats::plogis(-1 + 2 * stats::qlogis(p[, 1])), stats::plogis(1 + 3 * stats::qlogis(p[, 2])))
  expect_equal(raw_draws(platt), c(expected), tolerance = 1e-6)
  expect_equal(raw_draws(platt, outputs = "y"), expected[, 2], tolerance = 1e-6)
  expect_equal(
    raw_draws(with_transform(model, transform_platt(0.5, c(y = 3, x = 2)))),
    c(stats::plogis(0.5 + 2 * stats::qlogis(p[, 1])), stats::plogis(0.5 + 3 * stats::qlogis(p[, 2]))),
    tolerance = 1e-6
  )
  tables <- transform_table(list(y = 0:1, x = 0:1), list(y = c(0, 2), x = c(0, 3)))
  expect_equal(raw_draws(with_transform(model, tables)), c(p %*% diag(c(3, 2))), tolerance = 1e-6)
})

test_that("effects, variances and covariances are those of the transformed draws", {
  skip_if_no_python()
  model <- test_model()
  x <- saturation_mutagenesis(with_transform(model, transform_logit()), test_sequences[1L], n_samples = 8)
  raw <- saturation_mutagenesis(model, test_sequences[1L], n_samples = 8)
  ref <- predict(model, test_sequences[1L], n_samples = 8, draws = TRUE)$prediction_draws
  rows <- c(3, 20)
  for (row in rows) {
    reference <- ref[[match(raw$output[row], c("x", "y"))]]
    alt <- stats::qlogis(reference + raw$effect_draws[[row]])
    expect_equal(x$effect_draws[[row]], alt - stats::qlogis(reference), tolerance = 1e-4)
    expect_equal(x$effect[row], mean(alt - stats::qlogis(reference)), tolerance = 1e-4)
    expect_equal(x$se[row], stats::sd(alt - stats::qlogis(reference)), tolerance = 1e-3)
    expect_equal(x$cov[row], stats::cov(alt, stats::qlogis(reference)), tolerance = 1e-3)
  }
  # Not what a transform of the means would give.
  expect_gt(abs(mean(x$mean_ref - stats::qlogis(raw$mean_ref))), 1e-4)
})

test_that("a change of prevalence leaves effects on the logit scale as they are", {
  skip_if_no_python()
  model <- test_model()
  logit <- function(model) with_transform(model, transform_logit())
  a <- saturation_mutagenesis(logit(model), test_sequences[1L], n_samples = 5)
  b <- saturation_mutagenesis(
    logit(with_transform(model, transform_prevalence(0.01))), test_sequences[1L],
    n_samples = 5
  )
  expect_equal(b$effect, a$effect, tolerance = 1e-5)
  expect_equal(b$mean_ref - a$mean_ref, rep(stats::qlogis(0.05) - stats::qlogis(0.01), nrow(a)), tolerance = 1e-5)
})

test_that("transforms add up, are shown, and are taken away", {
  skip_if_no_python()
  model <- test_model("Logits")
  both <- with_transform(with_transform(model, transform_sigmoid()), transform_platt(0, 2))
  p <- stats::plogis(raw_draws(model))
  expect_equal(raw_draws(both), stats::plogis(2 * stats::qlogis(p)), tolerance = 1e-6)
  expect_output(print(both), "Scale: +sigmoid, then Platt scaling \\(a = 0, b = 2\\)")
  expect_identical(raw_draws(with_transform(both, NULL)), raw_draws(model))
  x <- saturation_mutagenesis(both, test_sequences[1L], n_samples = 2, positions = 1)
  expect_identical(format(attr(x, "provenance")$transform), "sigmoid, then Platt scaling (a = 0, b = 2)")
})

test_that("an output without numbers is not given out on another scale", {
  skip_if_no_python()
  part <- with_transform(test_model(), transform_platt(c(y = 1), c(y = 2)))
  expect_equal(predict(part, test_sequences[1L], "y", n_samples = 2)$output, "y")
  expect_error(predict(part, test_sequences[1L], n_samples = 2), "\"x\"", class = "deepmr_error_no_scale")
  again <- with_transform(part, transform_logit())
  expect_error(
    saturation_mutagenesis(again, test_sequences[1L], "x", n_samples = 2),
    class = "deepmr_error_no_scale"
  )
  expect_error(with_transform(part, transform_platt(c(x = 1), c(x = 1))), class = "deepmr_error_no_scale")
  ensemble <- suppressWarnings(model_ensemble(list(test_model("Other"), part)), classes = "deepmr_warning_scales")
  expect_error(predict(ensemble, test_sequences[1L], "x", n_samples = 2), class = "deepmr_error_no_scale")
})

test_that("a logit of what is no probability names the output and the value", {
  skip_if_no_python()
  model <- with_transform(test_model("Logits"), transform_logit())
  expect_error(
    predict(model, test_sequences[1L], n_samples = 2), "is no probability",
    class = "deepmr_error_not_probability"
  )
})

test_that("arguments are checked", {
  expect_snapshot(error = TRUE, {
    transform_platt(c(1, 2), 1)
    transform_platt(c(x = 1), c(y = 1))
    transform_platt(NA, 1)
    transform_table(c(0, 0), 1:2)
    transform_table(1, 1)
    transform_table(list(x = 0:1), list(y = 0:1))
    transform_table(list(c(1, 0)), list(c(0, 1)))
    transform_prevalence(c(x = 0))
    transform_prevalence(0.1, to = 1)
  })
  skip_if_no_python()
  expect_snapshot(error = TRUE, {
    with_transform(test_model(), "logit")
    with_transform(test_model(), transform_platt(c(X = 1), c(X = 1)))
  })
})

test_that("transforms print", {
  expect_snapshot({
    transform_identity()
    transform_logit()
    transform_platt(-0.25, 1.5)
    transform_platt(c(x = 1, y = 2), c(x = 1, y = 2))
    transform_table(0:2, 0:2)
    transform_table(list(x = 0:1), list(x = 0:1))
    transform_prevalence(0.02)
    transform_prevalence(c(x = 0.02, y = 0.3), to = 0.1)
  })
})
