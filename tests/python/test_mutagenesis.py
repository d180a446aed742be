"""Saturation mutagenesis as a whole: the same masks and numbers however it is cut, and what it reports."""

import numpy as np
import pytest
import torch
from drive import LOCKED, UNLOCKED, as_model, masks_recorded, mutate, named, predict
from networks import CHANNELS, LENGTH, NETWORKS, RATE, SEQUENCE, Stem, build, settle
from torch import nn

from deepmr_torch import job, mutagenesis
from deepmr_torch.encode import codes
from deepmr_torch.errors import DeepmrError
from deepmr_torch.locked import LockedModel
from deepmr_torch.masks import keep_mask
from deepmr_torch.mutagenesis import Mutagenesis
from deepmr_torch.sites import make_spec

POSITIONS = [0, 3, 4, 11]
# Outputs are of order 1 to 10 in single precision (eps 1.2e-7), summed over 72 units: 1e-5 absolute
# is ten times the largest difference seen between batch sizes.
CLOSE = {"rtol": 1e-5, "atol": 1e-5}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_whatever_the_batch_size(name, monkeypatch):
    """Masks bit for bit (a mask that changed would fail in masks_recorded), numbers to float rounding."""
    model = named(name)
    results = []
    with masks_recorded(monkeypatch) as seen:
        for size in (1, 7, 64, 301):
            results.append(mutate(model, n_samples=4, batch_size=size, positions=POSITIONS))
        # Trials use draw 1, so keys are the draws 1 to 4 of each call.
        assert {key[1] for key in seen} == {1, 2, 3, 4}
        draws = {}
        for (sequence, _, ordinal, _), bits in seen.items():
            draws.setdefault((sequence, ordinal), []).append(bits)
        if name not in ("depth", "depth_unscaled"):  # one unit: draws may well be equal
            assert all(len(set(bits)) == len(bits) for bits in draws.values())
    for other in results[1:]:
        for what, values in results[0].items():
            np.testing.assert_allclose(values, other[what], **CLOSE, err_msg=what)
    assert results[0]["draws"].shape == (12, 2, 4)
    assert np.abs(results[0]["draws"]).max() > 1e-2


@pytest.mark.parametrize(
    "name", ["dropout", "alpha", "twice", "encoder", "attention_weights", "positional", "heads_dict"]
)
def test_both_mechanisms_give_the_same_masks_and_numbers(name, monkeypatch):
    model = named(name)
    results = []
    with masks_recorded(monkeypatch) as seen:
        results.append(mutate(model, positions=POSITIONS, batch_size=7))
        before = dict(seen)
        original = LockedModel.__init__

        def dispatch(self, *args, **kwargs):
            original(self, *args, **kwargs, mechanism="dispatch")

        monkeypatch.setattr(LockedModel, "__init__", dispatch)
        results.append(mutate(model, positions=POSITIONS, batch_size=7))
        assert seen == before
    np.testing.assert_allclose(results[0]["draws"], results[1]["draws"], **CLOSE)


def test_the_same_in_any_order_and_company_and_case():
    """Bit for bit, since the batch size is one: a sequence alone, first, last, in lower case."""
    model = named("dropout")
    others = ["TTTTTTTTTTTT", "ACGTNACGTNAC"]
    alone = mutate(model, batch_size=16)
    for sequences, i in (([SEQUENCE, *others], 0), ([*others, SEQUENCE], 2), ([others[0], SEQUENCE.lower()], 1)):
        among = mutate(model, sequences, batch_size=16)[i]
        for what, values in alone.items():
            np.testing.assert_array_equal(values, among[what], err_msg=what)


def test_seeds():
    model = named("encoder")
    one, again, other = (mutate(model, seed=seed, batch_size=16, n_samples=6) for seed in (1, 1, 2))
    for what, values in one.items():
        np.testing.assert_array_equal(values, again[what], err_msg=what)
    assert (one["se"] != other["se"]).all()


def test_sequences_have_their_own_masks(monkeypatch):
    with masks_recorded(monkeypatch) as seen:
        mutate(named("dropout"), [SEQUENCE, "T" + SEQUENCE[1:]], n_samples=2)
    assert len(seen) == len(set(seen.values())) == 4


