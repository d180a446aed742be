"""Every kind of dropout is under control, by either mechanism, and the module comes back as it was."""

import copy
import random

import networks
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from drive import LOCKED, as_model, finish, locked_model, named
from networks import NETWORKS, RATE, SEQUENCE, Stem, build, settle
from torch import nn

from deepmr_torch import rng
from deepmr_torch.errors import DeepmrError
from deepmr_torch.layers import drop, noise_shape
from deepmr_torch.masks import keep_mask
from deepmr_torch.mutagenesis import Mutagenesis
from deepmr_torch.takeover import Takeover, ignore


def inputs(model, n=2):
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 4, (n, model.length)).astype(np.uint8)
    return torch.cat([model.encode(code, np.array([-1]), np.zeros(1, np.uint8)) for code in codes])


def leaves(out):
    return [out] if isinstance(out, torch.Tensor) else list(out.values() if isinstance(out, dict) else out)


def fixed(call):
    """A mask that depends on the ordinal only, and keeps about half."""
    return torch.from_numpy(keep_mask(0, "fixed", 1, call.ordinal, 0.5, call.shape)), call.rate


@pytest.mark.parametrize("name", NETWORKS)
def test_both_mechanisms_give_the_same(name):
    """Swapped modules multiply by mask / (1 - p), the dispatcher's divide the mask: 1e-6."""
    model = named(name)
    x = inputs(model)
    outs, calls = [], []
    for mechanism in ("auto", "dispatch"):
        with rng.untouched(), Takeover(model.module, mechanism) as takeover:
            calls.append([(c.name, c.kind, c.rate, c.shape) for c in takeover.survey(x)])
            outs.append([t.double() for t in leaves(takeover.forward(x, fixed))])
            silent = [t.double() for t in leaves(takeover.forward(x, ignore))]
    assert calls[0] == calls[1]
    assert all(call[2] in (RATE, 0.5) for call in calls[0])
    for one, other, off in zip(*outs, silent):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)
        assert (one - off).abs().max() > 1e-2  # the masks did something


@pytest.mark.parametrize(
    "name", [n for n in NETWORKS if n not in ("functional_alpha", "hand_written", "depth_unscaled")]
)
def test_inactive_calls_do_nothing(name):
    """All calls answered None give what evaluation mode gives with dropout of rate 0: 1e-6."""
    model = named(name)
    x = inputs(model)
    with rng.untouched(), Takeover(model.module) as takeover:
        takeover.survey(x)
        inactive = leaves(takeover.forward(x, ignore))
        takeover.survey(x, active=False)
        evaluation = leaves(takeover.forward(x, ignore))
    for a, b in zip(inactive, evaluation):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-6)
    if name not in ("always", "hooked", "patched", "traced"):  # these drop in evaluation mode too
        for a, b in zip(inactive, leaves(model.module(x))):
            torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-6)


