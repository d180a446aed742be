"""A deterministic pass (dropout off) against tangermeme's saturation_mutagenesis, fast path forced, at its best
batch size: `python benchmarks/peer.py`, with tangermeme installed (`pip install tangermeme`). Set-up included."""

import sys

import numpy as np
import torch
from engines import seconds
from networks import NETWORKS, random_weights

try:
    from tangermeme import saturation_mutagenesis as peer
except ImportError:
    sys.exit("This comparison needs tangermeme: pip install tangermeme")

from deepmr_torch import encode, engine
from deepmr_torch.locked import LockedModel
from deepmr_torch.masks import Row
from deepmr_torch.model import Model

BATCHES = (16, 64, 256)
ROUNDS = 3
peer._FAST_MIN_SECONDS = 0  # its fast path, however short the job


class WithoutHeight(torch.nn.Module):
    """A network of (N, 4, 1, L) for (N, 4, L), which is what the peer gives."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x.unsqueeze(2))


def main():
    maker, length, layout, k, *_ = NETWORKS["DeepSEA"]
    net = random_weights(maker())
    sequence = "".join(np.random.default_rng(1).choice(list("ACGT"), length))
    code = encode.codes(sequence)
    position, alt = encode.snvs(code)
    x = torch.nn.functional.one_hot(torch.from_numpy(code.astype(np.int64)), 4).T[None].float()

    def theirs(batch):
        return peer.saturation_mutagenesis(
            WithoutHeight(net), x, batch_size=batch, raw_outputs=True, device="cpu", fast=True
        )

    def ours():
        """With a new set-up each time, as theirs has."""
        model = Model(net, length, [f"y{i}" for i in range(k)], layout)
        with torch.no_grad(), LockedModel(model, None, 1, range(k)) as locked:
            choice = engine.choose(locked, "auto", code, position, alt, Row(sequence, 1))
            run = engine.Windowed(locked, code)
            parts = [
                run.compute(position[i : i + choice.rows], alt[i : i + choice.rows], Row(sequence, 1), i)
                for i in range(0, len(position), choice.rows)
            ]
        return np.concatenate([part[1:] for part in parts])

    best = min(BATCHES, key=lambda batch: seconds(theirs, batch)[0])
    their_times, our_times = [], []
    for _ in range(ROUNDS):
        time, result = seconds(theirs, best)
        their_times.append(time)
        time, got = seconds(ours)
        our_times.append(time)
    difference = np.abs(result.y_hat[0].numpy()[alt, position] - got).max()  # y_hat (1, 4, length, outputs)
    print(
        f"DeepSEA, no dropout, seconds per sequence: tangermeme {min(their_times):.2f} (batch {best}), deepmr "
        f"{min(our_times):.2f}, ratio {min(their_times) / min(our_times):.1f}; largest difference {difference:.1e}"
    )


if __name__ == "__main__":
    main()
