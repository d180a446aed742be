"""One random case of the property test: the windowed engine against the dense one, number by number."""

import dataclasses

import numpy as np
import pytest
from architectures import build
from drive import as_model

from deepmr_torch import encode, engine, rules_linear
from deepmr_torch.errors import DeepmrError
from deepmr_torch.extra import layers
from deepmr_torch.locked import LockedModel
from deepmr_torch.masks import Row
from deepmr_torch.sites import make_spec
from deepmr_torch.strands import both_strands

DRAWS = (1, 2, 3)  # later ones use what the first has kept


class Refused(Exception):
    """deepmr does not compute this network, with any engine."""


@dataclasses.dataclass(frozen=True)
class Case:
    """`network` on the sequence that `text` gives (a seed, and where its N are); `positions`: which of the
    bases are mutated (None: all); `cuts`: where the variants are cut into chunks; `bases`: the order of
    channels; `unit`: of the masks; `silent`: no dropout; `extra`: numbers and rates of layers after which dropout is
    added; `both`: averaged over both strands."""

    network: object
    text: int = 0
    unknown: tuple = ()
    positions: tuple | None = None
    cuts: tuple = ()
    bases: str = "ACGT"
    unit: str = "element"
    seed: int = 1
    silent: bool = False
    extra: tuple = ()
    both: bool = False

    def sequence(self):
        letters = np.random.default_rng(self.text).choice(list("ACGT"), self.network.length)
        letters[[i for i in self.unknown if i < len(letters)]] = "N"
        return "".join(letters)

    def model(self, net):
        network = self.network
        model = as_model(net, sum(network.heads[1:]), network.layout, network.length, self.bases)
        return both_strands(model) if self.both else model

    def spec(self, model):
        if self.silent:
            return None
        (found,) = layers(model)
        droppable = [name for name, shape in zip(found["layer"], found["shape"]) if shape is not None]
        return make_spec("locked", self.unit, extra={droppable[i % len(droppable)]: rate for i, rate in self.extra})


def check(case, quick=False):
    """Raises AssertionError where the engines differ; gives the rules that were used. `quick`: in double
    precision and one chunk only."""
    net, code = build(case.network), encode.codes(case.sequence())
    chosen = None if case.positions is None else [p for p in case.positions if p < len(code)]
    position, alt = encode.snvs(code, chosen)
    if not len(position):
        return []
    k = sum(case.network.heads[1:])
    exact = case.model(net)
    spec = case.spec(exact)
    rows = [Row(case.sequence(), draw) for draw in DRAWS]
    with opened(exact, spec, case, k) as locked:
        truth = [dense(locked, code, position, alt, row) for row in rows]
        if not np.isfinite(truth).all():
            raise Refused("its predictions are not finite")
        level = np.maximum(1.0, np.abs(truth).max(axis=(0, 1)))
        one = engine.Windowed(locked, code)
        whole = [one.compute(position, alt, row, 0) for row in rows]
        # Double precision: only rounding, 1e-16 for each of some hundreds of operations, is forgiven.
        agree(whole, truth, 1e-9 * level, "in double precision")
        if spec is not None and locked.plan.folds:
            folded(engine.Windowed(locked, code), position, alt, rows, whole, level)
        if quick:
            return one.tapes[0, 1].how
        parts_agree(locked, code, position, alt, rows, whole, case.cuts, level)
        choice = engine.choose(locked, "auto", code, position, alt, rows[0])
        assert choice.reason in (None, "no layer gains from it"), choice.reason
    single = case.model(net.float())
    with opened(single, spec, case, k) as locked:
        plain = [dense(locked, code, position, alt, row) for row in rows]
        one = engine.Windowed(locked, code)
        # The tolerance for predictions of order 1. A network that computes with larger numbers inside
        # than it predicts loses digits in either engine: what dense loses is allowed too.
        lost = 4 * np.abs(effects(plain) - effects(truth)).max()
        agree([one.compute(position, alt, row, 0) for row in rows], truth, 1e-6 * level + lost, "in single precision",
              1e-3)  # fmt: skip
    return one.tapes[0, 1].how


def opened(model, spec, case, k):
    try:
        return Opened(LockedModel(model, spec, case.seed, range(k)))
    except DeepmrError as error:
        raise Refused(str(error)) from error


class Opened:
    def __init__(self, locked):
        self.locked = locked

    def __enter__(self):
        try:
            return self.locked.__enter__()
        except DeepmrError as error:
            raise Refused(str(error)) from error

    def __exit__(self, *exc):
        self.locked.__exit__(*exc)


def dense(locked, code, position, alt, row):
    return locked.compute(code, np.append(-1, position), np.append(0, alt).astype(np.uint8), row)


def effects(predictions):
    return np.array([p[1:] - p[0] for p in predictions])


def agree(got, truth, absolute, where, relative=0.0):
    off = np.abs(effects(got) - effects(truth)) - relative * np.abs(effects(truth)) - absolute
    off = np.append(off, np.abs(np.array(got) - truth)[:, :1] - 1e-4 * np.abs(truth)[:, :1] - absolute, 1)
    assert not np.isnan(off).any(), f"NaN {where}"
    draw, variant, output = np.unravel_index(off.argmax(), off.shape)
    assert off.max() <= 0, f"{where}: draw {draw + 1}, variant {variant}, output {output} off by {off.max():.3g}"


def folded(one, position, alt, rows, whole, level):
    """The same in one pass over all draws, on a GPU's way through linear layers too."""
    with pytest.MonkeyPatch.context() as patch:
        for devices in ({}, {"cpu"}):
            patch.setattr(rules_linear, "BY_START", devices)
            together = one.compute_draws(position, alt, rows, len(devices))
            for got, expected in zip(together, whole):
                close(got, expected, level, f"draws in one pass, products by start on {devices}")


def parts_agree(locked, code, position, alt, rows, whole, cuts, level):
    """The same in chunks, in another order, and for a variant alone."""
    n = len(position)
    at = [0, *sorted({c % n for c in cuts} - {0}), n]
    one = engine.Windowed(locked, code)
    for row, expected in zip(rows, whole):
        for a, b in zip(at[:-1], at[1:]):
            got = one.compute(position[a:b], alt[a:b], row, a)
            close(got, np.concatenate([expected[:1], expected[1 + a : 1 + b]]), level, f"chunk {a}:{b}")
    order = np.random.default_rng(len(cuts)).permutation(n)
    got = engine.Windowed(locked, code).compute(position[order], alt[order], rows[0], 0)
    close(got, np.concatenate([whole[0][:1], whole[0][1 + order]]), level, "another order")
    for v in {0, n // 2, n - 1}:
        got = engine.Windowed(locked, code).compute(position[v : v + 1], alt[v : v + 1], rows[1], 0)
        close(got, whole[1][[0, 1 + v]], level, f"variant {v} alone")


def close(got, expected, level, what):
    off = np.abs(got - expected).max(axis=0) / level
    assert (off <= 1e-9).all(), f"{what}: off by {off.max():.3g}"
