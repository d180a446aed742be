"""How each dropout call's mask is laid out over a batch, found by experiment and checked.

`Plan` knows the sites of one model under one dropout specification and hands each call its
mask. It is made once per model and specification: the layouts are read off the shapes met with
one and with three copies of a sequence, and nothing runs before batches of three have given what
batches of one give, so that a layout that was misread stops the run instead of leaving the
masks unlocked.
"""

import dataclasses

import numpy as np
import torch

from .errors import DeepmrError
from .masks import keep_mask
from .sites import Site, effective_rates, mask_shape, module_of

COPIES = 3
# A batch of three may differ from three batches of one by float rounding, no more: relative to the
# value itself, to the largest value of the same output, and to the largest of all outputs. Outputs
# that happen to be small differences of large numbers may differ by a share of what another mask
# does to them; unlocked masks would differ by all of it.
RELATIVE, OF_OUTPUT, OF_ALL, OF_SPREAD = 1e-4, 1e-5, 1e-12, 1e-4


class Plan:
    """Sites, their rates under `spec`, and the masks of a batch."""

    def __init__(self, sites, spec, seed):
        self.sites = sites
        self.spec = spec
        self.seed = int(seed)
        self.rates = effective_rates(sites, spec)
        self._index = {site.ordinal: i for i, site in enumerate(sites)}
        self._cache = {}

    @property
    def batch_of_one(self):
        """True where rows of a batch cannot have different masks, since a tensor has no batch
        dimension."""
        return any(rate > 0 and site.batch_dim is None for site, rate in zip(self.sites, self.rates))

    @property
    def folds(self):
        """True where a pass can take several draws: each active call's masks lie along the first dimension, stream
        by stream."""
        return all(site.batch_dim == 0 and not site.folded for site, rate in zip(self.sites, self.rates) if rate > 0)

    def handler(self, rows, n, device):
        """Answers the calls of one pass over n rows: `rows` is one Row that all share, or a list: of the masks of
        each row, or of a pass over several draws."""

        def answer(call):
            site = self._known(call, n)
            rate = self.rates[self._index[site.ordinal]]
            if rate == 0:
                return None
            return self._batch_mask(site, rate, rows, n, device), rate

        return answer

    def _known(self, call, n):
        """The site that `call` is, or an error where the pass differs from the one examined."""
        site = self.sites[self._index[call.ordinal]] if call.ordinal in self._index else None
        if (
            site is not None
            and (call.kind, call.shape) == (site.kind, site.batch_shape(n))
            and (call.kind == "functional" or call.name == module_of(site.name))
        ):
            return site
        raise DeepmrError(
            "dropout_site",
            f"Dropout call {call.ordinal} ('{call.name}', shape {call.shape}) was not met when the model was "
            "examined: its forward pass takes another path now.",
            "The dropout calls must not depend on the data or on the size of the batch.",
        )

    def check_complete(self, calls):
        """Raises where a pass has met fewer calls than were met when the model was examined."""
        if len(calls) < len(self.sites):
            met = {call.ordinal for call in calls}
            missed = next(site.name for site in self.sites if site.ordinal not in met)
            raise DeepmrError(
                "dropout_site",
                f"The dropout call '{missed}' was met when the model was examined, but not in a later forward pass.",
                "The dropout calls must not depend on the data or on the size of the batch.",
            )

    def _batch_mask(self, site, rate, rows, n, device):
        if not isinstance(rows, list):
            # Shared by all rows: kept for the batches of this draw, since it is the same for all.
            key = (rows.sequence, rows.draw, site.ordinal)
            if key not in self._cache:
                if next(iter(self._cache), key)[:2] != key[:2]:
                    self._cache.clear()
                self._cache[key] = torch.from_numpy(self._row_mask(site, rate, rows)).to(device)
            mask = self._cache[key]
            if site.batch_dim is None or mask.shape[site.batch_dim] == 1:
                return mask
            if not site.folded:
                return mask.repeat_interleave(n, dim=site.batch_dim)
            return mask.repeat([n if d == site.batch_dim else 1 for d in range(mask.dim())])
        masks = np.stack([self._row_mask(site, rate, row) for row in rows])
        if site.batch_dim is None:
            return torch.from_numpy(masks[0]).to(device)
        return torch.from_numpy(arrange(masks, site)).to(device)

    def _row_mask(self, site, rate, row):
        shape = mask_shape(site, self.spec)
        return keep_mask(self.seed, row.sequence, row.draw, site.ordinal, rate, shape, row.row)


