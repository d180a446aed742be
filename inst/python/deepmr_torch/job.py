"""What mutagenesis and prediction share: a model opened for a run over sequences."""

import numpy as np

from .encode import codes
from .errors import DeepmrError
from .locked import LockedModel, choose_device


class Job:
    """One sequence after the other: `begin(name, sequence)`, then `step()` until it returns 1, then
    `collect()`; `close()` at last, whatever happened, hands the model back as it came.

    `outputs`: indices of predictions. `batch_size = None`: found at the first sequence."""

    def __init__(self, model, spec, outputs, n_samples, seed, batch_size, device):
        self.model = model
        self.spec = spec
        self.outputs = np.atleast_1d(np.asarray(outputs, np.int64))
        self.n_samples = int(n_samples)
        self.seed = seed
        self.batch_size = batch_size
        self.device = device
        self.locked = None

    @property
    def device_name(self):
        return str(choose_device(self.device, self.model))

    def take(self, name, sequence):
        """Makes `sequence` the current one; the first opens and examines the model."""
        if self.locked is None:
            self.locked = LockedModel(self.model, self.spec, self.seed, sequence, self.outputs, self.device).__enter__()
        self.name, self.sequence, self.code = name, sequence.upper(), codes(sequence)

    def refuse_not_finite(self, out, what):
        """Raises where predictions (N, K) are not finite; `what(row)` names the row's content and draw."""
        if np.isfinite(out).all():
            return
        row, column = np.argwhere(~np.isfinite(out))[0]
        raise DeepmrError(
            "not_finite",
            f"The model predicts {out[row, column]} for output '{self.model.outputs[self.outputs[column]]}' of "
            f"{what(row)}.",
            "Look for overflow or a division by zero in the model or its weights.",
        )

    def close(self):
        if self.locked is not None:
            self.locked.__exit__(None, None, None)
            self.locked = None
