# A temporary file that goes away with the test that asks for it.
temporary_file <- function(extension, envir = parent.frame()) {
  file <- tempfile(fileext = extension)
  do.call(on.exit, list(substitute(unlink(file), list(file = file)), add = TRUE), envir = envir)
  file
}
