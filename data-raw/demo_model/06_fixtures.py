"""What the tests compare with: the Python oracle in float64, and the network's predictions.

In:  inst/extdata
Out: tests/testthat/fixtures/
     demo_oracle_levels.csv   the oracle's levels of the shipped promoters
     demo_oracle_effects.csv  its SNV effects in the last 120 bp of the first three
     demo_net_predictions.csv the network's predictions for the first two, dropout off
"""

import csv

import torch
from model import load, predict
from oracle import BASES, EXTDATA, FIXTURES, Oracle, all_variants, encode, read_fasta

TAIL = 120  # bp


def write(name, header, rows):
    FIXTURES.mkdir(parents=True, exist_ok=True)
    with open(FIXTURES / name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow([f"{x:.9f}" if isinstance(x, float) else x for x in row])


def main():
    oracle = Oracle()
    promoters = read_fasta(EXTDATA / "demo_promoters.fa")
    names, codes = list(promoters), encode(promoters.values())
    levels = oracle(codes, torch.float64).tolist()
    header = ["sequence", *oracle.outputs]
    write("demo_oracle_levels.csv", header, ([n, *x] for n, x in zip(names, levels)))

    effects = []
    for name, tail in zip(names, codes[:3, -TAIL:]):
        variants = all_variants(tail)
        values = oracle(variants, torch.float64) - oracle(tail[None], torch.float64)
        for variant, effect in zip(variants, values.tolist()):
            position = int((variant != tail).nonzero())
            bases = BASES[tail[position]], BASES[variant[position]]
            effects.append([name, position + 1, *bases, *effect])
    write("demo_oracle_effects.csv", ["sequence", "position", "ref", "alt", *oracle.outputs], effects)

    predictions = predict(load(), codes[:2]).tolist()
    write("demo_net_predictions.csv", header, ([n, *x] for n, x in zip(names, predictions)))


if __name__ == "__main__":
    main()
