"""Correlations of the networks with the oracle on the held-out arm, dropout off.

In:  build/windows.csv (split "test"), everything in inst/extdata
Out: inst/extdata/demo_evaluation.csv, of the demo model (member 1), one row per output:
     level_arm       levels, all test windows
     level_shipped   levels, the shipped windows
     effect_pooled   SNV effects, all SNVs of the shipped windows together
     effect_median   the same within a window, median over the windows where some SNV
                     moves the oracle's output by at least 0.05
     effect_windows  how many those are
     inst/extdata/demo_members.csv, the same of each member: column `member` and those above
"""

import csv

import torch
from model import MEMBERS, load, predict
from oracle import EXTDATA, Oracle, all_variants, encode, read_fasta, read_windows

NOTICEABLE = 0.05


def correlation(a, b):
    return float(torch.corrcoef(torch.stack([a, b]).double())[0, 1])


def evaluate(net, outputs, arm, windows):
    """The rows of one network, one for each output. `arm`: base codes and the oracle's levels of the
    test windows; `windows`: the same of each shipped window followed by its SNVs."""
    shipped, effects = [], []  # per window (2, 5) and (2, SNVs, 5): network, oracle
    for codes, truth in windows:
        both = torch.stack([predict(net, codes), truth])
        shipped.append(both[:, 0])
        effects.append(both[:, 1:] - both[:, :1])

    rows = []
    arm_levels, shipped, pooled = (predict(net, arm[0]), arm[1]), torch.stack(shipped, 1), torch.cat(effects, 1)
    for k, output in enumerate(outputs):
        within = [correlation(*e[:, :, k]) for e in effects if e[1, :, k].abs().max() >= NOTICEABLE]
        row = {
            "output": output,
            "level_arm": correlation(*(x[:, k] for x in arm_levels)),
            "level_shipped": correlation(*shipped[:, :, k]),
            "effect_pooled": correlation(*pooled[:, :, k]),
            "effect_median": float(torch.tensor(within).median()),
            "effect_windows": len(within),
        }
        rows.append({key: f"{x:.3f}" if isinstance(x, float) else x for key, x in row.items()})
        if row["level_arm"] < 0.9 or row["level_shipped"] < 0.9 or row["effect_pooled"] < 0.8:
            raise SystemExit(f"{rows[-1]} misses the requirement (levels 0.9, effects 0.8).")
    return rows


def write(name, rows):
    with open(EXTDATA / name, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main():
    oracle = Oracle()

    def labelled(codes):
        return codes, torch.cat([oracle(part) for part in codes.split(1024)])

    shipped = encode(read_fasta(EXTDATA / "demo_promoters.fa").values())
    arm = labelled(read_windows("test")[1])
    windows = [labelled(torch.cat([window[None], all_variants(window)])) for window in shipped]
    rows = []
    for member in MEMBERS:
        found = evaluate(load(member), oracle.outputs, arm, windows)
        if member == 1:
            write("demo_evaluation.csv", found)
        for row in found:
            rows.append({"member": member, **row})
            print(rows[-1], flush=True)
    write("demo_members.csv", rows)


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
