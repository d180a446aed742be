"""Dropout masks as a pure function of what identifies them.

A mask depends on (seed, upper-cased sequence text, draw, ordinal of the dropout call, rate, shape)
and nothing else: not on batch size, order, engine, device or the number of threads. (The ordinal is
the call's place in the network; for dropout added after a layer, the layer's name and the number of
its call.) Its bits come from a Philox counter generator keyed by a hash of these, drawn on the CPU;
numpy guarantees the raw stream of a bit generator across versions. Two rates under one key give
nested masks, so that rates can be compared on the same draws.
"""

import hashlib
import math

import numpy as np


def keep_mask(seed, sequence, draw, ordinal, rate, shape, row=0):
    """Boolean array of `shape`: True where a unit is kept, each with probability 1 - rate.

    `row` is 0 for a mask that reference and variants share; plain (unlocked) dropout gives
    each row of a sequence its own."""
    label = f"deepmr mask 1|{seed}|{draw}|{ordinal}|{row}|{sequence.upper()}"
    digest = hashlib.blake2b(label.encode("utf-8"), digest_size=16).digest()
    if rate >= 1:
        return np.zeros(shape, bool)
    count = math.prod(shape)
    raw = np.random.Philox(key=np.frombuffer(digest, "<u8")).random_raw((count + 1) // 2)
    bits = raw.astype("<u8").view("<u4")[:count]
    return (bits >= round(rate * 2**32)).reshape(shape)


class Row:
    """What identifies the masks of one row of a batch: the sequence's text, the draw, and for
    unlocked dropout the row."""

    __slots__ = ("draw", "row", "sequence")

    def __init__(self, sequence, draw, row=0):
        self.sequence = sequence
        self.draw = draw
        self.row = row
