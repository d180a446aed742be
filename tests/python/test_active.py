"""The active dropout calls of a network under a choice."""

import pytest
from drive import named
from networks import RATE

from deepmr_torch.active import active_sites
from deepmr_torch.ensemble import ensemble
from deepmr_torch.errors import DeepmrError
from deepmr_torch.sites import DropoutSpec


def test_calls_and_rates_under_a_choice():
    model = named("twice")
    both = {"member": [1, 1], "name": ["middle.0.2#1", "middle.0.2#2"], "kind": ["Dropout"] * 2, "rate": [RATE] * 2}
    assert active_sites(model, DropoutSpec()) == both
    first_off = active_sites(model, DropoutSpec(rate=(("middle.0.2#1", 0.0), ("middle.0.2#2", 0.4))))
    assert (first_off["name"], first_off["rate"]) == (["middle.0.2#2"], [0.4])
    assert active_sites(model, DropoutSpec(layers=("middle.0.2#1",)))["name"] == ["middle.0.2#1"]
    with pytest.raises(DeepmrError, match="rate 0"):
        active_sites(model, DropoutSpec(rate=0.0))


def test_members_one_after_the_other():
    found = active_sites(ensemble([named("twice"), named("encoder")]), DropoutSpec())
    assert found["member"] == [1, 1, 2, 2, 2, 2]
    assert found["kind"][2] == "functional"