CLASSES = {
    nn.Dropout: (3, 5),
    nn.Dropout1d: (3, 5, 4),
    nn.Dropout2d: (3, 5, 1, 4),
    nn.Dropout3d: (3, 5, 2, 1, 4),
    nn.AlphaDropout: (3, 5),
    nn.FeatureAlphaDropout: (3, 5, 4),
}


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_drop_is_torchs_formula(cls, rate):
    """The mask is read off torch's own output of the same random numbers: 1e-6."""
    x = torch.randn(CLASSES[cls], generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    with rng.untouched():
        torch.manual_seed(5)
        expected = cls(rate).train()(x)
        torch.manual_seed(5)
        keep = torch.empty(noise_shape(cls, x), dtype=x.dtype).bernoulli_(1 - rate).bool()
    assert 0 < keep.double().mean() < 1
    torch.testing.assert_close(drop(x, keep, rate, cls), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("cls", "shape"),
    [(nn.Dropout1d, (5, 4)), (nn.Dropout1d, (3, 5, 4)), (nn.Dropout2d, (3, 5, 4)), (nn.Dropout3d, (5, 2, 3, 4))],
    ids=["1d unbatched", "1d", "2d on three dimensions", "3d unbatched"],
)
def test_noise_shape_is_torchs(cls, shape):
    """Torch drops at least one and keeps at least one of its units, whole."""
    with rng.untouched():
        torch.manual_seed(0)
        kept = cls(0.5).train()(torch.ones(shape)) > 0
    unit = kept[tuple(slice(0, 1) if size == 1 else slice(None) for size in noise_shape(cls, torch.ones(shape)))]
    assert (unit.expand(shape) == kept).all() and unit.any() and not unit.all()


def test_rate_1_drops_all():
    x = torch.ones(2, 3)
    for cls in CLASSES:
        assert (drop(x, torch.zeros(2, 3, dtype=torch.bool), 1.0, cls) == 0).all()


class Drawing(nn.Module):
    def __init__(self, draw):
        super().__init__()
        self.draw = draw
        self.drop = nn.Dropout(RATE)

    def forward(self, x):
        return self.drop(x + self.draw(x))


@pytest.mark.parametrize(
    ("draw", "named_as"),
    [
        (torch.rand_like, "rand_like"),
        (torch.randn_like, "randn_like"),
        (lambda x: torch.rand(x.shape), "aten.rand."),
        (lambda x: torch.empty_like(x).normal_(), "normal"),
        (lambda x: torch.randperm(len(x))[0] * x, "randperm"),
        (lambda x: torch.bernoulli(torch.full_like(x, 0.5)), "bernoulli"),
        (lambda x: F.gumbel_softmax(x, dim=1), "exponential"),
        (lambda x: x * random.random(), "Python's random"),
        (lambda x: x * float(np.random.rand()), "numpy"),  # noqa: NPY002
    ],
    ids=["rand_like", "randn_like", "rand", "normal_", "randperm", "bernoulli", "gumbel", "python", "numpy"],
)
def test_other_random_numbers_are_refused_by_name(draw, named_as):
    with pytest.raises(DeepmrError) as error, locked_model(as_model(settle(Stem(Drawing(draw))))):
        pass
    assert error.value.what == "dropout_site"
    assert named_as in error.value.problem


def snapshot(module):
    """Everything of a module and of the process that a run must leave as it was."""
    state = {
        "training": [m.training for m in module.modules()],
        "forwards": [m.__dict__.get("forward") for m in module.modules()],
        "hooks": [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules()],
        "rates": [m.p for m in module.modules() if isinstance(m, nn.Dropout)],
        "parameters": [p.detach().clone() for p in module.parameters()],
        "identity": [id(t) for t in [*module.parameters(), *module.buffers()]],
        "buffers": [b.clone() for b in module.buffers()],
        "global hooks": len(nn.modules.module._global_forward_hooks) + len(nn.modules.module._global_forward_pre_hooks),
        "backends": [
            torch.backends.mha.get_fastpath_enabled(),
            torch.backends.cudnn.enabled,
            torch.backends.cudnn.benchmark,
            torch.backends.cudnn.deterministic,
            torch.backends.cudnn.allow_tf32,
            torch.backends.cuda.flash_sdp_enabled(),
            torch.backends.cuda.mem_efficient_sdp_enabled(),
            torch.is_grad_enabled(),
        ],
        "torch": torch.get_rng_state(),
        "numpy": list(np.random.get_state()),  # noqa: NPY002
        "python": random.getstate(),
    }
    return copy.deepcopy({k: v for k, v in state.items() if k != "forwards"}) | {"forwards": state["forwards"]}


def same(a, b):
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else a is b or a == b


def assert_same(before, after):
    for name, value in before.items():
        assert same(value, after[name]), name


def everything():
    """BatchNorm with its counters, spectral normalisation, functional dropout in a module that updates
    its buffers in training mode, attention, LSTM; in training mode, but one part in evaluation."""

    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("calls", torch.zeros(1))
            self.register_buffer("replaced", torch.zeros(1))

        def forward(self, x):
            if self.training:
                self.calls += 1
                self.replaced = self.replaced + 1
            return F.dropout(x, RATE, self.training)

    norm = nn.utils.parametrizations.spectral_norm(nn.Conv1d(networks.CHANNELS, networks.CHANNELS, 1))
    old_norm = nn.utils.spectral_norm(nn.Conv1d(networks.CHANNELS, networks.CHANNELS, 1))
    middle = nn.Sequential(
        nn.BatchNorm1d(networks.CHANNELS),
        norm,
        old_norm,
        Counting(),
        networks.LengthFirst(networks.Attention(True, True)),
        networks.LengthFirst(networks.Recurrent(nn.LSTM)),
        nn.Dropout(RATE),
    )
    with rng.untouched():
        torch.manual_seed(0)
        net = Stem(middle).train()
    net.middle[6].eval()
    return net


def use(how, model):
    run = Mutagenesis(model, LOCKED, [0, 1], 3, 1, batch_size=10, positions=[0, 1, 2])
    try:
        run.begin("s", SEQUENCE)
        if how == "finished":
            finish(run)
        elif how == "closed early":
            run.step()
        else:
            run.step()
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    finally:
        run.close()


@pytest.mark.parametrize("how", ["finished", "closed early", "an exception in the middle"])
def test_the_module_and_the_process_come_back_as_they_were(how):
    model = as_model(everything())
    torch.backends.mha.set_fastpath_enabled(True)
    before = snapshot(model.module)
    use(how, model)
    assert_same(before, snapshot(model.module))


@pytest.mark.parametrize("name", ["patched", "hooked", "scripted", "scripted_child", "traced", "compiled"])
def test_special_modules_come_back_as_they_were(name):
    model = as_model(NETWORKS[name]().train())
    before = snapshot(model.module)
    use("finished", model)
    assert_same(before, snapshot(model.module))


def test_the_module_comes_back_when_it_is_refused():
    model = as_model(settle(Stem(Drawing(torch.rand_like))).train())
    before = snapshot(model.module)
    with pytest.raises(DeepmrError):
        use("finished", model)
    assert_same(before, snapshot(model.module))


def test_the_modules_own_exception_reaches_the_user_and_nothing_sticks():
    class Broken(nn.Module):
        def forward(self, x):
            raise ArithmeticError("broken model")

    model = as_model(settle(Stem(nn.Sequential(nn.Dropout(RATE), Broken()))))
    before = snapshot(model.module)
    with pytest.raises(ArithmeticError, match="broken model"):
        use("finished", model)
    assert_same(before, snapshot(model.module))


def test_batchnorm_of_a_module_in_training_mode_runs_in_evaluation_mode():
    """Prediction of one row with running statistics, 1e-6, though the module is in training mode."""
    net = settle(Stem(nn.Sequential(nn.BatchNorm1d(networks.CHANNELS), nn.Dropout(RATE))))
    net.middle[0].running_mean += 0.5
    model = as_model(net)
    x = inputs(model, 3)
    expected = net(x)
    net.train()
    with rng.untouched(), Takeover(net) as takeover:
        takeover.survey(x)
        torch.testing.assert_close(takeover.forward(x, ignore), expected, rtol=1e-6, atol=1e-6)
        assert not net.middle[0].training
    assert net.training and net.middle[0].training


def test_dropout_may_be_called_with_its_argument_by_name():
    class ByName(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop = nn.Dropout(RATE)

        def forward(self, x):
            return self.drop(input=x)

    with locked_model(as_model(settle(Stem(ByName())))) as locked:
        assert [s.name for s in locked.plan.sites] == ["middle.drop"]


def test_scripted_functional_dropout_has_the_modules_name():
    with locked_model(named("scripted_child")) as locked:
        assert [s.name for s in locked.plan.sites] == ["middle.functional"]


@pytest.mark.parametrize("frozen", [False, True], ids=["traced", "frozen"])
def test_dropout_that_was_compiled_away_is_no_dropout(frozen):
    """Traced in evaluation mode, or frozen: there is nothing left to lock, and it is said."""
    net = build("dropout")
    net = torch.jit.freeze(torch.jit.script(net)) if frozen else torch.jit.trace(net, torch.rand(2, 4, networks.LENGTH))
    with pytest.raises(DeepmrError) as error, locked_model(as_model(net)):
        pass
    assert error.value.what == "no_dropout"


def test_only_the_modules_that_must_be_in_training_mode_are():
    """The flag is handed down from the parent of the helper; a layer beside them that doubles its input
    in training mode stays in evaluation mode: 1e-6."""

    class Doubling(nn.Module):
        def forward(self, x):
            return 2 * x if self.training else x

    model = as_model(settle(Stem(nn.Sequential(networks.Flagged(), Doubling()))))
    x = inputs(model)
    with rng.untouched(), Takeover(model.module) as takeover:
        assert [call.name for call in takeover.survey(x)] == ["middle.0.helper.functional"]
        inactive = takeover.forward(x, ignore)
    torch.testing.assert_close(inactive, model.module(x), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("draw", [random.random, np.random.rand], ids=["python", "numpy"])  # noqa: NPY002
def test_random_states_come_back_when_a_model_that_draws_is_refused(draw):
    model = as_model(settle(Stem(Drawing(lambda x: x * float(draw())))))
    before = snapshot(model.module)
    with pytest.raises(DeepmrError, match="random numbers"):
        use("finished", model)
    assert_same(before, snapshot(model.module))
