# The only file that calls reticulate: the handle of the Python package, which
# Python to start, calls and their errors, and conversions. What the facts about a
# Python mean, and what to do about them, is in install.R.

python_state <- new.env(parent = emptyenv())

# Called by .onLoad(). Declares what is needed (reticulate >= 1.41); installs and starts nothing.
declare_python <- function(py_require = find_py_require()) {
  # Once Python runs, declaring would install at once.
  if (!python_hidden() && !is.null(py_require) && !reticulate::py_available(initialize = FALSE)) {
    py_require(requirements())
  }
  invisible()
}

# kipoi is declared only when a Kipoi model is asked for: it brings 40 packages. Where Python runs already,
# reticulate adds them to the environment that it made itself, and leaves any other alone.
declare_kipoi <- function(py_require = find_py_require(), choice = choose_python()) {
  managed <- choice$source == "py_require" || (choice$source == "running" && isTRUE(python_state$managed))
  if (!is.null(py_require) && managed) py_require(requirements(kipoi = TRUE))
  invisible()
}

# NULL where reticulate is too old or the user has switched its own environments off.
find_py_require <- function() {
  off <- tolower(Sys.getenv("RETICULATE_USE_MANAGED_VENV")) %in% c("no", "false", "0")
  if (!off) get0("py_require", asNamespace("reticulate"))
}

# DEEPMR_PYTHON=none makes deepmr behave as on a machine without Python.
python_hidden <- function() {
  identical(Sys.getenv("DEEPMR_PYTHON"), "none")
}

# The Python package `deepmr_torch`, imported once per session. Starts Python.
backend <- function(call = rlang::caller_env()) {
  if (python_hidden()) {
    stop_problem(python_problems(list(source = "none"))[[1L]], call = call)
  }
  if (is.null(python_state$backend)) {
    start_python(call = call)
    python_state$backend <- import_backend(call = call)
  }
  python_state$backend
}

start_python <- function(call) {
  choice <- choose_python()
  facts <- python_facts(choice)
  problems <- python_problems(facts)
  fatal <- vapply(problems, function(p) p$fatal, NA)
  if (any(fatal)) {
    stop_problem(problems[fatal][[1L]], call = call)
  }
  for (problem in problems) {
    warn_deepmr(problem$what, escape_cli(problem$problem), escape_cli(problem$remedy), call = call)
  }
  if (choice$source %in% c("virtualenv", "r-reticulate", "path")) {
    # Not use_python(): a pyproject.toml in the user's project would go before it.
    old <- Sys.getenv("RETICULATE_PYTHON", NA)
    on.exit(if (is.na(old)) Sys.unsetenv("RETICULATE_PYTHON") else Sys.setenv(RETICULATE_PYTHON = old))
    Sys.setenv(RETICULATE_PYTHON = choice$python)
  } else if (choice$source == "py_require") {
    offer_cpu_build()
    python_state$managed <- TRUE
  }
  tryCatch(
    reticulate::py_config(),
    error = function(e) {
      stop_deepmr(
        "python_start", paste("Python did not start:", escape_cli(conditionMessage(e))),
        "{.run deepmr::deepmr_python_info()} shows what was found.", parent = e, call = call
      )
    }
  )
  invisible()
}

# torch is imported here, with the working directory off Python's search path: a
# file torch.py (or numpy.py) that happens to lie there must not stand in for it.
import_backend <- function(call) {
  sys <- reticulate::import("sys", convert = FALSE)
  path <- sys$path
  on.exit(sys$path <- path)
  sys$path <- without_working_directory(unlist(reticulate::py_to_r(path)))
  tryCatch(
    {
      torch <- import_torch()
      if (!reticulate::py_has_attr(torch, "nn")) {
        stop("the module torch is not PyTorch but ", reticulate::py_to_r(reticulate::py_str(torch)))
      }
      reticulate::import_from_path(
        "deepmr_torch", path = system.file("python", package = "deepmr"), convert = FALSE
      )
    },
    error = function(e) {
      stop_deepmr(
        "python_import", paste("Python started, but torch could not be imported:", escape_cli(conditionMessage(e))),
        c(
          "{.run deepmr::deepmr_python_info()} shows the Python in use.",
          "{.run deepmr::install_deepmr()} makes a fresh environment."
        ),
        parent = e, call = call
      )
    }
  )
}

# torch's library has a fast sgemm_() of its own, but R has loaded a BLAS with functions of the same names, which come
# first on Linux: with R's reference BLAS, products of matrices would be 50 times slower. RTLD_DEEPBIND puts a library's
# own functions first.
import_torch <- function() {
  os <- reticulate::import("os", convert = FALSE)
  sys <- reticulate::import("sys", convert = FALSE)
  if (!reticulate::py_has_attr(os, "RTLD_DEEPBIND")) {
    return(reticulate::import("torch", convert = FALSE))
  }
  if (to_r(sys$modules$`__contains__`("torch"))) {
    cli::cli_inform(c(
      "!" = "torch was imported before deepmr did it, so its products may go to R's BLAS, which can be far slower.",
      "i" = "If mutagenesis is slow, restart R and let deepmr import torch: load a model before other Python code runs."
    ), class = "deepmr_message_torch")
  }
  flags <- sys$getdlopenflags()
  on.exit(sys$setdlopenflags(flags))
  sys$setdlopenflags(bitwOr(to_r(flags), to_r(os$RTLD_DEEPBIND)))
  reticulate::import("torch", convert = FALSE)
}

without_working_directory <- function(path) {
  is_here <- path == "" | suppressWarnings(normalizePath(path)) == normalizePath(getwd())
  as.list(path[!is_here])
}

