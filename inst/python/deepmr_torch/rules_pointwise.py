"""Rules for operations on each value alone: activations, masks, sums of branches, normalisation."""

import dataclasses

import torch
from torch.utils._pytree import tree_map

from .windows import Local, gather, hull, widened

aten = torch.ops.aten
LINEAR = {aten.mul.Tensor, aten.mul_.Tensor, aten.div.Tensor, aten.div_.Tensor}
SHIFT = {aten.add.Tensor, aten.add_.Tensor, aten.sub.Tensor, aten.sub_.Tensor}


def canonical(value, x):
    """A plain tensor that broadcasts against x's form, as (1 or S, 1 or C, 1 or L); None where it cannot."""
    shape = (1,) * (len(x.form) + 1 - value.dim()) + tuple(value.shape)
    if len(shape) != len(x.form) + 1:
        return None
    value = value.reshape(shape)
    c, n = x.channels, x.length
    sizes = {"C": c, "L": n, "CL": c * n, "LC": c * n}
    if shape[0] != 1:
        return None
    kinds = [f for f, size in zip(x.form, shape[1:]) if size != 1]
    if any(f == "1" or size != sizes[f] for f, size in zip(x.form, shape[1:]) if size != 1):
        return None
    if kinds in (["CL"], ["C", "L"]):
        return value.reshape(1, c, n)
    if kinds in (["LC"], ["L", "C"]):
        return value.reshape(1, n, c).transpose(1, 2)
    if kinds == ["C"]:
        return value.reshape(1, c, 1)
    return value.reshape(1, 1, n) if kinds == ["L"] else value.reshape(1, 1, 1)


def pointwise(func, *args, **kwargs):
    found = []
    tree_map(lambda a: found.append(a) if isinstance(a, Local) else None, (args, kwargs))
    changing = [x for x in found if x.delta is not None]
    if not changing:
        return _of_constants(func, found[0], args, kwargs)
    x = changing[0]
    if any(y.form != x.form or y.streams != x.streams or not _fits(y, x) for y in found):
        return None
    plain = {}

    def prepare(a):
        if isinstance(a, torch.Tensor) and a.dim():
            plain[id(a)] = canonical(a, x)
            return plain[id(a)] is not None
        return True

    fits = []
    tree_map(lambda a: fits.append(prepare(a)), (args, kwargs))
    if not all(fits):
        return None

    def refs(a):
        return a.ref if isinstance(a, Local) else plain[id(a)] if isinstance(a, torch.Tensor) and a.dim() else a

    ref = func(*_owned(func, tree_map(refs, args)), **tree_map(refs, kwargs))
    if ref.shape != x.ref.shape or not ref.is_floating_point():  # truth values have no differences
        return None
    if len(changing) == 1 and args[0] is x and len(args) > 1:
        if func in SHIFT and kwargs.get("alpha", 1) == 1:
            return dataclasses.replace(x, ref=ref)
        if func in LINEAR:
            return _scaled(func, x, ref, args[1], plain)
    start, width = hull(changing) if len(changing) > 1 else (x.start, x.width)

    def windows(a):
        if isinstance(a, Local):
            if a.delta is None:
                return window_of(a.ref, start, width, x.streams)
            return gather(a.by_position, start, width) + widened(a.delta, a.start, start, width)
        if isinstance(a, torch.Tensor) and a.dim():
            return window_of(plain[id(a)], start, width, x.streams)
        return a

    delta = func(*tree_map(windows, args), **tree_map(windows, kwargs))
    out = Local(ref, delta, start, x.form)
    delta -= gather(out.by_position, start, width)  # 0 outside, where both took the nearest position
    return out


def _fits(y, x):
    """Whether y's values lie beside x's, or are a constant that broadcasts against them."""
    sizes = zip(y.ref.shape[1:], x.ref.shape[1:])
    return all(a == b or (a == 1 and y.delta is None) for a, b in sizes)


def _owned(func, args):
    """A copy of what func would change in place."""
    return (args[0].clone(), *args[1:]) if func._schema.is_mutable else args


def _scaled(func, x, ref, factor, plain):
    if isinstance(factor, Local):
        factor = window_of(factor.ref, x.start, x.width, x.streams)
    elif isinstance(factor, torch.Tensor) and factor.dim():
        factor = window_of(plain[id(factor)], x.start, x.width, x.streams)
    name = func._schema.name
    delta = x.delta / factor if "div" in name else x.delta * factor
    return Local(ref, delta, x.start, x.form)


def window_of(value, start, width, streams):
    """Windows of a constant (1 or S, 1 or C, 1 or L), broadcast against (R, width, C)."""
    if value.shape[2] == 1:
        rows = value.transpose(1, 2)
        return rows if rows.shape[0] == 1 else rows.repeat_interleave(len(start) // streams, 0)
    by_position = value.transpose(1, 2).expand(streams, -1, -1).contiguous()
    return gather(by_position, start, width)


def _of_constants(func, x, args, kwargs):
    """The same for all rows: what functional dropout does with its mask."""
    plain = [a for a in args if isinstance(a, torch.Tensor) and a.dim()]
    if plain:
        return None
    refs = tree_map(lambda a: a.ref if isinstance(a, Local) else a, (args, kwargs))
    return dataclasses.replace(x, ref=func(*_owned(func, refs[0]), **refs[1]))


def batch_norm(func, x, weight, bias, mean, var, *rest):
    """Normalisation by stored statistics: a scale and a shift for each channel."""
    *training, _, eps = rest
    if x.form[0] != "C" or any(training):
        return None
    scale = (var + eps).rsqrt() * (1 if weight is None else weight)
    shift = (0 if bias is None else bias) - mean * scale
    out = Local(x.ref * scale[:, None] + shift[:, None], x.delta * scale, x.start, x.form)
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
