"""Dropout added after layers: what a network with nn.Dropout there gives, and no other mask changed."""

import contextlib
import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from drive import as_model, locked_model, masks_recorded, mutate, named, predict
from networks import CHANNELS, LENGTH, NETWORKS, RATE, SEQUENCE, LengthFirst, Recurrent, Stem, settle
from test_windowed import WITH_N, run_with, same, zoo
from torch import nn
from zoo_networks import NETS

from deepmr_torch import engine, plan, rules_linear
from deepmr_torch.ensemble import ensemble
from deepmr_torch.errors import DeepmrError
from deepmr_torch.extra import layers
from deepmr_torch.locked import LockedModel
from deepmr_torch.masks import Row, keep_mask
from deepmr_torch.sites import make_spec

MORE = 0.2
# One of each way in which masks lie over a batch, and of each kind of call.
KINDS = ["dropout", "dropout2d", "alpha", "functional", "attention_weights", "lstm", "scripted_child", "twice",
         "positional", "reverse_complement", "folded", "depth_unscaled", "hooked", "data_parallel"]  # fmt: skip


def spec(extra, mask="locked", unit="element", **kwargs):
    return make_spec(mask, unit, extra=extra, **kwargs)


def twin(net, *paths):
    """A copy of `net` with nn.Dropout(MORE) put after the modules at `paths`."""
    net = copy.deepcopy(net)
    for path in paths:
        parent, _, name = path.rpartition(".")
        parent = net.get_submodule(parent)
        setattr(parent, name, nn.Sequential(getattr(parent, name), nn.Dropout(MORE)))
    return net.eval()


def masks_of(ordinals):
    """Masks of a network's calls 1, 2, ... are those of `ordinals`."""

    def keep(seed, sequence, draw, ordinal, *args, **kwargs):
        return keep_mask(seed, sequence, draw, ordinals[ordinal - 1], *args, **kwargs)

    patch = pytest.MonkeyPatch()
    patch.setattr(plan, "keep_mask", keep)
    return patch


# Network -> layers, and what the masks of its twin's calls are in order.
TWINS = {
    "none of its own": (Stem, ["conv"], ["conv+dropout#1"]),
    "before its own": (lambda: Stem(nn.Dropout(RATE)), ["conv"], ["conv+dropout#1", 1]),
    "after its own": (lambda: Stem(nn.Dropout(RATE)), ["middle"], [1, "middle+dropout#1"]),
    "on both sides": (lambda: Stem(nn.Dropout(RATE)), ["conv", "head"], ["conv+dropout#1", 1, "head+dropout#1"]),
    "called twice": (NETWORKS["twice"], ["middle.0.0"], ["middle.0.0+dropout#1", 1, "middle.0.0+dropout#2", 2]),
    "container": (lambda: Stem(nn.Sequential(nn.Conv1d(6, 6, 1), nn.Tanh())), ["middle"], ["middle+dropout#1"]),
    "strands": (NETWORKS["reverse_complement"], ["tower.conv"], ["tower.conv+dropout#1", 1]),
    "functional": (NETWORKS["encoder"], ["middle.block.linear1"], [1, 2, "middle.block.linear1+dropout#1", 3, 4]),
}  # fmt: skip


@pytest.mark.parametrize("mask", ["locked", "unlocked"])
@pytest.mark.parametrize("name", TWINS)
def test_added_dropout_is_the_dropout_of_a_module_there(name, mask):
    """Bit for bit, given the same masks."""
    make, paths, ordinals = TWINS[name]
    model = as_model(settle(make()))
    other = as_model(twin(model.module, *paths))
    added = spec(dict.fromkeys(paths, MORE), mask)
    got = mutate(model, spec=added, batch_size=8), predict(model, spec=added, batch_size=2)
    plain = make_spec(mask, "element")
    patch = masks_of(ordinals)
    try:
        expected = mutate(other, spec=plain, batch_size=8), predict(other, spec=plain, batch_size=2)
    finally:
        patch.undo()
    np.testing.assert_array_equal(got[0]["draws"], expected[0]["draws"])
    np.testing.assert_array_equal(got[1], expected[1])
    assert got[1].std() > 0


def test_whole_channels_are_dropped():
    """What comes out of the layer is 0 or the layer's own, divided by 1 - rate, for a channel as a whole."""
    net = settle(Stem())
    seen = []
    net.middle.register_forward_hook(lambda module, args, out: seen.append(out.clone()))
    added = spec({"conv": 0.5}, unit="channel")
    with locked_model(as_model(net), added) as locked:
        code = np.zeros(LENGTH, np.uint8)
        seen.clear()
        locked.compute(code, np.array([-1, 3]), np.array([0, 2], np.uint8), Row("A" * LENGTH, 1))
        locked.compute(code, np.array([-1, 3]), np.array([0, 2], np.uint8), Row("A" * LENGTH, 2))
    kept = [(out != 0).all(2) for out in seen]
    assert all(((out == 0).all(2) | alive).all() for out, alive in zip(seen, kept))
    assert all((alive[0] == alive[1]).all() for alive in kept) and not torch.equal(*kept)
    expected = keep_mask(1, "A" * LENGTH, 1, "conv+dropout#1", 0.5, (1, CHANNELS, 1))[0, :, 0]
    assert kept[0][0].tolist() == expected.tolist()


