# Moments of draws by hand, for a table with one variant and two outputs.
spread_by_hand <- function(ref, alt, factor) {
  about <- function(x) mean(x) + sqrt(factor) * (x - mean(x))
  ref <- about(ref)
  alt <- about(alt)
  list(
    mean_ref = mean(ref), mean_alt = mean(alt), var_ref = stats::var(ref), var_alt = stats::var(alt),
    cov = stats::cov(ref, alt), effect = mean(alt - ref), se = stats::sd(alt - ref), effect_draws = alt - ref
  )
}

test_that("a mutagenesis table has the moments of spread draws", {
  ref <- list(x = c(.2, .5, .4, .3), y = c(.7, .1, .2, .2))
  alt <- list(x = c(.3, .5, .6, .1), y = c(.6, .4, .2, .2))
  table_of <- function(factor) {
    rows <- Map(function(r, a, f) spread_by_hand(r, a, f), ref, alt, factor)
    column <- function(name) unname(vapply(rows, `[[`, 0, name))
    new_mutagenesis(data.table::data.table(
      sequence = "s", position = 1L, ref = "A", alt = "C", output = names(rows),
      mean_ref = column("mean_ref"), mean_alt = column("mean_alt"), var_ref = column("var_ref"),
      var_alt = column("var_alt"), cov = column("cov"), effect = column("effect"), se = column("se"), n_draws = 4L,
      at_rounding = FALSE, effect_draws = unname(lapply(rows, `[[`, "effect_draws")),
      spread = factor
    ))
  }
  got <- table_of(c(1, 1))
  spread_mutagenesis(got, transform_spread(c(y = 0.3, x = 2.5)))
  expect_equal(got, table_of(c(2.5, 0.3)), tolerance = 1e-14)
  same <- table_of(c(1, 1))
  spread_mutagenesis(same, transform_spread(1))
  expect_equal(same, table_of(c(1, 1)), tolerance = 1e-14)
  spread_mutagenesis(same, transform_logit())
  expect_equal(same, table_of(c(1, 1)), tolerance = 1e-14)
  spread_mutagenesis(got, transform_spread(c(y = 0, x = 2)))
  expect_identical(got$at_rounding, c(FALSE, TRUE))
  expect_equal(got$se[2], 0)
  expect_equal(got$effect, table_of(c(1, 1))$effect)
})

test_that("predictions and effects of a model are spread after its other transforms", {
  skip_if_no_python()
  logit <- with_transform(test_model(), transform_logit())
  model <- with_transform(logit, transform_spread(c(x = 4, y = 0.25)))
  plain <- predict(logit, test_sequences, n_samples = 6, draws = TRUE)
  got <- predict(model, test_sequences, n_samples = 6, draws = TRUE)
  factor <- ifelse(plain$output == "x", 4, 0.25)
  expect_equal(got$mean, plain$mean)
  expect_equal(got$var, factor * plain$var)
  for (i in seq_len(nrow(got))) {
    x <- plain$prediction_draws[[i]]
    expect_equal(got$prediction_draws[[i]], mean(x) + sqrt(factor[i]) * (x - mean(x)), tolerance = 1e-12)
    expect_equal(stats::var(got$prediction_draws[[i]]), got$var[i])
  }
  mutate <- function(model, ...) saturation_mutagenesis(model, test_sequences[1L], n_samples = 6, ...)
  raw <- mutate(logit)
  spread <- mutate(model)
  factor <- ifelse(raw$output == "x", 4, 0.25)
  expect_equal(spread$effect, raw$effect)
  expect_equal(spread$se, sqrt(factor) * raw$se)
  for (column in c("var_ref", "var_alt", "cov")) expect_equal(spread[[column]], factor * raw[[column]])
  expect_equal(vapply(spread$effect_draws, mean, 0), spread$effect, tolerance = 1e-12)
  expect_equal(vapply(spread$effect_draws, stats::sd, 0), spread$se, tolerance = 1e-6)
  expect_equal(mutate(model, draws = FALSE)$se, spread$se)
  expect_identical(spread$at_rounding, raw$at_rounding)
  expect_identical(mutate(model, dropout = NULL)$effect, mutate(logit, dropout = NULL)$effect)
})

test_that("the spread is shown, comes last, and goes with the other transforms", {
  skip_if_no_python()
  model <- with_transform(test_model(), transform_spread(2))
  expect_output(print(model), "Scale: +spread \\(factor = 2\\)")
  x <- saturation_mutagenesis(model, test_sequences[1L], n_samples = 2, positions = 1)
  expect_output(print(x), "Scale: spread (factor = 2)", fixed = TRUE)
  expect_true(has_spread(attr(x, "provenance")$transform))
  part <- with_transform(test_model(), transform_spread(c(y = 2)))
  expect_error(predict(part, test_sequences[1L], "x", n_samples = 2), class = "deepmr_error_no_scale")
  expect_equal(
    predict(with_transform(model, NULL), test_sequences[1L], n_samples = 3),
    predict(test_model(), test_sequences[1L], n_samples = 3)
  )
  expect_equal(with_transform(model, transform_identity())$transform, model$transform)
  expect_snapshot(error = TRUE, {
    with_transform(model, transform_logit())
    with_transform(model, transform_spread(2))
    model_ensemble(list(test_model("Other"), model))
    with_transform(test_model(), transform_spread(c(z = 1)))
  })
  both <- with_transform(model_ensemble(list(test_model(), test_model("Other"))), transform_spread(9))
  plain <- predict(with_transform(both, NULL), test_sequences, n_samples = 4)
  expect_equal(predict(both, test_sequences, n_samples = 4)$var, 9 * plain$var)
})

test_that("its argument is checked, and it prints", {
  expect_snapshot(error = TRUE, {
    transform_spread(-1)
    transform_spread(c(1, 2))
    transform_spread("2")
  })
  expect_output(print(transform_spread(1.5)), "<transform> spread (factor = 1.5)", fixed = TRUE)
  expect_output(print(transform_spread(c(a = 1, b = 2))), "spread with numbers for 2 outputs")
})
