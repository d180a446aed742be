# `make lint`: lintr over every R file, ruff over every Python file, no name defined twice in R/; any finding fails.
# Loaded first, or lintr takes the package's own functions for undefined ones.
pkgload::load_all(quiet = TRUE)
folders <- intersect(c("tools", "benchmarks"), list.files())
lints <- lapply(folders, function(folder) lintr::lint_dir(folder, relative_path = FALSE))
lints <- c(list(lintr::lint_package(relative_path = FALSE)), lints)
for (found in lints) print(found)

# The second of two definitions in a package silently takes the place of the first.
defined <- unlist(lapply(list.files("R", full.names = TRUE), function(file) {
  assigned <- Filter(function(e) is.call(e) && identical(e[[1L]], quote(`<-`)) && is.name(e[[2L]]), parse(file))
  vapply(assigned, function(e) as.character(e[[2L]]), "")
}))
twice <- unique(defined[duplicated(defined)])
if (length(twice)) message("Defined twice in R/: ", toString(twice))

ruff <- file.path(path.expand(reticulate::virtualenv_root()), "r-deepmr", "bin", "ruff")
failed <- system2(ruff, c("check", "--no-cache", ".")) + system2(ruff, c("format", "--no-cache", "--check", "."))
quit(status = as.integer(sum(lengths(lints)) + length(twice) + failed > 0))
