"""Locked masks: one mask for the reference and all its variants, with the right distribution.

Networks with 8 dropout units have 256 masks, so their exact outputs, means, variances and
covariances are known. Bounds on Monte-Carlo means are 5 standard errors, with the standard error
from the same enumeration: a false alarm in 1.7 million, and the seed is fixed."""

import itertools

import numpy as np
import pytest
import torch
from drive import LOCKED, UNLOCKED, as_model, locked_model, mutate, none, predict
from networks import CHANNELS, LENGTH, RATE, SEQUENCE, Exposed, Functional, Stem, settle
from torch import nn

from deepmr_torch import rng
from deepmr_torch.encode import codes
from deepmr_torch.errors import DeepmrError
from deepmr_torch.masks import Row
from deepmr_torch.sites import make_spec

P = 0.3
ALL = torch.tensor(list(itertools.product([0.0, 1.0], repeat=8)), dtype=torch.float64)
CHANCE = ((1 - P) ** ALL.sum(1) * P ** (8 - ALL.sum(1))).numpy()
SHORT = "ACGT"


class Eight(nn.Module):
    """Eight hidden units of a sequence of 4 bases, and two nonlinear outputs of them. `masked(x, m)`
    gives the outputs of one sequence under the masks m (M, 8), in plain algebra."""

    unit = "element"
    layout = "NCL"

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(16, 8)
        self.out = nn.Linear(8, 2)
        self.drop = nn.Dropout(P)

    def features(self, x):
        return self.hidden(x.flatten(1))

    def head(self, h):
        return torch.tanh(self.out(h)) + 2

    def forward(self, x):
        return self.head(self.drop(self.features(x)))

    def masked(self, x, m):
        return self.head(self.features(x) * m / (1 - P))


class Channels(Eight):
    """Eight channels of three positions each, dropped whole: unit = "channel", or Dropout1d."""

    def __init__(self, drop=None):
        super().__init__()
        self.hidden = nn.Conv1d(4, 8, 2)
        self.out = nn.Linear(24, 2)
        self.drop = drop or nn.Dropout(P)
        self.unit = "element" if drop else "channel"

    def features(self, x):
        return torch.tanh(self.hidden(x))

    def forward(self, x):
        return self.head(self.drop(self.features(x)).flatten(1))

    def masked(self, x, m):
        return self.head((self.features(x) * m[:, :, None] / (1 - P)).flatten(1))


class Channels2d(Channels):
    layout = "NC1L"

    def __init__(self):
        super().__init__(nn.Dropout2d(P))
        self.hidden = nn.Conv2d(4, 8, (1, 2))

    def masked(self, x, m):
        return self.head((self.features(x) * m[:, :, None, None] / (1 - P)).flatten(1))


