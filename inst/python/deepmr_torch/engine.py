"""Which engine computes a batch of variants, and the windowed one.

`dense` runs the whole network for every variant. `windowed` runs the model's forward once per draw for a
chunk of variants, on the differences to the reference (windowed.py); on a GPU, whose operations are short, once
for several draws. It is taken only after it has given what dense gives on variants from all over the sequence.
"""

import dataclasses

import numpy as np
import torch

from . import rng
from .encode import one_hot_table
from .errors import DeepmrError
from .layouts import kept
from .masks import Row
from .memory import device_bytes
from .model import join_outputs
from .plan import discrepancy
from .precision import differences_in
from .strands import reverse_complement
from .windowed import Batch, Tape
from .windows import Local, Streams

FORMS = {"NCL": ("C", "L"), "NC1L": ("C", "1", "L"), "NCL1": ("C", "L", "1"), "NLC": ("L", "C")}
CHECKED = 16  # variants compared with dense
MOST_ROWS = {"cpu": 3072, "cuda": 49152}  # a pass shall take about a second at most
SEVERAL_DRAWS = {"cuda"}  # devices where a pass gains from more rows than a sequence has variants
# The allocator of a CPU gives tensors above this back to the system each time, and asks for them anew.
LARGEST = {"cpu": 2**25}
SHARE_OF_FREE = 0.5
PRODUCTS = ("aten::convolution", "aten::addmm", "aten::mm")


@dataclasses.dataclass
class Choice:
    """What was found for one network: `engine`, why it is dense (`reason`), how each operation runs, the
    largest difference from dense on the variants compared, how many variants a chunk holds, and whether a pass
    may take several draws where as many variants of each fit into a chunk."""

    engine: str
    reason: str | None = None
    how: list = dataclasses.field(default_factory=list)
    difference: float | None = None
    rows: int | None = None
    folds: bool = False


class Windowed:
    """The windowed engine of one LockedModel for one sequence; `precision`: of products of differences."""

    def __init__(self, locked, code, measured=False, precision="float32"):
        self.locked = locked
        self.measured = measured
        self.precision = precision
        self.code = code
        self.tapes = {}  # of chunks, by the number of their first variant

    def compute(self, position, alt, row, key):
        """(1 + n, K) doubles: the reference and n variants, under the masks of `row`. `key` names the chunk; a
        chunk holds the same variants in every draw."""
        return self.compute_draws(position, alt, [row], key)[0]

    @torch.no_grad()
    def compute_draws(self, position, alt, rows, key):
        """(D, 1 + n, K): under the masks of each of `rows`, of which a pass takes all. More than one only where
        the plan's masks `fold`."""
        tape = self.tapes.setdefault((key, len(rows)), Tape(self.measured))
        tape.begin()
        try:
            if tape.content is None:
                tape.content = self._enter(position, alt, len(rows))
            out = self._forward(tape, rows)
        except BaseException:
            del self.tapes[key, len(rows)]
            raise
        tape.end()
        out = self.locked.over_strands(out).reshape(len(rows), 1 + len(position), -1)
        return out if self.measured else self._finite(out, position, alt, rows)

    def _finite(self, out, position, alt, rows):
        """Predictions that are not finite are computed anew by the whole network: where values overflow, so do
        their differences, but what follows may be finite again (1 / (1 + exp(-x)), for one)."""
        position, alt = np.append(-1, position), np.append(0, alt).astype(np.uint8)
        for draw, row in zip(out, rows):
            lost = np.flatnonzero(~np.isfinite(draw).all(axis=1))
            for i in range(0, len(lost), CHECKED):
                some = lost[i : i + CHECKED]
                draw[some] = self.locked.compute(self.code, position[some], alt[some], row)
                if not np.isfinite(draw[some]).all():
                    return out  # the run reports the first of them
        return out

    def _forward(self, tape, rows):
        locked = self.locked
        n = tape.content.batch
        several = len(rows) > 1
        answer = locked.handler(rows * locked.model.strands if several else rows[0], n)

        def handler(call):
            mask = answer(call)
            tape.masked |= mask is not None
            if mask is None or not several:
                return mask
            keep, rate = mask
            return Batch(Streams(keep, n // tape.content.streams), tape), rate

        with rng.untouched(), kept(locked.layouts, locked.model.module), differences_in(self.precision):
            out = locked.takeover.forward(tape.enter(), handler)
            rows_out = tape.leave(join_outputs(out, n), locked.outputs)
        locked.check_complete()
        return rows_out.double().cpu().numpy()

    def _enter(self, position, alt, draws):
        """The one-hot reference, and each variant's difference at its position, for each strand and each of the
        draws."""
        model = self.locked.model
        parameter = model.parameter
        table = torch.from_numpy(one_hot_table(model.bases))
        strands = [(self.code, position, alt)]
        if model.both_strands:
            strands.append(reverse_complement(*strands[0]))
        ref, change, start = [], [], []
        for code, at, base in strands:
            code, at, base = (torch.from_numpy(np.array(a, np.int64)) for a in (code, at, base))
            ref.append(table[code].T[None].repeat(draws, 1, 1))
            change.append((table[base] - table[code[at]])[:, None].repeat(draws, 1, 1))
            start.append(at.repeat(draws))
        to = {"device": parameter.device, "dtype": parameter.dtype}
        return Local(
            torch.cat(ref).to(**to), torch.cat(change).to(**to), torch.cat(start).to(parameter.device),
            FORMS[model.layout],
        )  # fmt: skip


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
    tape = engine.tapes[0, 1]
    finite = np.isfinite(got) & np.isfinite(dense)  # others are reported, with their draw, in the run
    difference = float(np.abs(got[finite] - dense[finite]).max(initial=0.0))
    if (~np.isfinite(got) & np.isfinite(dense)).any():
        return Choice("dense", "its differences overflow where the whole network's predictions do not", tape.how)
    if max(apart(got, dense, locked.eps), apart(again, dense, locked.eps)) > 1:
        return Choice("dense", f"its predictions differ from those of the whole network by {difference:.3g}", tape.how)
    if not any(name in PRODUCTS and rule != "all rows" for name, rule in tape.how):
        return Choice("dense", "no layer gains from it", tape.how)
    rows = _chunk(tape.sizes(), len(some) + 1, locked)
    choice = Choice("windowed", None, tape.how, difference, rows)
    if locked.model.parameter.device.type in SEVERAL_DRAWS:
        choice.folds = _folds(locked, engine, position[some], alt[some], row)
    return choice


def _folds(locked, engine, position, alt, row):
    """Whether a pass over two draws gives what two passes give."""
    if locked.spec is None or not locked.plan.folds:
        return False
    rows = [row, Row(row.sequence, row.draw + 1)]
    try:
        together = engine.compute_draws(position, alt, rows, 0)
    except DeepmrError:
        raise
    except Exception:  # noqa: BLE001 (whatever an operation raises that does not know masks of several draws)
        return False
    alone = [engine.compute(position, alt, one, 0) for one in rows]
    return all(apart(a, b, locked.eps) <= 1 for a, b in zip(together, alone))


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
