"""Trains a demo network on the oracle's labels, in two stages.

Run: python 04_train.py [MEMBER]

In:  build/windows.csv (split "train"), inst/extdata/demo_motifs.jaspar, demo_oracle.csv
Out: inst/extdata/demo_model.pt (state dict, float32), or demo_model_<MEMBER>.pt

The members differ by the seed alone, which is the member's number: initial weights, the order of
the batches, the mutations and the dropout in training. All see the same windows.

1. 100-bp pieces of the windows, those with sites drawn more often. A site is a tenth of a
   piece but a fiftieth of a window: without this stage the motifs are found late or never.
2. Whole windows, half of them mutated at random, each with the oracle's own label, so that
   the network sees what a substitution does.

Every second batch is reverse-complemented: the oracle is strand-symmetric.
"""

import sys
import time

import torch
import torch.nn.functional as F
from model import DemoNet, weights_file
from oracle import Oracle, one_hot, read_windows

PIECE = 100  # bp
CELLS = 25  # of `pool`
STAGES = {  # steps, rows per step, peak learning rate
    "pieces": (3000, 256, 1e-2),
    "windows": (2000, 64, 5e-3),
}


def mutate(codes):
    """Random substitutions in base codes (N, L): a share of 0 to 15 % per row, mostly small."""
    rate = 0.15 * torch.rand(len(codes), 1) ** 2
    hit = torch.rand(codes.shape) < rate
    return torch.where(hit, (codes + torch.randint(1, 4, codes.shape)) % 4, codes)


def fit(name, parameters, batch, predict):
    """Minimises the cross-entropy of `predict(codes)` against labels; `batch(rows)` gives both."""
    steps, rows, rate = STAGES[name]
    optimizer = torch.optim.AdamW(parameters, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    start, excess = time.perf_counter(), 0.0
    for step in range(1, steps + 1):
        codes, labels = batch(rows)
        if step % 2:
            codes = (3 - codes).flip(1)
        loss = F.binary_cross_entropy(predict(codes), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        excess += loss.item() - F.binary_cross_entropy(labels, labels).item()
        if step % 250 == 0:
            seconds = time.perf_counter() - start
            print(f"{name} {step}: excess cross-entropy {excess / 250:.4f}, {seconds:.0f} s", flush=True)
            excess = 0.0


def main(member):
    oracle = Oracle()
    _, windows = read_windows("train")
    net = DemoNet()
    with torch.no_grad():
        net.head[1].weight *= CELLS  # start from the sum over cells, not their mean

    pieces = windows.reshape(-1, PIECE)
    piece_labels = torch.cat([oracle(part) for part in pieces.split(4096)])
    weight = 0.1 + piece_labels.amax(1)

    def piece_batch(rows):
        i = torch.multinomial(weight, rows, replacement=True)
        return pieces[i], piece_labels[i]

    def piece_predict(codes):
        # The cells that a piece lacks count as zeros.
        return net.head(net.features(one_hot(codes)).sum(2, keepdim=True) / CELLS)

    def window_batch(rows):
        codes = windows[torch.randint(len(windows), (rows,))]
        codes = torch.cat([codes[: rows // 2], mutate(codes[rows // 2 :])])
        return codes, oracle(codes)

    fit("pieces", net.parameters(), piece_batch, piece_predict)
    fit("windows", net.parameters(), window_batch, lambda codes: net(one_hot(codes)))
    torch.save(net.eval().state_dict(), weights_file(member))


if __name__ == "__main__":
    member = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    torch.set_num_threads(2 if member == 1 else 1)  # as the shipped ones were: the last bits depend on it
    torch.manual_seed(member)
    main(member)
