"""Rules for operations on each value alone: activations, masks, sums of branches, normalisation."""

import dataclasses

import torch

from .nested import leaves, nested_map
from .windows import Deferred, Local, Streams, add_at, gather, hull, widened

aten = torch.ops.aten
LINEAR = {aten.mul.Tensor, aten.mul_.Tensor, aten.div.Tensor, aten.div_.Tensor}
SHIFT = {aten.add.Tensor, aten.add_.Tensor, aten.sub.Tensor, aten.sub_.Tensor}


def canonical(value, x):
    """A plain tensor that broadcasts against x's form, or Streams, as (1 or S, 1 or C, 1 or L); None where it
    cannot."""
    first = 1
    if isinstance(value, Streams):
        first, value = x.streams, value.values
    shape = (1,) * (len(x.form) + 1 - value.dim()) + tuple(value.shape)
    if len(shape) != len(x.form) + 1:
        return None
    value = value.reshape(shape)
    c, n = x.channels, x.length
    sizes = {"C": c, "L": n, "CL": c * n, "LC": c * n}
    if shape[0] != first:
        return None
    kinds = [f for f, size in zip(x.form, shape[1:]) if size != 1]
    if any(f == "1" or size != sizes[f] for f, size in zip(x.form, shape[1:]) if size != 1):
        return None
    if kinds in (["CL"], ["C", "L"]):
        return value.reshape(first, c, n)
    if kinds in (["LC"], ["L", "C"]):
        return value.reshape(first, n, c).transpose(1, 2)
    if kinds == ["C"]:
        return value.reshape(first, c, 1)
    return value.reshape(first, 1, n) if kinds == ["L"] else value.reshape(first, 1, 1)


def pointwise(func, *args, **kwargs):
    found = leaves((args, kwargs), Local)
    changing = [x for x in found if x.change is not None]
    if not changing:
        return _of_constants(func, found[0], args, kwargs)
    x = changing[0]
    if any(y.form != x.form or y.streams != x.streams or not _fits(y, x) for y in found):
        return None
    fits = []

    def constant(a):
        if isinstance(a, Local) and a.change is None:
            return _Constant(a.ref)
        if isinstance(a, Streams) or (isinstance(a, torch.Tensor) and a.dim()):
            value = canonical(a, x)
            fits.append(value is not None)
            return _Constant(value)
        return a

    args, kwargs = nested_map(constant, (args, kwargs))
    if not all(fits):
        return None
    ref = _call(func, args, kwargs, lambda y: y.ref, lambda value: value, func._schema.is_mutable)
    if ref.shape != x.ref.shape or not ref.is_floating_point():  # truth values have no differences
        return None
    fused = isinstance(x.change, Mapped) and not isinstance(args[-1], (Local, _Constant))
    if args[0] is x and len(args) == 2 and kwargs.get("alpha", 1) == 1 and func in SHIFT | LINEAR and not fused:
        return _linear(func, x, args[1], ref)
    start, width = hull(changing) if len(changing) > 1 else (x.start, x.width)
    out = Local(ref, None, start, x.form)
    mapped = Mapped(func, args, kwargs, changing, out, width)
    # Of several batches, each may be a sum of several: deferred sums of sums would be computed over and over.
    return out.with_change(mapped if len(changing) == 1 else mapped.delta)


@dataclasses.dataclass(frozen=True, eq=False)
class _Constant:
    """value (1 or S, 1 or C, 1 or L), the same for all rows."""

    value: torch.Tensor


def _fits(y, x):
    """Whether y's values lie beside x's, or are a constant that broadcasts against them."""
    sizes = zip(y.ref.shape[1:], x.ref.shape[1:])
    return all(a == b or (a == 1 and y.change is None) for a, b in sizes)


def _call(func, args, kwargs, of_local, of_constant, copies=False):
    """func, with tensors for the Locals and constants among its arguments; `copies`: of its first one."""

    def tensor(a):
        if isinstance(a, Local):
            return of_local(a)
        return of_constant(a.value) if isinstance(a, _Constant) else a

    args, kwargs = nested_map(tensor, (args, kwargs))
    return func(args[0].clone(), *args[1:], **kwargs) if copies else func(*args, **kwargs)


class Mapped(Deferred):
    """f(reference + differences) - f(reference) for a pointwise f of one or more batches.

    Of a chain of them, as in 1 / (1 + exp(-x)), the values are handed on, not the differences: these would lose
    the digits of a value that is small beside the reference's."""

    def __init__(self, func, args, kwargs, changing, out, width):
        self.func, self.args, self.kwargs, self.out = func, args, kwargs, out
        self.sample = out.ref
        self.shape = (out.n_rows, width, out.channels)
        self.x = changing[0]
        alone = len(changing) == 1 and not leaves((args, kwargs), _Constant)
        self.by_column = alone and isinstance(self.x.change, Deferred) and self.x.change.by_column

    def values(self, a, b):
        """f(reference + differences) on the windows of the rows a to b - 1."""
        out, width = self.out, self.shape[1]
        start, stream = out.start[a:b], out.stream[a:b]

        def windows(y):
            if _hands_on(y) and y.width == width and torch.equal(y.start[a:b], start):
                return y.change.values(a, b)
            return gather(y.by_position, stream, start, width) + widened(y.rows(a, b), y.start[a:b], start, width)

        def constant(value):
            window = window_of(value, stream, start, width)
            # What changes its first argument in place would change the constant.
            return window.expand(b - a, -1, -1).clone() if self.func._schema.is_mutable else window

        return _call(self.func, self.args, self.kwargs, windows, constant)

    def compute(self, a, b):
        out = self.out
        windows = gather(out.by_position, out.stream[a:b], out.start[a:b], self.shape[1])
        return self.values(a, b).sub_(windows)  # 0 outside: both took the nearest position

    def living(self, position):
        return self.x.change.living(position)

    def column(self, position, rows, channels, kept):
        at = slice(None) if channels is None else channels
        return self.column_values(position, rows, channels, kept).sub_(self.out.ref[rows.stream, at, position])

    def column_values(self, position, rows, channels, kept):
        if _hands_on(self.x):
            value = self.x.change.column_values(position, rows, channels, kept)
        else:
            value = self.x.change.column(position, rows, channels, kept)
            value += self.x.ref[rows.stream, slice(None) if channels is None else channels, position]
        return _call(self.func, self.args, self.kwargs, lambda y: value, None)


