"""The windowed engine against the dense one, which runs the whole network for every variant."""

import numpy as np
import pytest
import torch
from drive import LOCKED, UNLOCKED, as_model, mutate, named, predict
from networks import NETWORKS, SEQUENCE, Stem, settle
from torch import nn
from zoo_networks import LONG, NETS, build_zoo

from deepmr_torch import engine, windowed
from deepmr_torch.ensemble import ensemble
from deepmr_torch.errors import DeepmrError
from deepmr_torch.mutagenesis import Mutagenesis

RANDOM = "".join(np.random.default_rng(5).choice(list("ACGT"), LONG))
WITH_N = "N" + RANDOM[1:20] + "NN" + RANDOM[22:]
# Differences of float32 predictions (eps 1.2e-7) of order 1: both engines are rounded, each in its way.
CLOSE = {"rtol": 1e-4, "atol": 2e-6}
NO_GAIN = {"wide"}  # its first window is most of the sequence


def zoo(name):
    net, layout = build_zoo(name)
    return as_model(net, layout=layout, length=LONG)


def run_with(model, sequence, name="auto", spec=LOCKED, **kwargs):
    """Results, and the engines chosen."""
    run = Mutagenesis(model, spec, [0, 1], 3, 1, keep_draws=True, engine=name, **kwargs)
    try:
        run.begin("s", sequence)
        while run.step() < 1:
            pass
        result = run.collect()
        result["position"] = np.repeat(result["position"], 2)  # a row for each output
        return result, run.engines()
    finally:
        run.close()


def same(a, b):
    for column in a:
        if column == "at_rounding":
            assert (a[column] != b[column]).mean() < 0.02  # effects that are 0 but for rounding
        elif column not in ("position", "ref", "alt"):
            level = max(1.0, np.abs(b["mean_ref"]).max())
            np.testing.assert_allclose(a[column], b[column], rtol=1e-4, atol=4e-6 * level)


@pytest.mark.parametrize("name", NETS)
def test_published_architectures(name):
    """All variants, ends and N included; chunks of 50 variants, so that their seams are met."""
    dense, _ = run_with(zoo(name), WITH_N, "dense")
    result, chosen = run_with(zoo(name), WITH_N, batch_size=50)
    same(result, dense)
    assert chosen["engine"] == ["dense" if name in NO_GAIN else "windowed"]
    assert chosen["reason"] == ["no layer gains from it" if name in NO_GAIN else None]
    assert np.abs(dense["effect"]).max() > 1e-3


@pytest.mark.parametrize("name", NETWORKS)
def test_every_kind_of_dropout(name):
    dense, _ = run_with(named(name), SEQUENCE, "dense")
    result, chosen = run_with(named(name), SEQUENCE)
    same(result, dense)
    assert chosen["engine"] == ["windowed"] and chosen["reason"] == [None]


@pytest.mark.parametrize("name", ["deepsea", "deepsea_both_strands", "beluga", "basset"])
def test_kipois_style_runs_on_windows_up_to_the_linear_layer(name):
    """Lambda closures, x.view(x.size(0), -1), strands by index_select and cat: no operation in all rows."""
    _, chosen = run_with(zoo(name), RANDOM)
    rules = dict(zip(chosen["operation"][0], chosen["rule"][0]))
    assert "all rows" not in chosen["rule"][0]
    assert rules["aten::addmm"] == "differences"


def test_what_the_rules_do_not_know_is_done_in_all_rows_from_there_on():
    _, chosen = run_with(zoo("softmax"), RANDOM)
    steps = list(zip(chosen["operation"][0], chosen["rule"][0]))
    assert steps[0] == ("aten::convolution", "windows of 5 of 56")
    assert steps[-1] == ("aten::_softmax", "all rows")


@pytest.mark.parametrize("name", ["deepsea_both_strands", "bpnet", "branches"])
def test_few_positions_and_chunks_of_any_size(name):
    model = zoo(name)
    whole, _ = run_with(model, RANDOM, positions=[0, 1, 30, 59])
    for size in (1, 2, 7, 1000):
        part, _ = run_with(model, RANDOM, positions=[0, 1, 30, 59], batch_size=size)
        same(part, whole)


