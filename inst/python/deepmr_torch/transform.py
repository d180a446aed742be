"""What happens to each draw of the predictions before moments are taken.

A transform is a sequence of steps, each a monotone function of one prediction, with numbers that R
hands over: `logit`, `sigmoid`, `affine` (a + b x) and `table` (linear between points). Platt scaling
is logit, affine, sigmoid; so is a change of prevalence.
"""

import dataclasses

import numpy as np

from .errors import DeepmrError

# Probabilities of 0 and 1 have no logit; what is nearer to them than this is taken for this, and is rounding.
LEAST, MOST = 1e-45, 1 - 2.0**-53


def with_steps(model, steps):
    """`model` (a Model or an Ensemble) with `steps` after those it has; None takes all steps away, those of
    an ensemble's members too.

    steps: list of dicts with `kind`; "affine" has `a`, `b` (1 or K numbers), "table" has `x`, `y` (1
    or K lists of numbers)."""
    if steps is None:
        if any(member is model for member in model.members):
            return dataclasses.replace(model, steps=())
        return dataclasses.replace(model, members=tuple(with_steps(m, None) for m in model.members), steps=())
    return dataclasses.replace(model, steps=(*model.steps, *map(make_step, steps)))


def make_step(step):
    """A step with its numbers as arrays."""
    made = {"kind": step["kind"]}
    if step["kind"] == "affine":
        made |= {name: np.asarray(step[name], np.float64) for name in ("a", "b")}
    elif step["kind"] == "table":
        made |= {name: [np.asarray(v, np.float64) for v in step[name]] for name in ("x", "y")}
    return made


def of_outputs(steps, outputs):
    """`steps` with their numbers for the predictions with the indices `outputs` only."""

    def chosen(values):
        return [values[i if len(values) > 1 else 0] for i in outputs]

    return [{name: value if name == "kind" else chosen(value) for name, value in step.items()} for step in steps]


class Transform:
    """`steps` as of_outputs() gives them, for the predictions called `names`."""

    def __init__(self, steps, names):
        self.steps = steps
        self.names = names

    def __call__(self, values):
        """(N, K) predictions on the new scale. Raises where a logit meets what is no probability."""
        for step in self.steps:
            if step["kind"] == "logit":
                self._refuse_others_than_probabilities(values)
            values = getattr(self, step["kind"])(values, step)
        return values

    def rounding(self, values, relative):
        """How far each of `values` (N, K) moves on the new scale where the network's number is off by
        `relative` times itself. Infinite where it has no logit."""
        off = relative * np.abs(values)
        low, high, lost = values - off, values + off, np.zeros(values.shape, bool)
        for step in self.steps:
            if step["kind"] == "logit":
                lost |= (values <= LEAST) | (values >= MOST)
            low, high, values = (getattr(self, step["kind"])(v, step) for v in (low, high, values))
        return np.where(lost, np.inf, np.abs(high - low) / 2)

    def _refuse_others_than_probabilities(self, p):
        wrong = np.argwhere((p < -1e-6) | (p > 1 + 1e-6))  # a sum of probabilities may be rounded past 1
        if len(wrong):
            row, column = wrong[0]
            raise DeepmrError(
                "not_probability",
                f"The output '{self.names[column]}' is {p[row, column]:.6g}, which is no probability: it has no logit.",
                "A network that gives logits needs transform_sigmoid() first, or no transform.",
            )

    def logit(self, p, step):
        p = np.clip(p, LEAST, MOST)
        return np.log(p) - np.log1p(-p)

    def sigmoid(self, x, step):
        small = np.exp(-np.abs(x))  # no overflow, and no loss of small probabilities
        return np.where(x >= 0, 1.0, small) / (1.0 + small)

    def affine(self, x, step):
        return np.asarray(step["a"]) + np.asarray(step["b"]) * x

    def table(self, x, step):
        columns = [np.interp(x[:, k], step["x"][k], step["y"][k]) for k in range(x.shape[1])]
        return np.stack(columns, axis=1)
