"""Rules for pooling, within windows and over all positions."""

import torch
import torch.nn.functional as F

from .rules_shape import axis
from .windows import Dense, Local, Shape, add_at, blank_outside, blocks, gather

aten = torch.ops.aten


def _numbers(x, kernel, stride, padding, dilation):
    """The numbers along positions of a pooling in one or two dimensions; None where it pools elsewhere."""
    spatial = x.form[1:] if x.form[0] == "C" else None
    if spatial is None or spatial.count("L") != 1 or "C" in spatial:
        return None
    each = [list(v) * (len(spatial) if len(v) == 1 else 1) for v in (kernel, stride or kernel, padding, dilation)]
    d = spatial.index("L")
    for other in range(len(spatial)):
        if other != d and (each[0][other] != 1 or each[2][other] != 0):
            return None
    k, s, p, dilation = (v[d] for v in each)
    gaps = (k - 1) * dilation + 1 < s  # positions that no output looks at
    return None if gaps else (k, s, p, dilation)


def _reach(x, kernel, stride, padding, dilation, length):
    """(start, width) of the outputs that a window reaches."""
    span = (kernel - 1) * dilation
    first = -torch.div(-(x.start - span + padding), stride, rounding_mode="floor")
    last = torch.div(x.start + x.width - 1 + padding, stride, rounding_mode="floor")
    return first, int((last - first).max()) + 1


def max_pool(func, x, kernel, stride=(), padding=(0,), dilation=(1,), ceil_mode=False):
    numbers = _numbers(x, kernel, stride, padding, dilation)
    if numbers is None:
        return None
    k, s, p, d = numbers
    ref = F.max_pool1d(x.ref, k, s, p, d, ceil_mode)
    start, width = _reach(x, k, s, p, d, ref.shape[2])
    out = Local(ref, x.ref.new_empty(x.n_rows, width, x.channels), start, x.form)
    span = (width - 1) * s + (k - 1) * d + 1
    for a, b in blocks((x.n_rows, span, x.channels), x.ref):
        first, stream = start[a:b], x.stream[a:b]
        values = gather(x.by_position, stream, first * s - p, span, fill=-torch.inf, own=True)
        add_at(values, x.rows(a, b), x.start[a:b] - (first * s - p))
        if d == 1 and k == s:
            pooled = values.view(b - a, width, k, -1).amax(2)
        else:
            pooled = values[:, : (width - 1) * s + 1 : s].clone()
            for t in range(1, k):
                torch.maximum(pooled, values[:, t * d : t * d + (width - 1) * s + 1 : s], out=pooled)
        torch.sub(pooled, gather(out.by_position, stream, first, width), out=out.change[a:b])
        blank_outside(out.change[a:b], first, ref.shape[2])
    return out


def max_pool_with_indices(func, x, *args):
    out = max_pool(func, x, *args)
    return None if out is None else (out, Shape(out, torch.long))


