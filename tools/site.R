# `make site`: the pkgdown site, in docs/; a warning fails. pkgdown is asked for here only, as nothing else needs it.
if (!requireNamespace("pkgdown", quietly = TRUE)) {
  stop("The site needs the R package pkgdown: apt-get install r-cran-pkgdown.", call. = FALSE)
}

# Examples for which a suggested package is missing stand on the site without their output.
not_run <- "^@examplesIf condition .* is FALSE$"

options(pkgdown.internet = FALSE) # offline, pkgdown fails where it looks for CRAN
withCallingHandlers(
  {
    pkgdown::check_pkgdown()
    pkgdown::build_site(preview = FALSE, new_process = FALSE)
  },
  warning = function(warning) {
    if (!grepl(not_run, conditionMessage(warning))) stop(warning)
    message("Not run: ", conditionMessage(warning))
    invokeRestart("muffleWarning")
  }
)
