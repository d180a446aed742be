"""Predictions of whole sequences under dropout draws, one sequence after the other."""

import numpy as np
import torch

from .batching import halved
from .job import Job
from .masks import Row


class Prediction(Job):
    """The draws of one sequence after the other: the rows of a batch are draws of one sequence, each
    with its own masks, which are those of the reference in mutagenesis. `spec = None`: dropout off,
    one pass of each member."""

    def __init__(self, model, spec, outputs, n_samples, seed, batch_size=None, device=None):
        super().__init__(model, spec, outputs, n_samples, seed, batch_size, device)

    def begin(self, name, sequence):
        self.take(name, sequence)
        self.draws = np.empty((self.n_samples, len(self.outputs)))
        # A batch is of one member: its draws, from 0, one after the other.
        members = len(self.locked)
        self.left = [np.arange(m, self.n_samples, members) for m in range(members)]
        if self.batch_size is None:
            self.batch_size = self.choose_batch_size(lambda m, n: self._compute(m, range(n)), self.n_samples)

    def _compute(self, member, draws):
        minus, zero = np.full(len(draws), -1), np.zeros(len(draws), np.uint8)
        rows = [Row(self.sequence, int(draw) + 1) for draw in draws]
        return self.locked[member].compute(self.code, minus, zero, rows)

    def step(self):
        """Computes a batch of draws; returns the share of the sequence that is done."""
        member = next(m for m, left in enumerate(self.left) if len(left))
        single = self.spec is not None and self.locked[member].plan.batch_of_one
        draws = self.left[member][: 1 if single else self.batch_size]
        try:
            out = self._compute(member, draws)
        except torch.cuda.OutOfMemoryError:
            self.batch_size = halved(self.batch_size)
            return self._done
        self.draws[draws], _ = self.on_scale(
            member, out, lambda row: f"sequence '{self.name}' in draw {draws[row] + 1}"
        )
        self.left[member] = self.left[member][len(draws) :]
        return self._done

    @property
    def _done(self):
        return 1 - sum(map(len, self.left)) / self.n_samples

    def collect(self):
        """1-D arrays over outputs: `mean`, `var` (divisor T - 1; NaN for one pass), and `draws` with
        the draws of an output fastest."""
        var = self.draws.var(axis=0, ddof=1) if self.n_samples > 1 else np.full(len(self.outputs), np.nan)
        return {"mean": self.draws.mean(axis=0), "var": var, "draws": self.draws.T.ravel()}
