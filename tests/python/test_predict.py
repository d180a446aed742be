"""Predictions: the draws of mutagenesis' reference, and evaluation mode where dropout is off."""

import numpy as np
import pytest
import torch
from drive import LOCKED, as_model, finish, masks_recorded, mutate, named, none, predict
from networks import LENGTH, NETWORKS, RATE, SEQUENCE, Stem, build, settle
from torch import nn

from deepmr_torch.encode import codes
from deepmr_torch.errors import DeepmrError
from deepmr_torch.locked import LockedModel
from deepmr_torch.predict import Prediction

CLOSE = {"rtol": 1e-5, "atol": 1e-5}  # single precision, values of order 1 to 10


@pytest.mark.parametrize("name", NETWORKS)
def test_draws_are_those_of_the_reference(name, monkeypatch):
    """With several draws in one batch: each has its own masks, those of mutagenesis bit for bit."""
    model = named(name)
    with masks_recorded(monkeypatch):  # fails where a mask differs between the two
        draws = predict(model, n_samples=5, batch_size=3)
        result = mutate(model, n_samples=5, positions=[0], batch_size=4)
    np.testing.assert_allclose(draws.mean(0), result["mean_ref"][0], **CLOSE)
    np.testing.assert_allclose(draws.var(0, ddof=1), result["var_ref"][0], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(draws, predict(model, n_samples=5, batch_size=1), **CLOSE)
    assert draws.std(0).min() > 1e-3


@pytest.mark.parametrize("name", [n for n in NETWORKS if n not in ("always", "hooked", "patched", "traced")])
def test_dropout_off_is_evaluation_mode(name):
    """The four left out drop in evaluation mode too. 1e-6."""
    model = named(name)
    model.module.train()
    off = predict(model, spec=None, n_samples=7)
    assert off.shape[0] == 1
    with torch.no_grad():
        out = model.module.eval()(model.encode(codes(SEQUENCE), *none()))
    parts = out.values() if isinstance(out, dict) else [out] if isinstance(out, torch.Tensor) else out
    expected = torch.cat([part.reshape(1, -1) for part in parts], 1).numpy()
    np.testing.assert_allclose(off, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("bases", ["ACGT", "ACTG", "AGCT"])
@pytest.mark.parametrize("layout", ["NCL", "NC1L", "NCL1", "NLC"])
def test_layouts_and_base_orders_are_the_same_model(layout, bases):
    """A network that puts its input back into (N, ACGT, L) predicts the same in all twelve: 1e-6."""

    class Restored(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = settle(Stem(nn.Dropout(RATE)))

        def forward(self, x):
            x = x.transpose(1, 2) if layout == "NLC" else x.reshape(len(x), 4, LENGTH)
            return self.net(x[:, [bases.index(b) for b in "ACGT"]])

    reference, model = as_model(settle(Stem(nn.Dropout(RATE)))), as_model(Restored(), layout=layout, bases=bases)
    sequence = "NCGTTGCAAGTN"
    for spec in (LOCKED, None):
        np.testing.assert_allclose(
            predict(model, sequence, spec), predict(reference, sequence, spec), rtol=1e-6, atol=1e-6
        )
    a, b = mutate(model, sequence), mutate(reference, sequence)
    np.testing.assert_allclose(a["draws"], b["draws"], rtol=1e-5, atol=1e-6)


def test_collected_moments_and_order():
    """Draws of an output fastest; variance with divisor T - 1, none for one pass."""
    run = Prediction(named("dropout"), LOCKED, [1, 0], 6, 1, batch_size=4)
    try:
        run.begin("s", SEQUENCE)
        result = finish(run)
    finally:
        run.close()
    draws = result["draws"].reshape(2, 6)
    np.testing.assert_allclose(result["mean"], draws.mean(1), rtol=1e-12)
    np.testing.assert_allclose(result["var"], draws.var(1, ddof=1), rtol=1e-9)
    np.testing.assert_allclose(draws.T, predict(named("dropout"), n_samples=6, outputs=[1, 0]), **CLOSE)
    np.testing.assert_allclose(draws[::-1].T, predict(named("dropout"), n_samples=6), **CLOSE)
    off = Prediction(named("dropout"), None, [0], 6, 1)
    try:
        off.begin("s", SEQUENCE)
        assert np.isnan(finish(off)["var"]).all()
    finally:
        off.close()


def test_not_finite_names_sequence_and_draw():
    """Infinite under exactly those masks that drop the first unit."""

    class Division(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop = nn.Dropout(0.5)

        def forward(self, x):
            return 1 / self.drop(torch.ones(len(x), 1))

    from deepmr_torch.masks import keep_mask

    kept = [bool(keep_mask(1, SEQUENCE, draw, 1, 0.5, (1, 1)).item()) for draw in range(1, 31)]
    first = kept.index(False) + 1
    assert first > 1  # else choose another seed
    with pytest.raises(DeepmrError) as error:
        predict(as_model(Division(), 1), n_samples=30, batch_size=4)
    assert error.value.what == "not_finite"
    assert f"predicts inf for output 'y0' of sequence 's' in draw {first}." in error.value.problem


@pytest.mark.parametrize("at", [1, 2])
def test_batches_are_halved_when_the_gpu_is_full(monkeypatch, at):
    model = named("dropout")
    expected = predict(model, n_samples=9, batch_size=4)
    original, sizes = LockedModel.compute, []

    def compute(self, code, position, alt, rows=None):
        sizes.append(len(position))
        if len(sizes) == at:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return original(self, code, position, alt, rows)

    monkeypatch.setattr(LockedModel, "compute", compute)
    np.testing.assert_allclose(predict(model, n_samples=9, batch_size=4), expected, **CLOSE)
    assert sizes[at - 1] == 4 and max(sizes[at:]) == 2


def test_the_module_is_untouched_by_dropout_off():
    net = build("functional").train()
    net.middle.eval()
    predict(as_model(net), spec=None)
    assert net.training and not net.middle.training and "forward" not in net.middle.__dict__
