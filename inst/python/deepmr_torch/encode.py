"""From DNA text to one-hot arrays in a model's layout, and the list of its SNVs."""

import numpy as np

from .errors import DeepmrError

BASES = "ACGT"
LAYOUTS = ("NCL", "NC1L", "NCL1", "NLC")
UNKNOWN = 4  # code of N


def codes(sequence):
    """Codes 0..3 for A, C, G, T and 4 for N; (L,) uint8. Lower case is accepted.

    Raises DeepmrError("characters") naming the first other character."""
    text = np.frombuffer(sequence.upper().encode("utf-8"), np.uint8)
    table = np.full(256, 255, np.uint8)
    for i, base in enumerate(BASES + "N"):
        table[ord(base)] = i
    out = table[text]
    bad = np.flatnonzero(out == 255)
    if len(bad):
        raise DeepmrError(
            "characters",
            f"A sequence has the character {sequence[bad[0]]!r} at position {bad[0] + 1}.",
            "Use A, C, G, T and N only.",
        )
    return out


def snvs(code, positions=None, alternatives=None):
    """All single-nucleotide variants: (index of position from 0, alternative code), both (V,).

    Ordered by position, then alternative in the order A, C, G, T. A position that holds N
    has no variants. `positions` (from 0) restricts them, and so do `alternatives`, a list of codes."""
    where = np.arange(len(code)) if positions is None else np.unique(np.asarray(positions, np.int64))
    outside = where[(where < 0) | (where >= len(code))]
    if len(outside):
        raise DeepmrError(
            "positions",
            f"Position {outside[-1] + 1} is outside the sequence, which has {len(code)} bases.",
            "Give positions from 1 to the length of the sequence.",
        )
    where = where[code[where] != UNKNOWN]
    position = np.repeat(where, 4)
    alt = np.tile(np.arange(4, dtype=np.uint8), len(where))
    keep = alt != code[position]
    if alternatives is not None:
        keep &= np.isin(alt, alternatives)
    return position[keep], alt[keep]


def one_hot_table(bases):
    """(5, 4) rows for codes A, C, G, T, N in the column order `bases`; N is 1/4 everywhere."""
    table = np.zeros((5, 4), np.float32)
    for i, base in enumerate(BASES):
        table[i, bases.index(base)] = 1.0
    table[UNKNOWN] = 0.25
    return table


def batch(code, position, alt, bases):
    """One-hot copies of a sequence, row i mutated at position[i] to alt[i]; (N, L, 4) float32.

    A negative position leaves the row as the reference."""
    table = one_hot_table(bases)
    rows = np.repeat(table[code][None], len(position), axis=0)
    mutated = np.flatnonzero(position >= 0)
    rows[mutated, position[mutated]] = table[alt[mutated]]
    return rows


def to_layout(rows, layout):
    """(N, L, 4) to the model's layout: NCL (N,4,L), NC1L (N,4,1,L), NCL1 (N,4,L,1), NLC (N,L,4)."""
    if layout == "NLC":
        return rows
    channels_first = rows.transpose(0, 2, 1)
    if layout == "NC1L":
        channels_first = channels_first[:, :, None, :]
    elif layout == "NCL1":
        channels_first = channels_first[:, :, :, None]
    return np.ascontiguousarray(channels_first)
