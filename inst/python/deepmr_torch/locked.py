"""Running a model with its dropout under control: where masks meet batches."""

import contextlib
import re

import numpy as np
import torch

from . import rng
from .errors import DeepmrError
from .extra import AddedDropout
from .layers import refuse_batch_statistics
from .masks import Row
from .model import join_outputs
from .plan import COPIES, Plan, discrepancy, find_sites, trial_masks
from .strands import reverse_complement


def choose_device(device, model):
    """The device to compute on: the one asked for, else a GPU, else where the model is."""
    if device is None:
        return torch.device("cuda") if torch.cuda.is_available() else model.parameter.device
    # Checked before anything is moved: on some devices, such as "meta", weights are lost.
    if not isinstance(device, str) or re.fullmatch(r"cpu|cuda(:\d+)?", device) is None:
        raise DeepmrError("device", f"There is no device {device!r}.", "Write 'cpu', 'cuda' or 'cuda:1'.")
    chosen = torch.device(device)
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise DeepmrError("device", f"device = '{device}', but torch finds no GPU.", "Use device = 'cpu'.")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise DeepmrError(
            "device",
            f"device = '{device}', but torch finds {torch.cuda.device_count()} GPU(s), counted from 0.",
            "Use device = 'cuda' for the current one.",
        )
    return chosen


