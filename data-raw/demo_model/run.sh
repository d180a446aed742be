#!/bin/sh
# Remakes the demo model and everything that belongs to it. PYTHON names an interpreter with
# torch, numpy and pyjaspar; R needs Biostrings.
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}
Rscript 01_windows.R
for step in 02_motifs.py 03_labels.py 04_train.py 05_evaluate.py 06_fixtures.py 07_network_slopes.py; do
  echo "== $step"
  "$python" "$step"
done