class Twice(Eight):
    """One module called twice: two masks of four units."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(16, 4)
        self.between = nn.Linear(4, 4)
        self.out = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.drop(torch.tanh(self.between(self.drop(self.features(x))))))

    def masked(self, x, m):
        first = self.features(x) * m[:, :4] / (1 - P)
        return self.head(torch.tanh(self.between(first)) * m[:, 4:] / (1 - P))


class Strands(Eight):
    """Both strands, one after another in the batch, under one mask."""

    def forward(self, x):
        strands = self.head(self.drop(self.features(torch.cat([x, x.flip(1, 2)]))))
        return strands.view(2, len(x), 2).prod(0)

    def masked(self, x, m):
        return super().masked(x, m) * super().masked(x.flip(1, 2), m)


NETS = {
    "element": Eight,
    "channel": Channels,
    "dropout1d": lambda: Channels(nn.Dropout1d(P)),
    "dropout2d": Channels2d,
    "called twice": Twice,
    "reverse complement": Strands,
}


def prepared(name):
    net = settle(NETS[name]().double())
    return net, as_model(net, layout=net.layout, length=4), make_spec("locked", net.unit)


def enumerated(net, model, sequence):
    """(256, 2) outputs of `sequence` under every mask."""
    position, alt = none()
    with torch.no_grad():
        return net.masked(model.encode(codes(sequence), position, alt), ALL).numpy()


def mean_of(values):
    return CHANCE @ values


@pytest.mark.parametrize("name", NETS)
def test_each_draw_is_one_of_the_256_masks(name):
    """Doubles: 1e-12 of an enumerated row, the same mask for reference and variants."""
    net, model, spec = prepared(name)
    out = mutate(model, SHORT, spec, n_samples=120, batch_size=5, positions=[1])
    ref = predict(model, SHORT, spec, n_samples=120, batch_size=64)
    exact = enumerated(net, model, SHORT)
    which = np.abs(ref[:, None] - exact).max(2).argmin(1)
    np.testing.assert_allclose(ref, exact[which], rtol=0, atol=1e-12)
    assert len(set(which)) > 30  # of 256; draws differ
    for v, variant in enumerate(["AAGT", "AGGT", "ATGT"]):
        expected = enumerated(net, model, variant)[which] - exact[which]
        np.testing.assert_allclose(out["draws"][v].T, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", NETS)
def test_moments_are_those_of_the_enumerated_masks(name):
    net, model, spec = prepared(name)
    draws = 600
    out = mutate(model, SHORT, spec, n_samples=draws, batch_size=5, positions=[1], seed=2)
    ref = enumerated(net, model, SHORT)
    a = ref - mean_of(ref)
    for v, variant in enumerate(["AAGT", "AGGT", "ATGT"]):
        alt = enumerated(net, model, variant)
        b = alt - mean_of(alt)
        for got, product in (
            (out["var_ref"][v], a * a),
            (out["var_alt"][v], b * b),
            (out["cov"][v], a * b),
            (out["se"][v] ** 2, (b - a) ** 2),
        ):
            # The mean of products of centred values; divisor T - 1 changes it by 1 / T of itself.
            error = np.sqrt(mean_of(product**2) - mean_of(product) ** 2) / np.sqrt(draws)
            assert (np.abs(got - mean_of(product)) < 5 * error + np.abs(mean_of(product)) / draws).all()
        for got, values in ((out["mean_ref"][v], ref), (out["mean_alt"][v], alt), (out["effect"][v], alt - ref)):
            error = np.sqrt(mean_of((values - mean_of(values)) ** 2) / draws)
            assert (np.abs(got - mean_of(values)) < 5 * error + 1e-12).all()


class Linear(nn.Module):
    """w . (mask * features) / (1 - p), with 20 features that each depend on all bases."""

    def __init__(self):
        super().__init__()
        self.features = nn.Linear(16, 20)
        self.drop = nn.Dropout(P)
        self.out = nn.Linear(20, 1, bias=False)

    def forward(self, x):
        return self.out(self.drop(self.features(x.flatten(1))))

    def terms(self, model, sequence):
        """w_i x_i (20,)"""
        with torch.no_grad():
            features = self.features(model.encode(codes(sequence), *none()).flatten(1))
            return (features[0] * self.out.weight[0]).numpy()


def covariance_error(a, b, draws):
    """Standard error of a sample covariance of sum(a z) and sum(b z), z = mask / (1 - p) - 1 independent:
    E[A^2 B^2] = (m4 - 3 s^4) sum a^2 b^2 + s^4 (sum a^2 sum b^2 + 2 (sum a b)^2)."""
    s2 = P / (1 - P)
    m4 = (1 - P) * (P / (1 - P)) ** 4 + P
    ab = (a * b).sum()
    fourth = (m4 - 3 * s2**2) * (a**2 * b**2).sum() + s2**2 * ((a**2).sum() * (b**2).sum() + 2 * ab**2)
    return np.sqrt((fourth - (s2 * ab) ** 2) / draws)


@pytest.mark.parametrize("mask", ["locked", "unlocked"])
def test_covariance_of_a_linear_network(mask):
    """Closed forms. Locked: Cov(ref, alt) = p / (1 - p) sum w^2 x_ref x_alt and Var(effect) = p / (1 - p)
    sum w^2 (x_ref - x_alt)^2. Unlocked: 0, and Var(ref) + Var(alt). The two cannot both hold."""
    net = settle(Linear().double())
    model = as_model(net, 1, length=4)
    draws, s2 = 1000, P / (1 - P)
    spec = LOCKED if mask == "locked" else UNLOCKED
    out = mutate(model, SHORT, spec, n_samples=draws, batch_size=4, positions=[2])
    ref = net.terms(model, SHORT)
    for v, variant in enumerate(["ACAT", "ACCT", "ACTT"]):
        alt = net.terms(model, variant)
        var_ref, var_alt, cov = s2 * (ref**2).sum(), s2 * (alt**2).sum(), s2 * (ref * alt).sum()
        error = covariance_error(ref, alt, draws)
        if mask == "locked":
            var_effect = s2 * ((alt - ref) ** 2).sum()
            error_effect = covariance_error(alt - ref, alt - ref, draws)
        else:
            assert abs(cov) > 10 * error  # a locked covariance would show
            cov, error = 0.0, np.sqrt(var_ref * var_alt / draws)
            var_effect = var_ref + var_alt
            error_effect = np.hypot(covariance_error(ref, ref, draws), covariance_error(alt, alt, draws))
            error_effect = np.hypot(error_effect, 2 * np.sqrt(var_ref * var_alt / draws))
        assert abs(out["cov"][v, 0] - cov) < 5 * error
        assert abs(out["se"][v, 0] ** 2 - var_effect) < 5 * error_effect
        assert abs(out["var_alt"][v, 0] - var_alt) < 5 * covariance_error(alt, alt, draws)


def test_unlocked_is_torchs_own_dropout_in_distribution():
    """Means and variances of draws against torch's training mode, 5 standard errors of a difference."""
    net = settle(Eight().double())
    model = as_model(net, length=4)
    draws = 4000
    ours = predict(model, SHORT, UNLOCKED, n_samples=draws, batch_size=512)
    with rng.untouched(), torch.no_grad():
        torch.manual_seed(0)
        torchs = net.train()(model.encode(codes(SHORT), np.full(draws, -1), np.zeros(draws, np.uint8))).numpy()
    net.eval()
    exact = enumerated(net, model, SHORT)
    centred = exact - mean_of(exact)
    variance = mean_of(centred**2)
    error = np.sqrt(2 * variance / draws)
    assert (np.abs(ours.mean(0) - torchs.mean(0)) < 5 * error).all()
    error = np.sqrt(2 * (mean_of(centred**4) - variance**2) / draws)
    assert (np.abs(ours.var(0, ddof=1) - torchs.var(0, ddof=1)) < 5 * error).all()


