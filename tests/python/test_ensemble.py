"""Ensembles: members take turns over the draws."""

import numpy as np
import pytest
import torch
from drive import LOCKED, UNLOCKED, as_model, mutate, named, predict
from networks import LENGTH, NETWORKS, RATE, SEQUENCE, Exposed, Stem, settle
from torch import nn

from deepmr_torch import job
from deepmr_torch.ensemble import ensemble
from deepmr_torch.errors import DeepmrError
from deepmr_torch.model import Model
from deepmr_torch.mutagenesis import Mutagenesis
from deepmr_torch.transform import with_steps

ROUNDED = {"rtol": 1e-5, "atol": 1e-5}  # float32, values of order 1 to 10


def member(scale=1.0, middle=None):
    net = settle(Stem(middle or nn.Dropout(RATE)))
    net.head.weight.data.mul_(scale)
    return as_model(net)


@pytest.mark.parametrize("name", NETWORKS)
def test_an_ensemble_of_one_is_the_plain_model(name):
    """Bit for bit, dropout on and off."""
    model = named(name)
    one = ensemble([model])
    for spec in ({}, {"spec": UNLOCKED}, {"spec": None}):
        a, b = mutate(model, batch_size=8, **spec), mutate(one, batch_size=8, **spec)
        for column in a:
            np.testing.assert_array_equal(a[column], b[column])
        np.testing.assert_array_equal(predict(model, batch_size=2, **spec), predict(one, batch_size=2, **spec))


def test_members_take_turns():
    """Draw t is that of member (t - 1) mod 3, under the masks of draw t."""
    models = [member(1.0), member(2.0), member(-0.5)]
    together = mutate(ensemble(models), n_samples=7)
    alone = [mutate(model, n_samples=7) for model in models]
    for t in range(7):
        np.testing.assert_allclose(together["draws"][..., t], alone[t % 3]["draws"][..., t], **ROUNDED)
    np.testing.assert_allclose(together["effect"], together["draws"].mean(-1), **ROUNDED)
    np.testing.assert_allclose(together["se"], together["draws"].std(-1, ddof=1), **ROUNDED)
    draws = predict(ensemble(models), n_samples=7, batch_size=2)
    expected = [predict(models[t % 3], n_samples=7)[t] for t in range(7)]
    np.testing.assert_allclose(draws, expected, **ROUNDED)


def test_without_dropout_each_member_is_one_draw():
    models = [member(1.0), member(2.0), member(3.0)]
    together = mutate(ensemble(models), spec=None)
    alone = np.stack([mutate(model, spec=None)["effect"] for model in models], -1)
    np.testing.assert_allclose(together["draws"], alone, **ROUNDED)
    np.testing.assert_allclose(together["se"], alone.std(-1, ddof=1), **ROUNDED)
    plain = mutate(models[0], spec=None)
    assert np.isnan(plain["se"]).all() and plain["draws"].shape[-1] == 1


def test_members_of_other_architectures_layouts_and_orders_of_outputs():
    class Reordered(nn.Module):
        """The first member, but bases in another order, layout (N, L, 4), outputs exchanged."""

        def __init__(self):
            super().__init__()
            self.net = settle(Stem(nn.Sequential(nn.Dropout(RATE), nn.Identity())))

        def forward(self, x):
            return self.net(x.transpose(1, 2)[:, [3, 2, 1, 0]]).flip(1)

    first = member()
    other = Model(Reordered(), LENGTH, ["y1", "y0"], "NLC", "TGCA")
    result, alone = mutate(ensemble([first, other]), n_samples=4), mutate(first, n_samples=4)
    np.testing.assert_allclose(result["draws"], alone["draws"], **ROUNDED)
    one = mutate(ensemble([first, other]), n_samples=4, outputs=[1])
    np.testing.assert_allclose(one["draws"][:, 0], alone["draws"][:, 1], **ROUNDED)


def test_transforms_of_members_come_before_that_of_the_ensemble():
    affine = {"kind": "affine", "a": [10.0], "b": [1.0]}
    twice = {"kind": "affine", "a": [0.0], "b": [2.0]}
    model = with_steps(ensemble([with_steps(member(), [affine]), member(2.0)]), [twice])
    plain = predict(ensemble([member(), member(2.0)]), n_samples=4)
    np.testing.assert_allclose(predict(model, n_samples=4), 2 * (plain + [[10], [0], [10], [0]]), **ROUNDED)


