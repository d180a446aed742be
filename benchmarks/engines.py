"""Windowed against dense, as ratios in one run: `make bench`, or `python benchmarks/engines.py NAME ...`.

Dense is the whole network for every variant and mask, at its best batch size, nothing cached. One
sequence, all variants, T = 50 draws, extrapolated: for windowed the comparison with dense before the run,
the first draw (which also computes what does not depend on masks) and 49 times the fastest of the later
draws timed; for dense 50 times the rows of a draw at the speed of the fastest of as many batches, timed in
turn with the draws. Beside each ratio: the largest difference of an effect from that of the whole network in
double precision, on 60 variants; the windowed engine's seconds for a sequence, and the most memory it held (on a GPU
torch's own count, elsewhere the process's resident size, which dense batches may have driven).
"""

import copy
import json
import pathlib
import resource
import sys
import time

import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "inst" / "python"))
from networks import NETWORKS, random_weights  # noqa: E402

from deepmr_torch import encode, engine  # noqa: E402
from deepmr_torch.locked import LockedModel  # noqa: E402
from deepmr_torch.masks import Row  # noqa: E402
from deepmr_torch.model import Model  # noqa: E402
from deepmr_torch.sites import make_spec  # noqa: E402

DRAWS = 50
COMPARED = 60
ROUNDS = 5
BATCHES = (16, 64, 256)


def seconds(function, *args):
    start = time.perf_counter()
    result = function(*args)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start, result


def measure(name, maker, length, layout, k, asked, aim):
    net = maker() if name == "demo model" else random_weights(maker())
    model = Model(net, length, [f"y{i}" for i in range(k)], layout)
    sequence = "".join(np.random.default_rng(1).choice(list("ACGT"), length))
    code = encode.codes(sequence)
    position, alt = encode.snvs(code)
    n = len(position)
    with torch.no_grad(), LockedModel(model, make_spec("locked", "element"), 1, range(k)) as locked:
        row = Row(sequence, 1)

        def batch(size):
            return seconds(locked.compute, code, position[:size], alt[:size], row)[0] / size

        best = min(BATCHES, key=batch)
        setting_up, choice = seconds(engine.choose, locked, "auto", code, position, alt, row)
        if choice.engine == "dense":
            return {"network": name, "engine": "dense", "reason": choice.reason}
        windowed = engine.Windowed(locked, code)
        at_once = max(choice.rows // n, 1) if choice.folds else 1

        def passes(t):
            """The predictions (1 + n, K) of the first of as many draws as a pass takes."""
            rows = [Row(sequence, at_once * t + i) for i in range(at_once)]
            parts = [
                windowed.compute_draws(position[i : i + choice.rows], alt[i : i + choice.rows], rows, i)[0]
                for i in range(0, n, choice.rows)
            ]
            return np.concatenate([parts[0][:1], *(part[1:] for part in parts)])

        first, _ = seconds(passes, 0)
        per_row, per_pass = [], []
        for t in range(1, 1 + ROUNDS):  # in turn: a machine's speed drifts
            per_row.append(batch(best))
            if torch.cuda.is_available():
                torch.cuda.reset_peak_memory_stats()
            later, got = seconds(passes, t)
            per_pass.append(later)
        memory = (
            torch.cuda.max_memory_allocated()
            if torch.cuda.is_available()
            else 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        )
        per_row = min(per_row)
        dense = DRAWS * (n + 1) * per_row
        fast = setting_up + first + (DRAWS / at_once - 1) * min(per_pass)
        some = np.unique(np.linspace(0, n - 1, COMPARED).round().astype(int))
    exact = Model(copy.deepcopy(net).double(), length, model.outputs, layout)
    with torch.no_grad(), LockedModel(exact, make_spec("locked", "element"), 1, range(k)) as locked:
        row = Row(sequence, at_once * ROUNDS)
        whole = locked.compute(code, np.append(-1, position[some]), np.append(0, alt[some]).astype(np.uint8), row)
    effect = whole[1:] - whole[0]
    got = got[1:][some] - got[0]
    excess = np.abs(got - effect) - 1e-3 * np.abs(effect)
    return {
        "network": name, "variants": n, "dense_ms_per_row": 1e3 * per_row, "dense_s": dense, "windowed_s": fast,
        "draws_at_once": at_once, "peak_gb": memory / 1e9,
        "windowed_ms_per_row": 1e3 * fast / DRAWS / (n + 1), "ratio": dense / fast, "asked": asked, "aim": aim,
        "largest_difference": float(np.abs(got - effect).max()), "largest_effect": float(np.abs(effect).max()),
        "level": float(np.abs(whole).mean()),
        "above_1e-3_of_effect": float(excess.max()),
    }  # fmt: skip


def main(names):
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {torch.get_num_threads()} threads"
    print(f"torch {torch.__version__}, {device}")
    print(
        f"{'network':24}{'dense ms/row':>14}{'windowed':>10}{'ratio':>8}{'asked':>7}{'aim':>5}{'difference':>12}"
        f"{'s/sequence':>12}{'peak GB':>9}"
    )
    results = []
    for name in names or NETWORKS:
        result = measure(name, *NETWORKS[name])
        results.append(result)
        if "ratio" in result:
            print(
                f"{name:24}{result['dense_ms_per_row']:14.3f}{result['windowed_ms_per_row']:10.3f}{result['ratio']:8.1f}"
                f"{result['asked']:7}{result['aim']:5}{result['largest_difference']:12.1e}{result['windowed_s']:12.2f}"
                f"{result['peak_gb']:9.2f}",
                flush=True,
            )
        else:
            print(f"{name:24} dense: {result['reason']}")
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1:])