@pytest.mark.parametrize("name", ["deepsea", "branches"])
def test_some_alternatives_are_those_rows_of_all(name):
    """On both engines: each alone, two, and none of them named."""
    for kind in ("dense", "auto"):
        full, of_full = run_with(zoo(name), RANDOM, kind, positions=[40])
        bases = np.repeat(full["alt"], 2)
        for wanted in (*full["alt"][:, None], full["alt"][1:]):
            some, chosen = run_with(zoo(name), RANDOM, kind, positions=[40], alternatives={"s": wanted.tolist()})
            assert some["alt"].tolist() == wanted.tolist()
            assert chosen["engine"] == of_full["engine"]
            rows = np.isin(bases, wanted)
            for column in ("effect", "se", "mean_alt", "cov"):
                np.testing.assert_allclose(some[column], full[column][rows], **CLOSE, err_msg=column)
        other, _ = run_with(zoo(name), RANDOM, kind, positions=[40], alternatives={"another": [0]})
        assert other["alt"].tolist() == full["alt"].tolist()


def test_sequences_one_after_another():
    sequences = [RANDOM, "N" * LONG, RANDOM[::-1]]
    results = mutate(zoo("deepsea"), sequences, engine="windowed")
    for sequence, result in zip(sequences, results):
        alone = mutate(zoo("deepsea"), sequence, engine="dense")
        np.testing.assert_allclose(result["draws"], alone["draws"], **CLOSE)


def test_without_dropout_and_without_shared_masks():
    model = zoo("deepsea")
    off = mutate(model, RANDOM, spec=None, engine="windowed")
    np.testing.assert_allclose(off["effect"], mutate(model, RANDOM, spec=None)["effect"], **CLOSE)
    unlocked = mutate(model, RANDOM, spec=UNLOCKED, engine="auto", positions=[3])
    np.testing.assert_array_equal(unlocked["draws"], mutate(model, RANDOM, spec=UNLOCKED, positions=[3])["draws"])
    with pytest.raises(DeepmrError) as error:
        mutate(model, RANDOM, spec=UNLOCKED, engine="windowed")
    assert error.value.what == "engine"


def test_ensembles_choose_for_each_member():
    members = [zoo("bpnet"), as_model(settle(Stem(), 1), length=12)]
    members[1] = zoo("branches")
    a = mutate(ensemble(members), RANDOM, n_samples=4, engine="windowed")
    b = mutate(ensemble(members), RANDOM, n_samples=4)
    np.testing.assert_allclose(a["draws"], b["draws"], **CLOSE)


def test_a_batch_size_found_for_a_dense_member_is_its_own(monkeypatch):
    taken = []
    original = engine.Windowed.compute_draws

    def compute(self, position, alt, rows, key):
        if not self.measured:
            taken.append(len(position))
        return original(self, position, alt, rows, key)

    monkeypatch.setattr(engine.Windowed, "compute_draws", compute)
    monkeypatch.setattr(Mutagenesis, "choose_batch_size", lambda *args: 8)
    members = ensemble([zoo("branches"), zoo("wide")])
    a = mutate(members, RANDOM, n_samples=4, engine="auto")
    assert taken == [3 * LONG] * 2
    np.testing.assert_allclose(a["draws"], mutate(members, RANDOM, n_samples=4)["draws"], **CLOSE)


def test_the_reference_is_that_of_prediction():
    model = zoo("deepsea_both_strands")
    result = mutate(model, RANDOM, engine="windowed", n_samples=5)
    np.testing.assert_allclose(result["mean_ref"][0], predict(model, RANDOM, n_samples=5).mean(0), **CLOSE)


def test_double_precision_is_exact():
    """Windows leave nothing out: 1e-13 on effects of order 0.1."""
    net, layout = build_zoo("deepsea_both_strands")
    model = as_model(net.double(), layout=layout, length=LONG)
    a, b = mutate(model, RANDOM, engine="windowed"), mutate(model, RANDOM)
    np.testing.assert_allclose(a["draws"], b["draws"], rtol=1e-10, atol=1e-13)


