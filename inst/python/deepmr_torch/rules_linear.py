"""Rules for linear layers: sums over all positions and channels, of which a variant changes few.

On a CPU, positions are added one by one, so that a convolution before the layer need be computed only at one
position at a time, and only for the channels that the mask of that position leaves. On a GPU, where many
short operations take longer than the zeros that they spare, rows whose windows begin together are one product.
"""

import dataclasses

import numpy as np
import torch

from .layouts import laid_out
from .nested import leaves, nested_map
from .precision import of_differences
from .windows import Deferred, Dense, LastLayer, Local, Streams, blocks

aten = torch.ops.aten
BY_START = {"cuda"}  # devices
MOST_LIVING = 0.8  # share of channels up to which it pays to pick them out


@dataclasses.dataclass(frozen=True)
class SortedRows:
    """The rows of one stream, by the first positions of their windows."""

    stream: int
    order: torch.Tensor  # numbers of the rows
    starts: np.ndarray

    @classmethod
    def of(cls, x):
        per = x.n_rows // x.streams
        starts = x.start.view(x.streams, per)
        orders = torch.argsort(starts, stable=True)
        numbers = np.take_along_axis(starts.cpu().numpy(), orders.cpu().numpy(), 1)
        return [cls(s, orders[s] + s * per, numbers[s]) for s in range(x.streams)]

    def reaching(self, position, width):
        """(a, b): order[a:b] are the rows whose windows of that width hold the position."""
        return tuple(np.searchsorted(self.starts, [position - width + 1, position + 1]).tolist())


def addmm(func, bias, x, weight, beta=1, alpha=1):
    if not isinstance(x, Local) or x.change is None or beta != 1 or alpha != 1:
        return None
    out = mm(func, x, weight)
    return None if out is None else Dense(out.rows.add_(bias))


def mm(func, x, weight):
    """A linear layer on the flattened windows: (N, O)."""
    if not isinstance(x, Local) or not isinstance(weight, torch.Tensor) or x.form not in (("CL",), ("LC",)):
        return None
    c, n, s = x.channels, x.length, x.streams
    name = ("positions", x.form, c, n)  # a layer may be called with several
    if x.form == ("CL",):
        by_position = laid_out(weight, name, lambda v: v.reshape(c, n, -1).transpose(0, 1).contiguous())
    else:
        by_position = laid_out(weight, name, lambda v: v.reshape(n, c, -1).contiguous())
    ref = x.by_position.flatten(1) @ by_position.flatten(0, 1)
    total = ref[:, None].repeat(1, 1 + x.n_rows // s, 1)
    if x.ref.device.type in BY_START:
        total[:, 1:] += _by_start(x, by_position).view(s, x.n_rows // s, -1)
        return Dense(total.flatten(0, 1))
    sums = [torch.zeros_like(t[1:]) for t in total]
    streams = SortedRows.of(x)
    column, living = _columns(x)
    for position in range(n):
        channels = living(position)
        for rows, into in zip(streams, sums):
            a, b = rows.reaching(position, x.width)
            if a < b:
                values, left = _without_zeros(column(position, rows, channels), channels)
                part = by_position[position] if left is None else by_position[position].index_select(0, left)
                into[a:b].addmm_(values, part)
    for rows, out, added in zip(streams, total, sums):
        out[1:].index_add_(0, rows.order - rows.stream * len(added), added)
    return Dense(total.flatten(0, 1))


@of_differences
def _by_start(x, by_position):
    """(R, O) sums of the differences times the weights (L, C, O)."""
    n, _, o = by_position.shape
    out = by_position.new_zeros(x.n_rows, o)
    for a, b in blocks(x.change.shape, x.ref):
        start, order = torch.sort(x.start[a:b], stable=True)
        values = x.rows(a, b).index_select(0, order)
        firsts, counts = (t.tolist() for t in start.unique_consecutive(return_counts=True))
        sums = []
        for first, rows in zip(firsts, values.split(counts)):
            low = max(first, 0)
            high = max(min(first + x.width, n), low)  # windows may lie outside
            part = rows[:, low - first : high - first].flatten(1)
            sums.append(part @ by_position[low:high].flatten(0, 1))
        out[a + order] = torch.cat(sums)
    return out


def _columns(x):
    """column(position, rows, channels): (b - a, channels) differences of the rows that reach a position;
    living(position): the channels that may differ there, None for all."""
    if not isinstance(x.change, Deferred) or not x.change.by_column or "delta" in vars(x.change):
        flat = x.delta.flatten(0, 1)

        def column(position, rows, channels):
            a, b = rows.reaching(position, x.width)
            index = rows.order[a:b]
            return flat.index_select(0, index * x.width + position - x.start[index])

        return column, lambda position: None

    kept = {}

    def living(position):
        alive = x.change.living(position)
        return None if alive is None else _few(alive)

    return lambda position, rows, channels: x.change.column(position, rows, channels, kept), living


def _few(alive):
    """Numbers of the channels that are alive; None where they are too many for picking them to pay."""
    numbers = alive.nonzero().squeeze(1)
    return numbers if len(numbers) < MOST_LIVING * len(alive) else None


def _without_zeros(values, channels):
    """values (n, C) and the numbers of their channels, None for all: without those that are 0 in all rows,
    which a ReLU stops."""
    alive = _few((values.amax(0) != 0) | (values.amin(0) != 0))
    if alive is None:
        return values, channels
    return values.index_select(1, alive), alive if channels is None else channels[alive]


def last_layer(func, args, kwargs):
    """Linear layers on all rows, and pointwise operations on their result; None for all else."""
    if func is aten.addmm.default and isinstance(args[1], Dense) and len(leaves(args, Dense)) == 1 and not kwargs:
        bias, x, weight = args
        if bias.shape != weight.shape[1:]:
            return None

        def product(numbers):
            some = slice(None) if numbers is None else numbers
            return torch.addmm(bias[some], x.rows, weight[:, some])

        return LastLayer(product, (x.sizes()[0], weight.shape[1]), x.sample)
    layer = leaves((args, kwargs), LastLayer)
    tensors = leaves((args, kwargs), (Dense, Streams, torch.Tensor))
    if len(layer) != 1 or len(tensors) != 1 or torch.Tag.pointwise not in func.tags:
        return None

    def mapped(value):
        return func(*nested_map(lambda a: value if a is layer[0] else a, args), **kwargs)

    sample = mapped(layer[0].sample.new_zeros(1, 1))
    return LastLayer(lambda numbers: mapped(layer[0].compute(numbers)), layer[0].sizes(), sample)


RULES = {aten.addmm.default: addmm, aten.mm.default: mm}
