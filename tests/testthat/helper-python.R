# Tests that need torch skip where there is no Python for deepmr (or DEEPMR_PYTHON=none).
skip_if_no_python <- function() {
  testthat::skip_if_not(deepmr_python_info()$usable, "no Python with torch")
}