def outputs_of(locked, rows, n=4):
    """(n, K) outputs for the reference and n - 1 variants, under the masks of `rows`."""
    position, alt = np.arange(n) - 1, np.full(n, 3, np.uint8)
    return locked.compute(codes(SEQUENCE), position, alt, rows)


def test_a_network_that_shows_its_mask():
    """Reference and variants have one mask; it is of 0 and 2 at rate 0.5, and differs between draws,
    sequences and seeds."""
    model = as_model(Exposed(), 16)
    seen = set()
    for seed in (1, 2):
        with locked_model(model, seed=seed) as locked:
            for sequence in ("ACGT", "ACGA"):
                for draw in (1, 2, 3):
                    out = outputs_of(locked, Row(sequence, draw))
                    assert set(np.unique(out)) == {0.0, 2.0}
                    assert (out == out[0]).all()
                    seen.add(out[0].tobytes())
    assert len(seen) == 2 * 2 * 3


def test_unlocked_rows_differ():
    with locked_model(as_model(Exposed(), 16), UNLOCKED) as locked:
        out = outputs_of(locked, [Row("ACGT", 1, i) for i in range(4)])
    assert len({row.tobytes() for row in out}) == 4


def test_two_sites_have_two_masks():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = Exposed(), Exposed()

        def forward(self, x):
            return self.a(x), self.b(x)

    with locked_model(as_model(Two(), 32)) as locked:
        out = outputs_of(locked, Row("ACGT", 1))
    assert (out[:, :16] != out[:, 16:]).any(1).all()


def test_inactive_sites_are_counted():
    """The masks of 'b' are the same, whether 'a' before it is active or not, bit for bit; without 'a'
    they are others."""

    class Two(nn.Module):
        def __init__(self, first):
            super().__init__()
            self.a, self.b = Exposed(rate=first), Exposed()

        def forward(self, x):
            first = self.a(x)
            return self.b(x) + 0 * first

    def masks(model, spec):
        with locked_model(model, spec) as locked:
            return outputs_of(locked, Row("ACGT", 1))[0]

    both = masks(as_model(Two(0.5), 16), LOCKED)
    only = make_spec("locked", "element", layers=["b.drop"])
    assert (masks(as_model(Two(0.5), 16), only) == both).all()
    assert (masks(as_model(Two(0.0), 16), LOCKED) == both).all()
    assert (masks(as_model(Exposed(), 16), LOCKED) != both).any()


