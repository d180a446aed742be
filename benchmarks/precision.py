"""How far TF32 moves effects: `python benchmarks/precision.py NAME ...`. On a GPU as it computes; elsewhere emulated:
the factors of products of differences are rounded to 10 bits (tests/python/rounded.py)."""

import copy
import pathlib
import sys

import numpy as np
import torch

root = pathlib.Path(__file__).parents[1]
sys.path[:0] = [str(root / "inst" / "python")]
sys.path += [str(root / "tests" / "python")]
from networks import NETWORKS, random_weights  # noqa: E402

from deepmr_torch import encode, engine, precision, rules_linear  # noqa: E402
from deepmr_torch.locked import LockedModel  # noqa: E402
from deepmr_torch.masks import Row  # noqa: E402
from deepmr_torch.model import Model  # noqa: E402
from deepmr_torch.sites import make_spec  # noqa: E402

VARIANTS = 300
DRAWS = 4


def effects(net, length, layout, k, how):
    model = Model(net, length, [f"y{i}" for i in range(k)], layout)
    sequence = "".join(np.random.default_rng(1).choice(list("ACGT"), length))
    code = encode.codes(sequence)
    position, alt = encode.snvs(code)
    some = np.unique(np.linspace(0, len(position) - 1, VARIANTS).round().astype(int))
    with LockedModel(model, make_spec("locked", "element"), 1, range(k)) as locked:
        run = engine.Windowed(locked, code, precision=how)
        draws = [run.compute(position[some], alt[some], Row(sequence, t), 0) for t in range(1, DRAWS + 1)]
    return np.array([draw[1:] - draw[0] for draw in draws])


def main(names):
    print(torch.cuda.get_device_name() if torch.cuda.is_available() else "emulated on the CPU")
    print(f"{'network':24}{'rms error / rms effect':>24}{'largest error':>16}{'median |error| / |effect|':>28}")
    if not torch.cuda.is_available():
        from rounded import Rounded

        precision.tf32, rules_linear.BY_START = Rounded, {"cpu"}
    for name in names or NETWORKS:
        maker, length, layout, k, *_ = NETWORKS[name]
        net = maker() if name == "demo model" else random_weights(maker())
        rounded = effects(net, length, layout, k, "tf32")
        exact = effects(copy.deepcopy(net).double(), length, layout, k, "float32")
        off, size = np.abs(rounded - exact), np.abs(exact)
        share = np.sqrt(np.mean(off**2) / np.mean(size**2))
        median = np.median((off / np.where(size > 0, size, np.inf))[size > 0])
        print(f"{name:24}{share:24.1e}{off.max():16.1e}{median:28.1e}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
