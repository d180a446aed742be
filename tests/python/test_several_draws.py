"""A pass over several draws, which GPUs take, on the CPU: masks are folded into the rows."""

import numpy as np
import pytest
import torch
from drive import mutate, named
from networks import NETWORKS, SEQUENCE
from test_windowed import LONG, RANDOM, WITH_N, run_with, same, zoo
from zoo_networks import NETS

from deepmr_torch import engine, rules_linear
from deepmr_torch.ensemble import ensemble
from deepmr_torch.mutagenesis import Mutagenesis
from deepmr_torch.sites import make_spec

# Masks of theirs do not lie draw by draw (heads side by side, no batch dimension, or another than the first), or meet
# an operation that knows nothing of several.
ONE_BY_ONE = {
    "encoder_seq_first", "attention_weights", "attention_weights_seq_first", "lstm", "gru", "positional",
    "dropped_weights", "folded", "inference", "mapped",
}  # fmt: skip


@pytest.fixture(autouse=True)
def as_on_a_gpu(monkeypatch):
    monkeypatch.setattr(engine, "SEVERAL_DRAWS", {"cpu"})
    monkeypatch.setattr(rules_linear, "BY_START", {"cpu"})


@pytest.fixture
def passes(monkeypatch):
    """How many draws each pass took."""
    taken = []
    original = engine.Windowed.compute_draws

    def compute(self, position, alt, rows, key):
        if not self.measured:
            taken.append(len(rows))
        return original(self, position, alt, rows, key)

    monkeypatch.setattr(engine.Windowed, "compute_draws", compute)
    return taken


@pytest.mark.parametrize("name", [name for name in NETS if name != "wide"])
def test_published_architectures(name, passes):
    result, chosen = run_with(zoo(name), WITH_N)
    assert chosen["engine"] == ["windowed"] and passes == [3]
    same(result, run_with(zoo(name), WITH_N, "dense")[0])


@pytest.mark.parametrize("name", NETWORKS)
def test_every_kind_of_dropout(name, passes):
    result, _ = run_with(named(name), SEQUENCE)
    assert passes == ([1, 1, 1] if name in ONE_BY_ONE else [3])
    same(result, run_with(named(name), SEQUENCE, "dense")[0])


def test_passes_hold_no_more_draws_than_fit(passes, monkeypatch):
    rows = 2 * 3 * (LONG - WITH_N.count("N")) + 100
    monkeypatch.setitem(engine.MOST_ROWS, "cpu", rows)
    result, _ = run_with(zoo("deepsea"), WITH_N)
    assert passes == [2, 1]
    same(result, run_with(zoo("deepsea"), WITH_N, "dense")[0])
    passes.clear()
    run_with(zoo("deepsea"), WITH_N, batch_size=50)
    assert set(passes) == {1}


def test_every_sequence_has_as_many_draws_to_a_pass_as_fit(passes, monkeypatch):
    """Not as many as the first one's, which had fewer variants or more."""
    n = 3 * LONG
    monkeypatch.setitem(engine.MOST_ROWS, "cpu", 2 * n)
    few = "N" * (LONG - 1) + "A"
    for sequences, expected in ([few, RANDOM], [3, 2, 1]), ([RANDOM, few], [2, 1, 3]):
        passes.clear()
        results = mutate(zoo("deepsea"), sequences, engine="auto")
        assert passes == expected
        for sequence, result in zip(sequences, results):
            alone = mutate(zoo("deepsea"), sequence, engine="dense")
            np.testing.assert_allclose(result["draws"], alone["draws"], rtol=1e-4, atol=4e-6)


def test_members_take_their_own_draws(passes):
    members = ensemble([zoo("deepsea"), zoo("beluga")])

    def run(name):
        job = Mutagenesis(members, make_spec("locked", "element"), [0, 1], 5, 1, keep_draws=True, engine=name)
        job.begin("s", RANDOM)
        while job.step() < 1:
            pass
        result = job.collect()
        job.close()
        return result

    got = run("auto")
    assert passes == [3, 2]
    expected = run("dense")
    np.testing.assert_allclose(got["draws"], expected["draws"], rtol=1e-4, atol=4e-6)


def test_out_of_memory_takes_fewer_draws(monkeypatch):
    taken = []
    original = engine.Windowed.compute_draws

    def compute(self, position, alt, rows, key):
        if not self.measured:
            taken.append((len(rows), len(position)))
            if len(rows) > 1 or len(position) > 60:
                raise torch.cuda.OutOfMemoryError("as if")
        return original(self, position, alt, rows, key)

    monkeypatch.setattr(engine.Windowed, "compute_draws", compute)
    n = 3 * LONG
    monkeypatch.setitem(engine.MOST_ROWS, "cpu", 3 * n)
    result, _ = run_with(zoo("deepsea"), RANDOM)
    monkeypatch.undo()
    assert taken[:3] == [(3, n), (1, n), (1, n // 2)] and max(rows for _, rows in taken[-3:]) <= 60
    same(result, run_with(zoo("deepsea"), RANDOM, "dense")[0])


def test_a_network_whose_masks_are_mixed_up_takes_draws_one_by_one(passes, monkeypatch):
    """The comparison before a run finds it."""
    from deepmr_torch import plan

    original = plan.arrange
    monkeypatch.setattr(plan, "arrange", lambda masks, site: original(masks, site)[::-1].copy())
    run_with(zoo("branches"), RANDOM)
    assert passes == [1, 1, 1]
