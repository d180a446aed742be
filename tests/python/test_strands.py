"""Predictions averaged over a sequence and its reverse complement."""

import numpy as np
import pytest
from drive import LOCKED, UNLOCKED, as_model, mutate, named, predict
from networks import LENGTH, RATE, SEQUENCE, ReverseComplement, Stem, settle
from test_windowed import WITH_N, run_with, same, zoo
from torch import nn
from zoo_networks import NETS

from deepmr_torch import engine, plan, rules_linear
from deepmr_torch.describe import about, examine
from deepmr_torch.ensemble import ensemble
from deepmr_torch.errors import DeepmrError
from deepmr_torch.masks import keep_mask
from deepmr_torch.model import Model
from deepmr_torch.sites import make_spec
from deepmr_torch.strands import both_strands, reverse_complement
from deepmr_torch.transform import with_steps

# One of each way in which masks lie over a batch, and of each kind of call.
KINDS = ["dropout", "dropout2d", "functional", "attention_weights", "lstm", "scripted", "twice", "positional",
         "reverse_complement", "folded", "positions_outside", "depth_unscaled", "heads_dict"]  # fmt: skip
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
TEXT = "ACGTNGCAAGTC"
# Float32 sums in another order, values of order 1 to 10.
ROUNDED = {"rtol": 2e-5, "atol": 2e-6}


def turned(sequence):
    return sequence.translate(COMPLEMENT)[::-1]


@pytest.fixture
def masks_of_any_sequence(monkeypatch):
    """Masks that do not depend on the sequence, so that a sequence and its reverse complement share theirs."""

    def keep(seed, sequence, *args, **kwargs):
        return keep_mask(seed, "", *args, **kwargs)

    monkeypatch.setattr(plan, "keep_mask", keep)


def of_turned(result, column):
    """A column (V, K, ...) of a result for the reverse complement, in the order of the sequence's own variants."""
    place = LENGTH + 1 - result["position"].ravel()
    order = np.lexsort((3 - result["alt"].ravel(), place))
    return result[column][order]


@pytest.mark.parametrize("spec", [None, LOCKED, UNLOCKED], ids=["off", "locked", "unlocked"])
@pytest.mark.parametrize("name", KINDS)
def test_it_is_the_mean_of_both_strands_under_the_same_masks(name, spec, masks_of_any_sequence):
    model = named(name)
    one, other = predict(model, TEXT, spec), predict(model, turned(TEXT), spec)
    both = predict(both_strands(model), TEXT, spec)
    np.testing.assert_allclose(both, (one + other) / 2, **ROUNDED)
    assert name == "reverse_complement" or np.abs(one - other).max() > 1e-2
    if spec is UNLOCKED:
        return  # a variant's masks are those of its position and base, which differ between strands
    one, other = mutate(model, TEXT, spec), mutate(model, turned(TEXT), spec)
    both = mutate(both_strands(model), TEXT, spec)
    np.testing.assert_allclose(both["draws"], (one["draws"] + of_turned(other, "draws")) / 2, **ROUNDED)
    for column in ("position", "ref", "alt"):
        np.testing.assert_array_equal(both[column], one[column])


@pytest.mark.parametrize("engine_name", ["dense", "windowed"])
def test_both_strands_of_a_sequence_have_the_same_predictions_and_effects(engine_name):
    """With dropout off, up to rounding, with N bases: position i, base b there is L + 1 - i, complement of b."""
    model = both_strands(named("dropout"))
    np.testing.assert_allclose(predict(model, TEXT, None), predict(model, turned(TEXT), None), **ROUNDED)
    one, other = (mutate(model, text, None, engine=engine_name) for text in (TEXT, turned(TEXT)))
    for column in ("effect", "mean_ref", "mean_alt"):
        np.testing.assert_allclose(one[column], of_turned(other, column), **ROUNDED)
    np.testing.assert_array_equal(3 - one["ref"], of_turned(other, "ref"))
    assert np.abs(one["effect"]).max() > 0.05


def test_it_is_what_a_network_that_joins_the_strands_gives():
    """Locked masks are those of such a network: the same ones for the same seed."""
    tower = settle(Stem(nn.Dropout(RATE)))
    both, joined = both_strands(as_model(tower)), as_model(ReverseComplement(tower))
    np.testing.assert_allclose(predict(both), predict(joined), **ROUNDED)
    np.testing.assert_allclose(mutate(both)["draws"], mutate(joined)["draws"], **ROUNDED)


class Turned(nn.Module):
    """A network of (N, 4, L) in the order ACGT for inputs of another layout and order."""

    def __init__(self, net, layout, bases):
        super().__init__()
        self.net, self.layout = net, layout
        self.order = [bases.index(base) for base in "ACGT"]

    def forward(self, x):
        x = x.transpose(1, 2) if self.layout == "NLC" else x.flatten(2)
        return self.net(x[:, self.order])


