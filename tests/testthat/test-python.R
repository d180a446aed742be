# A Python function made here, as a handle.
python_function <- function(code, name) {
  backend()
  reticulate::py_get_item(reticulate::py_run_string(code, local = TRUE, convert = FALSE), name)
}

# Runs R code in a session of its own; returns the last line that it prints.
in_new_session <- function(code, env = "DEEPMR_PYTHON=", folder = tempdir()) {
  skip_on_cran() # Seconds each; `make test` has run them before R CMD check comes.
  script <- tempfile(fileext = ".R")
  writeLines(code, script)
  old <- setwd(folder)
  on.exit(setwd(old))
  printed <- system2(file.path(R.home("bin"), "Rscript"), shQuote(script), stdout = TRUE, stderr = TRUE, env = env)
  utils::tail(printed, 1L)
}

test_that("library(deepmr) does not start Python", {
  code <- c("library(deepmr)", "cat(reticulate::py_available(initialize = FALSE))")
  expect_equal(in_new_session(code), "FALSE")
})

test_that("deepmr_python_info() does not start Python", {
  code <- c("info <- deepmr:::deepmr_python_info()", "cat(info$running, reticulate::py_available(initialize = FALSE))")
  expect_equal(in_new_session(code), "FALSE FALSE")
})

test_that("the needs are declared where reticulate can, unless Python is hidden or runs already", {
  declared <- NULL
  declare <- function() declare_python(py_require = function(packages) declared <<- packages)
  if (!python_hidden() && !reticulate::py_available(initialize = FALSE)) {
    declare()
    expect_equal(declared, requirements())
  } else {
    declare()
    expect_null(declared)
  }
  expect_silent(declare_python(py_require = NULL))
})

test_that("kipoi is declared only where reticulate makes the environment", {
  declared <- NULL
  declare <- function(source) declare_kipoi(function(packages) declared <<- packages, list(source = source))
  declare("virtualenv")
  expect_null(declared)
  declare("py_require")
  expect_identical(declared, requirements(kipoi = TRUE))
  expect_silent(declare_kipoi(py_require = NULL, choice = list(source = "py_require")))
})


test_that("torch is imported with its own functions before R's BLAS, and the flags are put back", {
  skip_if_no_python()
  skip_on_os(c("windows", "mac", "solaris"))
  code <- c(
    "reticulate::py_run_string('", "import sys", "seen = {}", "class Look:",
    "    def find_spec(self, name, path=None, target=None):",
    "        seen.setdefault(name, sys.getdlopenflags())", "sys.meta_path.insert(0, Look())",
    "before = sys.getdlopenflags()", "')", "invisible(deepmr:::backend())",
    "reticulate::py_run_string('import os', convert = FALSE)",
    "cat(reticulate::py_eval('seen[\\'torch\\'] & os.RTLD_DEEPBIND > 0 and before == sys.getdlopenflags()'))"
  )
  python <- paste0("RETICULATE_PYTHON=", choose_python()$python)
  expect_equal(in_new_session(code, python), "TRUE")
})

test_that("it is said where torch was imported before", {
  skip_if_no_python()
  backend()
  skip_on_os(c("windows", "mac", "solaris"))
  expect_message(import_torch(), "imported before deepmr", class = "deepmr_message_torch")
})

test_that("a Python can be named by path, folder, command or environment", {
  skip_on_os("windows")
  expect_equal(resolve_python("/some/python"), "/some/python")
  expect_equal(resolve_python(tempdir()), file.path(tempdir(), "bin", "python"))
  expect_equal(resolve_python("sh"), unname(Sys.which("sh")))
  expect_equal(resolve_python("no-such-env"), env_python(virtualenv_dir("no-such-env")))
})

test_that("DEEPMR_PYTHON=none hides Python", {
  old <- Sys.getenv("DEEPMR_PYTHON", NA)
  on.exit(if (is.na(old)) Sys.unsetenv("DEEPMR_PYTHON") else Sys.setenv(DEEPMR_PYTHON = old))
  Sys.setenv(DEEPMR_PYTHON = "none")
  expect_equal(choose_python()$source, "none")
  error <- expect_error(backend(), class = "deepmr_error_python_hidden")
  expect_match(conditionMessage(error), "Unset DEEPMR_PYTHON")
})

test_that("RETICULATE_PYTHON goes before the environment r-deepmr", {
  env <- c("RETICULATE_PYTHON=/no/such/python", "DEEPMR_PYTHON=")
  choice <- in_new_session("choice <- deepmr:::choose_python(); cat(choice$source, choice$python)", env)
  expect_equal(choice, "RETICULATE_PYTHON /no/such/python")
  class <- in_new_session("tryCatch(deepmr:::backend(), error = function(e) cat(class(e)[[1L]]))", env)
  expect_equal(class, "deepmr_error_python_missing")
})

test_that("use_python() goes before the environment r-deepmr", {
  skip_if_no_python()
  code <- c(
    sprintf("reticulate::use_python('%s', required = TRUE)", python_to_build_on()),
    "cat(deepmr:::choose_python()$source)"
  )
  expect_equal(in_new_session(code, c("RETICULATE_PYTHON=", "DEEPMR_PYTHON=")), "use_python")
})

