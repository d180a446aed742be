test_that("the layers of a network, with what each gives for one sequence", {
  skip_if_no_python()
  x <- layers(test_model())
  expect_identical(x$layer, c("conv", "drop", "hidden", "out"))
  expect_identical(x$type, c("Conv1d", "Dropout", "Linear", "Linear"))
  # `drop` is called twice.
  expect_identical(x$shape, c("1 x 8 x 20", "1 x 8 x 10, 1 x 6", "1 x 6", "1 x 2"))
  expect_match(unique(x$member), "nets.py:Small", fixed = TRUE)
})

test_that("layers of an ensemble are listed member by member", {
  skip_if_no_python()
  members <- list(test_model(), test_model("Other"))
  expect_equal(layers(model_ensemble(members)), data.table::rbindlist(lapply(members, layers)))
})

test_that("dropout can be added after what has a shape, and after nothing else", {
  skip_if_no_python()
  model <- model_demo()
  x <- layers(model)
  expect_false(anyNA(x$shape))
  expect_identical(x[layer == "features.2"]$shape, "1 x 24 x 100")
  expect_error(layers("demo"), class = "deepmr_error_argument")
})