@pytest.mark.parametrize("kind", ["module", "function"])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_a_changed_rate_keeps_the_mean(kind, rate):
    """mask / (1 - rate) has mean 1: 5 standard errors over 64 units x 300 draws; the scale is exact."""

    class Function(nn.Module):
        def forward(self, x):
            return torch.nn.functional.dropout(torch.ones(len(x), 64), 0.3, self.training)

    model = as_model(Exposed(64, 0.3) if kind == "module" else Function(), 64)
    spec = make_spec("locked", "element", [rate])
    out = predict(model, "ACGT", spec, n_samples=300, batch_size=100)
    np.testing.assert_allclose(np.unique(out), [0, 1 / (1 - rate)], rtol=1e-6)
    assert abs(out.mean() - 1) < 5 * np.sqrt(rate / (1 - rate) / out.size)


def refused(net, what, k=2, spec=LOCKED, **kwargs):
    with pytest.raises(DeepmrError) as error, locked_model(as_model(net, k, **kwargs), spec):
        pass
    assert error.value.what == what
    return f"{error.value.problem} {error.value.remedy}"


class Layer(nn.Module):
    """`function(self, x)` between dropout and the head of a Stem."""

    def __init__(self, function):
        super().__init__()
        self.drop = nn.Dropout(RATE)
        self.function = function

    def forward(self, x):
        return self.function(self, x)


def stem(function):
    return settle(Stem(Layer(function)))


def test_no_dropout():
    assert "no dropout call in its forward pass" in refused(settle(Stem()), "no_dropout")
    assert "middle" in refused(settle(Stem(nn.Dropout(0.0))), "no_dropout")


def test_batch_statistics_are_named():
    norm = nn.BatchNorm1d(CHANNELS, track_running_stats=False)
    text = refused(settle(Stem(nn.Sequential(norm, nn.Dropout(RATE)))), "batchnorm")
    assert "'middle.0' normalises with the statistics of the batch" in text


@pytest.mark.parametrize(
    "couple",
    [
        lambda self, x: self.drop(x - x.mean(0, keepdim=True)),
        lambda self, x: self.drop(x) + 1e-3 * x.sum(0, keepdim=True),
        lambda self, x: self.drop(x.roll(1, 0)),
        lambda self, x: self.drop(x) * torch.arange(1, len(x) + 1)[:, None, None],
    ],
    ids=["centred", "a little of all rows", "rows moved", "rows numbered"],
)
def test_rows_that_depend_on_each_other_are_refused(couple):
    refused(stem(couple), "batch_dependent")


