"""Rules for operations that move values about: views, flips, joins and parts of a batch."""

import dataclasses
import itertools
import math

import torch

from .windows import Dense, Local, blank_outside, hull, widened

aten = torch.ops.aten


def _same(func, x, *args, **kwargs):
    dtype = kwargs.get("dtype")
    return x if dtype in (None, x.ref.dtype) else None


def _view(func, x, shape, **kwargs):
    shape = [int(n) for n in shape]
    if -1 in shape:
        rest = math.prod(n for n in shape if n != -1)
        shape[shape.index(-1)] = math.prod(x.sizes()) // max(rest, 1)
    if not shape or shape[0] != x.batch:
        return None
    return x.with_form(form) if (form := _form(x, shape[1:])) is not None else None


def _form(x, sizes):
    """The form of a Local whose dimensions after the batch become `sizes`; None where they are mixed up."""
    c, n = x.channels, x.length
    core = [f for f in x.form if f != "1"]
    first = "CL" if core in (["C", "L"], ["CL"]) else "LC"
    if 1 in (c, n):
        return None
    form = []
    wanted = {"CL": [("C", c), ("L", n)], "LC": [("L", n), ("C", c)]}[first]
    for size in sizes:
        if size == 1:
            form.append("1")
        elif wanted and size == wanted[0][1]:
            form.append(wanted.pop(0)[0])
        elif len(wanted) == 2 and size == c * n:
            form.append(first)
            wanted = []
        else:
            return None
    return tuple(form) if not wanted else None


def _permute(func, x, dims, **kwargs):
    dims = [d % (len(x.form) + 1) for d in dims]
    return x.with_form([x.form[d - 1] for d in dims[1:]]) if dims[0] == 0 else None


def _transpose(func, x, a, b):
    dims = list(range(len(x.form) + 1))
    a, b = a % len(dims), b % len(dims)
    dims[a], dims[b] = dims[b], dims[a]
    return _permute(func, x, dims)


def _unsqueeze(func, x, dim):
    dim = dim % (len(x.form) + 2)
    return x.with_form((*x.form[: dim - 1], "1", *x.form[dim - 1 :])) if dim else None


def _squeeze(func, x, dims=None):
    rank = len(x.form) + 1
    dims = range(1, rank) if dims is None else [d % rank for d in ([dims] if isinstance(dims, int) else dims)]
    sizes = x.sizes()
    # Channels or positions that are one are squeezed too, and a Local has both.
    if 0 in dims or any(sizes[d] == 1 and x.form[d - 1] != "1" for d in dims):
        return None
    return x.with_form([f for d, f in enumerate(x.form, 1) if not (d in dims and f == "1")])


def axis(x, dim):
    """What dimension `dim` of the model's shape is: "N", "C", "L", "1", "CL", "LC"."""
    dim = dim % (len(x.form) + 1)
    return "N" if dim == 0 else x.form[dim - 1]


def _flip(func, x, dims):
    for kind in (axis(x, d) for d in dims):
        if kind == "C":
            x = dataclasses.replace(x, ref=x.ref.flip(1), change=x.delta.flip(2))
        elif kind == "L":
            start = x.length - x.start - x.width
            x = dataclasses.replace(x, ref=x.ref.flip(2), change=x.delta.flip(1), start=start)
        elif kind != "1":
            return None
    return x


def _index_select(func, x, dim, index):
    kind = axis(x, dim)
    if kind == "C":
        return dataclasses.replace(x, ref=x.ref.index_select(1, index), change=x.delta.index_select(2, index))
    if kind == "L" and torch.equal(index.cpu(), torch.arange(x.length - 1, -1, -1)):
        return _flip(func, x, [dim])
    if kind == "1" and len(index) == 1:
        return x
    return None


def _index(func, x, indices):
    """x[:, index], x[:, :, index]: one index."""
    given = [(d, i) for d, i in enumerate(indices) if i is not None]
    if len(given) != 1 or given[0][1].dtype != torch.long or given[0][1].dim() != 1 or given[0][0] == 0:
        return None
    dim, index = given[0]
    return _index_select(func, x, dim, torch.where(index < 0, index + x.sizes()[dim], index))


def _cat(func, tensors, dim=0):
    if not all(isinstance(t, Local) and t.change is not None for t in tensors):
        return None
    x = tensors[0]
    if any(t.form != x.form or t.streams != x.streams or t.length != x.length for t in tensors):
        return None
    if axis(x, dim) == "C":
        start, width = hull(tensors)
        delta = torch.cat([widened(t.delta, t.start, start, width) for t in tensors], 2)
        return Local(torch.cat([t.ref for t in tensors], 1), delta, start, x.form)
    if axis(x, dim) == "N" and all(t.channels == x.channels for t in tensors):
        width = max(t.width for t in tensors)
        delta = torch.cat([widened(t.delta, t.start, t.start, width) for t in tensors], 0)
        return Local(torch.cat([t.ref for t in tensors]), delta, torch.cat([t.start for t in tensors]), x.form)
    return None


