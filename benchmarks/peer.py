"""A deterministic pass (dropout off) against tangermeme's saturation_mutagenesis, fast path forced, at its best
batch size: `python benchmarks/peer.py [sequences, default 4]`, with tangermeme installed (`pip install tangermeme`).
Set-up included, once for all sequences."""

import sys

import numpy as np
import torch
from engines import seconds
from networks import NETWORKS, random_weights

try:
    from tangermeme import saturation_mutagenesis as peer
except ImportError:
    sys.exit("This comparison needs tangermeme: pip install tangermeme")

from deepmr_torch import encode
from deepmr_torch.model import Model
from deepmr_torch.mutagenesis import Mutagenesis

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


def main(n_sequences):
    maker, length, layout, k, *_ = NETWORKS["DeepSEA"]
    net = random_weights(maker())
    letters = np.random.default_rng(1).choice(list("ACGT"), (n_sequences, length))
    sequences = ["".join(row) for row in letters]
    codes = np.stack([encode.codes(sequence) for sequence in sequences])
    x = torch.nn.functional.one_hot(torch.from_numpy(codes.astype(np.int64)), 4).transpose(1, 2).float().contiguous()

    def theirs(x, batch):
        return peer.saturation_mutagenesis(
            WithoutHeight(net), x, batch_size=batch, raw_outputs=True, device="cpu", fast=True
        )

    def ours(sequences):
        """With a new set-up each time, as theirs has."""
        model = Model(net, length, [f"y{i}" for i in range(k)], layout)
        run = Mutagenesis(model, None, range(k), 1, 1)
        results = []
        for sequence in sequences:
            run.begin("s", sequence)
            while run.step() < 1:
                pass
            results.append(run.collect()["mean_alt"].reshape(-1, k))
        run.close()
        return np.stack(results)

    best = min(BATCHES, key=lambda batch: seconds(theirs, x[:1], batch)[0])
    for n in sorted({1, n_sequences}):
        their_times, our_times = [], []
        for _ in range(ROUNDS):
            time, result = seconds(theirs, x[:n], best)
            their_times.append(time)
            time, got = seconds(ours, sequences[:n])
            our_times.append(time)
        position, alt = encode.snvs(codes[0])
        difference = np.abs(result.y_hat[0].numpy()[alt, position] - got[0]).max()  # y_hat (n, 4, length, outputs)
        print(
            f"DeepSEA, no dropout, {n} sequence(s), seconds for each: tangermeme {min(their_times) / n:.2f} "
            f"(batch {best}), deepmr {min(our_times) / n:.2f}, ratio {min(their_times) / min(our_times):.1f}; largest "
            f"difference {difference:.1e}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
