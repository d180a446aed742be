predicted_and_labelled <- function() labelled_table(50, slope = 2, shift = c(x = 0, y = -1))

test_that("a fit is a transform with numbers by output, a fit to a vector one for all", {
  x <- predicted_and_labelled()
  fit <- recalibrate(x, x[, c("sequence", "output", "label")], "platt")
  expect_s3_class(fit, c("deepmr_recalibration", "deepmr_transform"), exact = TRUE)
  expect_identical(transform_outputs(fit), c("x", "y"))
  for (name in c("x", "y")) {
    one <- recalibrate(x[output == name]$mean, x[output == name]$label, "platt")
    expect_null(transform_outputs(one))
    expect_equal(tidy(fit)[output == name, -"output"], tidy(one))
    expect_equal(glance(fit)[output == name, -"output"], glance(one))
  }
})

test_that("fits print their numbers and say that scores are in-sample", {
  x <- predicted_and_labelled()
  expect_snapshot({
    recalibrate(x, x, "none")
    recalibrate(x, x, "platt")
    recalibrate(x$mean, x$label, "temperature")
    recalibrate(x, x, "isotonic")
  })
})

test_that("tables of a fit are copies", {
  x <- predicted_and_labelled()
  fit <- recalibrate(x, x, "platt")
  tidy(fit)[, "estimate" := 0]
  expect_false(any(tidy(fit)$estimate == 0))
  glance(fit)[, "n" := 0L]
  expect_identical(glance(fit)$n, c(50L, 50L))
})

test_that("arguments are checked", {
  x <- predicted_and_labelled()
  expect_snapshot(error = TRUE, {
    recalibrate()
    recalibrate(x, x)
    recalibrate(x, x, "beta")
    recalibrate(x, x, "platt", noise = 1)
    recalibrate(x$mean, x$label[-1], "platt")
    recalibrate(x$mean, x$label + 0.5, "platt")
    recalibrate(x, data.frame(sequence = "s1", output = "x", label = 0.3), "isotonic")
    recalibrate(x$mean * 2, x$label, "platt")
  })
})

test_that("effects of a recalibrated model are those of recalibrated draws", {
  skip_if_no_python()
  outputs <- c("Dref", "da")
  sequences <- demo_sequences(1)
  held_out <- demo_sequences(40)[-1]
  predicted <- predict(model_demo(), held_out, outputs = outputs, n_samples = 10)
  truth <- demo_truth(held_out)$levels[output %in% outputs]
  truth[, "label" := with_seed(1, stats::rbinom(.N, 1, level))]
  for (method in c("platt", "temperature", "isotonic")) {
    fit <- recalibrate(predicted, truth, method)
    model <- with_transform(model_demo(), fit)
    draws <- function(model) predict(model, sequences, outputs = outputs, n_samples = 6, draws = TRUE)$prediction_draws
    plain <- draws(model_demo())
    steps <- transform_steps(fit)
    curve <- function(p, name) {
      if (method == "isotonic") {
        return(stats::approx(steps[[1]]$x[[name]], steps[[1]]$y[[name]], p, rule = 2)$y)
      }
      terms <- tidy(fit)[output == name]
      ab <- if (method == "platt") terms$estimate else c(0, 1 / terms$estimate)
      stats::plogis(ab[1] + ab[2] * stats::qlogis(p))
    }
    for (i in 1:2) expect_equal(draws(model)[[i]], curve(plain[[i]], outputs[i]), tolerance = 1e-6)

    mutate <- function(model) {
      saturation_mutagenesis(model, sequences, outputs = outputs, positions = 245:250, n_samples = 6, engine = "dense")
    }
    raw <- mutate(model_demo())
    got <- mutate(model)
    for (row in c(1, 2, 15, 30)) {
      reference <- plain[[match(raw$output[row], outputs)]]
      ref <- curve(reference, raw$output[row])
      alt <- curve(reference + raw$effect_draws[[row]], raw$output[row])
      # Predictions are single precision, so effects are good to some 1e-7.
      expect_lt(max(abs(got$effect_draws[[row]] - (alt - ref))), 5e-6)
      expect_lt(abs(got$effect[row] - mean(alt - ref)), 5e-6)
      expect_lt(abs(got$se[row] - stats::sd(alt - ref)), 5e-6)
      expect_equal(got$cov[row], stats::cov(alt, ref), tolerance = 1e-3)
    }
  }
  expect_output(print(model), "Scale: +tables for 2 outputs")
  expect_error(predict(model, sequences, "Trl", n_samples = 2), class = "deepmr_error_no_scale")
})
