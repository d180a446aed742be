# Python's tests cover the forms of model.yaml; here is the way from R and back.

# A Kipoi directory around the class Small of fixtures/nets.py, with its weights.
kipoi_directory <- function(labels = c("HepG2_FOXA1_None", "HepG2_FOXA1_None"), class = "Small") {
  folder <- tempfile("kipoi-")
  dir.create(folder)
  file.copy(test_path("fixtures", "nets.py"), folder)
  torch <- reticulate::import("torch", convert = FALSE)
  module <- test_model()$handle$module
  torch$save(module$state_dict(), file.path(folder, "weights.pth"))
  writeLines(labels, file.path(folder, "labels.txt"))
  writeLines(c(
    "defined_as: kipoi.model.PyTorchModel",
    "args:",
    "  module_file: nets.py",
    paste("  module_class:", class),
    "  weights: weights.pth",
    "info: {authors: [{name: nobody}], doc: a test}",
    "schema:",
    "  inputs:",
    "    name: seq",
    "    special_type: DNASeq",
    "    shape: (4, 20)",
    "    doc: DNA",
    "  targets:",
    "    name: marks",
    "    shape: (2, )",
    "    doc: marks",
    "    column_labels: [labels.txt]"
  ), file.path(folder, "model.yaml"))
  folder
}

skip_if_no_kipoi <- function() {
  skip_if_no_python()
  skip_if_not(reticulate::py_module_available("kipoi"), "no kipoi")
}

test_that("a Kipoi directory is the network in it, with the names of its labels", {
  skip_if_no_kipoi()
  folder <- kipoi_directory()
  on.exit(unlink(folder, recursive = TRUE))
  model <- model_kipoi(folder)
  expect_identical(outputs(model)$output, c("HepG2_FOXA1_None#1", "HepG2_FOXA1_None#2"))
  expect_identical(
    predict(model, test_sequences, n_samples = 5)$mean, predict(test_model(), test_sequences, n_samples = 5)$mean
  )
  expect_error(predict(model, test_sequences, "HepG2_FOXA1_None"), class = "deepmr_error_ambiguous_output")
  x <- saturation_mutagenesis(model, test_sequences, outputs(model, "FOXA1"), n_samples = 5)
  fit <- fit_mr(x, exposure = outputs(model)[1], outcome = outputs(model)[2])
  expect_identical(unique(fit$exposure), "HepG2_FOXA1_None#1")
})

test_that("a directory may be named from where one stands", {
  skip_if_no_kipoi()
  folder <- kipoi_directory()
  on.exit(unlink(folder, recursive = TRUE))
  old <- setwd(dirname(folder))
  on.exit(setwd(old), add = TRUE, after = FALSE)
  expect_identical(model_kipoi(basename(folder))$length, 20L)
  expect_identical(model_kipoi(file.path(".", basename(folder)), bases = "TGCA")$bases, "TGCA")
  for (name in c("model.yaml", "model.yml")) {
    file.rename(file.path(folder, "model.yaml"), file.path(folder, name))
    expect_identical(model_kipoi(file.path(basename(folder), name))$length, 20L)
  }
})

test_that("what is missing or wrong is said", {
  skip_if_no_kipoi()
  folder <- kipoi_directory(labels = c("a", "b", "c"))
  on.exit(unlink(folder, recursive = TRUE))
  expect_error(model_kipoi(folder), "3.*2|2.*3", class = "deepmr_error_kipoi_model")
  writeLines("<html>", file.path(folder, "weights.pth"))
  writeLines(c("a", "b"), file.path(folder, "labels.txt"))
  expect_error(model_kipoi(folder), "HTML", class = "deepmr_error_weights")
  expect_error(model_kipoi("./no/such/directory"), "no/such/directory", class = "deepmr_error_kipoi_model")
})

test_that("a path that looks like one is not looked for on the network", {
  expect_identical(kipoi_source("DeepSEA/predict"), "kipoi")
  for (path in c("./DeepSEA", "../DeepSEA", "/tmp/DeepSEA", "~/DeepSEA", "C:/DeepSEA", tempdir())) {
    expect_identical(kipoi_source(path), "dir")
  }
  expect_identical(kipoi_source("DeepSEA/model.yaml"), "kipoi")
})

test_that("a mistyped directory is told of before the network", {
  skip_if_no_kipoi()
  cache <- tempfile("cache")
  before <- Sys.getenv("R_USER_CACHE_DIR", NA)
  Sys.setenv(R_USER_CACHE_DIR = cache)
  on.exit(if (is.na(before)) Sys.unsetenv("R_USER_CACHE_DIR") else Sys.setenv(R_USER_CACHE_DIR = before))
  suppressMessages({
    expect_error(model_kipoi("no such/directory"), "There is no directory 'no such/directory', so it was taken")
    said <- expect_error(model_kipoi("no such/directory", source = "kipoi"), class = "deepmr_error_kipoi_fetch")
  })
  expect_no_match(conditionMessage(said), "There is no directory")
})

test_that("arguments are checked", {
  expect_error(model_kipoi(3), class = "deepmr_error_argument")
  expect_error(model_kipoi(""), class = "deepmr_error_argument")
  expect_error(model_kipoi("x", source = "git"), class = "deepmr_error_argument")
  expect_error(model_kipoi("x", bases = 1), class = "deepmr_error_argument")
})
