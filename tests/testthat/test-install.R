# What a good environment looks like; each test changes one thing.
facts_of <- function(...) {
  facts <- list(
    source = "virtualenv", python = "/env/bin/python", exists = TRUE, version = "3.11.2", torch = "2.13.0",
    numpy = "1.26.4", shared = TRUE, reticulate = "1.28", running = FALSE, r_torch = FALSE
  )
  utils::modifyList(facts, list(...))
}

# A program that stands in for Python.
stand_in <- function(text) {
  file <- tempfile()
  writeLines(text, file)
  Sys.chmod(file, "0755")
  file
}

expect_problem <- function(facts, what, problem, remedy) {
  found <- python_problems(facts)
  expect_length(found, 1L)
  expect_equal(found[[1L]]$what, what)
  expect_match(found[[1L]]$problem, problem, fixed = TRUE)
  expect_match(paste(found[[1L]]$remedy, collapse = " "), remedy, fixed = TRUE)
}

test_that("a good environment has no problems", {
  expect_equal(python_problems(facts_of()), list())
  expect_equal(python_problems(facts_of(numpy = "2.2.0", version = "3.12.1", reticulate = "1.45")), list())
  expect_equal(python_problems(list(source = "py_require", reticulate = "1.45", r_torch = FALSE)), list())
})

test_that("no Python, or a hidden one, is said with the remedy", {
  expect_problem(list(source = "none"), "python_hidden", "DEEPMR_PYTHON=none", "Unset DEEPMR_PYTHON")
  expect_problem(list(source = "nothing"), "python_missing", "No Python was found", "install_deepmr()")
})

test_that("an unusable interpreter is said with the remedy", {
  expect_problem(
    facts_of(source = "RETICULATE_PYTHON", exists = FALSE), "python_missing",
    "named by RETICULATE_PYTHON does not exist: /env/bin/python", "unset it"
  )
  expect_problem(facts_of(version = NULL), "python_broken", "/env/bin/python does not run", "install_deepmr()")
  expect_problem(facts_of(version = "3.8.18"), "python_old", "Python 3.8.18", "install_deepmr(python =")
  expect_problem(facts_of(shared = FALSE), "python_static", "libpython", "--enable-shared")
})

test_that("a Python or numpy too new for reticulate names the reticulate that is needed", {
  expect_problem(facts_of(version = "3.12.1"), "python_new", "reticulate 1.28 cannot use", "1.33 or newer")
  expect_problem(facts_of(version = "3.13.0", reticulate = "1.36"), "python_new", "Python 3.13.0", "1.40 or newer")
  expect_problem(facts_of(numpy = "2.2.0"), "numpy_new", "numpy 2.2.0", "\"numpy<2\"")
  # 1.9 is older than 1.38: versions are not compared as text.
  expect_problem(facts_of(numpy = "2.2.0", reticulate = "1.9"), "python_new", "reticulate 1.9", "1.28 or newer")
  expect_equal(python_problems(facts_of(numpy = "2.2.0", reticulate = "1.38.0")), list())
})

test_that("a Python without torch is explained by how it came to be chosen", {
  expect_problem(
    facts_of(source = "running", torch = NULL), "python_running",
    "already running in this session and lacks torch", "Restart R"
  )
  expect_problem(
    facts_of(source = "r-reticulate", torch = NULL, numpy = NULL), "python_r_reticulate",
    "lacks torch and numpy", "install_deepmr()"
  )
  expect_problem(facts_of(torch = NULL), "python_missing", "The environment r-deepmr lacks torch", "again")
  expect_problem(facts_of(source = "path", torch = NULL), "python_missing", "No Python with torch", "install_deepmr()")
  expect_problem(
    facts_of(source = "use_python", numpy = NULL), "python_missing",
    "named by use_python lacks numpy", "/env/bin/python -m pip install torch numpy"
  )
})

test_that("R's torch package gives a warning, not an error", {
  found <- python_problems(facts_of(r_torch = TRUE))
  expect_length(found, 1L)
  expect_false(found[[1L]]$fatal)
  expect_match(found[[1L]]$problem, "R package torch", fixed = TRUE)
})

