#!/bin/sh
# Remakes the demo model and everything that belongs to it. PYTHON names an interpreter with
# torch, numpy and pyjaspar; R needs Biostrings.
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}
run() {
  echo "== $*"
  "$python" "$@"
}
Rscript 01_windows.R
run 02_motifs.py
run 03_labels.py
for member in 1 2 3 4 5; do run 04_train.py "$member"; done
for step in 05_evaluate.py 06_fixtures.py 07_network_slopes.py; do run "$step"; done