def avg_pool(func, x, kernel, stride=(), padding=(0,), ceil_mode=False, count_include_pad=True, divisor_override=None):
    numbers = _numbers(x, kernel, stride, padding, (1,))
    if numbers is None or divisor_override is not None:
        return None
    k, s, p, _ = numbers

    def pool(v):
        return F.avg_pool1d(v, k, s, p, ceil_mode, count_include_pad)

    ref = pool(x.ref)
    n = x.length
    # What one unit at a position adds: 1 / divisor of the outputs that it reaches.
    ones = pool(torch.ones(1, 1, n, dtype=x.ref.dtype, device=x.ref.device))[0, 0]
    o = torch.arange(ref.shape[2], device=ones.device)
    counted = (o * s - p + k).clamp(max=n) - (o * s - p).clamp(min=0)
    share = (ones / counted)[None, None]
    start, width = _reach(x, k, s, p, 1, ref.shape[2])
    total = x.ref.new_zeros(x.n_rows * width, x.channels)
    at = x.start[:, None] + torch.arange(x.width, device=x.start.device)
    row = torch.arange(x.n_rows, device=at.device)[:, None] * width
    for back in range(-(-k // s)):  # of the outputs that a position reaches, the last, the one before, ...
        output = torch.div(at + p, s, rounding_mode="floor") - back
        reached = output * s - p + k > at
        delta = x.delta if reached.all() else x.delta.masked_fill(~reached[..., None], 0)
        cell = (output - start[:, None]).clamp(0, width - 1)  # 0 is added where the position does not reach
        total.index_add_(0, (row + cell).flatten(), delta.flatten(0, 1))
    total = total.view(x.n_rows, width, x.channels).mul_(gather(share.transpose(1, 2), x.stream, start, width))
    blank_outside(total, start, ref.shape[2])
    return Local(ref, total, start, x.form)


def adaptive_avg_pool(func, x, size):
    kernel = _equal_windows(x, size)
    return None if kernel is None else avg_pool(func, x, kernel, kernel)


def adaptive_max_pool(func, x, size):
    kernel = _equal_windows(x, size)
    return None if kernel is None else max_pool_with_indices(func, x, kernel, kernel)


def _equal_windows(x, size):
    """The kernel of adaptive pooling to `size`, where its windows are all of one length."""
    n = int(size[x.form[1:].index("L")]) if x.form[0] == "C" and "L" in x.form else 0
    if any(int(v) != 1 for f, v in zip(x.form[1:], size) if f == "1") or n == 0 or x.length % n:
        return None
    return [x.length // n if f == "L" else 1 for f in x.form[1:]]


def _over_positions(x, ref, delta, dims, keep):
    """Dense rows from the reference's value (S, C) and each row's difference (R, C)."""
    s = x.streams
    rows = ref[:, None] + torch.cat([delta.new_zeros(s, 1, delta.shape[1]), delta.view(s, -1, delta.shape[1])], 1)
    gone = [d % (len(x.form) + 1) for d in dims]
    shape = [x.channels if f == "C" else 1 for d, f in enumerate(x.form, 1) if keep or d not in gone]
    return Dense(rows.reshape(-1, *shape))


def _reduced(x, dims):
    """Whether `dims` are the positions, alone or with dimensions of 1."""
    kinds = [axis(x, d) for d in dims]
    return kinds.count("L") == 1 and set(kinds) <= {"L", "1"}


def mean(func, x, dim=None, keepdim=False, dtype=None):
    if dim is None or dtype is not None or not _reduced(x, dim):
        return None
    return _over_positions(x, x.ref.mean(2), x.delta.sum(1) / x.length, dim, keepdim)


def total(func, x, dim=None, keepdim=False, dtype=None):
    if dim is None or dtype is not None or not _reduced(x, dim):
        return None
    return _over_positions(x, x.ref.sum(2), x.delta.sum(1), dim, keepdim)


def largest(func, x, dim=(), keepdim=False):
    """Maximum over all positions: of the window and of what lies before and after it."""
    if not dim or not _reduced(x, dim):
        return None
    before = F.pad(x.ref.cummax(2).values, (1, 0), value=-torch.inf)  # at l: positions before l
    after = F.pad(x.ref.flip(2).cummax(2).values.flip(2), (0, 1), value=-torch.inf)  # at l: l and later
    stream = x.stream
    low, high = x.start.clamp(0, x.length), (x.start + x.width).clamp(0, x.length)
    values = gather(x.by_position, stream, x.start, x.width, fill=-torch.inf) + x.delta
    top = torch.stack([values.amax(1), before[stream, :, low], after[stream, :, high]]).amax(0)
    ref = x.ref.amax(2)
    return _over_positions(x, ref, top - ref[stream], dim, keepdim)


def largest_with_place(func, x, dim, keepdim=False):
    out = largest(func, x, [dim], keepdim)
    return None if out is None else (out, Shape(out, torch.long))


RULES = {
    aten.max_pool2d_with_indices.default: max_pool_with_indices,
    aten.avg_pool2d.default: avg_pool,
    aten.avg_pool1d.default: avg_pool,
    aten._adaptive_avg_pool2d.default: adaptive_avg_pool,
    aten.adaptive_max_pool2d.default: adaptive_max_pool,
    aten.max.dim: largest_with_place,
    aten.mean.dim: mean,
    aten.sum.dim_IntList: total,
    aten.amax.default: largest,
}
