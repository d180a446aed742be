# Tests that need torch skip where there is no Python for deepmr (or DEEPMR_PYTHON=none).
skip_if_no_python <- function() {
  facts <- python_facts()
  fatal <- vapply(python_problems(facts), function(problem) problem$fatal, NA)
  # With py_require the first use would download.
  testthat::skip_if(facts$source == "py_require" || any(fatal), "no Python with torch")
}
