turned <- function(sequence) {
  bases <- lapply(strsplit(unname(sequence), ""), rev)
  chartr("ACGT", "TGCA", vapply(bases, paste, "", collapse = ""))
}

test_that("with dropout off it is the mean of both strands", {
  skip_if_no_python()
  model <- test_model()
  values <- function(model, sequences) predict(model, sequences, dropout = NULL)$mean
  both <- model_both_strands(model)
  expect_equal(
    values(both, test_sequences), (values(model, test_sequences) + values(model, turned(test_sequences))) / 2,
    tolerance = 1e-6
  )
  expect_equal(values(both, turned(test_sequences)), values(both, test_sequences), tolerance = 1e-6)
})

test_that("effects on the reverse complement are those of the sequence, at the other end", {
  skip_if_no_python()
  model <- model_both_strands(test_model())
  effects <- function(sequence) saturation_mutagenesis(model, c(s = unname(sequence)), dropout = NULL)
  x <- effects(test_sequences[2L])
  y <- effects(turned(test_sequences[2L]))
  y[, c("position", "ref", "alt") := list(21L - position, chartr("ACGT", "TGCA", ref), chartr("ACGT", "TGCA", alt))]
  data.table::setorder(y, position, alt, output)
  expect_identical(y[, .(position, ref, alt)], x[, .(position, ref, alt)], ignore_attr = TRUE)
  # Probabilities in single precision.
  expect_lt(max(abs(y$effect - x$effect)), 1e-6)
  expect_gt(max(abs(x$effect)), 1e-2)
})

test_that("the transform comes after the mean, whenever it is put on", {
  skip_if_no_python()
  draws <- function(model) unlist(predict(model, test_sequences, n_samples = 4, draws = TRUE)$prediction_draws)
  both <- model_both_strands(test_model())
  expected <- stats::qlogis(draws(both))
  expect_equal(draws(with_transform(both, transform_logit())), expected, tolerance = 1e-6)
  before <- model_both_strands(with_transform(test_model(), transform_logit()))
  expect_equal(draws(before), expected, tolerance = 1e-6)
  expect_output(print(before), "Scale: +logit")
})

test_that("it says what it is, keeps names, and is not made twice", {
  skip_if_no_python()
  expect_snapshot(print(model_both_strands(test_model())), transform = portable)
  ensemble <- model_ensemble(list(test_model(), test_model("Other")))
  both <- model_both_strands(ensemble)
  expect_identical(both$source, "both strands of an ensemble of 2")
  expect_identical(both$outputs, c("x", "y"))
  expect_match(both$members, "^both strands of .*nets.py")
  expect_error(model_both_strands(both), "both strands already", class = "deepmr_error_model")
  expect_error(model_both_strands("demo"), class = "deepmr_error_argument")
  x <- saturation_mutagenesis(both, test_sequences[1L], dropout = dropout_spec(extra = c(hidden = 0.2)), n_samples = 4)
  expect_true(all(x$n_members == 2L))
  expect_identical(attr(x, "provenance")$source, both$source)
})
