# Python's tests compare the engines on many networks; here is what R shows of them.

test_that("both engines give the same table, to float rounding", {
  skip_if_no_python()
  windowed <- saturation_mutagenesis(test_model(), test_sequences, n_samples = 4, engine = "windowed")
  dense <- saturation_mutagenesis(test_model(), test_sequences, n_samples = 4, engine = "dense")
  expect_equal(windowed$effect, dense$effect, tolerance = 1e-5)
  expect_equal(windowed$se, dense$se, tolerance = 1e-4)
  expect_equal(unlist(windowed$effect_draws), unlist(dense$effect_draws), tolerance = 1e-5)
  keys <- c("sequence", "position", "ref", "alt", "output", "n_draws")
  expect_identical(as.list(windowed)[keys], as.list(dense)[keys])
  expect_identical(attr(windowed, "provenance")$batch_size, 3072L)
})

test_that("what ran is shown", {
  skip_if_no_python()
  x <- saturation_mutagenesis(test_model(), test_sequences[1L], n_samples = 2, positions = 1:3)
  engine <- mutagenesis_engine(x)
  expect_identical(unique(engine$engine), "windowed")
  expect_identical(engine$rule[1], "windows of 5 of 20")
  expect_identical(utils::tail(engine$rule, 1), "differences")
  expect_true(all(engine$difference < 1e-5))
  dense <- saturation_mutagenesis(test_model(), test_sequences[1L], n_samples = 2, positions = 1, engine = "dense")
  expect_identical(mutagenesis_engine(dense)$engine, "dense")
  expect_identical(mutagenesis_engine(dense)$operation, NA_character_)
})

test_that("why the whole network is computed is said once a run", {
  skip_if_no_python()
  expect_message(
    x <- saturation_mutagenesis(test_model("Wide"), test_sequences, n_samples = 2, positions = 1:2),
    "no layer gains", class = "deepmr_message_engine"
  )
  expect_identical(unique(mutagenesis_engine(x)$reason), "no layer gains from it")
  expect_error(
    saturation_mutagenesis(test_model("Wide"), test_sequences, n_samples = 2, engine = "windowed"),
    "no layer gains", class = "deepmr_error_engine"
  )
})

test_that("a table that lost its origin says so", {
  expect_error(mutagenesis_engine(data.table::data.table(a = 1)), "which engine", class = "deepmr_error_columns")
})
