"""Predictions of whole sequences under dropout draws, one sequence after the other."""

import numpy as np
import torch

from .batching import choose_batch_size, halved
from .job import Job
from .masks import Row


class Prediction(Job):
    """The draws of one sequence after the other: the rows of a batch are draws of one sequence, each
    with its own masks, which are those of the reference in mutagenesis. `spec = None`: dropout off,
    one pass."""

    def __init__(self, model, spec, outputs, n_samples, seed, batch_size=None, device=None):
        super().__init__(model, spec, outputs, 1 if spec is None else n_samples, seed, batch_size, device)

    def begin(self, name, sequence):
        self.take(name, sequence)
        self.draws = np.empty((self.n_samples, len(self.outputs)))
        self.done = 0
        if self.batch_size is None:
            self.batch_size = choose_batch_size(self._compute, self.model.parameter.device, self.n_samples)

    def _compute(self, n, first=1):
        minus, zero = np.full(n, -1), np.zeros(n, np.uint8)
        rows = [Row(self.sequence, draw) for draw in range(first, first + n)]
        return self.locked.compute(self.code, minus, zero, rows)

    def step(self):
        """Computes a batch of draws; returns the share of the sequence that is done."""
        single = self.spec is not None and self.locked.plan.batch_of_one
        size = min(1 if single else self.batch_size, self.n_samples - self.done)
        try:
            out = self._compute(size, self.done + 1)
        except torch.cuda.OutOfMemoryError:
            self.batch_size = halved(self.batch_size)
            return self.done / self.n_samples
        self.refuse_not_finite(out, lambda row: f"sequence '{self.name}' in draw {self.done + row + 1}")
        self.draws[self.done : self.done + size] = out
        self.done += size
        return self.done / self.n_samples

    def collect(self):
        """1-D arrays over outputs: `mean`, `var` (divisor T - 1; NaN for one pass), and `draws` with
        the draws of an output fastest."""
        var = self.draws.var(axis=0, ddof=1) if self.n_samples > 1 else np.full(len(self.outputs), np.nan)
        return {"mean": self.draws.mean(axis=0), "var": var, "draws": self.draws.T.ravel()}
