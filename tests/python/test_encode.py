"""DNA text to one-hot arrays, and the list of variants."""

import numpy as np
import pytest

from deepmr_torch.encode import batch, codes, snvs, to_layout
from deepmr_torch.errors import DeepmrError


def test_codes_of_both_cases():
    assert codes("ACGTN").tolist() == codes("acgtn").tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("sequence", "character", "position"),
    [
        ("ACXGT", "'X'", 3),
        ("AC-", "'-'", 3),
        ("UACG", "'U'", 1),
        ("ACé", "'é'", 3),
        ("ACGTr", "'r'", 5),
        ("A T", "' '", 2),
    ],
)
def test_other_characters_are_named_with_their_place(sequence, character, position):
    with pytest.raises(DeepmrError) as error:
        codes(sequence)
    assert error.value.what == "characters"
    assert f"character {character} at position {position}." in error.value.problem


def test_snvs_are_ordered_and_skip_n():
    position, alt = snvs(codes("CNT"))
    assert list(zip(position.tolist(), alt.tolist())) == [(0, 0), (0, 2), (0, 3), (2, 0), (2, 1), (2, 2)]


def test_positions_restrict_in_order_and_once():
    position, alt = snvs(codes("ACGT"), [3, 1, 3])
    assert list(zip(position.tolist(), alt.tolist())) == [(1, 0), (1, 2), (1, 3), (3, 0), (3, 1), (3, 2)]
    assert len(snvs(codes("ANGT"), [1])[0]) == 0


def test_alternatives_restrict_and_the_reference_is_none():
    position, alt = snvs(codes("ACGT"), [0, 1], [2, 1])
    assert list(zip(position.tolist(), alt.tolist())) == [(0, 1), (0, 2), (1, 2)]
    assert len(snvs(codes("ACGT"), [1], [1])[0]) == 0


@pytest.mark.parametrize("positions", [[-1], [4], [0, 99]])
def test_positions_outside_the_sequence_are_refused(positions):
    """A negative position must not count from the end, as numpy's would."""
    with pytest.raises(DeepmrError) as error:
        snvs(codes("ACGT"), positions)
    assert error.value.what == "positions"
    assert str(positions[-1] + 1) in error.value.problem  # as the user counts, from 1


@pytest.mark.parametrize("bases", ["ACGT", "ACTG", "AGCT", "TGCA"])
@pytest.mark.parametrize("layout", ["NCL", "NC1L", "NCL1", "NLC"])
def test_one_hot_in_each_layout(bases, layout):
    sequence, mutant = "ACGTN", "ACTTN"
    rows = to_layout(batch(codes(sequence), np.array([-1, 2]), np.array([0, 3], np.uint8), bases), layout)
    shape = {"NCL": (2, 4, 5), "NC1L": (2, 4, 1, 5), "NCL1": (2, 4, 5, 1), "NLC": (2, 5, 4)}[layout]
    assert rows.shape == shape
    length_first = {"NCL": (1, 0), "NC1L": (2, 0, 1), "NCL1": (1, 0, 2), "NLC": (0, 1)}[layout]
    for row, text in zip(rows, [sequence, mutant]):
        by_position = row.transpose(length_first).reshape(len(text), 4)
        expected = [[0.25] * 4 if base == "N" else [float(b == base) for b in bases] for base in text]
        assert by_position.tolist() == expected
