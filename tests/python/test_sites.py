"""Which dropout calls are active, at which rate, with which shape of mask."""

import pytest
import torch
from networks import LENGTH, RATE, Stem, settle
from torch import nn

from deepmr_torch.ensemble import Ensemble
from deepmr_torch.errors import DeepmrError
from deepmr_torch.model import Model
from deepmr_torch.sites import Site, effective_rates, find, make_spec, mask_shape, told_of_member

SITES = [
    Site(1, "drop#1", "Dropout", 0.2, "divided", (1, 8, 5), 0),
    Site(2, "drop#2", "Dropout", 0.2, "divided", (1, 8, 5), 0),
    Site(3, "block.drop", "Dropout", 0.0, "divided", (1, 6), 0),
    Site(4, "block.functional", "functional", 0.3, "other", (1, 6), 0),
]


def rates(sites=SITES, **spec):
    return effective_rates(sites, make_spec("locked", spec.pop("unit", "element"), **spec))


def problem(what, **kwargs):
    with pytest.raises(DeepmrError) as error:
        rates(**kwargs)
    assert error.value.what == what
    return f"{error.value.problem} {error.value.remedy}"


def test_the_models_own_rates_by_default():
    assert rates() == [0.2, 0.2, 0.0, 0.3]


def test_a_number_is_for_all():
    assert rates(SITES[:3], rate=[0.4]) == [0.4, 0.4, 0.4]


def test_a_site_or_all_calls_of_a_module():
    assert rates(rate=[0.4], rate_names=["drop#2"]) == [0.2, 0.4, 0.0, 0.3]
    assert rates(rate=[0.4], rate_names=["block.drop"]) == [0.2, 0.2, 0.4, 0.3]


def test_the_plain_name_of_a_module_that_is_called_twice_means_all_its_calls():
    assert rates(rate=[0.4], rate_names=["drop"]) == [0.4, 0.4, 0.0, 0.3]
    assert rates(rate=[0.4, 0.6], rate_names=["drop", "drop#2"]) == [0.4, 0.6, 0.0, 0.3]
    assert rates(rate=[0.4], rate_names=["drop#1"]) == [0.4, 0.2, 0.0, 0.3]
    assert rates(SITES[:3], layers=["drop"]) == [0.2, 0.2, 0.0]


def test_layers_leave_the_others_inactive():
    assert rates(SITES[:3], layers=["drop#2"]) == [0.0, 0.2, 0.0]
    assert rates(SITES[:3], layers=["block.drop"], rate=[0.1]) == [0.0, 0.0, 0.1]


def test_an_unknown_name_gets_the_nearest():
    text = problem("unknown_layer", layers=["dorp"])
    assert "'dorp'" in text and "drop" in text.split("Nearest:")[1]
    assert "'nothing'" in problem("unknown_layer", rate=[0.1], rate_names=["nothing"])
    with pytest.raises(DeepmrError, match="no dropout call named 'x'"):
        find("x", [])


def test_no_dropout_at_all_or_none_active():
    assert "no dropout call in its forward pass" in problem("no_dropout", sites=[])
    assert "drop#1, drop#2, block.drop all have rate 0" in problem("no_dropout", sites=SITES[:3], rate=[0.0])
    assert "block.drop" in problem("no_dropout", sites=SITES[:3], layers=["block.drop"])


def test_without_dropout_the_way_out_is_said():
    for kwargs in ({"sites": []}, {"sites": SITES[:3], "rate": [0.0]}):
        text = problem("no_dropout", **kwargs)
        assert "dropout = NULL" in text and "model_ensemble()" in text
    assert "dropout_spec(rate = )" in text


def test_the_member_without_dropout_is_named_and_tracing_suspected():
    def said(number, *modules):
        members = tuple(Model(m, LENGTH, ["y0", "y1"], source=f"net{i}.py") for i, m in enumerate(modules, 1))
        with pytest.raises(DeepmrError) as error:
            rates([])
        model = Ensemble(members) if len(members) > 1 else members[0]
        told = told_of_member(error.value, model, members[number - 1])
        assert told.what == "no_dropout" and "dropout = NULL" in str(told.remedy)
        return f"{told.problem} {told.remedy}"

    net = settle(Stem(nn.Dropout(RATE)))
    traced = torch.jit.trace(net, torch.rand(2, 4, LENGTH))
    assert said(1, net).startswith("The model has no dropout call") and "racing" not in said(1, net)
    assert said(2, net, net).startswith("Member 2 of the ensemble, net2.py: The model has no dropout call")
    for module in (traced, nn.Sequential(traced)):
        assert "Tracing in evaluation mode removes dropout: use torch.jit.script()" in said(1, module)
    other = DeepmrError("device", "There is no device 'gpu'.")
    assert told_of_member(other, Model(net, LENGTH, ["y"]), None) is other


def test_a_call_whose_formula_depends_on_its_rate_keeps_it():
    assert "'block.functional' cannot be changed from 0.3 to 0.1" in problem("dropout_site", rate=[0.1])
    assert "from 0.3 to 0" in problem("dropout_site", layers=["block.drop", "drop"])
    assert rates(rate=[0.3]) == [0.3] * 4


@pytest.mark.parametrize(
    ("shape", "batch_dim", "copies", "folded"),
    [((1,), 0, 1, False), ((6, 4), None, 1, False), ((5, 1, 6), 1, 1, False), ((2, 5, 5), 0, 2, True)],
    ids=["no channels", "no batch", "batch second", "folded heads"],
)
def test_channels_need_batch_first_and_channels_second(shape, batch_dim, copies, folded):
    site = Site(1, "odd", "Dropout", 0.2, "divided", shape, batch_dim, copies, folded)
    assert "unit = 'channel' is not defined for 'odd'" in problem("dropout_site", sites=[site], unit="channel")
    # Inactive, it does no harm.
    assert rates([site, SITES[0]], unit="channel", layers=["drop"]) == [0.0, 0.2]


@pytest.mark.parametrize(
    ("shape", "batch_dim", "copies", "folded", "mask", "unit", "expected"),
    [
        ((1, 8, 5), 0, 1, False, "locked", "element", (1, 8, 5)),
        ((1, 8, 5), 0, 1, False, "locked", "channel", (1, 8, 1)),
        ((2, 8, 5), 0, 2, False, "locked", "element", (1, 8, 5)),
        ((2, 8, 5), 0, 2, False, "unlocked", "element", (2, 8, 5)),
        ((2, 8, 5), 0, 2, True, "locked", "element", (2, 8, 5)),
        ((12, 8), 0, 12, False, "locked", "element", (12, 8)),
        ((8, 5), None, 1, False, "locked", "element", (8, 5)),
        ((5, 2, 8), 1, 2, False, "locked", "element", (5, 1, 8)),
    ],
    ids=["plain", "channel", "strands", "strands unlocked", "heads", "positions", "no batch", "strands second"],
)
def test_shape_of_the_mask_of_one_sequence(shape, batch_dim, copies, folded, mask, unit, expected):
    """Two strands share a locked mask; heads and positions do not."""
    site = Site(1, "x", "Dropout", 0.2, "divided", shape, batch_dim, copies, folded)
    assert mask_shape(site, make_spec(mask, unit)) == expected
