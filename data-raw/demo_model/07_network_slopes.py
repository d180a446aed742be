"""The network's own slopes: what the estimators aim at, from very many dropout masks.

Run: python 07_network_slopes.py [MASKS]

In: inst/extdata/demo_model.pt, demo_promoters.fa (the first 20, those of the demonstration)
Out: inst/extdata/demo_network_slopes.csv: sequence, exposure, slope, se, slope_all, n_draws

The slope of the network's mean effects on accessibility on those on an exposure, after the share that
is Monte-Carlo error has been taken from both moments. `slope` is over the SNVs that move both
predictions, as fits are (the rule is that of the column at_rounding); `slope_all` over all SNVs,
four in ten of which the network's max-pooling ignores. `se` is what Monte-Carlo error is left in
`slope`. This is a second route beside the package: torch's own random
numbers, locked masks written out for this one network, the layers before the first dropout computed
once.
"""

import csv
import sys
import time

import torch
from model import load
from oracle import EXTDATA, all_variants, encode, one_hot, read_fasta

OUTPUTS = ["Dref", "Trl", "M1BP", "da", "accessibility"]
SEED = 7
PROMOTERS = 20
FIRST, SECOND, RATE = 3, 7, 0.1  # where the features have their dropout, and its rate


def mask(*shape):
    return (torch.rand(1, *shape) >= RATE).float() / (1 - RATE)


def effects_of(net, sequence, n_draws):
    """Effects (T, V, K), double, and the level of each output (K,)."""
    body, head = net.features, net.head
    codes = torch.cat([sequence[None], all_variants(sequence)])
    before = body[:FIRST](one_hot(codes))  # (1 + V, 24, 100)
    effects = torch.empty(n_draws, len(codes) - 1, len(OUTPUTS), dtype=torch.float64)
    level = torch.zeros(len(OUTPUTS), dtype=torch.float64)
    for t in range(n_draws):
        h = body[FIRST + 1 : SECOND](before * mask(*before.shape[1:]))
        h = net.pool(h * mask(*h.shape[1:]))
        h = head[:3](h)
        p = head[4:](h * mask(*h.shape[1:])).double()
        effects[t] = p[1:] - p[:1]
        level += p[0] / n_draws
    return effects, level


def slope_of(x, y):
    """(slope, its Monte-Carlo standard error) from effects (T, V)."""
    x, y = x - x.mean(1, keepdim=True), y - y.mean(1, keepdim=True)  # the intercept
    n_draws = len(x)
    mx, my = x.mean(0), y.mean(0)
    dx, dy = x - mx, y - my
    squares = mx @ mx - (dx * dx).sum() / (n_draws * (n_draws - 1))
    slope = (mx @ my - (dx * dy).sum() / (n_draws * (n_draws - 1))) / squares
    influence = (dy - slope * dx) @ mx / squares  # the linearised slope, draw by draw
    return float(slope), float(influence.std() / n_draws**0.5)


def moves(effects, level):
    """Which variants move a prediction by more than rounding: the rule of at_rounding."""
    mean = effects.mean(0)
    bound = 32 * torch.finfo(torch.float32).eps * torch.maximum(level, level + mean)
    return (mean.abs() > bound) & (effects.std(0) > bound)


def main(n_draws):
    net = load()
    records = list(read_fasta(EXTDATA / "demo_promoters.fa").items())[:PROMOTERS]
    start = time.time()
    with (EXTDATA / "demo_network_slopes.csv").open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["sequence", "exposure", "slope", "se", "slope_all", "n_draws"])
        for name, sequence in records:
            effects, level = effects_of(net, encode([sequence])[0], n_draws)
            moved = moves(effects, level)
            y = effects[:, :, -1]
            for k, exposure in enumerate(OUTPUTS[:-1]):
                both = moved[:, k] & moved[:, -1]
                slope, se = slope_of(effects[:, both, k], y[:, both])
                slope_all, _ = slope_of(effects[:, :, k], y)
                out.writerow([name, exposure, f"{slope:.6g}", f"{se:.3g}", f"{slope_all:.6g}", n_draws])
                print(f"{name} {exposure}: {slope:.3f} ({se:.3f}), {int(both.sum())} SNVs; all {slope_all:.3f}")
            print(f"after {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    torch.set_num_threads(2)
    torch.manual_seed(SEED)
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
