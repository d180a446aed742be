"""Which engine computes a batch of variants, and the windowed one.

`dense` runs the whole network for every variant. `windowed` runs the model's forward once per draw for a
chunk of variants, on the differences to the reference (windowed.py). It is taken only after it has given
what dense gives on variants from all over the sequence.
"""

import dataclasses

import numpy as np
import torch

from . import rng
from .encode import one_hot_table
from .errors import DeepmrError
from .layouts import kept
from .memory import device_bytes
from .model import join_outputs
from .plan import discrepancy
from .windowed import Tape
from .windows import Local

FORMS = {"NCL": ("C", "L"), "NC1L": ("C", "1", "L"), "NCL1": ("C", "L", "1"), "NLC": ("L", "C")}
CHECKED = 16  # variants compared with dense
MOST_ROWS = {"cpu": 3072, "cuda": 8192}  # a draw of a chunk shall take about a second at most
# The allocator of a CPU gives tensors above this back to the system each time, and asks for them anew.
LARGEST = {"cpu": 2**25}
SHARE_OF_FREE = 0.5
PRODUCTS = ("aten::convolution", "aten::addmm", "aten::mm")


@dataclasses.dataclass
class Choice:
    """What was found for one network: `engine`, why it is dense (`reason`), how each operation runs, the
    largest difference from dense on the variants compared, and how many variants a chunk holds."""

    engine: str
    reason: str | None = None
    how: list = dataclasses.field(default_factory=list)
    difference: float | None = None
    rows: int | None = None


class Windowed:
    """The windowed engine of one LockedModel for one sequence."""

    def __init__(self, locked, code, measured=False):
        self.locked = locked
        self.measured = measured
        self.code = torch.from_numpy(code.astype(np.int64))
        self.tapes = {}  # of chunks, by the number of their first variant

    @torch.no_grad()
    def compute(self, position, alt, rows, key):
        """(1 + n, K) doubles: the reference and n variants, under the masks of the Row `rows`. `key` names
        the chunk; a chunk holds the same variants in every draw."""
        tape = self.tapes.setdefault(key, Tape(self.measured))
        tape.begin()
        try:
            if tape.content is None:
                tape.content = self._enter(position, alt)
            out = self._forward(tape, rows)
        except BaseException:
            del self.tapes[key]
            raise
        tape.end()
        return out

    def _forward(self, tape, rows):
        locked = self.locked
        n = tape.content.batch
        answer = locked.handler(rows, n)

        def handler(call):
            mask = answer(call)
            tape.masked |= mask is not None
            return mask

        with rng.untouched(), kept(locked.layouts, locked.model.module):
            out = locked.takeover.forward(tape.enter(), handler)
            rows_out = tape.leave(join_outputs(out, n), locked.outputs)
        locked.check_complete()
        return rows_out.double().cpu().numpy()

    def _enter(self, position, alt):
        """The one-hot reference, and each variant's difference at its position."""
        model = self.locked.model
        parameter = model.parameter
        table = torch.from_numpy(one_hot_table(model.bases))
        position, alt = torch.from_numpy(position), torch.from_numpy(alt.astype(np.int64))
        delta = (table[alt] - table[self.code[position]])[:, None]
        to = {"device": parameter.device, "dtype": parameter.dtype}
        return Local(
            table[self.code].T[None].to(**to), delta.to(**to), position.to(parameter.device), FORMS[model.layout]
        )


def choose(locked, asked, code, position, alt, row):
    """The Choice for a network: `asked` is "auto", "dense" or "windowed"; `row` are the masks of a draw."""
    if asked == "dense":
        return Choice("dense")
    if not (locked.spec is None or locked.spec.locked):
        return Choice("dense")  # without shared masks all of a variant differs from the reference
    some = np.unique(np.linspace(0, len(position) - 1, CHECKED).round().astype(int))
    engine = Windowed(locked, code, measured=True)
    try:
        got = engine.compute(position[some], alt[some], row, 0)
        again = engine.compute(position[some], alt[some], row, 0)  # with what the first draw has kept
    except DeepmrError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever an operation that the rules do not know raises)
        return Choice("dense", f"it cannot run on differences: {type(error).__name__}: {str(error).splitlines()[0]}")
    dense = locked.compute(code, np.append(-1, position[some]), np.append(0, alt[some]).astype(np.uint8), row)
    how = engine.tapes[0].how
    finite = np.isfinite(got) & np.isfinite(dense)  # others are reported, with their draw, in the run
    difference = float(np.abs(got[finite] - dense[finite]).max(initial=0.0))
    if max(apart(got, dense, locked.eps), apart(again, dense, locked.eps)) > 1:
        return Choice("dense", f"its predictions differ from those of the whole network by {difference:.3g}", how)
    if not any(name in PRODUCTS and rule != "all rows" for name, rule in how):
        return Choice("dense", "no layer gains from it", how)
    return Choice("windowed", None, how, difference, _chunk(engine.tapes[0].sizes(), len(some) + 1, locked))


def apart(got, dense, eps):
    """How far two engines' predictions (1 + n, K) are apart, up to 1 if they agree: as predictions, and as
    effects, which may be small beside the level that predictions are compared on."""
    with np.errstate(invalid="ignore"):  # what is not finite is reported, with its draw, in the run
        effect, wanted = got[1:] - got[0], dense[1:] - dense[0]
    allowed = 64 * eps * np.abs(dense).max(axis=0) + 1e-3 * np.abs(wanted) + np.finfo(float).tiny
    with np.errstate(invalid="ignore"):
        off = np.nan_to_num(np.abs(effect - wanted) / allowed, nan=0.0)
    return max(discrepancy(got, dense), float(off.max(initial=0.0)))


def _chunk(sizes, rows, locked):
    """How many variants a chunk holds, from the sizes of what a draw of so many rows computes."""
    device = locked.model.parameter.device
    most = MOST_ROWS.get(device.type, 512)
    if device.type in LARGEST:
        most = min(most, LARGEST[device.type] * rows // max(sizes))
    free = device_bytes(device)
    if free is not None:
        most = min(most, int(SHARE_OF_FREE * free * rows / sum(sizes)))
    return max(most, 1)
