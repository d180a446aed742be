"""The windowed engine at the edges: of the sequence, of pooling, of what it can do."""

import copy

import numpy as np
import pytest
import torch
from drive import as_model, mutate
from networks import settle
from test_windowed import RANDOM, run_with, same, zoo
from torch import nn
from zoo_networks import LONG, Chain

from deepmr_torch.errors import DeepmrError


def ended(*layers):
    """A network whose last layers are `layers` and a linear one on all positions."""
    return as_model(settle(Chain(nn.Conv1d(4, 6, 3), nn.ReLU(), nn.Dropout(0.3), *layers)), length=LONG)


@pytest.mark.parametrize(
    "name", ["deepsea_both_strands", "beluga", "basset", "bpnet_amax", "pool_dilated", "avg_inside"]
)
@pytest.mark.parametrize("position", [0, LONG - 1])
def test_first_and_last_base_alone(name, position):
    result, _ = run_with(zoo(name), RANDOM, positions=[position])
    same(result, run_with(zoo(name), RANDOM, "dense", positions=[position])[0])
    assert set(result["position"]) == {position + 1} and len(result["effect"]) == 6


@pytest.mark.parametrize("kernel", [LONG, LONG + 21])
def test_windows_larger_than_the_sequence(kernel):
    """A convolution that sees all of the sequence from everywhere; the engine says that it gains nothing."""
    layers = nn.Conv1d(4, 5, kernel, padding=kernel // 2), nn.ELU(), nn.Dropout(0.3), nn.Conv1d(5, 3, 3)
    model = as_model(settle(Chain(*layers)), length=LONG)
    result, chosen = run_with(model, RANDOM)
    assert chosen["engine"] == ["dense"] and chosen["reason"] == ["no layer gains from it"]
    same(result, run_with(model, RANDOM, "dense")[0])


def test_a_sequence_shorter_than_what_is_seen_at_once():
    """Three kernels of three see seven bases, of six: windows are wider than the sequence."""
    convs = [nn.Conv1d(c, 5, 3, padding=1) for c in (4, 5, 5)]
    net = nn.Sequential(convs[0], nn.Tanh(), nn.Dropout(0.3), convs[1], nn.Tanh(), convs[2])
    model = as_model(settle(nn.Sequential(net, nn.Flatten(), nn.Linear(30, 2))), length=6)
    result, chosen = run_with(model, "ACGTTG", "windowed")
    assert chosen["engine"] == ["windowed"]
    same(result, run_with(model, "ACGTTG", "dense")[0])


def test_bases_that_pooling_cuts_off_have_effects_of_exactly_zero():
    """58 outputs pooled by 5: the last three are cut off, and with them the last three bases."""
    model = ended(nn.MaxPool1d(5))
    result, chosen = run_with(model, RANDOM)
    cut = result["position"] > LONG - 3
    assert chosen["engine"] == ["windowed"] and cut.sum() == 3 * 3 * 2
    for column in ("effect", "draws"):
        values = result[column].reshape(len(cut), -1)
        assert (values[cut] == 0).all() and (np.abs(values[~cut]) > 0).any(axis=0).all()
    assert result["at_rounding"][cut].all()


def test_bases_between_the_windows_of_pooling():
    """Pools of two, four apart: a convolution of one base leaves half of the bases unseen."""
    layers = nn.Conv1d(4, 6, 1), nn.Dropout(0.3), nn.MaxPool1d(2, 4)
    result, _ = run_with(as_model(settle(Chain(*layers)), length=LONG), RANDOM)
    unseen = (result["position"] - 1) % 4 >= 2
    assert (np.abs(result["effect"][unseen]) < 1e-6).all() and result["at_rounding"][unseen].all()
    assert (np.abs(result["effect"][~unseen]) > 1e-3).any()


@pytest.mark.parametrize("sequence", ["N" * 30 + RANDOM[30:], RANDOM[:-2] + "NN", "N" * (LONG - 1) + "A"])
def test_unknown_bases_have_no_variants_and_count_as_a_quarter_each(sequence):
    model = zoo("deepsea_both_strands")
    result, chosen = run_with(model, sequence, "windowed")
    same(result, run_with(model, sequence, "dense")[0])
    known = [i + 1 for i, base in enumerate(sequence) if base != "N"]
    assert sorted(set(result["position"])) == known


class LinearFirst(nn.Module):
    """All positions are mixed by the first layer, and its channels convolved."""

    def __init__(self):
        super().__init__()
        self.mix, self.conv = nn.Linear(LONG, LONG), nn.Conv1d(4, 5, 3)
        self.drop, self.head = nn.Dropout(0.3), nn.Linear(5 * (LONG - 2), 2)

    def forward(self, x):
        return self.head(self.drop(torch.relu(self.conv(self.mix(x)))).flatten(1))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.drop, self.head = nn.LSTM(4, 5, batch_first=True), nn.Dropout(0.3), nn.Linear(5, 2)

    def forward(self, x):
        return self.head(self.drop(self.lstm(x)[0][:, -1]))


@pytest.mark.parametrize(("make", "layout"), [(LinearFirst, "NCL"), (Recurrent, "NLC")])
def test_a_model_whose_first_layer_is_dense_already(make, layout):
    model = as_model(settle(make()), layout=layout, length=LONG)
    result, chosen = run_with(model, RANDOM)
    assert chosen["engine"] == ["dense"] and chosen["reason"] == ["no layer gains from it"]
    same(result, run_with(model, RANDOM, "dense")[0])


def test_a_model_of_linear_layers_gains_in_its_first():
    """Each variant changes one base of what the first layer sums up."""
    model = as_model(
        settle(nn.Sequential(nn.Flatten(), nn.Linear(4 * LONG, 8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 2))),
        length=LONG,
    )
    result, chosen = run_with(model, RANDOM)
    assert chosen["engine"] == ["windowed"]
    same(result, run_with(model, RANDOM, "dense")[0])


def test_the_order_in_which_positions_are_given_does_not_matter():
    model = zoo("bpnet")
    some = mutate(model, RANDOM, engine="windowed", positions=[31, 2, 59, 0])
    np.testing.assert_array_equal(some["position"], mutate(model, RANDOM, engine="windowed", positions=[0, 2, 31, 59])[
        "position"])  # fmt: skip
    whole = mutate(model, RANDOM, engine="windowed")
    rows = np.isin(whole["position"][:, 0], [1, 3, 32, 60])
    np.testing.assert_allclose(some["draws"], whole["draws"][rows], rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize(("bias", "level"), [(0.0, 0.5), (-4.6, 0.01)])
@pytest.mark.parametrize("name", ["deepsea", "deepsea_both_strands", "beluga"])
def test_probabilities_and_rare_marks_against_double_precision(name, bias, level):
    """Each draw's effect within 1e-6 + 1e-3 of it, of the whole network in double precision."""
    net = zoo(name).module
    last = [m for m in net.modules() if isinstance(m, nn.Linear)][-1]
    with torch.no_grad():
        last.bias.fill_(bias)
        last.weight.mul_(0.2)  # outputs stay near the level
    windowed = mutate(as_model(net, layout="NC1L", length=LONG), RANDOM, engine="windowed")
    exact = mutate(as_model(copy.deepcopy(net).double(), layout="NC1L", length=LONG), RANDOM, engine="dense")
    assert level / 2 < exact["mean_ref"].mean() < 2 * level
    assert np.abs(exact["draws"]).max() > 1e-4
    assert (np.abs(windowed["draws"] - exact["draws"]) <= 1e-6 + 1e-3 * np.abs(exact["draws"])).all()


@pytest.mark.parametrize("size", [None, 7])
def test_differences_of_what_overflows_are_not_taken(size):
    """TTTT makes exp(100), in float32: 1 / (1 + exp(100)) is 0 for the whole network, too."""

    class ByHand(nn.Module):
        def __init__(self, most=float("inf")):
            super().__init__()
            self.conv, self.drop, self.head = nn.Conv1d(4, 2, 4), nn.Dropout(0.3), nn.Linear(2 * (LONG - 3), 2)
            self.most = most

        def forward(self, x):
            h = 1 / (1 + torch.exp(-self.conv(x)))
            return self.head(self.drop(h).flatten(1)) / (h[:, :, 0] <= self.most)

    def made(*args):
        net = settle(ByHand(*args))
        with torch.no_grad():
            net.conv.weight[0, 3] = -25.0
        return as_model(net, length=LONG)

    sequences = ["ACG" * (LONG // 3), "TTTA" + RANDOM[4:40] + "TTTTT" + RANDOM[45:]]
    result = mutate(made(), sequences, engine="windowed", batch_size=size)
    for got, expected in zip(result, mutate(made(), sequences)):
        np.testing.assert_allclose(got["draws"], expected["draws"], rtol=1e-4, atol=4e-6)
    same_error = []
    for name in ("windowed", "dense"):
        with pytest.raises(DeepmrError) as error:
            mutate(made(0.6), sequences, engine=name, batch_size=16)
        same_error.append(error.value.problem)
    assert error.value.what == "not_finite" and same_error[0] == same_error[1]


def test_a_linear_layer_may_be_called_with_values_in_several_orders():
    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.drop, self.head = nn.Conv1d(4, 6, 5), nn.Dropout(0.3), nn.Linear(6 * (LONG - 4), 2)

        def forward(self, x):
            h = self.drop(torch.relu(self.conv(x)))
            wide = torch.cat(h.split(28, 2), 1)
            return self.head(h.flatten(1)) + self.head(h.transpose(1, 2).flatten(1)) + self.head(wide.flatten(1))

    model = as_model(settle(Shared()), length=LONG)
    result, _ = run_with(model, RANDOM, "windowed")
    same(result, run_with(model, RANDOM, "dense")[0])


BY_HAND = {
    "sigmoid": lambda h: 1 / (1 + torch.exp(-h)),
    "softplus": lambda h: torch.log(torch.exp(h) + 1),
    "odds": lambda h: torch.exp(h) / (1 + torch.exp(h)),
    "scaled": lambda h: 1 / (0.5 * torch.exp(-h) + 0.5),
}


@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("name", BY_HAND)
def test_small_values_beside_large_ones_keep_their_digits(name, linear):
    """Some variants move exp(20) to exp(0), of which a difference to exp(20) knows nothing in float32."""

    class ByHand(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.drop = nn.Conv1d(4, 2, 4), nn.Dropout(0.3)
            self.head = nn.Linear(2 * (LONG - 3) if linear else 2, 2)

        def forward(self, x):
            h = BY_HAND[name](self.conv(self.drop(x)))
            return self.head(h.flatten(1) if linear else h.mean(2))

    net = settle(ByHand())
    with torch.no_grad():
        net.conv.weight[0] *= 0.01
        net.conv.weight[0, 3, 1], net.conv.weight[1, 2, 2] = -14.0, 14.0
    single, double = (as_model(copy.deepcopy(net).to(dtype), length=LONG) for dtype in (torch.float, torch.double))
    got = mutate(single, RANDOM, engine="windowed")["draws"]
    np.testing.assert_allclose(got, mutate(double, RANDOM)["draws"], rtol=1e-3, atol=1e-6)
