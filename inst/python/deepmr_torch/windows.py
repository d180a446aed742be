"""What a batch of variants is under one mask: the reference, and how little of it each variant changes.

`Local` holds the activations of the reference once and, for each row, the differences on the window of
positions that its variant can reach. `Dense` holds all rows. Both stand for a batch whose first row of
each stream is the reference.
"""

import dataclasses
import functools

import torch


@dataclasses.dataclass(frozen=True, eq=False)
class Local:
    """ref (S, C, L): the reference in each of S streams. delta (R, W, C): differences of R = S V rows,
    stream by stream, on the positions start (R,) to start + W - 1; 0 where these lie outside 0..L-1.
    `form`: the dimensions after the batch as the model sees them, of "C", "L", "1", "CL", "LC".
    delta None: all rows are the reference (a mask, for one)."""

    ref: torch.Tensor
    delta: torch.Tensor | None
    start: torch.Tensor
    form: tuple

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
        return self.delta.shape[1]

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
        made = dataclasses.replace(self, form=tuple(form))
        if "by_position" in vars(self):
            vars(made)["by_position"] = self.by_position
        return made


@dataclasses.dataclass(frozen=True, eq=False)
class Dense:
    """rows (N, ...): all rows of the batch."""

    rows: torch.Tensor

    def sizes(self):
        return tuple(self.rows.shape)


class Shape:
    """What is left of a result that nothing looks at: of a static operation in later draws, or of the places
    of maxima, which windows do not know."""

    def __init__(self, content, dtype=None):
        sample = content.ref if isinstance(content, Local) else content.rows
        self.rows = torch.empty(0, dtype=dtype or sample.dtype, device=sample.device)
        self._sizes = content.sizes()

    def sizes(self):
        return self._sizes

    def viewed(self, func, *args, **kwargs):
        """What a view of it leaves: MaxPool1d squeezes its places."""
        meta = torch.empty(self._sizes, dtype=self.rows.dtype, device="meta")
        made = Shape(self)
        made._sizes = tuple(func(meta, *args, **kwargs).shape)
        return made


def row_streams(start, streams):
    """(R,) the stream of each row."""
    return torch.arange(streams, device=start.device).repeat_interleave(len(start) // streams)


def gather(by_position, start, width, fill=None):
    """(R, width, C): windows of (S, L, C) that begin at start (R,), rows in S equal blocks. Positions
    outside take the nearest one's values, or `fill`."""
    s, n, c = by_position.shape
    at = start[:, None] + torch.arange(width, device=start.device)
    inside = at.clamp(0, n - 1)
    if s > 1:
        inside = inside + n * row_streams(start, s)[:, None]
    out = by_position.reshape(s * n, c).index_select(0, inside.flatten()).view(len(start), width, c)
    if fill is not None:
        outside = (at < 0) | (at >= n)
        if outside.any():
            out[outside] = fill
    return out


def blank_outside(delta, start, length):
    """Sets delta (R, W, C) to 0, in place, where the window lies outside 0..length-1."""
    at = start[:, None] + torch.arange(delta.shape[1], device=start.device)
    outside = (at < 0) | (at >= length)
    if outside.any():
        delta[outside] = 0
    return delta


def add_at(values, delta, offset):
    """values (R, W', C) += delta (R, W, C) from column offset (R,) on, in place."""
    w = delta.shape[1]
    for f in offset.unique().tolist():
        rows = (offset == f).nonzero().squeeze(1)
        if len(rows) == len(offset):
            values[:, f : f + w] += delta
        else:
            values[rows, f : f + w] += delta[rows]
    return values


def widened(delta, start, to_start, width):
    """delta on wider windows of `width` that begin at to_start (R,)."""
    if width == delta.shape[1] and torch.equal(start, to_start):
        return delta
    out = delta.new_zeros(delta.shape[0], width, delta.shape[2])
    return add_at(out, delta, start - to_start)


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
    if x.delta is not None and v:
        at = x.start[:, None] + torch.arange(x.width, device=x.start.device)
        row, column = ((at >= 0) & (at < n)).nonzero(as_tuple=True)
        number = row + 1 + row_streams(x.start, s)[row]  # each stream's reference comes before its rows
        rows.view(s * (1 + v), n, c)[number, at[row, column]] += x.delta[row, column]
    rows = rows.view(s * (1 + v), n, c)
    return Dense((rows if length_first(x.form) else rows.transpose(1, 2)).reshape(x.sizes()))


def length_first(form):
    """Whether positions come before channels."""
    return "LC" in form or ("L" in form and "C" in form and form.index("L") < form.index("C"))
