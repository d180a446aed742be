"""Several networks as one model: each draw is one member under one mask."""

import dataclasses

import torch

from .errors import DeepmrError
from .model import Model
from .transform import of_outputs


@dataclasses.dataclass
class Ensemble:
    """Members take turns over the draws: draw t (from 1) is computed by member (t - 1) mod M.

    Each member keeps its own layout, base order and transform; `steps` come after the member's own."""

    members: tuple
    steps: tuple = ()

    @property
    def length(self):
        return self.members[0].length

    @property
    def outputs(self):
        return self.members[0].outputs

    @property
    def source(self):
        strands = "both strands of an " if all(member.both_strands for member in self.members) else ""
        return f"{strands}ensemble of {len(self.members)}"

    def member_steps(self, member, columns, outputs):
        return of_outputs(member.steps, columns) + of_outputs(self.steps, outputs)


def ensemble(models):
    """An Ensemble of Models with one sequence length and the same outputs, in any order."""
    first, states = models[0], []
    for number, model in enumerate(models, 1):
        if not isinstance(model, Model):
            raise DeepmrError("ensemble", f"Model {number} is an ensemble itself.", "Put its members here one by one.")
        if model.length != first.length:
            raise DeepmrError(
                "ensemble",
                f"Model {number} takes {model.length} bases, the first {first.length}.",
                "Members must take the same sequences.",
            )
        different = sorted(set(model.outputs) ^ set(first.outputs))
        if different:
            raise DeepmrError(
                "ensemble",
                f"The outputs of model {number} are not those of the first: '{different[0]}' is in one only.",
                "Members must predict the same outputs, under the same names.",
            )
        for other, earlier in enumerate(models[: number - 1], 1):
            if model.module is earlier.module:
                raise DeepmrError(
                    "ensemble",
                    f"Models {other} and {number} are one and the same network.",
                    "Load each member's weights into a network of its own.",
                )
        states.append(tensors_of(model.module))
        twin = next((n for n, state in enumerate(states[:-1], 1) if same_weights(state, states[-1])), None)
        if twin is not None:
            raise DeepmrError(
                "ensemble",
                f"Models {twin} and {number} have the same weights.",
                "Members must be networks trained apart.",
            )
    return Ensemble(tuple(models))


def tensors_of(module):
    """The tensors of a module's state; none where it has no parameters that training could have set."""
    if next(module.parameters(), None) is None:
        return {}
    return {key: value for key, value in module.state_dict().items() if isinstance(value, torch.Tensor)}


def same_weights(a, b):
    """Whether two states hold the same tensors, wherever they lie. One file loaded twice is no second
    opinion: it would make the spread over members too small, without a trace."""
    return bool(a) and a.keys() == b.keys() and all(same_tensor(a[key], b[key]) for key in a)


def same_tensor(a, b):
    return (a.dtype, a.shape) == (b.dtype, b.shape) and torch.equal(a, b.to(a.device))
