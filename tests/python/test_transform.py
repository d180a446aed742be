"""Transforms of the predictions: the functions, and that moments are those of transformed draws."""

import math

import numpy as np
import pytest
import torch
from drive import as_model, mutate, predict
from networks import RATE, SEQUENCE, Stem, settle
from torch import nn

from deepmr_torch.errors import DeepmrError
from deepmr_torch.transform import Transform, make_step, of_outputs, with_steps

LOGIT, SIGMOID = {"kind": "logit"}, {"kind": "sigmoid"}
PLATT = [LOGIT, {"kind": "affine", "a": [0.3], "b": [1.7]}, SIGMOID]
TABLE_AT_0 = {"kind": "table", "x": [[0.2, 1.0]], "y": [[0.0, 0.9]]}
TABLE = {"kind": "table", "x": [[0.0, 0.2, 1.0]], "y": [[0.1, 0.5, 0.6]]}


def transform(steps, k=2, outputs=None):
    outputs = range(k) if outputs is None else outputs
    return Transform(of_outputs([make_step(s) for s in steps], outputs), [f"y{i}" for i in outputs])


def probabilities(middle=None):
    """A network whose outputs are probabilities away from 0 and 1."""
    return as_model(nn.Sequential(settle(Stem(middle or nn.Dropout(RATE))), nn.Sigmoid()))


def test_each_step_is_its_formula():
    x = np.array([[0.2, 0.5], [0.9, 0.01]])
    expected = {
        "logit": [[math.log(p / (1 - p)) for p in row] for row in x],
        "sigmoid": [[1 / (1 + math.exp(-v)) for v in row] for row in x],
    }
    np.testing.assert_allclose(transform([LOGIT])(x), expected["logit"], rtol=1e-14)
    np.testing.assert_allclose(transform([SIGMOID])(x), expected["sigmoid"], rtol=1e-14)
    np.testing.assert_allclose(transform([{"kind": "affine", "a": [1.0], "b": [2.0]}])(x), 1 + 2 * x, rtol=1e-14)
    # On the first line .1 + 2 x, on the second .5 + .125 (x - .2).
    np.testing.assert_allclose(transform([TABLE])(x), [[0.5, 0.5375], [0.5875, 0.12]], rtol=1e-14)
    np.testing.assert_array_equal(transform([])(x), x)


def test_a_table_holds_its_end_values_outside():
    step = {"kind": "table", "x": [[0.2, 0.8]], "y": [[0.3, 0.7]]}
    assert transform([step], 1)(np.array([[0.0], [1.0]])).ravel().tolist() == [0.3, 0.7]


def test_platt_is_glm_on_the_logit_scale():
    p = np.array([[0.02, 0.6]])
    logit = np.log(p / (1 - p))
    np.testing.assert_allclose(transform(PLATT)(p), 1 / (1 + np.exp(-(0.3 + 1.7 * logit))), rtol=1e-12)


def test_extreme_values_stay_finite_and_keep_what_float32_holds():
    x = np.array([[-800.0, 800.0]])
    np.testing.assert_array_equal(transform([SIGMOID])(x), [[0.0, 1.0]])
    small = transform([SIGMOID, LOGIT])(np.array([[-40.0, -60.0]]))
    np.testing.assert_allclose(small, [[-40.0, -60.0]], rtol=1e-12)
    high = transform([SIGMOID, LOGIT])(np.array([[17.0, 30.0]]))
    np.testing.assert_allclose(high, [[17.0, 30.0]], rtol=1e-4)  # 1 - p has 3 digits left at 30
    ends = transform([LOGIT])(np.array([[0.0, 1.0]]))
    np.testing.assert_allclose(ends, [[math.log(1e-45), 53 * math.log(2)]], rtol=1e-6)


def test_numbers_for_each_output_follow_the_chosen_outputs():
    step = {"kind": "affine", "a": [0.0, 10.0, 20.0], "b": [1.0, 2.0, 3.0]}
    np.testing.assert_array_equal(transform([step], 3, outputs=[2, 0])(np.array([[1.0, 1.0]])), [[23.0, 1.0]])
    table = {"kind": "table", "x": [[0, 1], [0, 1, 2]], "y": [[0, 1], [5, 6, 8]]}
    np.testing.assert_array_equal(transform([table], 2, outputs=[1])(np.array([[1.5]])), [[7.0]])


