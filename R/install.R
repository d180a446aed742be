# What the facts about a Python mean, and the functions that install and report.
# Nothing here calls reticulate: python.R gathers the facts.

#' Install what deepmr's models need
#'
#' Makes a Python virtual environment named `r-deepmr` with torch, numpy and safetensors, in
#' the folder where reticulate keeps its environments. Every later R session finds
#' it by itself. The statistics (from [estimate_effects()] on) need none of this.
#'
#' With reticulate 1.41 or newer the call is optional: deepmr declares its needs
#' with `reticulate::py_require()`, and reticulate installs them at the first use.
#'
#' @section Size of the download:
#' On Linux the package index delivers torch with CUDA, several gigabytes. `cpu =
#' TRUE` takes PyTorch's own CPU wheels instead, about 200 MB, from
#' <https://download.pytorch.org/whl/cpu>. Elsewhere torch is small either way.
#'
#' @param cpu Install the CPU build of torch? `NULL`, the default, asks where the
#'   choice matters; without a person to ask it takes the CPU build on a machine
#'   with no NVIDIA GPU.
#' @param python Path of the Python to build on, 3.10 or newer. `NULL` looks for one.
#' @param ask Ask before a large download?
#' @param kipoi Install also what [model_kipoi()] needs? About 40 packages more.
#' @return The path of the environment's Python, invisibly.
#' @seealso [deepmr_python_info()]
#' @examples
#' deepmr_python_info() # what there is already
#' \dontrun{
#' install_deepmr(cpu = TRUE)
#' }
#' @export
install_deepmr <- function(cpu = NULL, python = NULL, ask = interactive(), kipoi = FALSE) {
  check_flag(ask, "ask")
  check_flag(kipoi, "kipoi")
  if (!is.null(cpu)) check_flag(cpu, "cpu")
  python <- python_to_build_on(python)
  if (is.null(cpu)) cpu <- choose_cpu_build(ask)
  env <- virtualenv_dir("r-deepmr")
  if (!file.exists(env_python(env))) {
    cli::cli_inform("Making the virtual environment {.file {env}}.")
    run_installer(python, c("-m", "venv", shQuote(env)), "python_venv", venv_remedy)
  }
  cli::cli_inform("Installing {requirement_names(requirements(kipoi))}.")
  run_installer(
    env_python(env), pip_arguments(cpu, kipoi), "python_pip",
    "pip's message is above. Check the network and the free disk space, then run install_deepmr() again."
  )
  cli::cli_inform(c("v" = "Done. Restart R if Python was already in use."))
  invisible(env_python(env))
}

venv_remedy <- paste(
  "Debian and Ubuntu keep the module venv in a package of its own:",
  "apt-get install python3-venv (as root), then run install_deepmr() again."
)

# One command for everything: in two steps the second could upgrade numpy and break the first.
pip_arguments <- function(cpu, kipoi = FALSE, reticulate = reticulate_version()) {
  packages <- requirements(kipoi)
  if (numeric_version(reticulate) < numpy_2_from) packages[packages == "numpy"] <- "numpy<2"
  c("-m", "pip", "install", if (cpu) c("--extra-index-url", cpu_index), shQuote(packages))
}

cpu_index <- "https://download.pytorch.org/whl/cpu"
numpy_2_from <- "1.38"

run_installer <- function(python, arguments, what, remedy, call = rlang::caller_env()) {
  status <- system2(python, arguments)
  if (status != 0L) {
    command <- paste(c(python, arguments), collapse = " ")
    stop_deepmr(what, "This command failed: {.code {command}}", escape_cli(remedy), call = call)
  }
}

# The first Python that reticulate can load, the system's own before others on the path.
python_to_build_on <- function(python = NULL, call = rlang::caller_env()) {
  candidates <- python
  if (is.null(python)) candidates <- c("/usr/bin/python3", Sys.which(c("python3", "python")))
  problems <- list()
  for (candidate in unique(candidates[nzchar(candidates)])) {
    facts <- c(list(source = "python", python = candidate, reticulate = reticulate_version()), probe_python(candidate))
    problems <- interpreter_problems(facts)
    if (!length(problems)) {
      return(candidate)
    }
  }
  if (length(problems)) stop_problem(problems[[1L]], call = call)
  stop_problem(python_problems(list(source = "nothing"))[[1L]], call = call)
}

