"""The network's own slopes: what the estimators aim at, from very many dropout masks.

Run: python 07_network_slopes.py [MASKS]

In: inst/extdata/demo_model.pt, demo_promoters.fa (the first 20, those of the demonstration)
Out: inst/extdata/demo_network_slopes.csv: sequence, exposure, slope, se, n_draws

The slope of the network's mean effects on accessibility on those on an exposure, over all SNVs
of a promoter, after the share that is Monte-Carlo error has been taken from both moments. `se` is
what Monte-Carlo error is left in it. This is a second route beside the package: torch's own random
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


def slopes(net, sequence, n_draws):
    """(slopes, their Monte-Carlo standard errors), exposures in the order of OUTPUTS."""
    body, head = net.features, net.head
    codes = torch.cat([sequence[None], all_variants(sequence)])
    before = body[:FIRST](one_hot(codes))  # (1 + V, 24, 100)
    effects = torch.empty(n_draws, len(codes) - 1, len(OUTPUTS), dtype=torch.float64)
    for t in range(n_draws):
        h = body[FIRST + 1 : SECOND](before * mask(*before.shape[1:]))
        h = net.pool(h * mask(*h.shape[1:]))
        h = head[:3](h)
        p = head[4:](h * mask(*h.shape[1:])).double()
        effects[t] = p[1:] - p[:1]
    effects -= effects.mean(1, keepdim=True)  # the intercept
    mean = effects.mean(0)
    deviation = effects - mean
    noise = torch.einsum("tvi,tvj->ij", deviation, deviation) / (n_draws * (n_draws - 1))
    moments = mean.T @ mean - noise
    slope = moments[:-1, -1] / moments.diagonal()[:-1]
    # Slope of each draw's deviation along the mean effects: the linearised slope, draw by draw.
    residual = deviation[:, :, -1:] - slope * deviation[:, :, :-1]
    influence = torch.einsum("vk,tvk->tk", mean[:, :-1], residual) / moments.diagonal()[:-1]
    return slope, influence.std(0) / n_draws**0.5


def main(n_draws):
    net = load()
    records = list(read_fasta(EXTDATA / "demo_promoters.fa").items())[:PROMOTERS]
    start = time.time()
    with (EXTDATA / "demo_network_slopes.csv").open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["sequence", "exposure", "slope", "se", "n_draws"])
        for name, sequence in records:
            slope, se = slopes(net, encode([sequence])[0], n_draws)
            for k, exposure in enumerate(OUTPUTS[:-1]):
                out.writerow([name, exposure, f"{slope[k]:.6g}", f"{se[k]:.3g}", n_draws])
            print(f"{name}: {slope.numpy().round(3)} after {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    torch.set_num_threads(2)
    torch.manual_seed(SEED)
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