class LockedModel:
    """`with LockedModel(model, spec, seed, outputs) as locked:` examines the model on random
    sequences, refuses it where masks could not be locked, and then computes batches. The user's
    module is handed back as it came: weights, mode and device. (Examined on a sequence of the user's,
    one that is its own reverse complement, or all N, could not tell strands apart.)

    `outputs` are the indices of the wanted predictions, `spec = None` switches dropout off."""

    def __init__(self, model, spec, seed, outputs, device=None, mechanism="auto"):
        self.model = model
        self.spec = spec
        self.seed = seed
        self.unrelated = np.random.default_rng(0).integers(0, 4, (COPIES, model.length), np.uint8)
        self.outputs = torch.as_tensor(np.asarray(outputs, np.int64))
        self.device = device
        self.takeover = AddedDropout(model.module, mechanism, () if spec is None else spec.extra)
        self.plan = None
        self.layouts = {}  # of weights, for the windowed engine

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(rng.untouched())
            device = choose_device(self.device, self.model)
            if device != self.model.parameter.device:  # else a module may be spread over several devices
                stack.callback(self.model.module.to, self.model.parameter.device)
                self.model.module.to(device)
            stack.enter_context(self.takeover)
            self._examine()
            stack.callback(self._free)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc):
        self._stack.close()

    def _free(self):
        """Gives the memory of masks, and what the GPU has cached, back when a run ends."""
        self.plan = None
        self.layouts = {}
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()

    @property
    def eps(self):
        """Machine precision of the network's numbers."""
        return torch.finfo(self.model.parameter.dtype).eps

    def compute(self, code, position, alt, rows=None):
        """(N, K) doubles for copies of a sequence mutated at `position` to `alt`. `rows`: the Row
        whose masks all share, or a list with one Row per row of the batch."""
        x = self.model.encode(code, position, alt)
        if not self.model.both_strands:
            return self._predict(x, rows)
        x = torch.cat([x, self.model.encode(*reverse_complement(code, position, alt))])
        return self.over_strands(self._predict(x, rows * 2 if isinstance(rows, list) else rows))

    def over_strands(self, predictions):
        """Means over the strands of predictions (rows of each strand, one strand after the other, K)."""
        return predictions.reshape(self.model.strands, -1, predictions.shape[-1]).mean(0)

    def handler(self, rows, n):
        """What answers the dropout calls of a pass over n rows."""
        return (lambda call: None) if self.spec is None else self.plan.handler(rows, n, self.outputs.device)

    def check_complete(self):
        """Raises where the pass has met fewer dropout calls than the examination."""
        if self.spec is not None:
            self.plan.check_complete(self.takeover.calls)

    def _predict(self, x, rows):
        out = self._run(x, self.handler(rows, len(x)))[:, self.outputs].double().cpu().numpy()
        self.check_complete()
        return out

    def shared(self, rows):
        """One Row for the batch where masks are locked, else the list."""
        return rows[0] if self.spec is None or self.spec.locked else rows

    def _run(self, x, handler):
        with rng.untouched():
            out = join_outputs(self.takeover.forward(x, handler), len(x))
        if out.shape[1] != len(self.model.outputs):
            raise DeepmrError(
                "model",
                f"The model gives {out.shape[1]} predictions, but there are {len(self.model.outputs)} output names.",
                "Name each prediction once.",
            )
        return out

    def _examine(self):
        refuse_batch_statistics(self.model.module)
        none = np.full(COPIES, -1), np.zeros(COPIES, np.uint8)
        self.outputs = self.outputs.to(self.model.parameter.device)
        one = self.takeover.survey(
            self.model.encode(self.unrelated[0], none[0][:1], none[1][:1]), self.spec is not None
        )
        if self.spec is None:
            self._check_silent(one)
        else:
            several = self.takeover.survey(self.model.encode(self.unrelated[0], *none))
            sites = find_sites(one, several)
            for site in sites:
                if site.copies > 1:
                    site.folded = self._folded(site, none)
            self.plan = Plan(sites, self.spec, self.seed)
        self._check_rows_alone()

    def _check_silent(self, calls):
        for call in calls:
            if call.use == "other":
                raise DeepmrError(
                    "dropout_site",
                    f"The dropout call '{call.name}' cannot be switched off: the model makes it in evaluation mode "
                    "too, by a formula that depends on its rate.",
                    "Call it with training = self.training.",
                )

    def _folded(self, site, none):
        """Whether the streams of one sequence lie together in the batch: the layout under which
        three copies of a sequence give what one gives, with no other dropout active. The better of
        the two is taken, since a call may have little effect on the outputs."""

        def run(n, mask):
            def handler(call):
                return (mask.to(self.model.parameter.device), 0.5) if call.ordinal == site.ordinal else None

            x = self.model.encode(self.unrelated[0], none[0][:n], none[1][:n])
            return self._run(x, handler).double().cpu().numpy()

        apart = []
        for folded in (False, True):
            one, copies = trial_masks(site, folded)
            apart.append(discrepancy(run(COPIES, copies), np.repeat(run(1, one), COPIES, axis=0)))
        if min(apart) <= 1:
            return apart[1] < apart[0]
        raise DeepmrError(
            "dropout_site",
            f"The dropout call '{site.name}' cannot be locked: it works on {site.copies} streams per sequence, "
            "laid out in the batch neither one after another nor sequence by sequence.",
            "Leave it inactive with dropout_spec(layers = ), naming the other layers.",
        )

    def _check_rows_alone(self):
        """A batch of unrelated sequences must give what batches of one give. (Variants would not do:
        they are so alike that what one row does to the next hardly shows.)"""
        x = torch.cat([self.model.encode(c, np.array([-1]), np.zeros(1, np.uint8)) for c in self.unrelated])
        rows = [Row("", 1)] * COPIES
        together = self._predict(x, self.shared(rows))
        alone = np.concatenate([self._predict(x[i : i + 1], rows[i : i + 1]) for i in range(COPIES)])
        # Masks of a second draw, to see how far masks move each output.
        other = self._predict(x, self.shared([Row("", 2)] * COPIES))
        both = np.isfinite(together) & np.isfinite(other)
        spread = np.abs(np.subtract(other, together, out=np.zeros_like(other), where=both)).max(axis=0)
        if discrepancy(together, alone, spread) <= 1:
            return
        raise DeepmrError(
            "batch_dependent",
            "A prediction changes with the other rows of its batch: "
            f"by {np.abs(together - alone).max():.3g} for one of three rows.",
            "Variants can be compared with their reference only where each row is computed on its own. Look for "
            "normalisation or randomness across the batch in the model's forward.",
        )
