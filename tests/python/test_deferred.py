"""Differences that are computed when asked for equal those computed at once, and nothing of a draw is left."""

import gc

import numpy as np
import pytest
import torch
from test_windowed import LONG, RANDOM, zoo
from torch.nn import functional as F

from deepmr_torch import engine, windows
from deepmr_torch.locked import LockedModel
from deepmr_torch.masks import Row
from deepmr_torch.rules import apply
from deepmr_torch.rules_linear import SortedRows
from deepmr_torch.sites import make_spec
from deepmr_torch.windows import Deferred, Local, full

aten = torch.ops.aten
C, L, V = 5, 40, 30


def batch(streams, starts, width=3):
    """Random differences on windows, which are 0 outside the sequence."""
    g = torch.Generator().manual_seed(3)
    start = torch.tensor(starts).repeat(streams)
    delta = torch.randn(len(start), width, C, generator=g, dtype=torch.double)
    windows.blank_outside(delta, start, L)
    return Local(torch.randn(streams, C, L, generator=g, dtype=torch.double), delta, start, ("C", "L"))


def layers(x, keep=0.4):
    """Convolution, ReLU and mask: all deferred."""
    g = torch.Generator().manual_seed(4)
    weight = torch.randn(7, C, 4, generator=g, dtype=torch.double)
    mask = (torch.rand(1, 7, L - 1, generator=g) < keep).double()
    x = apply(aten.convolution.default, (x, weight, None, [1], [1], [1], False, [0], 1), {})
    x = apply(aten.relu.default, (x,), {})
    x = apply(aten.mul.Tensor, (x, mask), {})
    assert isinstance(x.change, Deferred) and x.change.by_column
    return x, weight, mask


def rows_of(x):
    """All rows of the convolution, ReLU and mask, the obvious way."""
    _, weight, mask = layers(x)
    return F.relu(F.conv1d(full(x).rows, weight, padding=1)) * mask


@pytest.mark.parametrize("streams", [1, 2])
@pytest.mark.parametrize("starts", [np.linspace(-2, L - 1, V).round().astype(int).tolist(), [9] * V])
@pytest.mark.parametrize("block", [1, 2**12, 2**30])
def test_all_rows(monkeypatch, streams, starts, block):
    monkeypatch.setitem(windows.BLOCK_BYTES, "cpu", block)
    x = batch(streams, starts)
    torch.testing.assert_close(full(layers(x)[0]).rows, rows_of(x))


@pytest.mark.parametrize("streams", [1, 2])
@pytest.mark.parametrize("order", ["rising", "mixed"])
def test_single_positions(streams, order):
    starts = np.linspace(-2, L - 1, V).round().astype(int)
    x = batch(streams, (starts if order == "rising" else np.random.default_rng(2).permutation(starts)).tolist())
    out, _, mask = layers(x)
    wanted = rows_of(x).view(streams, 1 + V, 7, L - 1)
    for rows in SortedRows.of(out):
        kept = {}
        for position in range(L - 1):
            a, b = rows.reaching(position, out.width)
            living = out.change.living(position)
            assert torch.equal(living, mask[0, :, position] != 0)
            got = out.change.column(position, rows, living.nonzero().squeeze(1), kept)
            of_rows = wanted[rows.stream, 1 + rows.order[a:b] - rows.stream * V, :, position]
            torch.testing.assert_close(got, (of_rows - wanted[rows.stream, 0, :, position])[:, living])


@pytest.mark.parametrize("form", ["CL", "LC"])
def test_linear_layers_take_single_positions(monkeypatch, form):
    x = batch(1, np.linspace(-2, L - 1, V).round().astype(int).tolist())
    out = layers(x)[0].with_form((form,))
    weight = torch.randn(7 * (L - 1), 2, generator=torch.Generator().manual_seed(6), dtype=torch.double)
    wanted = full(out).rows @ weight
    out = layers(x)[0].with_form((form,))
    monkeypatch.setattr(Deferred, "delta", property(lambda self: pytest.fail("all positions were computed at once")))
    torch.testing.assert_close(apply(aten.mm.default, (out, weight), {}).rows, wanted)


@pytest.mark.parametrize("starts", [[4] * V, list(range(4, 4 + V)), [-8] * V, [L - 2] * V])
@pytest.mark.parametrize(("dilation", "padding"), [(1, 0), (8, 8), (3, 20)])
def test_convolutions_of_windows_that_rows_share(starts, dilation, padding):
    x = batch(1, starts, width=100 if starts[0] != starts[1] else 10)
    weight = torch.randn(7, C, 3, generator=torch.Generator().manual_seed(4), dtype=torch.double)
    out = apply(aten.convolution.default, (x, weight, None, [1], [padding], [dilation], False, [0], 1), {})
    got = full(out).rows if isinstance(out, Local) else out.rows
    torch.testing.assert_close(got, F.conv1d(full(x).rows, weight, padding=padding, dilation=dilation))


def test_only_the_columns_of_the_outputs_are_computed(monkeypatch):
    asked = []
    columns = windows.LastLayer.columns
    monkeypatch.setattr(windows.LastLayer, "rows", property(lambda self: pytest.fail("all columns were computed")))
    monkeypatch.setattr(windows.LastLayer, "columns", lambda self, n: asked.append(n.tolist()) or columns(self, n))
    with LockedModel(zoo("deepsea"), make_spec("locked", "element"), 1, [1]) as locked:
        drawn(locked, 1)
    assert asked == [[1]]


def test_a_draw_leaves_nothing_behind():
    """Without the garbage collector, too: a draw of a large network is hundreds of megabytes."""
    with LockedModel(zoo("deepsea"), make_spec("locked", "element"), 1, [0, 1]) as locked:
        windowed = drawn(locked, 1)
        drawn(locked, 2, windowed)
        gc.collect()
        gc.disable()
        try:
            before = alive()
            drawn(locked, 3, windowed)
            assert alive() == before
        finally:
            gc.enable()


def alive():
    return sum(issubclass(type(o), (Local, Deferred, torch.Tensor)) for o in gc.get_objects())


def drawn(locked, draw, windowed=None):
    code = np.array(["ACGT".index(base) for base in RANDOM], np.uint8)
    windowed = windowed or engine.Windowed(locked, code)
    position = np.arange(LONG)
    windowed.compute(position, (code + 1) % 4, Row(RANDOM, draw), 0)
    return windowed
