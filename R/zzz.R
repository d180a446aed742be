.onLoad <- function(libname, pkgname) {
  declare_python()
}
