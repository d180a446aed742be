"""Saturation mutagenesis, one batch at a time.

R drives the loop: `step()` does a fraction of a second's work and says how far it is, so that progress and
interrupts stay R's. Whatever happens, `close()` hands the model back as it came.
"""

import time

import numpy as np
import torch

from .batching import STEP_SECONDS, choose_batch_size, halved
from .encode import BASES, codes, snvs
from .errors import DeepmrError
from .locked import LockedModel, choose_device
from .masks import Row
from .moments import Moments

ROUNDING = 32.0  # an effect below ROUNDING x eps x |level| is float rounding, not an effect


class Mutagenesis:
    """Effects of all SNVs of one sequence after the other.

    `begin(name, sequence)`, then `step()` until it returns 1, then `collect()`; `close()` at last.
    `outputs`: indices of predictions. `positions` (from 0) restricts the mutated bases."""

    def __init__(
        self, model, spec, outputs, n_samples, seed, positions=None, keep_draws=False, batch_size=None, device=None
    ):
        self.model = model
        self.spec = spec
        self.outputs = np.atleast_1d(np.asarray(outputs, np.int64))
        self.n_samples = int(n_samples)
        self.seed = seed
        self.positions = positions
        self.keep_draws = keep_draws
        self.batch_size = batch_size
        self.device = device
        self.locked = None

    def begin(self, name, sequence):
        """Starts a sequence; returns its number of variants."""
        if self.locked is None:
            self.locked = LockedModel(self.model, self.spec, self.seed, sequence, self.outputs, self.device).__enter__()
        self.name, self.sequence = name, sequence.upper()
        self.code = codes(sequence)
        self.position, self.alt = snvs(self.code, self.positions)
        n = len(self.position)
        self.moments = Moments(n, len(self.outputs))
        shape = (n, len(self.outputs), self.n_samples)
        self.draws = np.empty(shape) if self.keep_draws else None
        self.draw, self.done = 1, -1  # of the variants; -1: the reference is still to be computed
        if self.batch_size is None and n:
            # Kept for the sequences that follow, which may have more variants than this one.
            most = 3 * np.size(self.code if self.positions is None else self.positions) + 1
            self.batch_size = choose_batch_size(self._trial, self.model.parameter.device, most)
        return n

    def _trial(self, n):
        minus, zero = np.full(n, -1), np.zeros(n, np.uint8)
        return self.locked.compute(self.code, minus, zero, self._rows(range(n), 1))

    def _rows(self, numbers, draw):
        """Masks of a batch: one for all where locked, else one for each of `numbers`."""
        if self.spec.locked:
            return Row(self.sequence, draw)
        return [Row(self.sequence, draw, int(number)) for number in numbers]

    def step(self):
        """Computes batches for about 0.2 seconds, at least one; returns the share of the sequence
        that is done."""
        if len(self.position) == 0:
            return 1.0
        start = time.perf_counter()
        while self.draw <= self.n_samples:
            self._batch()
            if time.perf_counter() - start > STEP_SECONDS:
                break
        return (self.draw - 1 + max(self.done, 0) / len(self.position)) / self.n_samples

    def _batch(self):
        n = len(self.position)
        first = self.done < 0  # the reference rides along with the first batch of a draw
        size = 1 if self.locked.plan.batch_of_one and not self.spec.locked else self.batch_size
        variants = np.arange(self.done, min(self.done + size, n))
        position = np.where(variants < 0, -1, self.position[variants])
        # A number that is the variant's own, whichever positions are asked for; 0 is the reference.
        numbers = np.where(variants < 0, 0, 1 + 4 * position + self.alt[variants])
        try:
            out = self.locked.compute(self.code, position, self.alt[variants], self._rows(numbers, self.draw))
        except torch.cuda.OutOfMemoryError:
            self.batch_size = halved(self.batch_size)
            return
        self._check_finite(out, variants)
        if first:
            self.ref = out[0]
            self.moments.add_reference(self.ref)
            out, variants = out[1:], variants[1:]
        if len(variants):
            rows = slice(variants[0], variants[-1] + 1)
            effect = out - self.ref
            self.moments.add_effects(rows, effect)
            if self.draws is not None:
                self.draws[rows, :, self.draw - 1] = effect
        self.done += first + len(variants)
        if self.done == n:
            self.draw, self.done = self.draw + 1, -1

    def _check_finite(self, out, variants):
        if np.isfinite(out).all():
            return
        row, column = np.argwhere(~np.isfinite(out))[0]
        v = variants[row]
        of = "the reference" if v < 0 else f"the variant {self.position[v] + 1}{BASES[self.code[self.position[v]]]}>"
        of = of if v < 0 else of + BASES[self.alt[v]]
        raise DeepmrError(
            "not_finite",
            f"The model predicts {out[row, column]} for output '{self.model.outputs[self.outputs[column]]}' of "
            f"{of} of sequence '{self.name}' in draw {self.draw}.",
            "Look for overflow or a division by zero in the model or its weights.",
        )

    def collect(self):
        """Results of the sequence: 1-D arrays over variants x outputs, outputs fastest.

        `position` from 1, `ref` and `alt` as codes 0..3 for ACGT, `output` an index into
        `outputs` given; `draws` has the draws of a row fastest."""
        k = len(self.outputs)
        result = self.moments.result()
        parameter = self.model.parameter
        eps = torch.finfo(parameter.dtype).eps
        # Root mean squares: an output whose draws have mean 0 is rounded at the size of its draws.
        level = np.sqrt(
            np.maximum(result["mean_ref"] ** 2 + result["var_ref"], result["mean_alt"] ** 2 + result["var_alt"])
        )
        bound = ROUNDING * eps * level
        result["at_rounding"] = (np.abs(result["effect"]) <= bound) | (result["se"] <= bound)
        flat = {name: np.ascontiguousarray(values).ravel() for name, values in result.items()}
        flat["position"] = np.repeat(self.position + 1, k)
        flat["ref"] = np.repeat(self.code[self.position], k).astype(np.int64)
        flat["alt"] = np.repeat(self.alt, k).astype(np.int64)
        if self.draws is not None:
            flat["draws"] = self.draws.ravel()
        self.moments = self.draws = None
        return flat

    @property
    def device_name(self):
        return str(choose_device(self.device, self.model))

    def close(self):
        if self.locked is not None:
            self.locked.__exit__(None, None, None)
            self.locked = None
