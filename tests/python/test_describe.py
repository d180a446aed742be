"""The table of a model's dropout calls."""

import pytest
from drive import as_model, named
from networks import NETWORKS, RATE, Stem, settle
from torch import nn

from deepmr_torch.describe import dropout_calls, n_parameters


def test_calls_of_a_module_that_is_called_twice():
    assert dropout_calls(named("twice")) == {
        "name": ["middle.0.2#1", "middle.0.2#2"],
        "kind": ["Dropout"] * 2,
        "rate": [RATE] * 2,
        "shape": ["1 x 6 x 12"] * 2,
    }


def test_functional_calls_and_their_rate():
    """0.3, not 0.30000000000000004, which is what 1 - (1 - 0.3) gives."""
    calls = dropout_calls(named("encoder"))
    assert calls["name"][0] == "middle.block.self_attn.functional"
    assert calls["kind"] == ["functional", "Dropout", "Dropout", "Dropout"]
    assert calls["rate"] == [RATE] * 4


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_described_and_untouched(name):
    model = named(name)
    training = [m.training for m in model.module.train().modules()]
    calls = dropout_calls(model)
    assert calls["name"] and {RATE, 0.5} >= set(calls["rate"])
    assert [m.training for m in model.module.modules()] == training


def test_a_model_without_dropout_has_an_empty_table():
    """Printing a model must not fail where running it would."""
    assert dropout_calls(as_model(settle(Stem()))) == {"name": [], "kind": [], "rate": [], "shape": []}
    assert dropout_calls(as_model(settle(Stem(nn.Dropout(0.0)))))["rate"] == [0.0]


def test_n_parameters():
    assert n_parameters(as_model(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)))) == 8 + 4
