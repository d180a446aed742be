"""What mutagenesis and prediction share: a model opened for a run over sequences."""

import contextlib

import numpy as np

from .active import add_sites, no_sites
from .batching import choose_batch_size
from .encode import codes
from .errors import DeepmrError
from .locked import LockedModel, choose_device
from .sites import told_of_member
from .transform import Transform

ROUNDING = 32.0  # in units of the machine precision: what float rounding may do to a prediction


class Job:
    """One sequence after the other: `begin(name, sequence)`, then `step()` until it returns 1, then
    `collect()`; `close()` at last, whatever happened, hands the model back as it came.

    `model`: a Model or an Ensemble, whose members take turns over the draws. `spec = None`: dropout
    off, one draw per member. `outputs`: indices of predictions. `batch_size = None`: found at the first
    sequence."""

    def __init__(self, model, spec, outputs, n_samples, seed, batch_size, device):
        self.model = model
        self.spec = spec
        self.outputs = np.atleast_1d(np.asarray(outputs, np.int64))
        self.n_samples = len(model.members) if spec is None else int(n_samples)
        self.seed = seed
        self.batch_size = batch_size
        self.device = device
        self.locked = []  # one LockedModel for each member
        self.active = no_sites()  # dropout calls, of all members; none with dropout off
        self._opened = contextlib.ExitStack()
        # A member's own numbers are in the order of its own outputs.
        places = [{name: i for i, name in enumerate(m.outputs)} for m in model.members]
        self.columns = [[place[model.outputs[i]] for i in self.outputs] for place in places]
        self.scales = [
            Transform(model.member_steps(m, columns, self.outputs), [model.outputs[i] for i in self.outputs])
            for m, columns in zip(model.members, self.columns)
        ]

    @property
    def device_name(self):
        return str(choose_device(self.device, self.model.members[0]))

    def take(self, name, sequence):
        """Makes `sequence` the current one; the first opens and examines the model."""
        for member, columns in list(zip(self.model.members, self.columns))[len(self.locked) :]:
            locked = LockedModel(member, self.spec, self.seed, columns, self.device)
            try:
                self.locked.append(self._opened.enter_context(locked))
            except DeepmrError as error:
                raise told_of_member(error, self.model, member) from error.__cause__
            if self.spec is not None:
                add_sites(self.active, len(self.locked), self.locked[-1])
        self.name, self.sequence, self.code = name, sequence.upper(), codes(sequence)

    def member(self, draw):
        """Number of the member that computes draw `draw` (from 1)."""
        return (draw - 1) % len(self.locked)

    def choose_batch_size(self, compute, most):
        """The batch size that suits all members; `compute(member, n)` computes n rows."""
        return min(
            choose_batch_size(lambda n, m=m: compute(m, n), locked.model.parameter.device, most)
            for m, locked in enumerate(self.locked)
        )

    def on_scale(self, member, out, what):
        """Predictions (N, K) of a member after the transform, and how far float rounding can move each.
        Raises where one is not finite; `what(row)` names the row's content and draw."""
        self.refuse_not_finite(out, what)
        scale = self.scales[member]
        eps = self.locked[member].eps
        values = scale(out)
        self.refuse_not_finite(values, what, " after the transform")
        return values, scale.rounding(out, ROUNDING * eps)

    def refuse_not_finite(self, out, what, when=""):
        if np.isfinite(out).all():
            return
        row, column = np.argwhere(~np.isfinite(out))[0]
        raise DeepmrError(
            "not_finite",
            f"The model predicts {out[row, column]}{when} for output "
            f"'{self.model.outputs[self.outputs[column]]}' of {what(row)}.",
            "Look for overflow or a division by zero in the model, its weights or its transform.",
        )

    def close(self):
        self.locked = []
        self._opened.close()
