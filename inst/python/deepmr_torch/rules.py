"""How each operation is done on a batch of variants: one rule for each family of operations.

A rule returns the content of the result, or None where it does not apply; then the operation is done
on all rows.
"""

import torch
from torch.utils._pytree import tree_map

from . import rules_convolution, rules_pointwise, rules_pooling, rules_shape
from .windows import Dense, Local, full

RULES = {**rules_shape.RULES, **rules_convolution.RULES, **rules_pooling.RULES}
WIDEST = 0.5  # windows of more than this share of the length are no gain


def apply(func, args, kwargs, how=None):
    """Content of func's result; `how` is told the rule that did it."""
    local = [a for a in _leaves((args, kwargs)) if isinstance(a, Local)]
    if local:
        rule = RULES.get(func)
        if rule is None and torch.Tag.pointwise in func.tags:
            rule = rules_pointwise.pointwise
        out = rule(func, *args, **kwargs) if rule is not None else None
        if out is not None and not _too_wide(out):
            if how is not None:
                how.append((func._schema.name, _in_words(out)))
            return out
    if how is not None and local:
        how.append((func._schema.name, "all rows"))
    plain = lambda a: full(a).rows if isinstance(a, Local) else a.rows if isinstance(a, Dense) else a  # noqa: E731
    out = func(*tree_map(plain, args), **tree_map(plain, kwargs))
    return tree_map(lambda a: Dense(a) if isinstance(a, torch.Tensor) else a, out)


def _leaves(tree):
    found = []
    tree_map(found.append, tree)
    return found


def _too_wide(out):
    return isinstance(out, Local) and out.delta is not None and out.width > max(WIDEST * out.length, 8)


def _in_words(out):
    first = out[0] if isinstance(out, tuple) else out
    if isinstance(first, Local) and first.delta is not None:
        return f"windows of {first.width} of {first.length}"
    return "differences" if isinstance(first, Dense) else "reference"
