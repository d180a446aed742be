"""Rules for convolutions, which carry differences as they are."""

import torch
import torch.nn.functional as F

from .layouts import laid_out
from .precision import of_differences
from .rules_pointwise import batch_norm
from .windows import Deferred, Local, aligned, blank_outside, shared

aten = torch.ops.aten
BY_OUTPUT = 96  # windows up to this width are convolved output by output


def convolution(func, x, weight, bias, stride, padding, dilation, transposed, output_padding, groups, *rest):
    along = _along(x, weight, stride, padding, dilation)
    if along is None or transposed:
        return None
    weight, stride, padding, dilation = along
    ref = F.conv1d(x.ref, weight, bias, stride, padding, dilation, groups)
    start = x.start + padding - (weight.shape[2] - 1) * dilation
    if groups == stride == dilation == 1 and x.width + weight.shape[2] - 1 <= BY_OUTPUT:
        return Local(ref, Convolved(x, weight, padding, start, ref), start, x.form)
    if groups == stride == 1 and (first := shared((x := aligned(x)).start)) is not None:
        delta, first = _of_shared(x.delta, weight, dilation, first + padding, ref.shape[2])
        return Local(ref, delta, torch.full_like(x.start, first), x.form)
    delta = _grouped(x.delta, weight, dilation, groups) if groups > 1 else _by_tap(x.delta, weight, dilation)
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


class Convolved(Deferred):
    """The differences that a convolution makes of those of a batch, `source` (R, w, I)."""

    by_column = True

    def __init__(self, x, weight, padding, start, ref):
        self.source = x.delta
        self.source_start, self.start = x.start, start
        self.weight, self.padding = weight, padding
        self.sample, self.length = ref, ref.shape[2]
        self.shape = (len(start), x.width + weight.shape[2] - 1, len(weight))

    @of_differences
    def compute(self, a, b):
        """Each output of the window gathers its inputs, which lie side by side, in one product."""
        delta = self.source[a:b]
        r, w, c = delta.shape
        o, _, k = self.weight.shape
        taps = laid_out(self.weight, "by input", lambda v: v.permute(2, 1, 0).contiguous())  # (k, I, O)
        out = delta.new_empty(r, w + k - 1, o)
        flat = delta.reshape(r, w * c)
        for j in range(w + k - 1):
            first, last = max(0, j - k + 1), min(w - 1, j)
            # Input i meets tap k - 1 - (j - i), which rises with i.
            t = k - 1 - (j - first)
            torch.mm(flat[:, first * c : (last + 1) * c], taps[t : t + last - first + 1].reshape(-1, o), out=out[:, j])
        return blank_outside(out, self.start[a:b], self.length)

    def living(self, position):
        return None

    @of_differences
    def column(self, position, rows, channels, kept):
        taps = laid_out(self.weight, "by output", lambda v: v.transpose(1, 2).contiguous())  # (O, k, I)
        if channels is not None:
            taps = taps.index_select(0, channels)
        first, last = rows.reaching(position, self.shape[1])
        out = self.sample.new_zeros(last - first, len(taps))
        for t in range(taps.shape[1]):
            a, b, values = self._input(position - self.padding + t, rows, kept)
            if a < b:
                out[a - first : b - first].addmm_(values, taps[:, t].T)
        return out

    def _input(self, at, rows, kept):
        """Which rows, a to b - 1 of their order, have an input there, and their differences (b - a, I)."""
        if (rows.stream, at) not in kept:
            w = self.source.shape[1]
            a, b = rows.reaching(at + self.padding - self.weight.shape[2] + 1, w)
            index = rows.order[a:b]
            values = self.source.flatten(0, 1).index_select(0, index * w + at - self.source_start[index])
            kept[rows.stream, at] = a, b, values
        return kept[rows.stream, at]


@of_differences
def _by_tap(delta, weight, dilation):
    r, w, c = delta.shape
    o, _, k = weight.shape
    out = delta.new_zeros(r, w + (k - 1) * dilation, o)
    flat = delta.reshape(r * w, c)
    for t in range(k):
        at = (k - 1 - t) * dilation
        out[:, at : at + w] += (flat @ weight[:, :, t].T).view(r, w, o)
    return out


@of_differences
def _of_shared(delta, weight, dilation, start, length):
    """(differences, first position) where the windows (R, w, I) of all rows begin at the padded position
    `start`: of the outputs 0..length-1 alone."""
    r, w, _ = delta.shape
    reach = (weight.shape[2] - 1) * dilation
    low, high = max(start - reach, 0), min(start + w, length)
    out = delta.new_zeros(r, max(high - low, 0), len(weight))
    for t in range(weight.shape[2]):
        first = start - t * dilation  # the output that the first input reaches through this tap
        a, b = max(low - first, 0), min(high - first, w)
        if a < b:
            tap = weight[:, :, t].T.expand(r, -1, -1)
            out[:, first + a - low : first + b - low].baddbmm_(delta[:, a:b], tap)
    return out, low


@of_differences
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


RULES = {
    aten.convolution.default: convolution,
    aten._convolution.default: convolution,
    aten.native_batch_norm.default: batch_norm,
    aten._native_batch_norm_legit_no_training.default: batch_norm,
}
