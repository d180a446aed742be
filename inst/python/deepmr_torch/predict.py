"""Predictions of whole sequences under dropout draws, one sequence after the other."""

import numpy as np
import torch

from .batching import choose_batch_size, halved
from .encode import codes
from .errors import DeepmrError
from .locked import LockedModel
from .masks import Row


class Prediction:
    """The draws of one sequence after the other: the rows of a batch are draws of one sequence, each
    with its own masks, which are those of the reference in mutagenesis. `spec = None`: dropout off,
    one pass."""

    def __init__(self, model, spec, outputs, n_samples, seed, batch_size=None, device=None):
        self.model = model
        self.spec = spec
        self.outputs = np.atleast_1d(np.asarray(outputs, np.int64))
        self.n_samples = 1 if spec is None else int(n_samples)
        self.seed = seed
        self.batch_size = batch_size
        self.device = device
        self.locked = None

    def begin(self, name, sequence):
        if self.locked is None:
            self.locked = LockedModel(self.model, self.spec, self.seed, sequence, self.outputs, self.device).__enter__()
        self.name, self.sequence, self.code = name, sequence.upper(), codes(sequence)
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
        if not np.isfinite(out).all():
            row, column = np.argwhere(~np.isfinite(out))[0]
            raise DeepmrError(
                "not_finite",
                f"The model predicts {out[row, column]} for output '{self.model.outputs[self.outputs[column]]}' "
                f"of sequence '{self.name}' in draw {self.done + row + 1}.",
                "Look for overflow or a division by zero in the model or its weights.",
            )
        self.draws[self.done : self.done + size] = out
        self.done += size
        return self.done / self.n_samples

    def collect(self):
        """1-D arrays over outputs: `mean`, `var` (divisor T - 1; NaN for one pass), and `draws` with
        the draws of an output fastest."""
        var = self.draws.var(axis=0, ddof=1) if self.n_samples > 1 else np.full(len(self.outputs), np.nan)
        return {"mean": self.draws.mean(axis=0), "var": var, "draws": self.draws.T.ravel()}

    def close(self):
        if self.locked is not None:
            self.locked.__exit__(None, None, None)
            self.locked = None