def test_what_does_not_change_is_exactly_the_reference():
    """A network that looks at the first half only: variants of the other have effects of exactly 0."""

    class Half(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.drop, self.head = nn.Conv1d(4, 6, 5), nn.Dropout(0.3), nn.Linear(6 * 10, 2)

        def forward(self, x):
            h = self.drop(torch.relu(self.conv(x)))
            return self.head(nn.functional.max_pool1d(h, 2)[:, :, :10].flatten(1))

    result = mutate(as_model(settle(Half()), length=LONG), RANDOM, engine="auto")
    far = result["position"][:, 0] > 30
    assert (np.abs(result["effect"][far]) < 1e-6).all() and result["at_rounding"][far].all()
    assert (np.abs(result["effect"][result["position"][:, 0] < 15]) > 1e-3).any()


def test_a_wrong_rule_is_caught_and_dense_taken(monkeypatch):
    """A rule that forgets its last output position: the comparison before the run notices."""
    from deepmr_torch import rules, rules_convolution

    def wrong(func, *args):
        out = rules_convolution.convolution(func, *args)
        if out is not None:
            out.delta[:, -1] = 0
        return out

    monkeypatch.setitem(rules.RULES, torch.ops.aten.convolution.default, wrong)
    result, chosen = run_with(zoo("deepsea"), RANDOM)
    assert chosen["engine"] == ["dense"] and "differ from those of the whole network" in chosen["reason"][0]
    same(result, run_with(zoo("deepsea"), RANDOM, "dense")[0])
    with pytest.raises(DeepmrError) as error:
        run_with(zoo("deepsea"), RANDOM, "windowed")
    assert error.value.what == "engine" and "differ" in error.value.problem


@pytest.mark.parametrize(("wrong_by", "agree"), [(1e-7, True), (2e-5, False)])
def test_engines_are_compared_by_effects_however_small(wrong_by, agree):
    """Effects of 1e-4 on a level of .5, one wrong by a fifth: as predictions the two would agree."""
    dense = np.array([[0.5], [0.5001], [0.4999]])
    got = dense + [[0.0], [wrong_by], [0.0]]
    assert engine.discrepancy(got, dense) <= 1
    assert (engine.apart(got, dense, 1.2e-7) <= 1) == agree


def test_operations_before_the_first_mask_run_once(monkeypatch):
    """Basset's dropout comes after its linear layers: its convolutions are computed in the first draw only."""
    calls = []
    original = windowed.rules.apply

    def count(func, args, kwargs, how):
        calls.append(func._schema.name)
        return original(func, args, kwargs, how)

    monkeypatch.setattr(windowed.rules, "apply", count)
    with LockedZoo("basset") as compute:
        for draw in (1, 2, 3):
            calls.clear()
            compute(draw)
            assert calls.count("aten::convolution") == (2 if draw == 1 else 0)
            assert calls.count("aten::addmm") == (3 if draw == 1 else 2)


class LockedZoo:
    """The windowed engine of a network and all variants of RANDOM, draw by draw."""

    def __init__(self, name):
        self.model = zoo(name)

    def __enter__(self):
        from drive import locked_model

        from deepmr_torch import encode
        from deepmr_torch.masks import Row

        self.context = locked_model(self.model)
        code = encode.codes(RANDOM)
        position, alt = encode.snvs(code)
        one = engine.Windowed(self.context.__enter__(), code)
        return lambda draw: one.compute(position, alt, Row(RANDOM, draw), 0)

    def __exit__(self, *exc):
        self.context.__exit__(*exc)


def test_a_failed_draw_leaves_nothing_behind(monkeypatch):
    with LockedZoo("deepsea") as compute:
        expected = [compute(1), compute(2)]
    with LockedZoo("deepsea") as compute:
        original = windowed.rules.apply
        monkeypatch.setattr(windowed.rules, "apply", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            compute(1)
        monkeypatch.setattr(windowed.rules, "apply", original)
        for draw in (1, 2):
            np.testing.assert_array_equal(compute(draw), expected[draw - 1])


def test_chunks_are_halved_when_the_gpu_is_full(monkeypatch):
    model = zoo("deepsea")
    expected = mutate(model, RANDOM)
    sizes = []
    original = engine.Windowed.compute_draws

    def compute(self, position, alt, rows, key):
        sizes.append(len(position))
        if len(position) > 60:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return original(self, position, alt, rows, key)

    monkeypatch.setattr(engine.Windowed, "compute_draws", compute)
    result = mutate(model, RANDOM, engine="windowed")
    np.testing.assert_allclose(result["draws"], expected["draws"], **CLOSE)
    assert max(sizes) == 180 and sizes[-1] <= 60


def test_the_module_comes_back_as_it_was():
    model = zoo("beluga")
    training = [m.training for m in model.module.train().modules()]
    before = {k: v.clone() for k, v in model.module.state_dict().items()}
    mutate(model, RANDOM, engine="windowed")
    assert [m.training for m in model.module.modules()] == training
    assert all(torch.equal(v, before[k]) for k, v in model.module.state_dict().items())


class MaskedWeights(nn.Module):
    """A convolution whose weights are dropped: they differ from draw to draw, in the same memory."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(6, 4, 5))
        self.head = nn.Linear(6 * (LONG - 4), 2)

    def forward(self, x):
        weight = nn.functional.dropout(self.weight, 0.3, self.training)
        return self.head(torch.relu(nn.functional.conv1d(x, weight)).flatten(1))


def test_weights_under_a_mask_are_not_taken_from_an_earlier_draw():
    model = as_model(settle(MaskedWeights()), length=LONG)
    result, chosen = run_with(model, RANDOM, "windowed")
    same(result, run_with(model, RANDOM, "dense")[0])
    assert chosen["engine"] == ["windowed"]