# CUDA or CPU? The question arises on Linux only: elsewhere the package index has the CPU build.
choose_cpu_build <- function(ask, linux = Sys.info()[["sysname"]] == "Linux", gpu = has_nvidia_gpu()) {
  if (!linux) {
    return(FALSE)
  }
  builds <- c("CUDA build (several gigabytes, for NVIDIA GPUs)", "CPU build (about 200 MB)")
  if (!ask) {
    taken <- builds[if (gpu) 1L else 2L]
    cli::cli_inform(c("i" = "Taking torch's {taken}. {.code install_deepmr(cpu = {gpu})} takes the other."))
    return(!gpu)
  }
  choice <- utils::menu(builds, title = "Which build of torch shall be downloaded?")
  if (choice == 0L) stop_deepmr("cancelled", "Nothing was installed.")
  choice == 2L
}

has_nvidia_gpu <- function() {
  nzchar(Sys.which("nvidia-smi"))
}

# Before py_require() makes reticulate download torch: say what comes, offer the smaller one.
offer_cpu_build <- function(ask = interactive(), linux = Sys.info()[["sysname"]] == "Linux",
                            cached = torch_is_cached()) {
  if (!linux || cached || nzchar(Sys.getenv("UV_INDEX"))) {
    return(invisible())
  }
  if (ask && choose_cpu_build(ask)) {
    Sys.setenv(UV_INDEX = cpu_index)
  } else if (!ask) {
    cli::cli_inform(c(
      "!" = "reticulate will now download torch with CUDA, several gigabytes.",
      "i" = "For the CPU build (about 200 MB) run {.run deepmr::install_deepmr(cpu = TRUE)} first."
    ))
  }
  invisible()
}

# reticulate unpacks what it downloads here; a miss only means that offer_cpu_build() speaks once more.
torch_is_cached <- function() {
  caches <- c(tools::R_user_dir("reticulate", "cache"), "~/.cache")
  length(Sys.glob(file.path(caches, "uv", "*", "archive-v0", "*", "torch"))) > 0L ||
    length(Sys.glob(file.path(caches, "uv", "archive-v0", "*", "torch"))) > 0L
}

# The packages in requirements/core.txt, and for Kipoi models those in kipoi.txt.
requirements <- function(kipoi = FALSE) {
  files <- system.file("python", "requirements", c("core.txt", if (kipoi) "kipoi.txt"), package = "deepmr")
  lines <- trimws(sub("#.*", "", unlist(lapply(files, readLines))))
  lines[nzchar(lines)]
}

requirement_names <- function(packages) {
  sub("[<>=].*", "", packages)
}

env_python <- function(env) {
  if (.Platform$OS.type == "windows") file.path(env, "Scripts", "python.exe") else file.path(env, "bin", "python")
}

# Facts about a Python that has not been started, by running probe.py with it.
probe_python <- function(python, timeout = 20) {
  exists <- file.exists(python)
  script <- system.file("python", "probe.py", package = "deepmr")
  lines <- character()
  if (exists) {
    lines <- suppressWarnings(tryCatch(
      system2(python, shQuote(script), stdout = TRUE, stderr = FALSE, timeout = timeout),
      error = function(e) character()
    ))
  }
  value <- function(key) {
    line <- grep(paste0("^", key, " "), lines, value = TRUE)
    if (length(line)) sub("^[^ ]+ ", "", line[[1L]])
  }
  list(
    exists = exists, version = value("version"), torch = value("torch"), numpy = value("numpy"),
    shared = !identical(value("shared"), "False")
  )
}

problem <- function(what, problem, remedy, fatal = TRUE) {
  list(what = what, problem = problem, remedy = remedy, fatal = fatal)
}