@pytest.mark.parametrize("steps", [[LOGIT], PLATT, [TABLE], [LOGIT, {"kind": "affine", "a": [1, 2], "b": [3, 4]}]])
def test_moments_are_those_of_the_transformed_draws(steps):
    """Against the untransformed draws of predict(), transformed by hand; 1e-9."""
    model = probabilities()
    changed = with_steps(model, steps)
    result = mutate(changed, n_samples=6)
    ref = transform(steps)(predict(model, n_samples=6))
    np.testing.assert_allclose(result["mean_ref"][0], ref.mean(0), rtol=1e-5)
    np.testing.assert_allclose(result["var_ref"][0], ref.var(0, ddof=1), rtol=1e-3)
    position, alt = int(result["position"][4, 0]) - 1, "ACGT"[result["alt"][4, 0]]
    mutated = SEQUENCE[:position] + alt + SEQUENCE[position + 1 :]
    assert mutated != SEQUENCE
    # The masks are keyed by the sequence: the variant's draws come as the reference plus the effects.
    raw = mutate(model, n_samples=6)
    draws_ref = predict(model, n_samples=6)
    draws_alt = draws_ref + raw["draws"][4].T
    expected = transform(steps)(draws_alt) - transform(steps)(draws_ref)
    np.testing.assert_allclose(result["draws"][4].T, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(result["effect"][4], expected.mean(0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(result["se"][4], expected.std(0, ddof=1), rtol=1e-4, atol=1e-6)
    cov = [np.cov(ref[:, k], ref[:, k] + expected[:, k])[0, 1] for k in range(2)]
    np.testing.assert_allclose(result["cov"][4], cov, rtol=1e-3)
    np.testing.assert_allclose(predict(changed, n_samples=6), ref, rtol=1e-6)


def test_steps_are_added_and_taken_away():
    model = probabilities()
    both = with_steps(with_steps(model, [LOGIT]), [{"kind": "affine", "a": [1.0], "b": [1.0]}])
    np.testing.assert_allclose(predict(both), predict(with_steps(model, [LOGIT])) + 1, rtol=1e-12)
    np.testing.assert_array_equal(predict(with_steps(both, None)), predict(model))
    assert model.steps == ()


def test_rounding_grows_with_the_slope_of_the_transform():
    """Near 1 the logit stretches: eps at p = 1 - 1e-5 is 1e5 times as much on the logit scale."""
    p = np.array([[0.5, 1 - 1e-5]])
    got = transform([LOGIT]).rounding(p, 1e-7)
    np.testing.assert_allclose(got, 1e-7 / (1 - p), rtol=1e-3)
    np.testing.assert_allclose(transform([]).rounding(p, 1e-7), 1e-7 * p)


def test_effects_lost_in_a_saturated_sigmoid_are_at_rounding():
    """Logits near 16 become probabilities a float32 step or two below 1: their logit is noise."""

    class High(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = settle(Stem(nn.Dropout(RATE)))

        def forward(self, x):
            return (15 + 0.5 * self.net(x)).sigmoid()

    result = mutate(with_steps(as_model(High()), [LOGIT]), n_samples=10)
    assert result["at_rounding"].all()
    assert (np.abs(result["effect"]) > 1e-3).any()


class Clamped(nn.Module):
    """Probabilities of exactly 0 or 1 for many masks."""

    def __init__(self):
        super().__init__()
        self.net = settle(Stem(nn.Dropout(RATE)))

    def forward(self, x):
        return (0.5 + self.net(x)).clamp(0, 1)


@pytest.mark.parametrize("steps", [[LOGIT], [TABLE_AT_0, LOGIT]])
def test_what_has_no_logit_is_at_rounding(steps):
    """A value stands there, so that tables stay finite; no fit uses it."""
    model = as_model(Clamped())
    result, raw = mutate(with_steps(model, steps), n_samples=10), mutate(model, n_samples=10)
    ref = predict(model, n_samples=10).T
    out_of_range = ((raw["draws"] + ref <= 0.2) | (raw["draws"] + ref >= 1)).any(-1)
    assert out_of_range.any() and result["at_rounding"][out_of_range].all()
    assert np.isfinite(result["effect"]).all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_has_logits_too(dtype):
    """Rounding looks beyond 1, where the network never was."""
    result = mutate(with_steps(as_model(probabilities().module.to(dtype)), [LOGIT]), positions=[0])
    assert np.isfinite(result["effect"]).all()


@pytest.mark.parametrize(("value", "refused"), [(1 + 1e-7, False), (1.01, True), (-1e-7, False), (-0.01, True)])
def test_a_logit_of_what_is_no_probability(value, refused):
    x = np.array([[0.5, value]])
    if not refused:
        assert np.isfinite(transform([LOGIT])(x)).all()
        return
    with pytest.raises(DeepmrError) as error:
        transform([LOGIT], 3, outputs=[0, 2])(x)
    assert error.value.what == "not_probability" and f"output 'y2' is {value}" in error.value.problem
