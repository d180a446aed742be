"""A sequence model: a torch module and how DNA goes in and predictions come out."""

import collections
import dataclasses

import numpy as np
import torch

from .encode import LAYOUTS, batch, to_layout
from .errors import DeepmrError
from .transform import of_outputs

MOST_BASES = 10_000_000  # above it one row needs more memory than any network of DNA is given


@dataclasses.dataclass
class Model:
    """`module` takes one-hot DNA of `length` bases in `layout`, channels in the order `bases`, and
    gives (N, K) predictions, or a tuple, list or dict of them, named by `outputs` (K names). `steps`:
    the transform of the predictions (see transform.py), which are means over both strands where
    `both_strands` (see strands.py)."""

    module: torch.nn.Module
    length: int
    outputs: list
    layout: str = "NCL"
    bases: str = "ACGT"
    source: str = "module"
    steps: tuple = ()
    both_strands: bool = False

    def __post_init__(self):
        if not isinstance(self.module, torch.nn.Module):
            raise DeepmrError(
                "model",
                f"The model is of type {type(self.module).__name__}, not a torch.nn.Module.",
                "Give a torch module that takes one-hot DNA.",
            )
        if self.layout not in LAYOUTS:
            raise DeepmrError("model", f"Unknown layout '{self.layout}'.", f"Use one of {', '.join(LAYOUTS)}.")
        if not isinstance(self.bases, str) or sorted(self.bases) != sorted("ACGT"):
            lower = sorted(str(self.bases).upper()) == sorted("ACGT")
            raise DeepmrError(
                "model",
                f"bases = '{self.bases}' is not an order of A, C, G and T.",
                "Write it in upper case." if lower else "Write each of the four once, as in ACGT.",
            )
        if not 1 <= self.length <= MOST_BASES:
            raise DeepmrError(
                "model",
                f"The model's length is {self.length} bases; it must be between 1 and {MOST_BASES}.",
                "Give the number of bases that the network takes.",
            )
        names = list(self.outputs or ())  # None and none until the network has been asked
        if not all(isinstance(name, str) and name.strip() for name in names):
            raise DeepmrError("model", "An output has an empty name.", "Give each output a name.")
        if len(set(names)) < len(names):
            twice = collections.Counter(names).most_common(1)[0][0]
            raise DeepmrError("model", f"Two outputs are called '{twice}'.", "Give each output a name of its own.")

    @property
    def members(self):
        """The networks that take turns over the draws, as in an Ensemble: here one."""
        return (self,)

    def member_steps(self, member, columns, outputs):
        """All steps of the transform of a member's predictions `columns`, which are the model's `outputs`."""
        return of_outputs(self.steps, outputs)

    @property
    def strands(self):
        """How many rows of a batch a sequence takes."""
        return 2 if self.both_strands else 1

    @property
    def parameter(self):
        """A floating-point parameter or buffer, whose type and device the inputs take."""
        tensors = [*self.module.parameters(), *self.module.buffers()]
        return next((t for t in tensors if t.is_floating_point()), torch.zeros(1))

    def encode(self, code, position, alt):
        """Inputs for copies of a sequence, row i mutated at position[i] (none if negative)."""
        rows = to_layout(batch(code, position, alt, self.bases), self.layout)
        parameter = self.parameter
        return torch.from_numpy(rows).to(device=parameter.device, dtype=parameter.dtype)

    def encode_one(self):
        """The input of one sequence, all A."""
        return self.encode(np.zeros(self.length, np.uint8), np.array([-1]), np.zeros(1, np.uint8))


def join_outputs(out, n):
    """(N, K) tensor from what a module returned for N rows: a tensor (N, K) or (N,), or a tuple, list
    or dict of such tensors, joined along the last axis. Raises DeepmrError("model") for all else."""
    parts = list(out.values()) if isinstance(out, dict) else out
    parts = list(parts) if isinstance(parts, list | tuple) else [parts]
    if not parts:
        raise DeepmrError("model", f"The model returned an empty {type(out).__name__}.", "Return its predictions.")
    for part in parts:
        if isinstance(part, dict | list | tuple):
            raise DeepmrError(
                "model",
                f"The model returned a {type(part).__name__} inside a {type(out).__name__}.",
                "Return a tensor, or one tuple, list or dict of tensors.",
            )
        if not isinstance(part, torch.Tensor):
            raise DeepmrError(
                "model",
                f"The model returned a {type(part).__name__}, not a tensor of predictions.",
                "Return a tensor with one row per sequence and one column per prediction.",
            )
        if part.is_complex():
            raise DeepmrError("model", "The model returned complex numbers.", "Return real predictions.")
    parts = [part[:, None] if part.shape == (n,) else part for part in parts]
    for part in parts:
        if part.dim() != 2 or part.shape[0] != n or not part.shape[1]:
            raise DeepmrError(
                "model",
                f"The model returned the shape {tuple(part.shape)} for {n} sequence{'s' if n != 1 else ''}.",
                "Each output must have one row per sequence and one column per prediction.",
            )
    return torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]
