"""Saturation mutagenesis, one batch at a time.

R drives the loop: `step()` does a fraction of a second's work and says how far it is, so that progress and
interrupts stay R's. Whatever happens, `close()` hands the model back as it came.
"""

import time

import numpy as np
import torch

from .batching import STEP_SECONDS, halved
from .encode import BASES, snvs
from .engine import Windowed, choose
from .errors import DeepmrError
from .job import Job
from .masks import Row
from .moments import Moments
from .precision import refuse_without_tensor_cores

LEAST_VARIANTS = 100  # what the reference of a draw takes in memory, at least, in variants


class Mutagenesis(Job):
    """Effects of all SNVs of one sequence after the other.

    `positions` (from 0) restricts the mutated bases; `alternatives`, a dict of lists of codes by the names of
    sequences, what they are changed to; `keep_draws` keeps the effects of each draw;
    `engine`: "auto", "dense" or "windowed" (see engine.py); `precision`: "float32" or "tf32" (see
    precision.py), which the dense engine leaves at float32."""

    def __init__(
        self,
        model,
        spec,
        outputs,
        n_samples,
        seed,
        positions=None,
        keep_draws=False,
        engine="auto",
        batch_size=None,
        device=None,
        precision="float32",
        alternatives=None,
    ):
        super().__init__(model, spec, outputs, n_samples, seed, batch_size, device)
        self.asked = batch_size  # of windowed members too, unlike a size that is found for dense ones
        self.precision = precision
        self.positions = positions
        self.alternatives = alternatives or {}
        self.keep_draws = keep_draws
        self.engine = engine
        self.choices = []  # of engines, one for each member

    def begin(self, name, sequence):
        """Starts a sequence; returns its number of variants."""
        self.take(name, sequence)
        if self.precision == "tf32":
            for locked in self.locked:
                refuse_without_tensor_cores(locked.model.parameter.device)
        self.position, self.alt = snvs(self.code, self.positions, self.alternatives.get(name))
        n = len(self.position)
        self.moments = Moments(n, len(self.outputs))
        shape = (n, len(self.outputs), self.n_samples)
        self.draws = np.empty(shape) if self.keep_draws else None
        self.done = -1  # of the variants in the current pass; -1: the reference is still to be computed
        if n and not self.choices:
            # By all three alternatives: the choice shall not hang on one effect.
            self._choose_engines(*snvs(self.code, self.positions))
        self.windowed = [
            Windowed(locked, self.code, precision=self.precision) if choice.engine == "windowed" else None
            for locked, choice in zip(self.locked, self.choices)
        ]
        if self.batch_size is None and n and not all(self.windowed):
            # Kept for the sequences that follow, which may have more variants than this one.
            most = 3 * np.size(self.code if self.positions is None else self.positions) + 1
            self.batch_size = self.choose_batch_size(self._trial, most)
        self._plan_passes(range(1, self.n_samples + 1))
        return n

    def _plan_passes(self, draws):
        """Puts the draws, a list of them for each pass of one member, in `self.left`."""
        passes = []
        for member in range(len(self.locked)):
            own = [draw for draw in draws if self.member(draw) == member]
            size = self._draws_at_once(member)
            passes += [own[i : i + size] for i in range(0, len(own), size)]
        self.left = sorted(passes)

    def _draws_at_once(self, member):
        """How many draws a pass takes: several where one chunk holds all variants of each."""
        if not self.choices or self.asked is not None or not self.choices[member].folds:
            return 1
        return max(self.choices[member].rows // max(len(self.position), LEAST_VARIANTS), 1)

    def _choose_engines(self, position, alt):
        row = Row(self.sequence, 1)
        self.choices = [choose(m, self.engine, self.code, position, alt, row) for m in self.locked]
        for choice in self.choices:
            if self.engine == "windowed" != choice.engine:
                raise DeepmrError(
                    "engine",
                    f"The windowed engine does not fit: {choice.reason or 'masks are not locked'}.",
                    "Use engine = 'auto' or 'dense'.",
                )

    @property
    def rows_per_pass(self):
        """Variants per call of the network: the batch size, or the size of the windowed engine's chunks."""
        chunks = [c.rows for c in self.choices if c.rows is not None]
        return self.batch_size if self.batch_size is not None or not chunks else min(chunks)

    def engines(self):
        """What was chosen, one entry for each member: lists `engine`, `reason` and `difference` (None where
        there is none), `operation` and `rule` (a list for each member)."""
        return {
            "engine": [c.engine for c in self.choices],
            "reason": [c.reason for c in self.choices],
            "difference": [c.difference for c in self.choices],
            "operation": [[name for name, _ in c.how] for c in self.choices],
            "rule": [[rule for _, rule in c.how] for c in self.choices],
        }

    def _trial(self, member, n):
        minus, zero = np.full(n, -1), np.zeros(n, np.uint8)
        return self.locked[member].compute(self.code, minus, zero, self._rows(range(n), 1))

    @property
    def _one_mask(self):
        """Whether all rows of a batch share their masks."""
        return self.spec is None or self.spec.locked

    def _rows(self, numbers, draw):
        """Masks of a batch: one for all where locked, else one for each of `numbers`."""
        if self._one_mask:
            return Row(self.sequence, draw)
        return [Row(self.sequence, draw, int(number)) for number in numbers]

    def step(self):
        """Computes batches for about 0.2 seconds, at least one; returns the share of the sequence
        that is done."""
        if len(self.position) == 0:
            return 1.0
        start = time.perf_counter()
        while self.left:
            self._batch()
            if time.perf_counter() - start > STEP_SECONDS:
                break
        now = len(self.left[0]) * max(self.done, 0) / len(self.position) if self.left else 0
        return 1 - (sum(map(len, self.left)) - now) / self.n_samples

    def _batch(self):
        n = len(self.position)
        draws = self.left[0]
        first = self.done < 0  # the reference rides along with the first batch of a draw
        member = self.member(draws[0])
        variants = self._next(member)
        try:
            results = self._compute(member, variants, draws)
        except torch.cuda.OutOfMemoryError:
            self._halve(member)
            return
        for draw, out in zip(draws, results):
            self._add(member, variants, draw, out)
        self.done += first + (variants >= 0).sum()
        if self.done == n:
            self.left.pop(0)
            self.done = -1

    def _add(self, member, variants, draw, out):
        """Adds the predictions (N, K) of variants in a draw to the moments."""
        out, rounding = self.on_scale(member, out, lambda row: self._what(variants[row], draw))
        if variants[0] < 0:
            self.ref = out[0]
            self.moments.add_reference(self.ref, rounding[0])
            out, rounding, variants = out[1:], rounding[1:], variants[1:]
        if len(variants):
            rows = slice(variants[0], variants[-1] + 1)
            effect = out - self.ref
            self.moments.add_effects(rows, effect, rounding)
            if self.draws is not None:
                self.draws[rows, :, draw - 1] = effect

    def _next(self, member):
        """Numbers of the variants of the next batch; -1 is the reference."""
        if self.windowed[member] is not None:
            size = min(self.choices[member].rows, self.asked or np.inf) + (self.done < 0)
        elif self._one_mask or not self.locked[member].plan.batch_of_one:
            size = self.batch_size
        else:
            size = 1
        return np.arange(self.done, min(self.done + size, len(self.position)))

    def _compute(self, member, variants, draws):
        """(D, N, K) predictions of variants in the draws of a pass."""
        first = variants[0] < 0
        engine = self.windowed[member]
        if engine is not None:
            own = variants[int(first) :]
            rows = [Row(self.sequence, draw) for draw in draws]
            out = engine.compute_draws(self.position[own], self.alt[own], rows, int(own[0]))
            return out if first else out[:, 1:]
        position = np.where(variants < 0, -1, self.position[variants])
        # A number that is the variant's own, whichever positions are asked for; 0 is the reference.
        numbers = np.where(variants < 0, 0, 1 + 4 * position + self.alt[variants])
        rows = self._rows(numbers, draws[0])
        return self.locked[member].compute(self.code, position, self.alt[variants], rows)[None]

    def _halve(self, member):
        """Less at a time after the GPU ran out of memory."""
        choice = self.choices[member]
        if self.windowed[member] is None:
            self.batch_size = halved(self.batch_size)
            return
        n, draws = len(self.position), len(self.left[0])  # a chunk may hold more than there is
        most = min(n, self.asked or n) if draws == 1 else draws * max(n, LEAST_VARIANTS)
        choice.rows = halved(min(choice.rows, most))
        self.windowed[member].tapes.clear()
        self._plan_passes([draw for draws in self.left for draw in draws])

    def _what(self, v, draw):
        """Variant number v (-1: the reference) of a draw, in words."""
        of = f"sequence '{self.name}' in draw {draw}"
        if v < 0:
            return f"the reference of {of}"
        change = f"{self.position[v] + 1}{BASES[self.code[self.position[v]]]}>{BASES[self.alt[v]]}"
        return f"the variant {change} of {of}"

    def collect(self):
        """Results of the sequence: 1-D arrays over variants x outputs, outputs fastest; `draws` has the draws of a
        row fastest. Of variants alone: `position` from 1, `ref` and `alt` as codes 0..3 for ACGT. Of outputs alone:
        `mean_ref` and `var_ref`."""
        flat = {name: values.ravel() for name, values in self.moments.result().items()}
        flat["position"] = self.position + 1
        flat["ref"] = self.code[self.position].astype(np.int64)
        flat["alt"] = self.alt.astype(np.int64)
        if self.draws is not None:
            flat["draws"] = self.draws.ravel()
        self.moments = self.draws = None
        return flat