def test_a_small_output_is_not_hidden_by_a_large_one():
    """Coupling of 1 % in an output near 1, beside an output near 1e6."""

    class Uneven(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = settle(Stem(nn.Dropout(RATE)))

        def forward(self, x):
            y = self.net(x)
            return torch.stack([1e6 + y[:, 0], y[:, 1] + 0.01 * y[:, 1].mean()], 1)

    refused(Uneven(), "batch_dependent")


def test_instance_normalisation_is_no_batch_normalisation():
    """It is computed within a row; where another layer couples rows, it is not blamed."""
    fine = settle(Stem(nn.Sequential(nn.InstanceNorm1d(CHANNELS), nn.Dropout(RATE))))
    with locked_model(as_model(fine)) as locked:
        assert len(locked.plan.sites) == 1
    coupled = settle(Stem(nn.Sequential(nn.InstanceNorm1d(CHANNELS), Layer(lambda self, x: self.drop(x) + x.mean(0)))))
    refused(coupled, "batch_dependent")


def test_order_of_calls_that_depends_on_the_batch_size():
    text = refused(stem(lambda self, x: self.drop(self.drop(x)) if len(x) > 1 else self.drop(x)), "dropout_site")
    assert "another order when the batch is larger" in text


def test_functional_dropout_only_in_larger_batches():
    def function(self, x):
        return self.drop(nn.functional.dropout(x, RATE, True) if len(x) > 1 else x)

    assert "another order" in refused(stem(function), "dropout_site")


def test_two_dimensions_that_grow_are_no_batch():
    def function(self, x):
        return x + self.drop(x.flatten(1) @ x.flatten(1).T)[:, :1, None]

    assert "no dimension is the batch" in refused(stem(function), "dropout_site")


def test_streams_that_fit_no_layout():
    """Strands outside and channels inside the batch at once: (2, N, C)."""

    def function(self, x):
        both = torch.cat([x, torch.sin(3 * x)]).reshape(2 * len(x) * CHANNELS, LENGTH)
        return self.drop(both).view(2, len(x), CHANNELS, LENGTH).sum(0)

    text = refused(stem(function), "dropout_site")
    assert "'middle.drop' cannot be locked: it works on 12 streams per sequence" in text


def test_a_layout_whose_call_has_little_effect_is_still_found():
    """Folded channels whose dropout moves the outputs by about 1e-5 of their size: below the tolerance
    of the self-test, so that either layout passes, but the right one is exact."""

    def function(self, x):
        folded = self.drop(torch.sin(5 * x).reshape(len(x) * CHANNELS, LENGTH))
        return nn.functional.dropout(x, 0.5, True) + 1e-5 * folded.view(x.shape)

    with locked_model(as_model(stem(function).double())) as locked:
        site = next(s for s in locked.plan.sites if s.name == "middle.drop")
        assert site.copies == CHANNELS and site.folded


def test_unit_channel_where_there_are_no_channels():
    spec = make_spec("locked", "channel")

    def function(self, x):
        return self.drop(x.permute(2, 0, 1)).permute(1, 2, 0)

    assert "unit = 'channel' is not defined for 'middle.drop'" in refused(stem(function), "dropout_site", spec=spec)


def test_unit_channel_drops_whole_channels():
    """Draw by draw equal to Dropout1d: 1e-6."""
    one, other = as_model(settle(Stem(nn.Dropout(RATE)))), as_model(settle(Stem(nn.Dropout1d(RATE))))
    a = predict(one, spec=make_spec("locked", "channel"), n_samples=5)
    np.testing.assert_allclose(a, predict(other, n_samples=5), rtol=1e-6, atol=1e-6)
    assert np.abs(a - predict(one, n_samples=5)).min() > 1e-3


def test_number_and_shape_of_outputs():
    net = settle(Stem(nn.Dropout(RATE)))
    assert "gives 2 predictions, but there are 3 output names" in refused(net, "model", 3)

    def shaped(function):
        class Shaped(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = net

            def forward(self, x):
                return function(self.net(x))

        return refused(Shaped(), "model")

    assert "returned the shape (3, 2, 1) for 3 sequences." in shaped(lambda y: y[:, :, None])
    assert "returned the shape (1, 1) for 3 sequences" in shaped(lambda y: y[:1, :1].expand(min(len(y), 1), 2)[:, :1])
    assert "returned a str" in shaped(lambda y: "y")


class Choice(nn.Module):
    """Calls dropout in another way, once `armed`."""

    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        self.armed = False
        self.a, self.b = nn.Dropout(RATE), nn.Dropout(RATE)

    def forward(self, x):
        if not self.armed:
            return self.a(x)
        if self.kind == "another module":
            return self.b(x)
        if self.kind == "one more":
            return self.b(self.a(x))
        if self.kind == "one less":
            return x
        return self.a(x[..., :1]) + x  # another shape


@pytest.mark.parametrize("kind", ["another module", "one more", "one less", "another shape"])
def test_another_path_than_the_one_examined(kind):
    """The path changes after the examination, as data may make it."""
    net = settle(Stem(Choice(kind)))
    with locked_model(as_model(net)) as locked:
        net.middle.armed = True
        with pytest.raises(DeepmrError) as error:
            outputs_of(locked, Row(SEQUENCE, 1))
    assert error.value.what == "dropout_site"
    assert "when the model was examined" in error.value.problem


def test_functional_calls_of_another_shape_are_noticed():
    class Growing(Functional):
        width = LENGTH

        def forward(self, x):
            return x + super().forward(x[..., : self.width]).sum(2, keepdim=True)

    net = settle(Stem(Growing()))
    with locked_model(as_model(net)) as locked:
        net.middle.width = 1
        with pytest.raises(DeepmrError, match="another path"):
            outputs_of(locked, Row(SEQUENCE, 1))


def test_dropout_off_needs_no_lock():
    """Streams that fit no layout, and rates of 0, are no obstacle to a plain prediction."""
    net = settle(Stem(nn.Dropout(0.0)))
    model = as_model(net)
    np.testing.assert_allclose(
        predict(model, spec=None)[0],
        net(model.encode(codes(SEQUENCE), *none())).detach().numpy()[0],
        rtol=1e-6,
        atol=1e-6,
    )


def test_alpha_dropout_that_is_always_on_cannot_be_switched_off():
    def function(self, x):
        return self.drop(nn.functional.alpha_dropout(x, RATE, True))

    text = refused(stem(function), "dropout_site", spec=None)
    assert "'middle.functional' cannot be switched off" in text