stop_problem <- function(problem, call) {
  stop_deepmr(problem$what, escape_cli(problem$problem), escape_cli(problem$remedy), call = call)
}

# Facts (see python_facts()) -> what stands in the way, each with its remedy; fatal ones first.
python_problems <- function(facts) {
  if (facts$source == "none") {
    return(list(problem(
      "python_hidden", "Python is switched off by the environment variable DEEPMR_PYTHON=none.",
      "Unset DEEPMR_PYTHON to use models."
    )))
  }
  if (facts$source == "nothing") {
    return(list(problem(
      "python_missing", "No Python was found.",
      "Install Python 3.10 or newer (Debian: apt-get install python3-venv), then run install_deepmr()."
    )))
  }
  problems <- list()
  if (facts$source != "py_require") {
    problems <- interpreter_problems(facts)
    if (!length(problems)) problems <- package_problems(facts)
  }
  c(problems, r_torch_problems(facts))
}

# Can this interpreter be loaded into R at all?
interpreter_problems <- function(facts) {
  another <- "Run install_deepmr(python = <path of another Python>), or name one in RETICULATE_PYTHON and restart R."
  if (!isTRUE(facts$exists)) {
    return(list(problem(
      "python_missing", sprintf("The Python named by %s does not exist: %s", facts$source, facts$python),
      "Correct or unset it and restart R; install_deepmr() makes an environment that is found by itself."
    )))
  }
  if (is.null(facts$version)) {
    return(list(problem(
      "python_broken", sprintf("%s does not run as a Python.", facts$python),
      "Delete that environment if it is one, then run install_deepmr()."
    )))
  }
  version <- numeric_version(facts$version)
  needed <- reticulate_for(version)
  found <- list()
  if (version < "3.10") {
    found <- list(problem(
      "python_old", sprintf("%s is Python %s; deepmr needs 3.10 or newer.", facts$python, version), another
    ))
  } else if (numeric_version(facts$reticulate) < needed) {
    found <- list(problem(
      "python_new",
      sprintf("%s is Python %s, which reticulate %s cannot use.", facts$python, version, facts$reticulate),
      c(sprintf("Update reticulate to %s or newer: install.packages(\"reticulate\").", needed), another)
    ))
  } else if (isFALSE(facts$shared)) {
    found <- list(problem(
      "python_static", sprintf("%s was built without a shared library (libpython), so R cannot load it.", facts$python),
      c(another, "A pyenv Python has one when built with PYTHON_CONFIGURE_OPTS=--enable-shared.")
    ))
  }
  found
}

# The first reticulate that can load a Python version (from reticulate's NEWS).
reticulate_for <- function(version) {
  if (version >= "3.13") "1.40" else if (version >= "3.12") "1.33" else "1.28"
}

package_problems <- function(facts) {
  missing <- c("torch", "numpy")[c(is.null(facts$torch), is.null(facts$numpy))]
  if (length(missing)) {
    return(list(missing_packages(facts, paste(missing, collapse = " and "))))
  }
  numpy <- suppressWarnings(as.integer(sub("\\..*", "", facts$numpy)))
  if (isTRUE(numpy >= 2L) && numeric_version(facts$reticulate) < numpy_2_from) {
    return(list(problem(
      "numpy_new",
      sprintf("reticulate %s cannot convert arrays of numpy %s (%s).", facts$reticulate, facts$numpy, facts$python),
      c(
        sprintf("Update reticulate to %s or newer: install.packages(\"reticulate\").", numpy_2_from),
        sprintf("Or: %s -m pip install \"numpy<2\".", facts$python)
      )
    )))
  }
  list()
}

