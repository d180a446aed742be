"""How each operation is done on a batch of variants: one rule for each family of operations.

A rule returns the content of the result, or None where it does not apply; then the operation is done
on all rows.
"""

import torch

from . import rules_convolution, rules_linear, rules_pointwise, rules_pooling, rules_shape
from .nested import leaves, nested_map
from .windows import Dense, Local, Shape, Streams, full, shared

RULES = {
    **rules_pointwise.RULES,
    **rules_shape.RULES,
    **rules_convolution.RULES,
    **rules_linear.RULES,
    **rules_pooling.RULES,
}
FOR_CONSTANTS = {*rules_shape.FOR_CONSTANTS, *rules_pointwise.RULES.values()}
VIEWS = {torch.ops.aten.view.default, torch.ops.aten._unsafe_view.default}
FOR_STREAMS = {rules_pointwise.pointwise, rules_shape.copy}
RECURRENT = {"lstm", "gru", "rnn_tanh", "rnn_relu"}
WIDEST = 0.5  # windows of more than this share of the length are no gain, unless all rows share one


def apply(func, args, kwargs, how=None):
    """Content of func's result; `how` is told the rule that did it."""
    local = leaves((args, kwargs), Local)
    streams = leaves((args, kwargs), Streams)
    if streams and not local and not leaves((args, kwargs), Dense):
        return _on_streams(func, args, kwargs)
    if local and not leaves((args, kwargs), Dense):
        rule = RULES.get(func)
        if rule is None and torch.Tag.pointwise in func.tags:
            rule = rules_pointwise.pointwise
        if any(a.change is None for a in local) and rule not in FOR_CONSTANTS:
            rule = None
        if streams and rule not in FOR_STREAMS:
            rule = None
        out = rule(func, *args, **kwargs) if rule is not None else None
        if out is not None and not _too_wide(out):
            if how is not None:
                how.append((func._schema.name, _in_words(out)))
            return out
    if how is not None and local:
        how.append((func._schema.name, "all rows"))
    if isinstance(args[0], Shape) and func.is_view:
        return args[0].viewed(func, *args[1:], **kwargs)
    if leaves((args, kwargs), Shape):
        raise NotImplementedError(f"{func} looks at the places of maxima")
    if not local and (last := rules_linear.last_layer(func, args, kwargs)) is not None:
        return last
    # Rows may lie in memory in another order than the model's own tensors would.
    func = torch.ops.aten.reshape.default if func in VIEWS else func
    args, kwargs = nested_map(_rows, args), nested_map(_rows, kwargs)
    if changes_first(func):  # later draws may look at what it would change
        args = (args[0].clone(), *args[1:])
    out = func(*args, **kwargs)
    return nested_map(lambda a: Dense(a) if isinstance(a, torch.Tensor) else a, out)


def _on_streams(func, args, kwargs):
    """Content of func's result for masks alone: what dropout makes of one before it multiplies."""
    per = leaves((args, kwargs), Streams)[0].per
    if func is torch.ops.aten.expand.default:
        x, (n, *sizes), *_ = args
        if n == x.sizes()[0]:
            return Streams(x.values.expand(-1, *sizes), per)
    elif torch.Tag.pointwise in func.tags or func is torch.ops.aten._to_copy.default:
        args, kwargs = nested_map(lambda a: a.values if isinstance(a, Streams) else a, (args, kwargs))
        if changes_first(func):  # masks are kept for other passes
            args = (args[0].clone(), *args[1:])
        return Streams(func(*args, **kwargs), per)
    raise NotImplementedError(f"{func} on masks of several draws")


def in_one_piece(func, kwargs):
    """Whether a function of torch is done as a whole: inside, these change plain tensors, or views, in place."""
    name = getattr(func, "__name__", "")
    return name in RECURRENT or (name == "pad" and kwargs.get("mode") == "circular")


def on_all_rows(func, args, kwargs, how=None):
    """Content of what a function of torch gives for all rows."""
    if how is not None:
        how.append((func.__name__, "all rows"))
    args, kwargs = nested_map(_rows, args), nested_map(_rows, kwargs)
    return nested_map(lambda a: Dense(a) if isinstance(a, torch.Tensor) else a, func(*args, **kwargs))


def _rows(a):
    return full(a).rows if isinstance(a, Local) else a.rows if isinstance(a, (Dense, Streams)) else a


def changes_first(func):
    """Whether an operation changes its first argument."""
    return func._schema.is_mutable and func._schema.name.endswith("_")


def _too_wide(out):
    if not isinstance(out, Local) or out.change is None or out.width <= max(WIDEST * out.length, 8):
        return False
    return shared(out.start) is None or out.width > out.length


def _in_words(out):
    first = out[0] if isinstance(out, tuple) else out
    if isinstance(first, Local) and first.change is not None:
        return f"windows of {first.width} of {first.length}"
    return "differences" if isinstance(first, Dense) else "reference"
