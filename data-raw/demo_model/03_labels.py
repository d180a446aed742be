"""The oracle's labels of all windows, and the held-out promoters that are shipped.

In:  build/windows.csv, inst/extdata/demo_motifs.jaspar, demo_oracle.csv
Out: build/labels.csv: name, split, per output the probability and, `<output>_draw`, a 0/1
     draw with that probability (for calibration; the network is trained on the probability);
     inst/extdata/demo_promoters.fa: 100 windows drawn at random from the test arm
"""

import csv

import torch
from oracle import BASES, BUILD, EXTDATA, Oracle, read_windows

SEED = 2
SHIPPED = 100
LINE = 50  # bases per line of FASTA


def write_labels(oracle):
    with open(BUILD / "labels.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        draw_names = [f"{output}_draw" for output in oracle.outputs]
        writer.writerow(["name", "split", *oracle.outputs, *draw_names])
        for split in ("train", "validation", "test"):
            names, codes = read_windows(split)
            levels = torch.cat([oracle(part) for part in codes.split(1024)])
            draws = torch.bernoulli(levels).int()
            for name, level, draw in zip(names, levels.tolist(), draws.tolist()):
                writer.writerow([name, split, *(f"{x:.6f}" for x in level), *draw])


def write_promoters():
    names, codes = read_windows("test")
    with open(EXTDATA / "demo_promoters.fa", "w") as file:
        for i in torch.randperm(len(names))[:SHIPPED].tolist():
            sequence = "".join(BASES[base] for base in codes[i])
            lines = [sequence[j : j + LINE] for j in range(0, len(sequence), LINE)]
            file.write("\n".join([f">{names[i]}", *lines, ""]))


if __name__ == "__main__":
    torch.set_num_threads(2)
    torch.manual_seed(SEED)
    write_labels(Oracle())
    write_promoters()
