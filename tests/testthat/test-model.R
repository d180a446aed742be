test_that("a model says what it is", {
  skip_if_no_python()
  expect_snapshot(transform = portable, {
    print(test_model())
    print(with_transform(test_model("NoDropout"), transform_sigmoid()))
    print(test_model("Mixing"))
  })
})

test_that("outputs are named by number unless named", {
  skip_if_no_python()
  expect_identical(outputs(test_model(outputs = NULL))$output, c("output1", "output2"))
})

test_that("forgotten weights are spoken of", {
  skip_if_no_python()
  net <- paste0(test_path("fixtures", "nets.py"), ":Small")
  expect_message(model_torch(net, length = 20), "No weights", class = "deepmr_message_untrained")
})

test_that("weights are loaded without running code, and refused where they do not fit", {
  skip_if_no_python()
  weights <- temporary_file(".pt")
  net <- test_model()
  torch <- reticulate::import("torch")
  torch$save(reticulate::py_to_r(net$handle$module)$state_dict(), weights)
  prediction <- predict(net, test_sequences[1L], dropout = NULL)
  expect_identical(predict(test_model(weights = weights), test_sequences[1L], dropout = NULL), prediction)
  expect_error(test_model("NoDropout", weights = weights), "does not fit", class = "deepmr_error_weights")
  writeLines("<html>not found</html>", weights)
  expect_error(test_model(weights = weights), "HTML", class = "deepmr_error_weights")
})

test_that("a module held in R is borrowed, and handed back as it came", {
  skip_if_no_python()
  module <- reticulate::py_to_r(test_model()$handle$module)
  module$train()
  held <- model_torch(module, length = 20, outputs = c("x", "y"))
  expect_equal(
    saturation_mutagenesis(held, test_sequences[1L], n_samples = 3, batch_size = 8)$effect,
    saturation_mutagenesis(test_model(), test_sequences[1L], n_samples = 3, batch_size = 8)$effect
  )
  expect_true(reticulate::py_to_r(module$training))
  expect_true(reticulate::py_to_r(module$drop$training))
})

test_that("what is not a model is refused", {
  expect_snapshot(error = TRUE, {
    outputs("DeepSEA")
    saturation_mutagenesis(list(), "ACGT")
  })
  skip_if_no_python()
  expect_error(model_torch("net.txt", length = 20), "no file", class = "deepmr_error_model_file")
  expect_error(test_model("Missing"), "defines no 'Missing'", class = "deepmr_error_model_file")
  expect_error(model_torch(3, length = 20), "number", class = "deepmr_error_argument")
  expect_error(model_torch("net.py:Net", c("a", "b"), 20), "weights", class = "deepmr_error_argument")
  expect_error(model_torch("net.py:Net", length = 20, bases = c("A", "C", "G", "T")), class = "deepmr_error_argument")
  expect_error(test_model(outputs = c("x", "x")), "twice", class = "deepmr_error_argument")
  expect_error(
    predict(test_model(outputs = "x"), test_sequences[1L]), "2 predictions",
    class = "deepmr_error_model"
  )
})

test_that("a model from another session says so", {
  skip_if_no_python()
  file <- temporary_file(".rds")
  saveRDS(test_model(), file)
  expect_error(outputs(readRDS(file)), "saved and read back", class = "deepmr_error_model_lost")
})
