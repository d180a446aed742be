"""Running the backend in tests as R does: begin, step until 1, collect, close."""

import contextlib

import numpy as np
import torch
from networks import LAYOUTS, LENGTH, SEQUENCE, build

from deepmr_torch.locked import LockedModel
from deepmr_torch.model import Model
from deepmr_torch.mutagenesis import Mutagenesis
from deepmr_torch.predict import Prediction
from deepmr_torch.sites import make_spec

LOCKED, UNLOCKED = make_spec("locked", "element"), make_spec("unlocked", "element")


def as_model(net, k=2, layout="NCL", length=LENGTH, bases="ACGT"):
    return Model(net, length, [f"y{i}" for i in range(k)], layout, bases)


def named(name):
    return as_model(build(name), layout=LAYOUTS.get(name, "NCL"))


def finish(run):
    while run.step() < 1:
        pass
    return run.collect()


def mutate(model, sequences=SEQUENCE, spec=LOCKED, n_samples=3, seed=1, outputs=None, shaped=True, **kwargs):
    """Results for one sequence (text) or several (list); `shaped` gives (V, K) arrays, draws (V, K, T)."""
    outputs = range(len(model.outputs)) if outputs is None else outputs
    kwargs = {"keep_draws": True, "engine": "dense", **kwargs}
    run = Mutagenesis(model, spec, list(outputs), n_samples, seed, **kwargs)
    results = []
    try:
        for i, sequence in enumerate([sequences] if isinstance(sequences, str) else sequences):
            n = run.begin(f"s{i}", sequence)
            result = finish(run)
            if shaped:
                k = len(run.outputs)
                result = {name: as_rows(name, v, n, k, run.n_samples) for name, v in result.items()}
            results.append(result)
    finally:
        run.close()
    return results[0] if isinstance(sequences, str) else results


def as_rows(name, values, n, k, n_samples):
    """What R makes of an array of the result: one row for each of n variants."""
    if name in ("position", "ref", "alt"):
        return values.reshape(n, 1)
    if name in ("mean_ref", "var_ref"):
        return np.broadcast_to(values, (n, k))
    return values.reshape((n, k, n_samples) if name == "draws" else (n, k))


def predict(model, sequence=SEQUENCE, spec=LOCKED, n_samples=3, seed=1, outputs=None, **kwargs):
    """(T, K) draws."""
    outputs = list(range(len(model.outputs)) if outputs is None else outputs)
    run = Prediction(model, spec, outputs, n_samples, seed, **kwargs)
    try:
        run.begin("s", sequence)
        return finish(run)["draws"].reshape(len(outputs), -1).T
    finally:
        run.close()


@contextlib.contextmanager
def locked_model(model, spec=LOCKED, seed=1, mechanism="auto"):
    with LockedModel(model, spec, seed, range(len(model.outputs)), mechanism=mechanism) as locked:
        yield locked


@contextlib.contextmanager
def masks_recorded(monkeypatch):
    """Dict (sequence, draw, ordinal, row or None) -> bytes of the mask that a dropout call received, the
    part of one row. Fails where a key is met again with other bits."""
    from deepmr_torch.plan import Plan

    seen = {}
    original = Plan._batch_mask

    def record(self, site, rate, rows, n, device):
        mask = original(self, site, rate, rows, n, device)
        if (rows[0] if isinstance(rows, list) else rows).sequence == "":  # the examination before a run
            return mask
        full = mask.expand(site.batch_shape(n))  # what the model sees
        for i in range(n):
            row = rows[i] if isinstance(rows, list) else rows
            key = (row.sequence, row.draw, site.ordinal, row.row)
            bits = part(full, site, i, n).numpy().tobytes()
            assert seen.setdefault(key, bits) == bits, f"mask of {key} changed"
        return mask

    with monkeypatch.context() as patch:
        patch.setattr(Plan, "_batch_mask", record)
        yield seen


def part(full, site, i, n):
    """The part of a batch's mask that row `i` of `n` gets."""
    d = site.batch_dim
    if d is None:
        return full
    index = [i * site.copies + j if site.folded else j * n + i for j in range(site.copies)]
    return full.index_select(d, torch.tensor(index)).contiguous()


def none(n=1):
    """Position and alternative of n references."""
    return np.full(n, -1), np.zeros(n, np.uint8)
