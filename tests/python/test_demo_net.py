"""The shipped demo network: its weights, its outputs and what it must have learnt."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from deepmr_torch.demo_net import DemoNet

ROOT = Path(__file__).parents[2]
EXTDATA = ROOT / "inst" / "extdata"
FIXTURES = ROOT / "tests" / "testthat" / "fixtures"


def read_table(name):
    """A fixture -> sequence names, output names, values (N, 5)."""
    with open(FIXTURES / name) as file:
        header, *rows = csv.reader(file)
    return [row[0] for row in rows], header[1:], np.array([row[1:] for row in rows], float)


MEMBERS = ["demo_model.pt", *(f"demo_model_{member}.pt" for member in range(2, 6))]


def load(file):
    net = DemoNet()
    net.load_state_dict(torch.load(EXTDATA / file, weights_only=True))
    return net.eval()


@pytest.fixture(scope="module")
def net():
    return load("demo_model.pt")


@pytest.fixture(scope="module")
def promoters():
    """The shipped promoters: {name: one-hot (4, 500)}."""
    encoded = {}
    for record in (EXTDATA / "demo_promoters.fa").read_text().lstrip(">").split("\n>"):
        name, *lines = record.split()
        bases = np.array(list("".join(lines)))
        encoded[name] = torch.from_numpy((bases == np.array(list("ACGT"))[:, None]).astype("float32"))
    return encoded


@pytest.fixture(scope="module")
def predictions(net, promoters):
    with torch.no_grad():
        return net(torch.stack(list(promoters.values()))).numpy()


@pytest.mark.parametrize("file", MEMBERS)
def test_weights_are_small_and_float32(file):
    state = torch.load(EXTDATA / file, weights_only=True)
    assert all(weight.dtype == torch.float32 for weight in state.values())
    assert sum(weight.numel() for weight in state.values()) < 50_000


def test_outputs_are_probabilities(predictions):
    assert predictions.shape == (100, 5)
    assert predictions.min() > 0 and predictions.max() < 1


def test_predictions_are_the_recorded_ones(promoters, predictions):
    names, _, expected = read_table("demo_net_predictions.csv")
    assert list(promoters)[: len(names)] == names
    np.testing.assert_allclose(predictions[: len(names)], expected, rtol=0, atol=1e-5)


def test_dropout_sits_in_three_places(net):
    assert sum(isinstance(module, nn.Dropout) for module in net.modules()) == 3


def test_dropout_moves_every_output(net, promoters):
    x = next(iter(promoters.values())).expand(64, -1, -1)
    torch.manual_seed(1)
    net.train()
    with torch.no_grad():
        spread = net(x).std(0)
    net.eval()
    assert (spread > 1e-3).all()


@pytest.mark.parametrize("file", MEMBERS)
def test_held_out_levels_meet_the_requirement(promoters, file):
    names, outputs, levels = read_table("demo_oracle_levels.csv")
    assert names == list(promoters)
    with torch.no_grad():
        predictions = load(file)(torch.stack(list(promoters.values()))).numpy()
    for k, output in enumerate(outputs):
        assert np.corrcoef(predictions[:, k], levels[:, k])[0, 1] >= 0.9, output