def test_unlocked_rows_have_their_own_masks(monkeypatch):
    """The reference's are those of locked dropout; 1e-6 per draw."""
    model = named("dropout")
    with masks_recorded(monkeypatch) as seen:
        result = mutate(model, spec=UNLOCKED, n_samples=2, positions=[0, 1], batch_size=3)
    assert len(seen) == len(set(seen.values())) == 2 * 7
    np.testing.assert_allclose(result["mean_ref"][0], predict(model, n_samples=2).mean(0), rtol=1e-6, atol=1e-6)


def test_unlocked_masks_of_a_variant_do_not_depend_on_the_other_positions():
    model = named("dropout")
    full, some = (mutate(model, spec=UNLOCKED, n_samples=2, positions=p, batch_size=3) for p in (None, [2, 5]))
    kept = np.isin(full["position"][:, 0], [3, 6])
    np.testing.assert_allclose(some["effect"], full["effect"][kept], rtol=0, atol=1e-6)


def test_unlocked_dropout_without_a_batch_dimension_runs_row_by_row():
    """A mask that has no batch dimension would be the same for a whole batch; the SEs of unlocked dropout
    are larger than those of locked in every variant here."""
    model = named("positional")
    locked, unlocked = (mutate(model, spec=s, n_samples=30, positions=[5, 6], batch_size=7) for s in (LOCKED, UNLOCKED))
    assert (unlocked["se"] > 1.25 * locked["se"]).all()
    assert (np.abs(locked["cov"] - locked["var_ref"]) < locked["var_ref"]).all()


def test_results_are_moments_of_the_draws():
    result = mutate(named("dropout"), n_samples=9)
    np.testing.assert_allclose(result["effect"], result["draws"].mean(2), rtol=0, atol=1e-12)
    np.testing.assert_allclose(result["se"], result["draws"].std(2, ddof=1), rtol=1e-9)
    np.testing.assert_allclose(result["effect"], result["mean_alt"] - result["mean_ref"], rtol=0, atol=1e-12)
    difference = result["var_ref"] + result["var_alt"] - 2 * result["cov"]
    np.testing.assert_allclose(result["se"] ** 2, difference, rtol=1e-6, atol=1e-12)


def test_draws_are_mutant_minus_reference_under_the_same_mask():
    """Against a loop over single sequences through the network itself: 1e-5."""
    net = build("dropout")
    model = as_model(net)
    result = mutate(model, n_samples=2, positions=[3])
    for draw in (1, 2):
        mask = torch.from_numpy(keep_mask(1, SEQUENCE, draw, 1, RATE, (1, CHANNELS, LENGTH))) / (1 - RATE)

        def through(sequence, mask=mask):
            x = model.encode(codes(sequence), np.array([-1]), np.zeros(1, np.uint8))
            with torch.no_grad():
                return net.head((torch.tanh(net.conv(x)) * mask).flatten(1))[0].numpy()

        for v, base in enumerate("ACG"):
            expected = through(SEQUENCE[:3] + base + SEQUENCE[4:]) - through(SEQUENCE)
            np.testing.assert_allclose(result["draws"][v, :, draw - 1], expected, **CLOSE)


def test_rows_are_variants_by_outputs():
    flat = mutate(named("dropout"), "ACN" + "T" * 9, outputs=[1, 0], positions=[2, 1], shaped=False)
    assert flat["position"].tolist() == [2] * 3
    assert flat["ref"].tolist() == [1] * 3
    assert flat["alt"].tolist() == [0, 2, 3]
    other = mutate(named("dropout"), "ACN" + "T" * 9, outputs=[0, 1], positions=[2, 1], shaped=False)
    np.testing.assert_allclose(flat["effect"], other["effect"].reshape(3, 2)[:, ::-1].ravel(), **CLOSE)


class Pooled(nn.Module):
    """Convolution without padding and pooling of 4, which leaves the last bases out."""

    def __init__(self, shift=0.0):
        super().__init__()
        self.conv = nn.Conv1d(4, CHANNELS, 3)
        self.drop = nn.Dropout(RATE)
        self.head = nn.Linear(2 * CHANNELS, 2)
        self.shift = shift

    def forward(self, x):
        h = nn.functional.max_pool1d(torch.relu(self.conv(x)) + 0.1 * self.conv(x), 4)
        out = self.head(self.drop(h).flatten(1))
        return out + self.shift * (1 + 0 * out)