def _hands_on(x):
    """Whether x's values can be had without its differences."""
    return isinstance(x.change, Mapped) and x.change.out.ref is x.ref and "delta" not in vars(x.change)


class Scaled(Deferred):
    """Differences times a factor (1 or S, 1 or C, 1 or L) that is the same for all rows: a mask, for one."""

    def __init__(self, x, factor):
        self.x, self.factor = x, factor
        self.sample, self.shape = x.ref, x.change.shape
        self.by_column = isinstance(x.change, Deferred) and x.change.by_column

    def compute(self, a, b):
        start, stream = self.x.start[a:b], self.x.stream[a:b]
        return self.x.rows(a, b) * window_of(self.factor, stream, start, self.shape[1])

    def living(self, position):
        """(C,) whether channels at a position may differ from 0 in any row."""
        living = (self.factor[:, :, position if self.factor.shape[2] > 1 else 0] != 0).any(0)
        below = self.x.change.living(position)
        return living if below is None else living & below

    def column(self, position, rows, channels, kept):
        f = self.factor
        factor = f[rows.stream if f.shape[0] > 1 else 0, :, position if f.shape[2] > 1 else 0]
        if channels is not None and len(factor) > 1:
            factor = factor[channels]
        return self.x.change.column(position, rows, channels, kept).mul_(factor)


def _linear(func, x, other, ref):
    """x + other, x - other, x * other, x / other."""
    if func in SHIFT and isinstance(other, Local):
        start, width = hull([x, other])
        total = widened(x.delta, x.start, start, width, copy=True)
        add_at(total, -other.delta if "sub" in func._schema.name else other.delta, other.start - start)
        return Local(ref, total, start, x.form)
    if func in SHIFT:
        return dataclasses.replace(x, ref=ref)
    if isinstance(other, Local):
        start, width = hull([x, other])
        out = Local(ref, None, start, x.form)
        return out.with_change(Mapped(func, (x, other), {}, [x, other], out, width).delta)
    factor = other.value if isinstance(other, _Constant) else ref.new_full((1, 1, 1), float(other))
    return Local(ref, Scaled(x, 1 / factor if "div" in func._schema.name else factor), x.start, x.form)


def window_of(value, stream, start, width):
    """Windows of a constant (1 or S, 1 or C, 1 or L), broadcast against (R, width, C)."""
    by_position = value.transpose(1, 2)
    if value.shape[2] == 1:
        return by_position if len(by_position) == 1 else by_position[stream]
    return gather(by_position.contiguous(), stream, start, width)


def _of_constants(func, x, args, kwargs):
    """The same for all rows: what functional dropout does with its mask."""
    plain = [a for a in args if isinstance(a, Streams) or (isinstance(a, torch.Tensor) and a.dim())]
    if plain:
        return None
    args, kwargs = nested_map(lambda a: a.ref if isinstance(a, Local) else a, (args, kwargs))
    return dataclasses.replace(x, ref=func(args[0].clone(), *args[1:], **kwargs))


def batch_norm(func, x, weight, bias, mean, var, *rest):
    """Normalisation by stored statistics: a scale and a shift for each channel."""
    *training, _, eps = rest
    if x.form[0] != "C" or any(training):
        return None
    scale = (var + eps).rsqrt() * (1 if weight is None else weight)
    shift = (0 if bias is None else bias) - mean * scale
    out = Local(x.ref * scale[:, None] + shift[:, None], Scaled(x, scale[None, :, None]), x.start, x.form)
    empty = x.ref.new_empty(0)
    return (out, empty, empty)


def _fill(func, x, value):
    """One number everywhere: what an inactive functional dropout makes of its mask."""
    return Local(torch.full_like(x.ref, float(value)), None, x.start, x.form)


def _log_sigmoid(func, x):
    """The second result, which training alone looks at, is empty on a GPU too."""
    out = pointwise(aten.log_sigmoid.default, x)
    return None if out is None else (out, x.ref.new_empty(0))


# Operations on each value alone that torch does not mark as such.
RULES = {
    aten._prelu_kernel.default: pointwise,
    aten.hardswish.default: pointwise,
    aten.hardswish_.default: pointwise,
    aten.gelu_.default: pointwise,
    aten.mish_.default: pointwise,
    aten.threshold_.default: pointwise,
    aten.log_sigmoid_forward.default: _log_sigmoid,
    aten.fill_.Scalar: _fill,
}
