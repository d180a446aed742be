"""The layout of masks over a batch."""

import dataclasses

import numpy as np
import pytest
import torch
from drive import LOCKED, UNLOCKED, locked_model, named, part
from networks import NETWORKS

from deepmr_torch.errors import DeepmrError
from deepmr_torch.masks import Row, keep_mask
from deepmr_torch.plan import Plan, arrange, discrepancy, find_sites
from deepmr_torch.sites import Call, Site

# What a batch's mask must be laid out like: name -> (site, its mask shape per sequence when unlocked)
SITES = {
    "batch first": Site(1, "x", "Dropout", 0.5, "divided", (1, 3, 4), 0),
    "batch second": Site(1, "x", "Dropout", 0.5, "divided", (4, 1, 3), 1),
    "heads": Site(1, "x", "Dropout", 0.5, "divided", (2, 3, 3), 0, 2, True),
    "strands": Site(1, "x", "Dropout", 0.5, "divided", (2, 3), 0, 2),
    "strands second": Site(1, "x", "Dropout", 0.5, "divided", (4, 2, 3), 1, 2),
    "positions": Site(1, "x", "Dropout", 0.5, "divided", (5, 3), 0, 5),
}


@pytest.mark.parametrize("name", SITES)
def test_each_row_of_a_batch_gets_its_own_mask(name):
    """Row i's part of the batch is the mask that row i alone would get, bit for bit."""
    site = SITES[name]
    plan = Plan([site], UNLOCKED, 1)
    rows = [Row("ACGT", 1, i) for i in range(4)]
    full = plan._batch_mask(site, 0.5, rows, 4, "cpu")
    assert full.shape == site.batch_shape(4)
    for i, row in enumerate(rows):
        own = torch.from_numpy(keep_mask(1, "ACGT", 1, 1, 0.5, site.shape, i))
        assert torch.equal(part(full, site, i, 4), own)
        assert torch.equal(plan._batch_mask(site, 0.5, [row], 1, "cpu"), own)


@pytest.mark.parametrize("name", SITES)
def test_a_shared_mask_is_each_rows(name):
    """One Row for the batch gives what a list of equal Rows gives; strands agree, other streams do not."""
    site = SITES[name]
    plan = Plan([site], LOCKED, 1)
    row = Row("ACGT", 1)
    full = plan._batch_mask(site, 0.5, row, 4, "cpu").expand(site.batch_shape(4))
    assert torch.equal(full, plan._batch_mask(site, 0.5, [row] * 4, 4, "cpu"))
    first = part(full, site, 0, 4)
    assert all(torch.equal(part(full, site, i, 4), first) for i in range(4))
    streams = first.movedim(site.batch_dim, 0)
    alike = all(torch.equal(stream, streams[0]) for stream in streams)
    assert alike == (name not in ("heads", "positions"))


def test_masks_kept_for_a_draw_are_not_those_of_the_next():
    site = SITES["batch first"]
    plan = Plan([site], LOCKED, 1)
    for sequence, draw in (("ACGT", 1), ("ACGT", 2), ("ACGA", 2), ("ACGT", 1)):
        for _ in range(2):
            mask = plan._batch_mask(site, 0.5, Row(sequence, draw), 3, "cpu")
            assert np.array_equal(mask.numpy(), keep_mask(1, sequence, draw, 1, 0.5, site.shape))
        assert len(plan._cache) == 1


def test_arrange_puts_streams_outside_or_inside():
    masks = np.array([[[0], [1]], [[2], [3]], [[4], [5]]])  # three rows, two streams, one unit
    site = dataclasses.replace(SITES["strands"], shape=(2, 1))
    assert arrange(masks, site)[:, 0].tolist() == [0, 2, 4, 1, 3, 5]
    assert arrange(masks, dataclasses.replace(site, folded=True))[:, 0].tolist() == [0, 1, 2, 3, 4, 5]


def found(one, several):
    calls = [[Call(1, "x", "Dropout", 0.5, shape)] for shape in (one, several)]
    return find_sites(*calls)[0]


@pytest.mark.parametrize(
    ("one", "several", "batch_dim", "copies"),
    [
        ((1, 3), (3, 3), 0, 1),
        ((3, 1), (3, 3), 1, 1),
        ((3, 3), (9, 3), 0, 3),
        ((3, 3), (3, 3), None, 1),
        ((), (), None, 1),
    ],
)
def test_the_batch_dimension_is_the_one_that_grows(one, several, batch_dim, copies):
    """Also where other dimensions have three units too, like the batch of the trial."""
    site = found(one, several)
    assert (site.batch_dim, site.copies) == (batch_dim, copies)


@pytest.mark.parametrize(("one", "several"), [((2, 3), (3, 3)), ((1, 1), (3, 3)), ((3,), (3, 3)), ((1, 3), (2, 3))])
def test_no_dimension_is_the_batch(one, several):
    with pytest.raises(DeepmrError, match="no dimension is the batch"):
        found(one, several)


def test_discrepancy():
    """Up to 1: a relative 1e-4 of the value, or 1e-5 of the largest value of the same output."""
    a = np.array([[1.0, 1e6], [0.5, 1e6]])
    assert discrepancy(a, a) == 0
    assert discrepancy(a, a * (1 + 0.9e-4)) < 1
    assert discrepancy(a, a * (1 + 2e-4)) > 1
    assert discrepancy(a, a + [1e-3, 0]) > 1  # though 1e-9 of the largest number
    assert discrepancy(np.zeros((2, 2)), np.zeros((2, 2))) == 0
    assert discrepancy(np.array([[1.0], [1e-9]]), np.array([[1.0], [2e-9]])) < 1  # rounding beside a row of 1
    assert discrepancy(a, a + [1e-3, 0], spread=np.array([20.0, 0])) < 1  # a 20,000th of what masks do
    for odd in (np.nan, np.inf):
        b = a.copy()
        b[0, 0] = odd
        assert discrepancy(b, b) == 0
        assert discrepancy(a, b) == np.inf


EXPECTED = {  # name -> (shape for one sequence, batch_dim, copies, folded) of its first call
    "dropout": ((1, 6, 12), 0, 1, False),
    "dropout2d": ((1, 6, 1, 1), 0, 1, False),
    "encoder_seq_first": ((1, 2, 12, 12), 0, 1, False),
    "attention_weights": ((2, 12, 12), 0, 2, True),
    "attention_weights_seq_first": ((2, 12, 12), 0, 2, True),
    "lstm": ((12, 1, 6), 1, 1, False),
    "depth": ((1, 1, 1), 0, 1, False),
    "positional": ((6, 12), None, 1, False),
    "dropped_weights": ((6, 6), None, 1, False),
    "reverse_complement": ((2, 6, 12), 0, 2, False),
    "folded": ((6, 12), 0, 6, True),
    "positions_outside": ((12, 6), 0, 12, False),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_layouts_found_in_networks(name):
    with locked_model(named(name)) as locked:
        site = locked.plan.sites[0]
    assert (site.shape, site.batch_dim, site.copies, site.folded) == EXPECTED[name]


@pytest.mark.parametrize("name", NETWORKS)
def test_sites_are_uniquely_named(name):
    with locked_model(named(name)) as locked:
        names = [site.name for site in locked.plan.sites]
    assert len(set(names)) == len(names) and all(names)
    if name in ("twice", "shared"):
        assert names[0].endswith("#1") and names[1] == names[0][:-1] + "2"
