"""Correlations of the network with the oracle on the held-out arm, dropout off.

In:  build/windows.csv (split "test"), everything in inst/extdata
Out: inst/extdata/demo_evaluation.csv, one row per output:
     level_arm       levels, all test windows
     level_shipped   levels, the shipped windows
     effect_pooled   SNV effects, all SNVs of the shipped windows together
     effect_median   the same within a window, median over the windows where some SNV
                     moves the oracle's output by at least 0.05
     effect_windows  how many those are
"""

import csv

import torch
from model import load, predict
from oracle import EXTDATA, Oracle, all_variants, encode, read_fasta, read_windows

NOTICEABLE = 0.05


def correlation(a, b):
    return float(torch.corrcoef(torch.stack([a, b]).double())[0, 1])


def main():
    oracle, net = Oracle(), load()
    _, arm = read_windows("test")
    shipped = encode(read_fasta(EXTDATA / "demo_promoters.fa").values())

    def levels(codes):  # (network, oracle), each (N, 5)
        return predict(net, codes), torch.cat([oracle(part) for part in codes.split(1024)])

    effects = []  # per window (2, SNVs, 5): network, oracle
    for window in shipped:
        both = torch.stack(levels(torch.cat([window[None], all_variants(window)])))
        effects.append(both[:, 1:] - both[:, :1])

    rows = []
    arm_levels, shipped_levels, pooled = levels(arm), levels(shipped), torch.cat(effects, 1)
    for k, output in enumerate(oracle.outputs):
        within = [correlation(*e[:, :, k]) for e in effects if e[1, :, k].abs().max() >= NOTICEABLE]
        row = {
            "output": output,
            "level_arm": correlation(*(x[:, k] for x in arm_levels)),
            "level_shipped": correlation(*(x[:, k] for x in shipped_levels)),
            "effect_pooled": correlation(*pooled[:, :, k]),
            "effect_median": float(torch.tensor(within).median()),
            "effect_windows": len(within),
        }
        rows.append({key: f"{x:.3f}" if isinstance(x, float) else x for key, x in row.items()})
        print(rows[-1])
        if row["level_arm"] < 0.9 or row["level_shipped"] < 0.9 or row["effect_pooled"] < 0.8:
            raise SystemExit(f"{output} misses the requirement (levels 0.9, effects 0.8).")
    with open(EXTDATA / "demo_evaluation.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