def test_bases_that_the_network_ignores_are_at_rounding():
    """12 bases: windows 0 to 9, of which pooling takes 0 to 7, so bases 10 and 11 are never seen."""
    net = settle(Pooled())
    result = mutate(as_model(net), n_samples=8, batch_size=5)
    ignored = result["position"][:, 0] > 10
    assert ignored.sum() == 6
    assert result["at_rounding"][ignored].all()
    seen = result["position"][:, 0] < 10
    assert (np.abs(result["effect"][seen]) > 0).any()
    assert not result["at_rounding"][seen & (np.abs(result["effect"]) > 1e-4).all(1)].any()


@pytest.mark.parametrize(("dtype", "marked"), [(torch.float32, True), (torch.float64, False)])
def test_effects_below_rounding_of_the_level_are_marked(dtype, marked):
    """Effects of order 0.1 on a level of 1e6: 32 eps 1e6 is 3.8 in single and 7e-9 in double precision."""
    net = settle(Pooled(shift=1e6)).to(dtype)
    result = mutate(as_model(net), n_samples=8, positions=range(8))
    moved = (np.abs(result["effect"]) > 1e-3) & (np.abs(result["effect"]) < 3)
    assert moved.any()
    assert (result["at_rounding"][moved] == marked).all()


class Flipping(nn.Module):
    """Draws of +-size whose mean is near 0: rounding is that of the draws, not of their mean."""

    def __init__(self, size):
        super().__init__()
        self.drop = nn.Dropout(0.5)
        self.size = size

    def forward(self, x):
        sign = self.drop(torch.ones(len(x), 1)) - 1  # +1 or -1
        return sign * self.size + x[:, 1, :1] + x[:, 2, :1] * sign


@pytest.mark.parametrize(("size", "marked"), [(1e6, True), (1e3, False)])
def test_the_bound_is_that_of_the_draws_where_their_mean_is_near_0(size, marked):
    """Effects of about 1: 32 eps 1e6 is 3.8, 32 eps 1e3 is 0.004."""
    result = mutate(as_model(Flipping(size), 1), "A" * LENGTH, n_samples=40, positions=[0])
    assert np.abs(result["mean_ref"]).max() < 0.5 * size
    # A > C moves all draws alike (se 0), A > G each draw by its sign, A > T nothing.
    assert result["at_rounding"].ravel().tolist() == [True, marked, True]


def test_n_has_no_variants_and_a_sequence_of_n_none_at_all():
    model = named("dropout")
    result, empty, last = mutate(model, ["NACGTTGCAAGN", "N" * LENGTH, SEQUENCE], outputs=[1], n_samples=2)
    assert sorted(set(result["position"].ravel().tolist())) == list(range(2, 12))
    assert all(values.size == 0 for values in empty.values()) and empty["draws"].shape == (0, 1, 2)
    np.testing.assert_allclose(last["draws"], mutate(model, outputs=[1], n_samples=2)["draws"], **CLOSE)