test_that("r-deepmr goes before r-reticulate, and is looked for where reticulate keeps its environments", {
  skip_on_os("windows")
  root <- tempfile()
  fake <- function(name) {
    dir.create(file.path(root, name, "bin"), recursive = TRUE)
    file.create(file.path(root, name, "bin", "python"))
  }
  source_of <- function() {
    env <- c(paste0("WORKON_HOME=", root), "RETICULATE_PYTHON=", "DEEPMR_PYTHON=")
    in_new_session("cat(deepmr:::choose_python()$source)", env)
  }
  fake("r-reticulate")
  expect_equal(source_of(), "r-reticulate")
  fake("r-deepmr")
  expect_equal(source_of(), "virtualenv")
})

test_that("a Python that is already running without torch is explained", {
  skip_if_no_python()
  venv <- tempfile()
  created <- system2(python_to_build_on(), c("-m", "venv", "--without-pip", shQuote(venv)))
  skip_if(created != 0L, "no module venv")
  code <- c(
    sprintf("reticulate::use_python('%s', required = TRUE)", env_python(venv)),
    "invisible(reticulate::import('sys'))",
    "tryCatch(deepmr:::backend(), error = function(e) cat(class(e)[[1L]]))"
  )
  expect_equal(in_new_session(code), "deepmr_error_python_running")
})

test_that("a torch.py or numpy.py in the working directory does not stand in for the real one", {
  skip_if_no_python()
  folder <- tempfile()
  dir.create(folder)
  writeLines("raise RuntimeError('the wrong module')", file.path(folder, "torch.py"))
  file.copy(file.path(folder, "torch.py"), file.path(folder, "numpy.py"))
  code <- c("b <- deepmr:::backend()", "cat(reticulate::py_has_attr(reticulate::import('torch'), 'nn'))")
  expect_equal(in_new_session(code, folder = folder), "TRUE")
})

test_that("only the working directory is taken off Python's path", {
  expect_equal(without_working_directory(c("", getwd(), R.home())), list(R.home()))
})

test_that("a DeepmrError becomes the classed error, its cause the parent", {
  skip_if_no_python()
  fail <- python_function("
def fail():
    from deepmr_torch.errors import DeepmrError
    try:
        raise ValueError('inner {x}')
    except ValueError as error:
        raise DeepmrError('layer', 'no layer {3} <here> {.val z}', ['do {this}', 'or that']) from error
", "fail")
  error <- expect_error(call_backend(fail), class = "deepmr_error_layer")
  expect_s3_class(error, "deepmr_error")
  message <- conditionMessage(error)
  expect_match(message, "no layer {3} <here> {.val z}", fixed = TRUE)
  expect_match(message, "do {this}", fixed = TRUE)
  expect_match(message, "or that", fixed = TRUE)
  expect_s3_class(error$parent, "python_ValueError")
  expect_equal(error$parent$value, "inner {x}")
})

test_that("any other Python exception is shown with type, message and traceback", {
  skip_if_no_python()
  fail <- python_function("
def fail():
    raise KeyError('{missing}')
", "fail")
  error <- expect_error(call_backend(fail), class = "deepmr_error_python")
  expect_match(conditionMessage(error), "KeyError: '{missing}'", fixed = TRUE)
  expect_s3_class(error$parent, "deepmr_python_exception")
  expect_match(conditionMessage(error$parent), "in fail", fixed = TRUE)
})

test_that("a Python file that calls sys.exit() does not end R", {
  skip_if_no_python()
  fail <- python_function("
def fail():
    raise SystemExit(3)
", "fail")
  expect_error(call_backend(fail), "SystemExit", class = "deepmr_error_python")
})

test_that("names inside the Python package can be called, with arguments", {
  skip_if_no_python()
  described <- to_r(call_backend("errors.describe", reticulate::import_builtins(convert = FALSE)$ValueError("no")))
  expect_equal(described[c("type", "message")], list(type = "ValueError", message = "no"))
  expect_error(call_backend("errors.no_such_function"), "AttributeError", class = "deepmr_error_python")
})

test_that("Ctrl-C in Python is an R interrupt", {
  skip_if_no_python()
  skip_on_os("windows")
  sleep <- python_function("
def sleep():
    import time
    for i in range(100):
        time.sleep(0.1)
", "sleep")
  system(sprintf("(sleep 0.5; kill -INT %d) &", Sys.getpid()))
  expect_equal(tryCatch(call_backend(sleep), interrupt = function(condition) "interrupt"), "interrupt")
})

test_that("a dict of numpy arrays becomes a list of plain vectors", {
  skip_if_no_python()
  make <- python_function("
def make():
    import numpy
    return {
        'float32': numpy.arange(3, dtype='float32'),
        'integer': numpy.arange(3),
        'logical': numpy.array([True, False]),
        'empty': numpy.zeros(0),
    }
", "make")
  expect_equal(
    vectors(call_backend(make)),
    list(float32 = c(0, 1, 2), integer = 0:2, logical = c(TRUE, FALSE), empty = numeric())
  )
})

test_that("a handle restored from a file is known for what it is", {
  expect_false(is_null_handle(3))
  expect_false(is_python_object(NULL))
  skip_if_no_python()
  file <- tempfile()
  saveRDS(backend(), file)
  expect_true(is_python_object(backend()))
  expect_false(is_null_handle(backend()))
  expect_true(is_null_handle(readRDS(file)))
})

test_that("the backend is imported once", {
  skip_if_no_python()
  expect_identical(backend(), backend())
})