def test_no_other_mask_changes(monkeypatch):
    """Neither those of the network's own calls nor those of other added ones."""
    model = named("twice")
    choices = {}, {"conv": MORE}, {"head": MORE}, {"conv": MORE, "middle.0": 0.4, "head": MORE}
    for mask in ("locked", "unlocked"):
        seen = []
        for extra in choices:
            with masks_recorded(monkeypatch) as masks:
                mutate(model, spec=spec(extra, mask))
            seen.append(masks)
        own, conv, head, most = seen
        ordinals = [{key[2] for key in masks} for masks in seen]
        assert ordinals[0] == {1, 2} and ordinals[2] == {1, 2, "head+dropout#1"}
        assert ordinals[3] - ordinals[1] == {"head+dropout#1", "middle.0+dropout#1", "middle.0+dropout#2"}
        assert own.items() <= conv.items() <= most.items() and own.items() <= head.items() <= most.items()
        # Each call has masks of its own.
        bits = [most[SEQUENCE, 1, o, 0] for o in ("middle.0+dropout#1", "middle.0+dropout#2")]
        assert bits[0] != bits[1]


def test_sites_go_by_name_in_rates_and_layers():
    model = named("twice")
    rates = {"conv": MORE, "middle.0": 0.4}

    def found(extra=rates, **kwargs):
        with locked_model(model, spec(extra, **kwargs)) as locked:
            return {s.name: (s.kind, r) for s, r in zip(locked.plan.sites, locked.plan.rates)}

    assert found() == {
        "conv+dropout": ("extra", MORE),
        "middle.0.2#1": ("Dropout", RATE),
        "middle.0+dropout#1": ("extra", 0.4),
        "middle.0.2#2": ("Dropout", RATE),
        "middle.0+dropout#2": ("extra", 0.4),
    }
    named_rates = found(rate=[0.5, 0.0], rate_names=["middle.0+dropout", "conv+dropout"])
    assert [rate for _, rate in named_rates.values()] == [0, RATE, 0.5, RATE, 0.5]
    assert {rate for _, rate in found(rate=[0.5]).values()} == {0.5}
    only = found(layers=["middle.0+dropout#2", "middle.0.2#1"])
    assert [rate for _, rate in only.values()] == [0, RATE, 0, 0, 0.4]


def test_switched_off_the_networks_own_dropout_is_left_as_it_was():
    model = named("dropout")
    extra = {"conv": MORE}
    plain = predict(model)
    np.testing.assert_array_equal(predict(model, spec=spec(extra, layers=["middle"])), plain)
    np.testing.assert_array_equal(predict(model, spec=spec(extra, rate=[0.0], rate_names=["conv+dropout"])), plain)
    assert (predict(model, spec=spec(extra)) != plain).all()


def of_type(model, *types):
    (found,) = layers(model)
    return [name for name, kind in zip(found["layer"], found["type"]) if kind in types]


@pytest.mark.parametrize("name", KINDS)
def test_beside_every_kind_of_dropout_the_engines_agree(name):
    model = named(name)
    added = spec({of_type(model, "Conv1d", "Conv2d")[0]: MORE, of_type(model, "Linear")[-1]: 0.1})
    dense, _ = run_with(model, SEQUENCE, "dense", spec=added)
    result, chosen = run_with(model, SEQUENCE, spec=added)
    same(result, dense)
    assert chosen["engine"] == ["windowed"]


@pytest.mark.parametrize("name", [name for name in NETS if name != "wide"])
@pytest.mark.parametrize("several", [False, True])
def test_published_architectures_stay_windowed(name, several, monkeypatch):
    """After the first and the last convolution, one draw to a pass or several."""
    if several:
        monkeypatch.setattr(engine, "SEVERAL_DRAWS", {"cpu"})
        monkeypatch.setattr(rules_linear, "BY_START", {"cpu"})
    model = zoo(name)
    convs = of_type(model, "Conv1d", "Conv2d")
    added = spec({convs[0]: MORE} | {convs[-1]: 0.1})
    result, chosen = run_with(model, WITH_N, spec=added)
    assert chosen["engine"] == ["windowed"]
    same(result, run_with(model, WITH_N, "dense", spec=added)[0])
    if several:
        with LockedModel(model, added, 1, [0, 1]) as locked:
            assert locked.plan.folds


@pytest.mark.parametrize("name", ["deepsea", "beluga"])
def test_added_in_place_of_the_networks_own_it_costs_no_window(name):
    """The rules that run are those that run with the network's own dropout alone: none on all rows."""
    model = zoo(name)
    convs = of_type(model, "Conv1d", "Conv2d")
    _, chosen = run_with(model, WITH_N, spec=spec({convs[0]: MORE}))
    assert "all rows" not in chosen["rule"][0]