@pytest.mark.parametrize("name", ["dropout", "reverse_complement"])
@pytest.mark.parametrize("first", ["N" * LENGTH, "ACGT" * (LENGTH // 4)])
def test_a_first_sequence_that_is_its_own_reverse_complement(name, first):
    """The strands' order in the batch cannot be seen on it."""
    result = mutate(named(name), [first, SEQUENCE], n_samples=2)[1]
    np.testing.assert_allclose(result["draws"], mutate(named(name), n_samples=2)["draws"], **CLOSE)


def test_the_chosen_batch_size_does_not_depend_on_the_first_sequence(monkeypatch):
    """One base other than N first: the batch must fit the sequences that follow."""
    asked = []
    monkeypatch.setattr(job, "choose_batch_size", lambda compute, device, most: asked.append(most) or 8)
    mutate(named("dropout"), ["A" + "N" * (LENGTH - 1), SEQUENCE], n_samples=2)
    mutate(named("dropout"), n_samples=2, positions=[1, 2])
    assert asked == [3 * LENGTH + 1, 7]


def test_two_draws_and_a_batch_larger_than_needed():
    result = mutate(named("dropout"), n_samples=2, positions=0, batch_size=10_000)
    assert result["effect"].shape == (3, 2)
    np.testing.assert_allclose(result["se"], np.abs(np.diff(result["draws"], axis=2)[..., 0]) / np.sqrt(2), rtol=1e-9)


@pytest.mark.parametrize("size", [1, 5, 100])
def test_progress_rises_to_1(monkeypatch, size):
    monkeypatch.setattr(mutagenesis, "STEP_SECONDS", 0.0)  # one batch a step
    run = Mutagenesis(named("dropout"), LOCKED, [0], 3, 1, positions=[0, 1], engine="dense", batch_size=size)
    try:
        run.begin("s", SEQUENCE)
        shares = [run.step()]
        while shares[-1] < 1:
            shares.append(run.step())
            assert len(shares) < 100
    finally:
        run.close()
    assert shares == sorted(shares)
    assert len(shares) == 3 * -(-7 // size)


class Explosive(nn.Module):
    """Not finite where the sequence has T at position 5 (from 1) and the second draw's mask is on."""

    def __init__(self, always):
        super().__init__()
        self.net = settle(Stem(nn.Dropout(RATE)))
        self.always = always

    def forward(self, x):
        out = self.net(x)
        return out / (1 - (x[:, 3, 4:5] if not self.always else 1 + 0 * out)).clamp(min=0)


@pytest.mark.parametrize("size", [1, 16])
def test_a_prediction_that_is_not_finite_names_its_place(size):
    with pytest.raises(DeepmrError) as error:
        mutate(as_model(Explosive(False)), "ACGTACGTACGT", batch_size=size)
    assert error.value.what == "not_finite"
    assert "'y0' of the variant 5A>T of sequence 's0' in draw 1." in error.value.problem
    with pytest.raises(DeepmrError) as error:
        mutate(as_model(Explosive(True)), "ACGTACGTACGT", batch_size=size)
    assert error.value.what == "not_finite" and "of the reference of sequence 's0' in draw 1." in error.value.problem


def out_of_memory_once(monkeypatch, at):
    calls = []
    original = LockedModel.compute

    def compute(self, code, position, alt, rows=None):
        calls.append(len(position))
        if len(calls) == at:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return original(self, code, position, alt, rows)

    monkeypatch.setattr(LockedModel, "compute", compute)
    return calls


@pytest.mark.parametrize("at", [1, 2, 3])
def test_batches_are_halved_when_the_gpu_is_full(monkeypatch, at):
    model = named("dropout")
    expected = mutate(model, batch_size=20)
    calls = out_of_memory_once(monkeypatch, at)
    result = mutate(model, batch_size=20)
    assert max(calls[at:]) == 10 and calls[at - 1] in (20, 17)
    np.testing.assert_allclose(result["draws"], expected["draws"], **CLOSE)


def test_a_gpu_that_does_not_hold_one_row(monkeypatch):
    def compute(self, *args):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(LockedModel, "compute", compute)
    with pytest.raises(DeepmrError) as error:
        mutate(named("dropout"), batch_size=4)
    assert error.value.what == "memory"


def test_layers_and_rates_reach_the_network():
    """Only the first of two dropouts active: equal to a network that has no second; 1e-6."""
    both = settle(Stem(nn.Sequential(nn.Dropout(RATE), nn.Tanh(), nn.Dropout(0.5))))
    one = settle(Stem(nn.Sequential(nn.Dropout(RATE), nn.Tanh())))
    a = mutate(as_model(both), spec=make_spec("locked", "element", layers=["middle.0"]))
    np.testing.assert_allclose(a["draws"], mutate(as_model(one))["draws"], rtol=1e-6, atol=1e-6)
    changed = mutate(as_model(one), spec=make_spec("locked", "element", [0.5], ["middle.0"]))
    fresh = mutate(as_model(settle(Stem(nn.Sequential(nn.Dropout(0.5), nn.Tanh())))))
    np.testing.assert_allclose(changed["draws"], fresh["draws"], rtol=1e-6, atol=1e-6)


def test_a_sequence_is_refused_and_the_next_still_runs():
    run = Mutagenesis(named("dropout"), LOCKED, [0], 2, 1)
    try:
        run.begin("good", SEQUENCE)
        with pytest.raises(DeepmrError, match="'X'"):
            run.begin("bad", "X" * LENGTH)
        assert run.begin("good", SEQUENCE) == 36
    finally:
        run.close()


@pytest.mark.parametrize("device", ["meta", "mps", "gpu", "cpu:3", 0, "cuda:99"])
def test_a_device_that_is_none_is_refused_before_the_network_is_moved(device):
    """On "meta" its weights would be lost."""
    model = named(next(iter(NETWORKS)))
    weights = {key: value.clone() for key, value in model.module.state_dict().items()}
    with pytest.raises(DeepmrError) as error:
        mutate(model, device=device)
    assert error.value.what == "device" and str(device) in error.value.problem
    assert all(torch.equal(value, weights[key]) for key, value in model.module.state_dict().items())