# One message per way in which a Python without torch came to be chosen.
missing_packages <- function(facts, missing) {
  pip <- sprintf("%s -m pip install torch numpy", facts$python)
  switch(facts$source,
    running = problem(
      "python_running",
      sprintf("Another Python is already running in this session and lacks %s: %s", missing, facts$python),
      c("Restart R and use deepmr before anything else starts Python.", sprintf("Or install into it: %s", pip))
    ),
    "r-reticulate" = problem(
      "python_r_reticulate",
      sprintf("An old environment named r-reticulate is found first and lacks %s: %s", missing, facts$python),
      "Run install_deepmr(): its environment r-deepmr goes before r-reticulate."
    ),
    virtualenv = problem(
      "python_missing", sprintf("The environment r-deepmr lacks %s: %s", missing, facts$python),
      "Run install_deepmr() again."
    ),
    path = problem(
      "python_missing", sprintf("No Python with torch was found: %s lacks %s.", facts$python, missing),
      "Run install_deepmr(). The statistics work without it."
    ),
    problem(
      "python_missing", sprintf("The Python named by %s lacks %s: %s", facts$source, missing, facts$python),
      c(
        sprintf("Install into it: %s", pip),
        sprintf("Or do without %s, restart R and run install_deepmr().", facts$source)
      )
    )
  )
}

r_torch_problems <- function(facts) {
  if (!isTRUE(facts$r_torch)) {
    return(list())
  }
  list(problem(
    "r_torch", "The R package torch is loaded too; two versions of libtorch in one session can crash it.",
    "Restart R and do not load torch together with deepmr.",
    fatal = FALSE
  ))
}

#' What Python deepmr found
#'
#' Shows which Python deepmr uses or would use, why, what is in it, and for each
#' problem what to do. Does not start Python.
#'
#' @return A list of class `deepmr_python_info`: `source` (why this Python),
#'   `python` (its path), `version`, `torch`, `numpy`, `reticulate` (versions,
#'   `NULL` where unknown), `running`, `cuda` (`NA` unless Python is running),
#'   `usable` (whether models run as things are, without installing anything),
#'   `problems` (a data frame with the columns `problem` and `remedy`).
#' @seealso [install_deepmr()]
#' @examples
#' deepmr_python_info()
#' @export
deepmr_python_info <- function() {
  new_python_info(python_facts())
}

new_python_info <- function(facts) {
  problems <- python_problems(facts)
  fatal <- vapply(problems, function(p) p$fatal, NA)
  column <- function(name) vapply(problems, function(p) paste(p[[name]], collapse = " "), "")
  structure(
    list(
      source = facts$source, python = facts$python, version = facts$version, torch = facts$torch,
      numpy = facts$numpy, reticulate = facts$reticulate, running = isTRUE(facts$running),
      cuda = if (is.null(facts$cuda)) NA else facts$cuda,
      # With py_require the first use would download.
      usable = !any(fatal) && facts$source != "py_require",
      problems = data.frame(problem = column("problem"), remedy = column("remedy"))
    ),
    class = "deepmr_python_info"
  )
}

#' @export
print.deepmr_python_info <- function(x, ...) {
  text <- function(value) if (is.null(value)) "-" else value
  why <- switch(x$source,
    none = "switched off by DEEPMR_PYTHON=none",
    nothing = "none found",
    running = "already running",
    virtualenv = "the environment r-deepmr",
    "r-reticulate" = "the environment r-reticulate",
    py_require = "reticulate installs one at the first use (py_require)",
    path = "the first on the search path",
    paste("named by", x$source)
  )
  cuda <- if (is.na(x$cuda)) "known once Python runs" else if (x$cuda) "yes" else "no"
  cat(
    "<deepmr_python_info>\n",
    "Python:     ", text(x$python), " (", why, ")\n",
    "Version:    ", text(x$version), "\n",
    "torch:      ", text(x$torch), "\n",
    "numpy:      ", text(x$numpy), "\n",
    "reticulate: ", text(x$reticulate), "\n",
    "Running:    ", if (x$running) "yes" else "no", "\n",
    "CUDA:       ", cuda, "\n",
    sep = ""
  )
  if (nrow(x$problems)) {
    cat(paste0("Problem: ", x$problems$problem, "\n  To do: ", x$problems$remedy, "\n"), sep = "")
  } else {
    cat("No problems found.\n")
  }
  invisible(x)
}
