"""Averaging a network's predictions over a sequence and its reverse complement.

The two strands are rows of one batch, all sequences and then all their reverse complements, and share the masks of
their row: what a mask does to one it does to the other, whatever the network.
"""

import dataclasses

import numpy as np

from .encode import UNKNOWN
from .errors import DeepmrError


def both_strands(model):
    """`model` (a Model or an Ensemble, of which each member) averaged over both strands."""
    if any(member.both_strands for member in model.members):
        raise DeepmrError(
            "model",
            "This model averages both strands already.",
            "Use it as it is; averaged twice it would be the same.",
        )
    made = tuple(
        dataclasses.replace(member, both_strands=True, source=f"both strands of {member.source}")
        for member in model.members
    )
    if any(member is model for member in model.members):
        return made[0]
    return dataclasses.replace(model, members=made)


def reverse_complement(code, position, alt):
    """Codes of a sequence's reverse complement, and where and what its variants are there (no position: -1)."""
    code, position, alt = np.asarray(code), np.asarray(position), np.asarray(alt)
    turned = np.where(code == UNKNOWN, UNKNOWN, 3 - code)[::-1]  # A, C, G, T are 0 to 3
    return turned, np.where(position < 0, -1, len(code) - 1 - position), 3 - alt