def test_numbers_by_output_follow_each_members_own_order_of_outputs():
    """One network twice, its outputs named the other way round: the number of y0 is y0's in both."""
    shift = {"kind": "affine", "a": [100.0, 0.0], "b": [1.0, 1.0]}
    back = {"kind": "affine", "a": [0.0, 100.0], "b": [1.0, 1.0]}

    class Exchanged(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = settle(Stem(nn.Dropout(RATE)))

        def forward(self, x):
            return self.net(x).flip(1)

    first = member()
    other = Model(Exchanged(), LENGTH, ["y1", "y0"])
    plain = predict(first, n_samples=4)
    both = ensemble([with_steps(first, [shift]), with_steps(other, [back])])
    np.testing.assert_allclose(predict(both, n_samples=4), plain + [100, 0], **ROUNDED)
    np.testing.assert_allclose(predict(both, n_samples=4, outputs=[1]), plain[:, 1:], **ROUNDED)
    whole = with_steps(ensemble([first, other]), [shift])
    np.testing.assert_allclose(predict(whole, n_samples=4), plain + [100, 0], **ROUNDED)


def test_all_transforms_are_taken_away_those_of_members_too():
    twice = {"kind": "affine", "a": [0.0], "b": [2.0]}
    members = [member(), member(2.0)]
    changed = with_steps(ensemble([with_steps(m, [twice]) for m in members]), [twice])
    np.testing.assert_array_equal(predict(with_steps(changed, None)), predict(ensemble(members)))


@pytest.mark.parametrize("single", [0, 1])
def test_each_member_is_rounded_in_its_own_precision(single):
    """Effects of order 1 on a level of 1e6: lost in single precision (32 eps 1e6 is 3.8), not in double."""

    class High(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = settle(Stem(nn.Dropout(RATE)))

        def forward(self, x):
            return self.net(x) + 1e6

    members = [as_model(High().double()), as_model(High().double())]
    members[1].module.net.head.weight.data.mul_(0.9)
    assert not mutate(ensemble(members), n_samples=4)["at_rounding"].any()
    members[single].module.float()
    assert mutate(ensemble(members), n_samples=4)["at_rounding"].mean() > 0.9


def test_the_batch_suits_the_member_that_takes_least(monkeypatch):
    sizes = iter([8, 2])
    monkeypatch.setattr(job, "choose_batch_size", lambda compute, device, most: next(sizes))
    run = Mutagenesis(ensemble([member(), member(2.0)]), LOCKED, [0], 2, 1, engine="dense")
    try:
        run.begin("s", SEQUENCE)
        assert run.batch_size == 2
    finally:
        run.close()


def test_a_prediction_that_is_not_finite_is_named_under_the_outputs_asked_for():
    model = member()
    model.module.head.weight.data[1] = torch.nan
    with pytest.raises(DeepmrError, match="'y1'"):
        predict(ensemble([model]), outputs=[1])


def test_members_are_handed_back_even_if_a_later_one_fails():
    good, bad = member(), as_model(settle(Stem(), seed=1))
    training = [m.training for m in good.module.train().modules()]
    with pytest.raises(DeepmrError) as error:
        mutate(ensemble([good, bad]))
    assert error.value.what == "no_dropout"
    assert [m.training for m in good.module.modules()] == training
    assert all("forward" not in vars(m) for m in good.module.modules())


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        (lambda first: first, "Models 1 and 2 are one and the same network."),
        (lambda first: member(), "Models 1 and 2 have the same weights."),
        (lambda first: as_model(settle(Stem(nn.Dropout(RATE))), length=13), "Model 2 takes 13 bases, the first 12."),
        (lambda first: ensemble([first]), "Model 2 is an ensemble itself."),
        (
            lambda first: Model(settle(Stem(nn.Dropout(RATE))), LENGTH, ["y0", "z"]),
            "The outputs of model 2 are not those of the first: 'y1' is in one only.",
        ),
    ],
)
def test_members_that_do_not_fit_together(other, problem):
    first = named("dropout")
    with pytest.raises(DeepmrError) as error:
        ensemble([first, other(first)])
    assert error.value.what == "ensemble" and error.value.problem == problem


def test_one_file_loaded_twice_is_named():
    third = member(1.0, nn.AlphaDropout(RATE))
    with pytest.raises(DeepmrError) as error:
        ensemble([member(1.0), member(2.0), third])
    assert error.value.what == "ensemble" and "trained apart" in error.value.remedy
    assert error.value.problem == "Models 1 and 3 have the same weights."
    # Another number, type or name anywhere makes them differ.
    last = third.module.head.bias.data
    last[-1] += 1e-3
    ensemble([member(1.0), third])
    last[-1] -= 1e-3
    ensemble([member(1.0), as_model(settle(Stem(nn.Dropout(RATE))).double())])
    ensemble([member(1.0), as_model(nn.Sequential(settle(Stem(nn.Dropout(RATE)))))])


def test_networks_without_parameters_are_not_compared():
    ensemble([as_model(Exposed()), as_model(Exposed())])


def test_sequences_and_batches_do_not_matter():
    models = [member(1.0), member(2.0)]
    a = mutate(ensemble(models), ["N" * LENGTH, SEQUENCE], n_samples=4, batch_size=3)[1]
    b = mutate(ensemble(models), n_samples=4, batch_size=50)
    np.testing.assert_allclose(a["draws"], b["draws"], **ROUNDED)
