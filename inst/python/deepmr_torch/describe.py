"""What a model is made of, for printing."""

import numpy as np

from . import rng
from .encode import codes
from .takeover import Takeover


def dropout_calls(model, seed=1):
    """The dropout calls of a forward pass: dict of equally long lists `name`, `kind`, `rate`,
    `shape` (of the random tensor for one sequence)."""
    sequence = ("ACGT" * (model.length // 4 + 1))[: model.length]
    with rng.untouched(), Takeover(model.module) as takeover:
        sites = takeover.survey(model.encode(codes(sequence), np.array([-1]), np.zeros(1, np.uint8)))
    return {
        "name": [s.name for s in sites],
        "kind": [s.kind for s in sites],
        "rate": [s.rate for s in sites],
        "shape": [" x ".join(map(str, s.shape)) for s in sites],
    }


def about(model):
    """What R keeps of a model."""
    return {
        "source": model.source,
        "length": model.length,
        "layout": model.layout,
        "bases": model.bases,
        "outputs": model.outputs,
    }


def n_parameters(model):
    return sum(p.numel() for p in model.module.parameters())
