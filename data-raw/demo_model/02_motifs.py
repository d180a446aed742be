"""Motifs from JASPAR and the oracle's constants.

In:  build/windows.csv, pyjaspar
Out: inst/extdata/demo_motifs.jaspar, inst/extdata/demo_oracle.csv
"""

import csv

import torch
from oracle import (
    BASES,
    EXTDATA,
    llr_matrix,
    occupancy,
    one_hot,
    read_motifs,
    read_windows,
    scan,
)
from pyjaspar import jaspardb

# name -> (JASPAR matrix, coefficient in accessibility)
MOTIFS = {
    "Dref": ("MA1456.2", 0.4),
    "Trl": ("MA0205.3", 0.3),
    "M1BP": ("MA1459.2", 0.2),
    "da": ("MA2308.1", 0.0),
}
INTERCEPT = 0.05
MEAN_OCCUPANCY = 0.3
PSEUDOCOUNT = 0.01


def jaspar_text(motif, name):
    """One motif in JASPAR's matrix format."""
    rows = [f"{base} [ {' '.join(f'{x:g}' for x in motif.counts[base])} ]" for base in BASES]
    return "\n".join([f">{motif.matrix_id} {name}", *rows, ""])


def solve_mu(scores):
    """The mu at which the mean occupancy over windows is MEAN_OCCUPANCY, to 1e-4."""
    low, high = -20.0, 5.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        if occupancy(scores, middle).mean() > MEAN_OCCUPANCY:
            high = middle
        else:
            low = middle
    return round(middle, 4)


def main():
    database = jaspardb(release="JASPAR2024")
    texts = []
    for name, (matrix, _) in MOTIFS.items():
        motif = database.fetch_motif_by_id(matrix)
        assert motif.name == name, f"{matrix} is {motif.name}, not {name}"
        texts.append(jaspar_text(motif, name))
    (EXTDATA / "demo_motifs.jaspar").write_text("".join(texts))

    _, codes = read_windows("train")
    share = torch.bincount(codes.flatten(), minlength=4) / codes.numel()
    at = round(float(share[0] + share[3]) / 2, 4)  # equal on both strands
    background = [at, round(0.5 - at, 4), round(0.5 - at, 4), at]

    rows = [("background", base, p) for base, p in zip(BASES, background)]
    rows.append(("pseudocount", "all", PSEUDOCOUNT))
    x = one_hot(codes)
    for name, counts in read_motifs(EXTDATA / "demo_motifs.jaspar").items():
        rows.append(("mu", name, solve_mu(scan(x, llr_matrix(counts, background, PSEUDOCOUNT)))))
    rows.append(("intercept", "accessibility", INTERCEPT))
    rows += [("coefficient", name, coefficient) for name, (_, coefficient) in MOTIFS.items()]
    with open(EXTDATA / "demo_oracle.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["parameter", "name", "value"])
        writer.writerows(rows)


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
