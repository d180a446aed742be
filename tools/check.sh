#!/usr/bin/env bash
# `make check`: R CMD check of the built package; an error or a warning fails.
set -euo pipefail
source="$(cd "$(dirname "$0")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

R CMD build "$source"
# These ask the network or the clock, or for suggested packages that Debian lacks.
export _R_CHECK_CRAN_INCOMING_=false _R_CHECK_CRAN_INCOMING_REMOTE_=false
export _R_CHECK_FORCE_SUGGESTS_=false _R_CHECK_SYSTEM_CLOCK_=false
# --as-cran looks for orphaned packages in CRAN's list and stops without network: an empty list stands in for it.
mkdir -p web/packages
Rscript -e 'saveRDS(cbind(Package = character(), Maintainer = character()), "web/packages/packages.rds")'
export R_CRAN_WEB="file://$work"
# Tests that skip_on_cran() have just run in `make test`.
NOT_CRAN=false R CMD check --as-cran --no-manual deepmr_*.tar.gz
status="$(grep '^Status:' deepmr.Rcheck/00check.log)"
case "$status" in
  *ERROR* | *WARNING*) exit 1 ;;
esac
