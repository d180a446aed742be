"""What happens to each draw of the predictions before moments are taken.

A transform is a sequence of steps, each a monotone function of one prediction, with numbers that R
hands over: `logit`, `sigmoid`, `affine` (a + b x) and `table` (linear between points). Platt scaling
is logit, affine, sigmoid; so is a change of prevalence.
"""

import dataclasses

import numpy as np

from .errors import DeepmrError

# Probabilities of 0 and 1 have no logit. Near 1 a float32 has steps of 2^-24; near 0 it has no such limit.
LEAST, MOST = 1e-30, 1 - 2.0**-24


def with_steps(model, steps):
    """`model` (a Model or an Ensemble) with `steps` after those it has; None takes all steps away.

    steps: list of dicts with `kind`; "affine" has `a`, `b` (1 or K numbers), "table" has `x`, `y` (1
    or K lists of numbers)."""
    if steps is None:
        return dataclasses.replace(model, steps=())
    return dataclasses.replace(model, steps=(*model.steps, *map(make_step, steps)))


def make_step(step):
    """A step with its numbers as arrays."""
    made = {"kind": step["kind"]}
    if step["kind"] == "affine":
        made |= {name: np.asarray(step[name], np.float64) for name in ("a", "b")}
    elif step["kind"] == "table":
        made |= {name: [np.asarray(v, np.float64) for v in step[name]] for name in ("x", "y")}
    return made


class Transform:
    """`steps` for the predictions with the indices `outputs`; `names` are those of all K predictions."""

    def __init__(self, steps, outputs, names):
        self.outputs = outputs
        self.names = names
        self.steps = [self._of_outputs(step) for step in steps]

    def _of_outputs(self, step):
        """The step's numbers for the wanted predictions only."""

        def chosen(values):
            return [values[i if len(values) > 1 else 0] for i in self.outputs]

        return {name: value if name == "kind" else chosen(value) for name, value in step.items()}

    def __call__(self, values):
        """(N, K) predictions on the new scale."""
        for step in self.steps:
            values = getattr(self, step["kind"])(values, step)
        return values

    def rounding(self, values, relative):
        """How far each of `values` (N, K) moves on the new scale where the network's number is off by
        `relative` times itself."""
        off = relative * np.abs(values)
        if not self.steps:
            return off
        with np.errstate(invalid="ignore"):  # a prediction that is not finite is reported by its own name
            return np.abs(self(values + off) - self(values - off)) / 2

    def logit(self, p, step):
        # A hair outside 0 and 1 is where rounding() looks.
        wrong = np.argwhere((p < -1e-4) | (p > 1 + 1e-4))
        if len(wrong):
            row, column = wrong[0]
            raise DeepmrError(
                "not_probability",
                f"The output '{self.names[self.outputs[column]]}' is {p[row, column]:.6g}, which is no probability: "
                "it has no logit.",
                "A network that gives logits needs transform_sigmoid() first, or no transform.",
            )
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
