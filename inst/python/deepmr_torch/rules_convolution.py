"""Rules for convolutions and linear layers, which carry differences as they are."""

import torch
import torch.nn.functional as F

from .layouts import laid_out
from .rules_pointwise import batch_norm
from .windows import Dense, Local, blank_outside, row_streams

aten = torch.ops.aten
BY_OUTPUT = 96  # windows up to this width are convolved output by output


def convolution(func, x, weight, bias, stride, padding, dilation, transposed, output_padding, groups, *rest):
    along = _along(x, weight, stride, padding, dilation)
    if along is None or transposed:
        return None
    weight, stride, padding, dilation = along
    ref = F.conv1d(x.ref, weight, bias, stride, padding, dilation, groups)
    if groups > 1:
        delta = _grouped(x.delta, weight, dilation, groups)
    elif dilation == 1 and x.width + weight.shape[2] - 1 <= BY_OUTPUT:
        delta = _by_output(x.delta, weight)
    else:
        delta = _by_tap(x.delta, weight, dilation)
    start = x.start + padding - (weight.shape[2] - 1) * dilation
    if stride > 1:
        delta, start = _every(delta, start, stride)
    blank_outside(delta, start, ref.shape[2])
    return Local(ref, delta, start, x.form)


def _along(x, weight, stride, padding, dilation):
    """weight (O, I, k) and numbers of a convolution along positions; None for any other."""
    core = [f for f in x.form if f in ("C", "L")]
    if x.form[0] != "C" or core != ["C", "L"] or len(x.form) != weight.dim() - 1:
        return None
    spatial = x.form[1:]
    if any(f == "1" and (weight.shape[2 + d] != 1 or padding[d] != 0) for d, f in enumerate(spatial)):
        return None
    d = spatial.index("L")
    return weight.reshape(*weight.shape[:2], -1), stride[d], padding[d], dilation[d]


def _by_output(delta, weight):
    """Each output of the window gathers its inputs, which lie side by side, in one product."""
    r, w, c = delta.shape
    o, _, k = weight.shape
    taps = laid_out(weight, "taps", lambda v: v.permute(2, 1, 0).contiguous())  # (k, I, O)
    out = delta.new_empty(r, w + k - 1, o)
    flat = delta.reshape(r, w * c)
    for j in range(w + k - 1):
        first, last = max(0, j - k + 1), min(w - 1, j)
        # Input i meets tap k - 1 - (j - i), which rises with i.
        t = k - 1 - (j - first)
        product = flat[:, first * c : (last + 1) * c] @ taps[t : t + last - first + 1].reshape(-1, o)
        out[:, j] = product
    return out


def _by_tap(delta, weight, dilation):
    r, w, c = delta.shape
    o, _, k = weight.shape
    out = delta.new_zeros(r, w + (k - 1) * dilation, o)
    flat = delta.reshape(r * w, c)
    for t in range(k):
        at = (k - 1 - t) * dilation
        out[:, at : at + w] += (flat @ weight[:, :, t].T).view(r, w, o)
    return out


def _grouped(delta, weight, dilation, groups):
    r, w, c = delta.shape
    o, per, k = weight.shape
    out = delta.new_zeros(r, w + (k - 1) * dilation, o)
    parts = delta.view(r, w, groups, per)
    taps = weight.view(groups, o // groups, per, k)
    for t in range(k):
        at = (k - 1 - t) * dilation
        out[:, at : at + w] += torch.einsum("rwgi,goi->rwgo", parts, taps[..., t]).reshape(r, w, o)
    return out


def _every(delta, start, stride):
    """The outputs of stride 1 at multiples of `stride`."""
    first = -torch.div(-start, stride, rounding_mode="floor")  # ceiling
    skip = first * stride - start
    width = max(-(-(delta.shape[1] - int(skip.min())) // stride), 1)
    out = delta.new_zeros(delta.shape[0], width, delta.shape[2])
    for f in skip.unique().tolist():
        rows = (skip == f).nonzero().squeeze(1)
        part = delta[rows, f::stride]
        out[rows, : part.shape[1]] = part
    return out, first


def addmm(func, bias, x, weight, beta=1, alpha=1):
    if not isinstance(x, Local) or x.delta is None or beta != 1 or alpha != 1:
        return None
    out = mm(func, x, weight)
    return None if out is None else Dense(out.rows.add_(bias))


def mm(func, x, weight):
    """A linear layer on the flattened windows: (N, O)."""
    if not isinstance(x, Local) or not isinstance(weight, torch.Tensor) or x.form not in (("CL",), ("LC",)):
        return None
    c, n, s = x.channels, x.length, x.streams
    if x.form == ("CL",):
        by_position = laid_out(weight, "positions", lambda v: v.reshape(c, n, -1).transpose(0, 1).contiguous())
    else:
        by_position = laid_out(weight, "positions", lambda v: v.reshape(n, c, -1).contiguous())
    ref = x.by_position.flatten(1) @ by_position.flatten(0, 1)
    v = x.n_rows // s
    out = ref[:, None].repeat(1, 1 + v, 1)
    rows = out.view(s * (1 + v), -1)
    number = torch.arange(x.n_rows, device=rows.device) + 1 + row_streams(x.start, s)
    order = torch.argsort(x.start, stable=True)
    if (order[1:] < order[:-1]).any():
        number, delta, start = number[order], x.delta[order], x.start[order]
    else:
        delta, start = x.delta, x.start
    w = x.width
    total = delta.new_zeros(len(start), rows.shape[1])
    positions = start.cpu()
    low = torch.searchsorted(positions, torch.arange(n) - w + 1)
    high = torch.searchsorted(positions, torch.arange(n), right=True)
    for position in range(n):
        a, b = int(low[position]), int(high[position])
        if a == b:
            continue
        offset = position - start[a:b]
        values = delta[a:b].flatten(0, 1).index_select(0, torch.arange(b - a, device=offset.device) * w + offset)
        alive = (values != 0).any(0).nonzero().squeeze(1)
        if len(alive) < 0.8 * c:
            values, part = values.index_select(1, alive), by_position[position].index_select(0, alive)
        else:
            part = by_position[position]
        total[a:b].addmm_(values, part)
    rows[number] += total
    return Dense(rows)


RULES = {
    aten.convolution.default: convolution,
    aten._convolution.default: convolution,
    aten.addmm.default: addmm,
    aten.mm.default: mm,
    aten.native_batch_norm.default: batch_norm,
    aten._native_batch_norm_legit_no_training.default: batch_norm,
}
