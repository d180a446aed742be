#!/usr/bin/env bash
# Installs what deepmr needs, then deepmr: system packages (Debian bookworm, as root),
# the virtual environment r-deepmr, the R package. A second run only looks. Without root
# or on another system it says what is missing.
#
# DEEPMR_TORCH=cpu takes PyTorch's own CPU wheels instead of the index's build.
set -euo pipefail
cd "$(dirname "$0")/.."

# The R packages, with what each is for in CONTRIBUTING.md.
run_packages=(cli data.table generics ggplot2 ggseqlogo metafor optparse reticulate rlang robustbase Biostrings)
genome_packages=(GenomicRanges Rsamtools rtracklayer BSgenome VariantAnnotation)
test_packages=(testthat vdiffr ragg knitr rmarkdown TFMPvalue)
lint_packages=(roxygen2 lintr pkgload)

main() {
  system_packages
  virtual_environment
  r_package
}

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$@" >&2; exit 1; }

# ---- System packages -------------------------------------------------------

apt_name() {
  case "$1" in
    Biostrings | GenomicRanges | Rsamtools | rtracklayer | BSgenome | VariantAnnotation)
      echo "r-bioc-$(tr '[:upper:]' '[:lower:]' <<<"$1")" ;;
    *) echo "r-cran-$(tr '[:upper:]' '[:lower:]' <<<"$1")" ;;
  esac
}

# Fills `missing` (in words), `missing_apt` (Debian's names) and `missing_r` (R packages).
find_missing() {
  missing=() missing_apt=() missing_r=()
  need() { # need <word> <Debian package> <test command...>
    local word="$1" package="$2"
    shift 2
    "$@" >/dev/null 2>&1 || { missing+=("$word"); missing_apt+=("$package"); }
  }
  need "R (4.1 or newer)" r-base-core command -v Rscript
  need "git" git command -v git
  need "make" make command -v make
  need "pandoc (vignettes)" pandoc command -v pandoc
  need "qpdf (R CMD check asks for it)" qpdf command -v qpdf
  local python
  python="$(system_python)"
  need "Python (3.10 or newer) with its module venv" python3-venv "$python" -c \
    'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'
  need "Python's shared library (libpython)" libpython3-dev has_libpython "$python"

  local libraries=() package library found
  if command -v Rscript >/dev/null; then
    mapfile -t libraries < <(Rscript --no-init-file --no-site-file -e 'writeLines(.libPaths())')
  fi
  for package in "${run_packages[@]}" "${genome_packages[@]}" "${test_packages[@]}" "${lint_packages[@]}"; do
    found=no
    for library in "${libraries[@]}"; do
      [ ! -f "$library/$package/DESCRIPTION" ] || found=yes
    done
    if [ "$found" = no ]; then
      missing+=("R package $package")
      missing_apt+=("$(apt_name "$package")")
      missing_r+=("$package")
    fi
  done
}

# The system's own Python before others: one from pyenv may lack the libpython that R loads.
system_python() {
  if [ -x /usr/bin/python3 ]; then echo /usr/bin/python3; else echo python3; fi
}

has_libpython() {
  "$1" inst/python/probe.py | grep -qx 'shared True'
}

system_packages() {
  find_missing
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" = 0 ] && [ "$(debian_release)" = bookworm ]; then
    say "installing ${#missing_apt[@]} system packages: ${missing_apt[*]}"
    apt_install || { apt-get update -q && apt_install; } || fail "apt-get failed; its message is above."
    find_missing
  fi
  [ "${#missing[@]}" -eq 0 ] || report_missing
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing_apt[@]}"
}

debian_release() {
  if [ -r /etc/os-release ]; then (. /etc/os-release && echo "${VERSION_CODENAME:-}"); fi
}

report_missing() {
  printf 'setup: missing: %s\n' "${missing[@]}" >&2
  if command -v apt-get >/dev/null; then
    fail "As root: apt-get update && apt-get install -y --no-install-recommends ${missing_apt[*]}"
  fi
  if [ "${#missing_r[@]}" -gt 0 ]; then
    fail "Install what is listed; the R packages with" \
      "  install.packages(c($(printf '"%s", ' "${missing_r[@]}" | sed 's/, $//')))  # Biostrings and what reads genomes: BiocManager::install()"
  fi
  fail "Install what is listed with this system's package manager."
}

# ---- Virtual environment ---------------------------------------------------

# One pip command for everything: in two steps the second would upgrade numpy and break the first.
virtual_environment() {
  local env requirements=inst/python/requirements stamp
  env="$(Rscript --no-init-file --no-site-file -e 'cat(file.path(path.expand(reticulate::virtualenv_root()), "r-deepmr"))')"
  stamp="$(cat $requirements/{core,kipoi,test,constraints}.txt | cksum) ${DEEPMR_TORCH:-}"
  python_runs "$env" && [ "$(cat "$env/deepmr-setup" 2>/dev/null)" = "$stamp" ] && return 0
  if ! python_runs "$env"; then
    say "making the virtual environment $env"
    "$(system_python)" -m venv --clear "$env"
  fi
  say "installing torch, numpy, kipoi and what the tests need (about 1.4 GB on disk)"
  local index=()
  if [ "${DEEPMR_TORCH:-}" = cpu ]; then
    index=(--extra-index-url https://download.pytorch.org/whl/cpu)
  elif [ "$(uname)" = Linux ]; then
    say "on Linux torch may come with CUDA, several GB; DEEPMR_TORCH=cpu make setup takes the CPU build"
  fi
  # The pinned versions exist for these Pythons only (bookworm has 3.11).
  local pins=()
  case "$("$env/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" in
    3.10 | 3.11 | 3.12) pins=(-c $requirements/constraints.txt) ;;
  esac
  "$env/bin/python" -m pip install -q "${index[@]}" \
    -r $requirements/core.txt -r $requirements/kipoi.txt -r $requirements/test.txt "${pins[@]}" ||
    fail "pip failed; its message is above. Check the network and the free disk space."
  printf '%s\n' "$stamp" >"$env/deepmr-setup"
}

python_runs() { "$1/bin/python" -c '' 2>/dev/null; }

# ---- The R package ---------------------------------------------------------

# Reinstalled when a source is newer than the installed copy, or that copy came from another folder.
r_package() {
  local installed sources=(DESCRIPTION NAMESPACE R inst)
  [ ! -d man ] || sources+=(man)
  installed="$(Rscript --no-init-file --no-site-file -e 'cat(system.file(package = "deepmr"))')"
  if [ -n "$installed" ] && [ "$(cat "$installed/deepmr-source" 2>/dev/null)" = "$PWD" ] &&
    [ -z "$(find "${sources[@]}" -name __pycache__ -prune -o -newer "$installed/deepmr-source" -print -quit)" ]; then
    say "everything is in place"
    return 0
  fi
  say "installing the R package deepmr"
  local library log
  library="$(r_library)"
  log="$(mktemp)"
  R CMD INSTALL --no-test-load --library="$library" . >"$log" 2>&1 || { cat "$log" >&2; fail "R CMD INSTALL failed."; }
  rm -f "$log"
  printf '%s\n' "$PWD" >"$library/deepmr/deepmr-source"
}

# The first library that can be written, else the user's own, which R finds by itself.
r_library() {
  Rscript --no-init-file --no-site-file -e '
    paths <- .libPaths()
    writable <- paths[file.access(paths, 2L) == 0L]
    if (!length(writable)) {
      writable <- path.expand(Sys.getenv("R_LIBS_USER"))
      dir.create(writable, recursive = TRUE, showWarnings = FALSE)
    }
    cat(writable[[1L]])'
}

main