class Odd(nn.Module):
    """Layers that give what cannot be dropped, and one that is never called."""

    def __init__(self):
        super().__init__()
        self.stem = Stem()
        self.lstm = nn.LSTM(4, 4, batch_first=True)
        self.counts = Counts()
        self.unused = nn.Linear(2, 2)
        self.weights = nn.Linear(2, 2)

    def forward(self, x):
        h = self.lstm(x.transpose(1, 2))[0].sum((1, 2))[:, None] + self.counts(x)[:, None]
        return F.linear(self.stem(x), self.weights.weight) + h


class Counts(nn.Module):
    def forward(self, x):
        return (x[:, 0] > 0.5).sum(1)


def refused(extra, model=None):
    with pytest.raises(DeepmrError) as error:
        predict(model or as_model(settle(Odd())), spec=spec(extra))
    assert "layers(model)" in str(error.value.remedy) or error.value.what != "unknown_layer"
    return error.value.what, f"{error.value.problem} {error.value.remedy}"


def test_layers_that_take_no_dropout_are_refused():
    what, text = refused({"stem.con": MORE})
    assert what == "unknown_layer" and "'stem.con'" in text and "Nearest: stem.conv" in text
    assert refused({"": MORE})[0] == "unknown_layer"  # the network itself
    for name, given in {
        "lstm": "a tuple",
        "counts": "torch.int64",
        "unused": "not called",
        "weights": "not called",
    }.items():
        what, text = refused({name: MORE})
        assert what == "dropout_site" and f"'{name}'" in text and given in text
    what, text = refused({"middle.0": MORE}, named("scripted_child"))
    assert what == "dropout_site" and "TorchScript" in text
    assert refused({"conv": MORE}, named("scripted"))[0] == "dropout_site"


def test_a_layer_must_be_in_every_member():
    first, second = as_model(settle(Stem())), as_model(settle(Odd(), seed=1))
    both = ensemble([as_model(settle(Stem(), seed=2)), first])
    assert predict(both, spec=spec({"conv": MORE})).std(0).min() > 0
    what, text = refused({"conv": MORE}, ensemble([first, second]))
    assert what == "unknown_layer" and text.startswith("Member 2 of the ensemble, module: The model has no layer")


def test_members_have_the_masks_that_they_have_alone():
    models = [as_model(settle(Stem(nn.Dropout(RATE)), seed=seed)) for seed in (0, 1)]
    added = spec({"conv": MORE})
    together = predict(ensemble(models), spec=added, n_samples=4)
    alone = [predict(model, spec=added, n_samples=4) for model in models]
    np.testing.assert_allclose(together, [alone[t % 2][t] for t in range(4)], rtol=1e-5, atol=1e-5)


def test_the_module_is_handed_back_without_it():
    net = settle(Stem(nn.Dropout(RATE)))
    x = torch.rand(2, 4, LENGTH)
    before = net(x)
    for extra in ({"conv": MORE}, {"conv": MORE, "missing": MORE}):
        with contextlib.suppress(DeepmrError):
            predict(as_model(net), spec=spec(extra))
        assert not any(m._forward_hooks or m._forward_pre_hooks or "forward" in m.__dict__ for m in net.modules())
        assert torch.equal(net(x), before)


def test_without_dropout_nothing_is_added():
    model = as_model(settle(Stem()))
    np.testing.assert_array_equal(predict(model, spec=None), predict(model, spec=None))
    with locked_model(model, None) as locked:
        assert locked.plan is None and not locked.takeover.extra


def test_data_parallel_and_compiled_networks():
    plain = settle(Stem(nn.Dropout(RATE)))
    added = spec({"conv": MORE})
    expected = predict(as_model(plain), spec=added)
    np.testing.assert_array_equal(predict(as_model(nn.DataParallel(plain)), spec=added), expected)
    np.testing.assert_array_equal(predict(named("compiled"), spec=added), predict(named("dropout"), spec=added))


def test_the_layers_of_a_model():
    (found,) = layers(as_model(settle(Stem(LengthFirst(Recurrent(nn.LSTM))))))
    assert dict(zip(found["layer"], zip(found["type"], found["shape"]))) == {
        "conv": ("Conv1d", "1 x 6 x 12"),
        "middle": ("LengthFirst", "1 x 6 x 12"),
        "middle.block": ("Recurrent", "1 x 12 x 6"),
        "middle.block.layers": ("LSTM", None),
        "head": ("Linear", "1 x 2"),
    }
    (odd,) = layers(as_model(settle(Odd())))
    without = [name for name, shape in zip(odd["layer"], odd["shape"]) if shape is None]
    assert without == ["lstm", "counts", "unused", "weights"]
    (scripted,) = layers(named("scripted_child"))
    assert dict(zip(scripted["layer"], scripted["shape"]))["middle.0"] is None


@pytest.mark.parametrize("name", [*KINDS, "scripted", "encoder"])
def test_every_layer_that_is_listed_can_be_dropped_after(name):
    model = named(name)
    (found,) = layers(model)
    for layer, shape in zip(found["layer"], found["shape"]):
        if shape is not None:
            with locked_model(model, spec({layer: MORE})) as locked:
                assert any(site.name.startswith(f"{layer}+dropout") for site in locked.plan.sites)