@pytest.mark.parametrize("bases", ["ACGT", "AGCT", "ATCG", "GTAC"])
@pytest.mark.parametrize("layout", ["NCL", "NC1L", "NCL1", "NLC"])
def test_every_layout_and_base_order(layout, bases):
    """Orders whose complement is their reverse, and others."""
    net = settle(Stem(nn.Dropout(RATE)))
    plain, other = as_model(net), as_model(Turned(net, layout, bases), layout=layout, bases=bases)
    for engine_name in ("dense", "auto"):
        got, expected = (mutate(both_strands(model), TEXT, engine=engine_name) for model in (other, plain))
        np.testing.assert_allclose(got["draws"], expected["draws"], **ROUNDED)


def test_the_reverse_complement_of_variants():
    code, position, alt = reverse_complement(
        np.array([0, 1, 2, 3, 4, 0], np.uint8), np.array([-1, 0, 1]), np.array([0, 2, 3], np.uint8)
    )
    assert code.tolist() == [3, 4, 0, 1, 2, 3] and position.tolist() == [-1, 5, 4] and alt[1:].tolist() == [1, 0]


@pytest.mark.parametrize("name", KINDS)
def test_the_engines_agree(name):
    model = both_strands(named(name))
    dense, _ = run_with(model, SEQUENCE, "dense")
    result, chosen = run_with(model, SEQUENCE)
    same(result, dense)
    assert chosen["engine"] == ["windowed"]


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("name", NETS)
def test_published_architectures_stay_windowed(name, several, monkeypatch):
    """One draw to a pass, and several; chunks of 50 variants in the former."""
    taken = []
    original = engine.Windowed.compute_draws

    def compute(self, position, alt, rows, key):
        if not self.measured:
            taken.append(len(rows))
        return original(self, position, alt, rows, key)

    monkeypatch.setattr(engine.Windowed, "compute_draws", compute)
    if several:
        monkeypatch.setattr(engine, "SEVERAL_DRAWS", {"cpu"})
        monkeypatch.setattr(rules_linear, "BY_START", {"cpu"})
    model = both_strands(zoo(name))
    result, chosen = run_with(model, WITH_N, batch_size=None if several else 50)
    _, alone = run_with(zoo(name), WITH_N)
    same(result, run_with(model, WITH_N, "dense")[0])
    assert chosen["engine"] == alone["engine"] and chosen["rule"] == alone["rule"]
    if several and name != "wide":
        assert taken[0] == 3


@pytest.mark.parametrize("unit", ["element", "channel"])
def test_with_added_dropout(unit, masks_of_any_sequence):
    spec = make_spec("locked", unit, extra={"conv": 0.2})
    model = as_model(settle(Stem()))
    one, other = predict(model, TEXT, spec), predict(model, turned(TEXT), spec)
    np.testing.assert_allclose(predict(both_strands(model), TEXT, spec), (one + other) / 2, **ROUNDED)


def test_transforms_come_after_the_mean():
    sigmoid = {"kind": "sigmoid"}
    model = named("dropout")
    both = predict(both_strands(model))
    for made in (with_steps(both_strands(model), [sigmoid]), both_strands(with_steps(model, [sigmoid]))):
        np.testing.assert_allclose(predict(made), 1 / (1 + np.exp(-both)), **ROUNDED)
        np.testing.assert_array_equal(predict(with_steps(made, None)), both)


def test_each_member_of_an_ensemble_is_averaged():
    members = [as_model(settle(Stem(nn.Dropout(RATE)), seed=seed)) for seed in (0, 1)]
    made = both_strands(ensemble(members))
    again = ensemble([both_strands(member) for member in members])
    assert made.source == again.source == "both strands of an ensemble of 2"
    expected = [predict(both_strands(members[t % 2]), n_samples=4)[t] for t in range(4)]
    for model in (made, again):
        np.testing.assert_allclose(predict(model, n_samples=4), expected, **ROUNDED)
    mixed = ensemble([members[0], both_strands(members[1])])
    assert mixed.source == "ensemble of 2"
    with pytest.raises(DeepmrError, match="one and the same network"):
        ensemble([members[0], both_strands(members[0])])


def test_both_strands_of_both_strands_are_refused():
    model = both_strands(named("dropout"))
    for twice in (model, ensemble([model, as_model(settle(Stem(), seed=1))])):
        with pytest.raises(DeepmrError, match="both strands already"):
            both_strands(twice)


def test_what_is_told_of_it():
    """The network's own dropout calls by their own names, with the masks that they have alone."""
    model = Model(settle(Stem(nn.Dropout(RATE))), LENGTH, ["a", "b"], source="net.py")
    made = both_strands(model)
    assert about(made)["source"] == "both strands of net.py" and about(made)["outputs"] == ["a", "b"]
    assert examine(made) == examine(model)
    assert made.module is model.module and not model.both_strands
