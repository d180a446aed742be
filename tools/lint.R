# `make lint`: lintr over every R file, ruff over every Python file; any finding fails.
# Loaded first, or lintr takes the package's own functions for undefined ones.
pkgload::load_all(quiet = TRUE)
folders <- intersect(c("tools", "benchmarks"), list.files())
lints <- lapply(folders, function(folder) lintr::lint_dir(folder, relative_path = FALSE))
lints <- c(list(lintr::lint_package(relative_path = FALSE)), lints)
for (found in lints) print(found)

ruff <- file.path(path.expand(reticulate::virtualenv_root()), "r-deepmr", "bin", "ruff")
failed <- system2(ruff, c("check", "--no-cache", ".")) + system2(ruff, c("format", "--no-cache", "--check", "."))
quit(status = as.integer(sum(lengths(lints)) + failed > 0))