def _slice(func, x, dim=0, start=None, end=None, step=1):
    kind = axis(x, dim)
    size = x.sizes()[dim % (len(x.form) + 1)]
    low, high, step = slice(start, end, step).indices(size)
    if (low, high, step) == (0, size, 1):
        return x
    if step != 1:
        return None
    if kind == "C":
        return dataclasses.replace(x, ref=x.ref[:, low:high], change=x.delta[:, :, low:high])
    if kind == "L" and low < high:
        start = x.start - low
        return Local(x.ref[:, :, low:high], blank_outside(x.delta.clone(), start, high - low), start, x.form)
    per = x.batch // x.streams
    if kind == "N" and low % per == 0 and high % per == 0:
        s, v = slice(low // per, high // per), per - 1
        rows = slice(s.start * v, s.stop * v)
        return dataclasses.replace(x, ref=x.ref[s], change=x.delta[rows], start=x.start[rows])
    return None


def _split(func, x, size, dim=0):
    n = x.sizes()[dim % (len(x.form) + 1)]
    return _split_at(func, x, [min(size, n - low) for low in range(0, n, size)], dim)


def _split_at(func, x, lengths, dim=0):
    ends = list(itertools.accumulate(lengths))
    parts = [_slice(func, x, dim, end - length, end) for length, end in zip(lengths, ends)]
    return None if any(p is None for p in parts) else parts


def _pad(func, x, pad, value=0):
    """Padding along positions."""
    sides = list(zip(pad[::2], pad[1::2]))
    for back, (left, right) in enumerate(sides, 1):
        if (left or right) and (axis(x, -back) != "L" or min(left, right) < 0):
            return None
    for left, right in sides:
        if left or right:
            ref = torch.nn.functional.pad(x.ref, (left, right), value=value)
            return dataclasses.replace(x, ref=ref, change=x.delta, start=x.start + left)
    return x


def _like(func, x, *args, dtype=None, **kwargs):
    """A tensor that is the same for all rows: functional dropout fills it with a mask."""
    return Local(func(x.ref, *args), None, x.start, x.form) if dtype in (None, x.ref.dtype) else None


def _new_empty(func, x, size, dtype=None, **kwargs):
    """The same, with one value for several channels or positions, as dropout of whole channels has."""
    sizes = x.sizes()
    if len(size) != len(sizes) or size[0] != x.batch or dtype not in (None, x.ref.dtype):
        return None
    if any(n not in (1, own) for n, own in zip(size[1:], sizes[1:])):
        return None
    one = {f: n for f, n in zip(x.form, size[1:]) if f != "1"}
    if "CL" in x.form or "LC" in x.form:
        c, n = (x.channels, x.length) if max(one.values()) > 1 else (1, 1)
    else:
        c, n = one["C"], one["L"]
    return Local(x.ref.new_zeros(x.streams, c, n), None, x.start, x.form)


def copy(func, x, source, non_blocking=False):
    if isinstance(source, (Local, Dense)):
        return source if source.sizes() == x.sizes() else None
    if x.change is not None:
        return None
    from .rules_pointwise import canonical

    value = canonical(source, x)
    return None if value is None else dataclasses.replace(x, ref=value.expand_as(x.ref).to(x.ref.dtype).contiguous())


RULES = {
    aten.view.default: _view,
    aten._unsafe_view.default: _view,
    aten.reshape.default: _view,
    aten.permute.default: _permute,
    aten.transpose.int: _transpose,
    aten.unsqueeze.default: _unsqueeze,
    aten.squeeze.default: _squeeze,
    aten.squeeze.dim: _squeeze,
    aten.squeeze.dims: _squeeze,
    aten.clone.default: _same,
    aten.detach.default: _same,
    aten.alias.default: _same,
    aten.contiguous.default: _same,
    aten._to_copy.default: _same,
    aten.flip.default: _flip,
    aten.index_select.default: _index_select,
    aten.index.Tensor: _index,
    aten.cat.default: _cat,
    aten.slice.Tensor: _slice,
    aten.split.Tensor: _split,
    aten.split_with_sizes.default: _split_at,
    aten.constant_pad_nd.default: _pad,
    aten.empty_like.default: _like,
    aten.ones_like.default: _like,
    aten.zeros_like.default: _like,
    aten.full_like.default: _like,
    aten.new_empty.default: _new_empty,
    aten.copy_.default: copy,
}
# These take a Local without differences, too.
FOR_CONSTANTS = {
    _view, _permute, _transpose, _unsqueeze, _squeeze, _same, _pad, _like, _new_empty, copy,
}  # fmt: skip