def arrange(masks, site):
    """Masks of N rows, (N, *mask shape), put together along the site's batch dimension in the order
    in which the model lays out the batch."""
    d = site.batch_dim
    per_row = np.moveaxis(masks, 1 + d, 1)  # (N, copies or 1, rest)
    if not site.folded:
        per_row = np.broadcast_to(per_row, (len(masks), site.copies, *per_row.shape[2:])).swapaxes(0, 1)
    joined = per_row.reshape(-1, *per_row.shape[2:])
    return np.array(np.moveaxis(joined, 0, d), order="C")  # a copy: torch warns of read-only arrays


def find_sites(one, several):
    """Sites from the calls of a batch of one and of COPIES copies; `folded` is still unknown."""
    if [c.name for c in one] != [c.name for c in several]:
        raise DeepmrError(
            "dropout_site",
            "The model calls dropout in another order when the batch is larger.",
            "The order of dropout calls must not depend on the batch size.",
        )
    return [_site(a, b) for a, b in zip(one, several)]


def _site(a, b):
    changed = [d for d, (x, y) in enumerate(zip(a.shape, b.shape)) if x != y]
    if len(a.shape) == len(b.shape) and not changed:
        return Site(a.ordinal, a.name, a.kind, a.rate, a.use, a.shape, None)
    if len(a.shape) != len(b.shape) or len(changed) > 1 or b.shape[changed[0]] != COPIES * a.shape[changed[0]]:
        raise DeepmrError(
            "dropout_site",
            f"The dropout call '{a.name}' cannot be locked: its values have the shape {a.shape} for one "
            f"sequence and {b.shape} for {COPIES}, so no dimension is the batch.",
            "Use a model whose batch is one dimension at that layer.",
        )
    d = changed[0]
    return Site(a.ordinal, a.name, a.kind, a.rate, a.use, a.shape, d, a.shape[d])


def discrepancy(a, b, spread=0.0):
    """How far the outputs (N, K) of two batch layouts are apart, in units of what float rounding
    explains: up to 1 they agree. `spread` (K,): how far another mask moves each output. What is
    finite in neither counts as equal; such a prediction is reported, with its draw, when it is
    computed."""
    finite = np.isfinite(a) | np.isfinite(b)
    a, b = np.where(finite, a, 0.0), np.where(finite, b, 0.0)
    scale = np.maximum(np.abs(a), np.abs(b))
    allowed = RELATIVE * scale + OF_OUTPUT * scale.max(axis=0) + OF_ALL * scale.max() + OF_SPREAD * spread
    with np.errstate(invalid="ignore"):  # infinite in one layout only: NaN, which is taken for infinite
        apart = np.divide(np.abs(a - b), allowed, out=np.zeros_like(a), where=a != b)
    return float(np.nan_to_num(apart, nan=np.inf).max())


def trial_masks(site, folded):
    """(mask of one sequence, the same for COPIES copies laid out as `folded` says): every copy of a
    stream has the same mask, different streams have different ones."""
    one = keep_mask(0, "layout", 1, site.ordinal, 0.5, site.shape)
    trial = dataclasses.replace(site, folded=folded)
    return torch.from_numpy(one), torch.from_numpy(arrange(np.stack([one] * COPIES), trial))
