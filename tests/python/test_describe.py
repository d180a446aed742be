"""What printing a model shows."""

import pytest
import torch
from drive import as_model, named
from networks import NETWORKS, RATE, Stem, settle
from torch import nn

from deepmr_torch.describe import about, examine
from deepmr_torch.ensemble import ensemble


def calls(model):
    return {name: examine(model)[0][name] for name in ("name", "kind", "rate", "mask", "problem")}


def test_calls_of_a_module_that_is_called_twice():
    assert calls(named("twice")) == {
        "name": ["middle.0.2#1", "middle.0.2#2"],
        "kind": ["Dropout"] * 2,
        "rate": [RATE] * 2,
        "mask": ["1 x 6 x 12"] * 2,
        "problem": None,
    }


def test_functional_calls_and_their_rate():
    """0.3, not 0.30000000000000004, which is what 1 - (1 - 0.3) gives."""
    found = calls(named("encoder"))
    assert found["name"][0] == "middle.block.self_attn.functional"
    assert found["kind"] == ["functional", "Dropout", "Dropout", "Dropout"]
    assert found["rate"] == [RATE] * 4


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_described_and_untouched(name):
    model = named(name)
    training = [m.training for m in model.module.train().modules()]
    found = calls(model)
    assert found["name"] and {RATE, 0.5} >= set(found["rate"])
    assert found["problem"] is None
    assert [m.training for m in model.module.modules()] == training


class Strands(nn.Module):
    """A sequence and its reverse complement, one after the other in the batch, averaged."""

    def __init__(self):
        super().__init__()
        self.net = settle(Stem(nn.Dropout(RATE)))

    def forward(self, x):
        both = self.net(torch.cat([x, x.flip(1, 2)]))
        return (both[: len(x)] + both[len(x) :]) / 2


def test_the_mask_of_two_strands_is_one():
    """What is shown is what they share, not the random tensor of two rows."""
    assert calls(as_model(Strands()))["mask"] == ["1 x 6 x 12"]


class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = settle(Stem(nn.Dropout(RATE)))

    def forward(self, x):
        return self.net(x) + torch.randn(2)


class Mixing(nn.Module):
    """Normalises over the batch by hand: rows cannot be computed on their own."""

    def __init__(self):
        super().__init__()
        self.net = settle(Stem(nn.Dropout(RATE)))

    def forward(self, x):
        out = self.net(x)
        return out - out.mean(0)


def test_why_masks_cannot_be_locked():
    assert "random numbers" in calls(as_model(Noisy()))["problem"]
    found = calls(as_model(Mixing()))
    assert "other rows of its batch" in found["problem"] and found["name"] == ["net.middle"]


def test_a_model_without_dropout_has_an_empty_table():
    """Printing a model must not fail where running it would."""
    assert calls(as_model(settle(Stem()))) == {"name": [], "kind": [], "rate": [], "mask": [], "problem": None}
    assert calls(as_model(settle(Stem(nn.Dropout(0.0)))))["rate"] == [0.0]


def test_parameters_and_device():
    model = as_model(settle(Stem(nn.Dropout(RATE))))
    found = examine(model)[0]
    assert found["parameters"] == sum(p.numel() for p in model.module.parameters()) > 0
    assert found["device"] == ("cuda" if torch.cuda.is_available() else "cpu")


def test_an_ensemble_is_described_member_by_member():
    plain, tanh = (
        as_model(settle(Stem(nn.Dropout(RATE)))),
        as_model(settle(Stem(nn.Sequential(nn.Tanh(), nn.Dropout(0.5))), seed=1)),
    )
    model = ensemble([plain, tanh])
    assert [member["rate"] for member in examine(model)] == [[RATE], [0.5]]
    assert about(model)["members"]["layout"] == ["NCL", "NCL"]
    assert about(model)["length"] == plain.length and about(model)["outputs"] == ["y0", "y1"]
