"""Masks are a pure function of (seed, sequence, draw, ordinal, rate, shape)."""

import numpy as np
import pytest

from deepmr_torch.masks import keep_mask

# (seed, sequence, draw, ordinal, row) -> 16 units at rate 0.5; made once, to stay the same for ever.
PINNED = {
    (1, "ACGTN", 1, 1, 0): "0010011111111100",
    (1, "ACGTN", 2, 1, 0): "0000101000100101",
    (1, "ACGTN", 1, 2, 0): "0111110000110110",
    (7, "TTTT", 50, 3, 2): "1011100010011101",
}


def bits(mask):
    return "".join(map(str, mask.astype(int).ravel()))


@pytest.mark.parametrize(("key", "expected"), PINNED.items())
def test_bits_never_change(key, expected):
    seed, sequence, draw, ordinal, row = key
    assert bits(keep_mask(seed, sequence, draw, ordinal, 0.5, (4, 4), row)) == expected


def test_rate_0_keeps_all_and_rate_1_none():
    assert keep_mask(1, "ACGT", 1, 1, 0.0, (1000,)).all()
    assert not keep_mask(1, "ACGT", 1, 1, 1.0, (1000,)).any()


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.2, 0.5, 0.8, 0.99])
def test_share_kept_is_binomial(rate):
    """5 standard deviations of a binomial share of 1e6 units: a false alarm in 1.7 million."""
    n = 1_000_000
    share = keep_mask(3, "ACGT", 1, 1, rate, (n,)).mean()
    assert abs(share - (1 - rate)) < 5 * np.sqrt(rate * (1 - rate) / n)


def test_units_are_independent_of_their_neighbours():
    """Correlations between neighbouring units, draws, sites and rows: 5 / sqrt(n) under independence."""
    n = 100_000
    one = keep_mask(1, "ACGT", 1, 1, 0.5, (n,)) - 0.5
    others = {
        "neighbour": np.roll(one, 1),
        "draw": keep_mask(1, "ACGT", 2, 1, 0.5, (n,)) - 0.5,
        "site": keep_mask(1, "ACGT", 1, 2, 0.5, (n,)) - 0.5,
        "row": keep_mask(1, "ACGT", 1, 1, 0.5, (n,), 1) - 0.5,
        "seed": keep_mask(2, "ACGT", 1, 1, 0.5, (n,)) - 0.5,
        "sequence": keep_mask(1, "ACGA", 1, 1, 0.5, (n,)) - 0.5,
    }
    for what, other in others.items():
        assert abs((one * other).mean() / 0.25) < 5 / np.sqrt(n), what


def test_numbers_in_the_key_do_not_run_together():
    """Draw 1 of site 11 is not draw 11 of site 1, and so on."""
    keys = [(1, 11, 1), (11, 1, 1), (1, 1, 11), (111, 1, 1), (1, 1, 1)]
    masks = {bits(keep_mask(1, "ACGT", draw, site, 0.5, (64,), row)) for draw, site, row in keys}
    assert len(masks) == len(keys)


def test_rates_are_nested():
    rates = [0.1, 0.2, 0.5, 0.9]
    masks = [keep_mask(1, "ACGT", 1, 1, rate, (5000,)) for rate in rates]
    for less, more in zip(masks, masks[1:]):
        assert not (more & ~less).any()  # what a high rate keeps, a low rate keeps
        assert (less & ~more).any()


def test_case_and_shape():
    """Lower case is the same sequence; the shape only cuts the same stream."""
    flat = keep_mask(1, "ACGTN", 1, 1, 0.3, (24,))
    assert (keep_mask(1, "acgtn", 1, 1, 0.3, (24,)) == flat).all()
    assert (keep_mask(1, "ACGTN", 1, 1, 0.3, (2, 3, 4)).ravel() == flat).all()
    assert (keep_mask(1, "ACGTN", 1, 1, 0.3, (7,)) == flat[:7]).all()
    assert keep_mask(1, "ACGTN", 1, 1, 0.3, (0, 3)).shape == (0, 3)