# Calls Python. `.fun` names something inside the Python package
# ("mutagenesis.Mutagenesis") or is a Python callable. The result is a Python object:
# see to_r() and vectors(). An error in Python becomes a classed R error.
call_backend <- function(.fun, ..., .call = rlang::caller_env()) {
  result <- backend(call = .call)$errors$guard(.fun, ...)
  if (isTRUE(to_r(reticulate::py_get_item(result, "ok")))) {
    return(reticulate::py_get_item(result, "value"))
  }
  signal_python_error(to_r(result), call = .call)
}

# `failure` is the dict that errors.guard() returns, as a list.
signal_python_error <- function(failure, call) {
  if (isTRUE(failure$interrupt)) {
    rlang::interrupt()
  }
  cause <- failure$cause
  if (is.null(failure$what)) {
    problem <- sprintf("Python stopped with %s: %s", cause$type, cause$message)
    stop_deepmr("python", escape_cli(problem), parent = python_condition(cause), call = call)
  }
  stop_deepmr(
    failure$what, escape_cli(failure$problem), escape_cli(unlist(failure$remedy)),
    parent = if (!is.null(cause)) python_condition(cause), call = call
  )
}

# The Python exception as the parent of an R error: its last traceback lines are the message.
python_condition <- function(cause) {
  rlang::error_cnd(
    c(paste0("python_", cause$type), "deepmr_python_exception"),
    message = paste0(cause$type, ": ", cause$message, "\n", cause$traceback),
    type = cause$type, value = cause$message
  )
}

# Python's text may hold braces, which cli would evaluate.
escape_cli <- function(text) {
  if (!is.null(text)) gsub("}", "}}", gsub("{", "{{", text, fixed = TRUE), fixed = TRUE)
}

# A dict of 1-D numpy arrays -> a list of plain vectors.
vectors <- function(x) {
  lapply(to_r(x), function(v) {
    dim(v) <- NULL
    v
  })
}

to_r <- function(x) {
  if (is_python_object(x)) reticulate::py_to_r(x) else x
}

is_python_object <- function(x) {
  inherits(x, "python.builtin.object")
}

# TRUE for a Python object that was saved with the session or by saveRDS(): nothing is behind it.
is_null_handle <- function(x) {
  is_python_object(x) && reticulate::py_is_null_xptr(x)
}

# Which Python would be used, and why (`source`): the first of these that exists.
choose_python <- function() {
  managed <- tolower(Sys.getenv("RETICULATE_PYTHON")) == "managed"
  own <- env_python(virtualenv_dir("r-deepmr"))
  other <- env_python(virtualenv_dir("r-reticulate"))
  asked <- asked_python()
  if (python_hidden()) {
    list(source = "none")
  } else if (reticulate::py_available(initialize = FALSE)) {
    list(source = "running", python = reticulate::py_config()$python)
  } else if (!is.null(asked) && !managed) {
    asked
  } else if (file.exists(own) && !managed) {
    list(source = "virtualenv", python = own)
  } else if (file.exists(other) && !managed) {
    list(source = "r-reticulate", python = other)
  } else if (!is.null(find_py_require())) {
    list(source = "py_require")
  } else {
    python <- unname(Sys.which("python3"))
    if (nzchar(python)) list(source = "path", python = python) else list(source = "nothing")
  }
}

# The Python that the user named: an environment variable or use_python() and its kin.
asked_python <- function() {
  for (variable in c("RETICULATE_PYTHON", "RETICULATE_PYTHON_ENV")) {
    value <- Sys.getenv(variable)
    if (nzchar(value)) {
      return(list(source = variable, python = resolve_python(value)))
    }
  }
  # reticulate has no public way to ask what use_python() was given without starting Python.
  named <- get0(".globals", asNamespace("reticulate"))$required_python_version
  if (!is.null(named)) list(source = "use_python", python = named)
}

reticulate_version <- function() {
  as.character(utils::packageVersion("reticulate"))
}

# What the user named may be a program, a folder, a command on the search path or an environment's name.
resolve_python <- function(value) {
  value <- path.expand(value)
  if (dir.exists(value)) {
    env_python(value)
  } else if (grepl("[/\\\\]", value)) {
    value
  } else if (nzchar(Sys.which(value))) {
    unname(Sys.which(value))
  } else {
    env_python(virtualenv_dir(value))
  }
}

virtualenv_dir <- function(name) {
  file.path(path.expand(reticulate::virtualenv_root()), name)
}

# What is known of a choice of Python without starting it.
python_facts <- function(choice = choose_python()) {
  facts <- c(choice, list(
    reticulate = reticulate_version(),
    running = choice$source == "running",
    r_torch = isNamespaceLoaded("torch")
  ))
  if (facts$running) {
    c(facts, running_facts())
  } else if (is.null(choice$python)) {
    facts
  } else {
    c(facts, probe_python(choice$python))
  }
}

running_facts <- function() {
  version_of <- function(package) {
    tryCatch(reticulate::import("importlib.metadata")$version(package), error = function(e) NULL)
  }
  version <- reticulate::import("sys")$version_info
  list(
    exists = TRUE, version = paste(version$major, version$minor, version$micro, sep = "."),
    torch = version_of("torch"), numpy = version_of("numpy"), cuda = running_cuda()
  )
}

# NA as long as torch has not been imported: asking must not load it.
running_cuda <- function() {
  torch <- reticulate::import("sys", convert = FALSE)$modules$get("torch")
  if (inherits(torch, "python.builtin.module")) to_r(torch$cuda$is_available()) else NA
}
