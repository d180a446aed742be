"""A tensor that runs a model's own forward pass on the differences between variants and reference.

`Batch` is a tensor to the model, of the shape of the whole batch; each operation on it is done by the
cheapest rule that applies (rules.py): on the windows that variants change, or on all rows. Operations
before the first dropout do not depend on masks; a `Tape` keeps their results from the first draw.
"""

import math

import torch

from . import rules
from .nested import leaves, nested_map
from .windows import Deferred, Dense, LastLayer, Local, Shape, Streams, full

CONTENTS = (Local, Dense, Shape, Streams)


class Batch(torch.Tensor):
    """Stands for a batch; `content` is a Local, a Dense or Streams."""

    @staticmethod
    def __new__(cls, content, tape, mark=None, memory=None):
        sample = content.ref if isinstance(content, Local) else content.sample
        return torch.Tensor._make_wrapper_subclass(cls, content.sizes(), dtype=sample.dtype, device=sample.device)

    def __init__(self, content, tape, mark=None, memory=None):
        self.memory = memory or Memory()
        self.become(content, tape, mark)

    def become(self, content, tape, mark=None):
        self.content = content
        self.tape = tape
        self.mark = mark  # place on the tape, if the same for all draws
        self.seen = self.memory.changes

    def __repr__(self):
        return f"Batch({self.content})"

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if rules.in_one_piece(func, kwargs or {}):
            tape = leaves((args, kwargs or {}), Batch)[0].tape
            return tape.apply(func, args, kwargs or {}, rules.on_all_rows)
        return super().__torch_function__(func, types, args, kwargs)

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        tape = leaves((args, kwargs or {}), Batch)[0].tape
        return tape.apply(func, args, kwargs or {})


class Memory:
    """What a tensor and its views have in common: how often one of them was changed in place. The others do
    not follow, so they must not be used afterwards."""

    changes = 0


class Tape:
    """The operations of one chunk of variants, draw after draw. `measured` tapes keep what each operation
    of the first draw gave, for sizes()."""

    def __init__(self, measured=False):
        self.content = None  # what goes into the model
        self.saved = []  # contents of the operations before the first mask, in order
        self.first = True  # the first draw records
        self.needed = set()
        self.how = []  # (operation, rule) of the first draw
        self.results = [] if measured else None
        self.begin()

    def begin(self):
        """Starts a draw."""
        self.ordinal = 0
        self.masked = False

    def end(self):
        """Ends a draw: after the first, only what later ones look at is kept."""
        if self.first:
            self.saved = [_settled(c) if i in self.needed else _shape_only(c) for i, c in enumerate(self.saved)]
        self.first = False

    def sizes(self):
        """Bytes of the differences and rows that a draw computes, one number for each operation."""
        return [size for results in self.results for size in _bytes(results)]

    def enter(self):
        """The batch that goes into the model."""
        return Batch(self.content, self)

    def leave(self, out, outputs):
        """(N, outputs) plain tensor of what the model returned."""
        if not isinstance(out, Batch):
            return out[:, outputs]
        if out.mark is not None:
            self.needed.add(out.mark[0])
        return (full(out.content) if isinstance(out.content, Local) else out.content).columns(outputs)

    def apply(self, func, args, kwargs, rule=None):
        place = self.ordinal
        static = not self.masked and (self.first or place < len(self.saved))
        if static and not self.first:
            results = self.saved[place]
        else:
            rule = rule or rules.apply
            results = rule(func, _contents(args), _contents(kwargs), self.how if self.first else None)
            static = static and not self.masked  # a mask may be met inside an LSTM
            for batch in leaves((args, kwargs), Batch):
                if batch.seen != batch.memory.changes:
                    raise NotImplementedError(f"{func} uses a tensor of which a view was changed in place")
                if not static and batch.mark is not None:
                    self.needed.add(batch.mark[0])
            if self.first and self.results is not None:
                self.results.append(results)
            if static:
                self.saved.append(results)
        self.ordinal += static
        return self._wrap(func, args, results, place if static else None)

    def _wrap(self, func, args, results, place):
        operation = isinstance(func, torch._ops.OpOverload)
        if operation and rules.changes_first(func):
            if not isinstance(args[0], Batch):
                raise NotImplementedError(f"{func} changes a tensor that is no batch")
            args[0].memory.changes += 1
            args[0].become(results, self, None if place is None else (place, None))
            return args[0]
        memory = args[0].memory if operation and func.is_view and isinstance(args[0], Batch) else None
        if isinstance(results, (list, tuple)):
            wrapped = [
                Batch(r, self, None if place is None else (place, i), memory) if isinstance(r, CONTENTS) else r
                for i, r in enumerate(results)
            ]
            return type(results)(wrapped)
        if isinstance(results, CONTENTS):
            return Batch(results, self, None if place is None else (place, None), memory)
        return results


def _shape_only(results):
    if isinstance(results, (list, tuple)):
        return type(results)(_shape_only(r) for r in results)
    return Shape(results) if isinstance(results, (Local, Dense)) else results


def _settled(results):
    """The results without deferred differences, which later draws would compute over and over."""
    if isinstance(results, (list, tuple)):
        return type(results)(map(_settled, results))
    if isinstance(results, LastLayer):
        return Dense(results.rows)
    deferred = isinstance(results, Local) and isinstance(results.change, Deferred)
    return results.with_change(results.delta) if deferred else results


def _bytes(results):
    if isinstance(results, (list, tuple)):
        return [size for part in results for size in _bytes(part)]
    if isinstance(results, Local):
        change = results.change
        held = change is not None and not (isinstance(change, Deferred) and "delta" not in vars(change))
        return [math.prod(change.shape) * results.ref.element_size()] if held else []
    return [math.prod(results.sizes()) * results.sample.element_size()] if isinstance(results, Dense) else []


def _contents(tree):
    return nested_map(lambda a: a.content if isinstance(a, Batch) else a, tree)
