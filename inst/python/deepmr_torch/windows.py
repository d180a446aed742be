"""What a batch of variants is under one mask: the reference, and how little of it each variant changes.

`Local` holds the activations of the reference once and, for each row, the differences on the window of
positions that its variant can reach; `Deferred` differences are computed when they are asked for. `Dense`
holds all rows. `Streams` hold what is the same for all rows of a stream, such as its mask. Each stands for a batch
whose first row of each stream is the reference: streams are a sequence and its reverse complement, or draws.
"""

import collections
import dataclasses
import functools
import math

import torch

# The allocator of a CPU gives larger tensors back to the system, and takes them anew page by page.
MOST_WIDER = 1.3
BLOCK_BYTES = collections.defaultdict(lambda: 2**30, cpu=2**23)


@dataclasses.dataclass(frozen=True, eq=False)
class Local:
    """ref (S, C, L): the reference in each of S streams. change (R, W, C): differences of R = S V rows,
    stream by stream, on the positions start (R,) to start + W - 1; 0 where these lie outside 0..L-1.
    `form`: the dimensions after the batch as the model sees them, of "C", "L", "1", "CL", "LC".
    change None: all rows are the reference (a mask, for one)."""

    ref: torch.Tensor
    change: "torch.Tensor | Deferred | None"
    start: torch.Tensor
    form: tuple

    @property
    def delta(self):
        """`change` as a tensor."""
        return self.change.delta if isinstance(self.change, Deferred) else self.change

    def rows(self, a, b):
        """(b - a, W, C) differences of the rows a to b - 1. Not to be changed."""
        return self.change.rows(a, b) if isinstance(self.change, Deferred) else self.change[a:b]

    @property
    def stream(self):
        """(R,) the stream of each row."""
        v = max(self.n_rows // self.streams, 1)
        return torch.arange(self.n_rows, device=self.start.device).div(v, rounding_mode="floor")

    @functools.cached_property
    def by_position(self):
        """ref as (S, L, C), for gathering windows."""
        return self.ref.transpose(1, 2).contiguous()

    @property
    def streams(self):
        return self.ref.shape[0]

    @property
    def n_rows(self):
        return len(self.start)

    @property
    def width(self):
        return self.change.shape[1]

    @property
    def length(self):
        return self.ref.shape[2]

    @property
    def channels(self):
        return self.ref.shape[1]

    @property
    def batch(self):
        return self.n_rows + self.streams

    def sizes(self):
        """The shape of the batch as the model sees it."""
        c, n = self.channels, self.length
        size = {"C": c, "L": n, "1": 1, "CL": c * n, "LC": c * n}
        return (self.batch, *(size[f] for f in self.form))

    def with_form(self, form):
        return self._with(form=tuple(form))

    def with_change(self, change):
        return self._with(change=change)

    def _with(self, **new):
        """A copy with the same reference."""
        made = dataclasses.replace(self, **new)
        if "by_position" in vars(self):
            vars(made)["by_position"] = self.by_position
        return made


class Deferred:
    """Differences of shape (R, W, C) that are computed when they are asked for: all of them, once, or a
    block of rows at a time, so that what lies between two layers need never exist as a whole.

    Subclasses have `shape`, `sample` (a tensor of their type and device) and `compute(a, b)`. Those that
    can compute a single position for some of the channels, `by_column`, have `column` and `living` too (see
    rules_linear.py)."""

    by_column = False

    @functools.cached_property
    def delta(self):
        out = self.sample.new_empty(self.shape)
        for a, b in blocks(self.shape, out):
            out[a:b] = self.compute(a, b)
        return out

    def rows(self, a, b):
        return self.delta[a:b] if "delta" in vars(self) else self.compute(a, b)


def blocks(shape, sample):
    """Ranges (a, b) of the rows of a tensor of that shape, small enough that a block stays in the cache."""
    rows = max(BLOCK_BYTES[sample.device.type] // max(math.prod(shape[1:]) * sample.element_size(), 1), 1)
    return [(a, min(a + rows, shape[0])) for a in range(0, shape[0], rows)]


class Dense:
    """rows (N, ...): all rows of the batch."""

    def __init__(self, rows):
        self.rows = self.sample = rows

    def sizes(self):
        return tuple(self.rows.shape)

    def columns(self, numbers):
        """rows[:, numbers] of (N, K)."""
        return self.rows[:, numbers]


class Streams:
    """values (S, ...): each stands for all `per` rows of its stream."""

    def __init__(self, values, per):
        self.values = self.sample = values
        self.per = per

    def sizes(self):
        return (len(self.values) * self.per, *self.values.shape[1:])

    @property
    def rows(self):
        return self.values.repeat_interleave(self.per, 0)


class Shape:
    """What is left of a result that nothing looks at: of a static operation in later draws, or of the places
    of maxima, which windows do not know."""

    def __init__(self, content, dtype=None):
        sample = content.ref if isinstance(content, Local) else content.sample
        self.sample = torch.empty(0, dtype=dtype or sample.dtype, device=sample.device)
        self._sizes = content.sizes()

    def sizes(self):
        return self._sizes

    def viewed(self, func, *args, **kwargs):
        """What a view of it leaves: MaxPool1d squeezes its places."""
        meta = torch.empty(self._sizes, dtype=self.sample.dtype, device="meta")
        made = Shape(self)
        made._sizes = tuple(func(meta, *args, **kwargs).shape)
        return made


class LastLayer(Dense):
    """All rows (N, K) of a linear layer, or of pointwise operations on one. If nothing asks for all, only the
    columns are computed that are wanted of the model's predictions: `compute(numbers)`, None for all."""

    def __init__(self, compute, shape, sample):
        self.compute, self.shape, self.sample = compute, shape, sample

    @functools.cached_property
    def rows(self):
        return self.compute(None)

    def sizes(self):
        return self.shape

    def columns(self, numbers):
        return self.compute(numbers)


def shared(start):
    """The one position at which all windows begin, None if there are several."""
    return int(start[0]) if len(start) and bool((start == start[0]).all()) else None


def gather(by_position, stream, start, width, fill=None, own=False):
    """(R, width, C): windows of (S or 1, L, C) that begin at start (R,) in stream (R,). Positions outside
    take the nearest one's values, or `fill`. Not to be changed unless `own`: they may be views."""
    s, n, c = by_position.shape
    first = None if own else shared(start)
    if s == 1 and first is not None and 0 <= first <= n - width:
        return by_position[:, first : first + width].expand(len(start), -1, -1)
    at = start[:, None] + torch.arange(width, device=start.device)
    inside = at.clamp(0, n - 1)
    if s > 1:
        inside = inside + n * stream[:, None]
    out = by_position.reshape(s * n, c).index_select(0, inside.flatten()).view(len(start), width, c)
    if fill is not None:
        outside = (at < 0) | (at >= n)
        if outside.any():
            out[outside] = fill
    return out


def blank_outside(delta, start, length):
    """Sets delta (R, W, C) to 0, in place, where the window lies outside 0..length-1."""
    width = delta.shape[1]
    rows = ((start < 0) | (start + width > length)).nonzero().squeeze(1)  # few: those at the ends
    if len(rows):
        at = start[rows, None] + torch.arange(width, device=start.device)
        delta[rows] = delta[rows].masked_fill_(((at < 0) | (at >= length))[..., None], 0)
    return delta


def add_at(values, delta, offset):
    """values (R, W', C) += delta (R, W, C) from column offset (R,) on, in place; values are contiguous."""
    r, wide, c = values.shape
    w = delta.shape[1]
    if (first := shared(offset)) is not None:
        values[:, first : first + w] += delta
    else:
        first = torch.arange(r, device=offset.device) * wide + offset
        cell = first[:, None] + torch.arange(w, device=offset.device)
        values.view(r * wide, c).index_add_(0, cell.flatten(), delta.flatten(0, 1))
    return values


def widened(delta, start, to_start, width, copy=False):
    """delta on wider windows of `width` that begin at to_start (R,); a copy of it where nothing widens
    if `copy`."""
    if width == delta.shape[1] and torch.equal(start, to_start):
        return delta.clone() if copy else delta
    out = delta.new_zeros(delta.shape[0], width, delta.shape[2])
    return add_at(out, delta, start - to_start)


def aligned(x):
    """x with one window for all rows, which ends where the sequence does, if that is not much wider: then
    the reference need not be gathered for each row."""
    if x.streams > 1 or not x.n_rows or shared(x.start) is not None:
        return x
    first, end = int(x.start.min()), int(x.start.max()) + x.width
    low, high = max(first, 0), min(end, x.length)
    if high - low > MOST_WIDER * x.width:
        return x
    delta = widened(x.delta, x.start, torch.full_like(x.start, first), end - first)
    delta = delta[:, low - first : high - first].contiguous()
    return dataclasses.replace(x, change=delta, start=torch.full_like(x.start, low))


def hull(locals_):
    """(start, width) of windows that hold those of several Locals, row by row."""
    starts = torch.stack([x.start for x in locals_])
    ends = torch.stack([x.start + x.width for x in locals_])
    start = starts.amin(0)
    return start, int((ends.amax(0) - start).max()) if len(start) else 0


def full(x):
    """The Dense batch that a Local stands for, in the model's form."""
    s, c, n = x.ref.shape
    v = x.n_rows // s
    rows = x.by_position[:, None].expand(s, 1 + v, n, c).clone()
    if x.change is not None and v:
        at = x.start[:, None] + torch.arange(x.width, device=x.start.device)
        row, column = ((at >= 0) & (at < n)).nonzero(as_tuple=True)
        number = row + 1 + x.stream[row]  # each stream's reference comes before its rows
        rows.view(s * (1 + v), n, c)[number, at[row, column]] += x.delta[row, column]
    rows = rows.view(s * (1 + v), n, c)
    return Dense((rows if length_first(x.form) else rows.transpose(1, 2)).reshape(x.sizes()))


def length_first(form):
    """Whether positions come before channels."""
    return "LC" in form or ("L" in form and "C" in form and form.index("L") < form.index("C"))