test_that("a problem becomes a classed error, braces and all", {
  braces <- problem("python_missing", "no {x} in {.val y} <z>", c("do {this}", "or that"))
  error <- expect_error(stop_problem(braces, call = NULL), class = "deepmr_error_python_missing")
  expect_s3_class(error, "deepmr_error")
  expect_match(conditionMessage(error), "no {x} in {.val y} <z>", fixed = TRUE)
  expect_match(conditionMessage(error), "do {this}", fixed = TRUE)
})

test_that("deepmr_python_info() prints what was found and what to do", {
  info <- new_python_info(facts_of())
  expect_s3_class(info, "deepmr_python_info")
  expect_equal(nrow(info$problems), 0L)
  expect_identical(info$cuda, NA)
  expect_output(print(info), "the environment r-deepmr.*No problems found")
  info <- new_python_info(list(source = "nothing", reticulate = "1.28"))
  expect_output(print(info), "Problem: No Python was found.\n  To do: Install Python 3.10", fixed = TRUE)
})

test_that("requirements are read without comments", {
  expect_setequal(requirements(), c("torch>=2.1", "numpy", "safetensors"))
  expect_true(all(c(requirements(), "kipoi>=0.8.6", "setuptools<82") %in% requirements(kipoi = TRUE)))
  expect_identical(requirement_names(c("torch>=2.1", "setuptools<82", "six")), c("torch", "setuptools", "six"))
})

test_that("pip gets one command: numpy < 2 for an old reticulate, the CPU index on request", {
  old <- pip_arguments(cpu = TRUE, reticulate = "1.28")
  expect_true(shQuote("numpy<2") %in% old)
  expect_true("https://download.pytorch.org/whl/cpu" %in% old)
  new <- pip_arguments(cpu = FALSE, reticulate = "1.45")
  expect_true(shQuote("numpy") %in% new)
  expect_false("--extra-index-url" %in% new)
})

test_that("without a person to ask, the build follows the GPU, and says so", {
  expect_message(cpu <- choose_cpu_build(ask = FALSE, linux = TRUE, gpu = FALSE), "CPU build")
  expect_true(cpu)
  expect_message(cpu <- choose_cpu_build(ask = FALSE, linux = TRUE, gpu = TRUE), "several gigabytes")
  expect_false(cpu)
  expect_silent(cpu <- choose_cpu_build(ask = FALSE, linux = FALSE))
  expect_false(cpu)
})

test_that("a large download by py_require is announced, unless it has been made", {
  expect_message(offer_cpu_build(ask = FALSE, linux = TRUE, cached = FALSE), "several gigabytes")
  expect_silent(offer_cpu_build(ask = FALSE, linux = TRUE, cached = TRUE))
  expect_silent(offer_cpu_build(ask = FALSE, linux = FALSE, cached = FALSE))
})

test_that("a failed installer command is shown", {
  skip_on_os("windows")
  error <- expect_error(
    run_installer("false", c("-m", "venv-{x}"), "python_venv", venv_remedy),
    class = "deepmr_error_python_venv"
  )
  expect_match(conditionMessage(error), "venv-{x}", fixed = TRUE)
  expect_match(conditionMessage(error), "python3-venv", fixed = TRUE)
})

test_that("install_deepmr() checks its arguments and the Python it is given", {
  expect_error(install_deepmr(cpu = "yes"), class = "deepmr_error_argument")
  expect_error(install_deepmr(python = "/no/such/python"), class = "deepmr_error_python_missing")
})

test_that("a program that is no Python, or none at all, is told apart", {
  skip_on_os("windows")
  expect_false(probe_python("/no/such/python")$exists)
  facts <- probe_python(stand_in("#!/bin/sh\nexit 3"))
  expect_true(facts$exists)
  expect_null(facts$version)
})

test_that("a probe reads version, packages and library from what Python prints", {
  skip_on_os("windows")
  facts <- probe_python(stand_in("#!/bin/sh\necho version 3.11.2\necho torch 2.13.0+cpu\necho shared False"))
  expect_equal(facts$version, "3.11.2")
  expect_equal(facts$torch, "2.13.0+cpu")
  expect_null(facts$numpy)
  expect_false(facts$shared)
})
