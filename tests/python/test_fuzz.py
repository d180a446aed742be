"""Random networks: the windowed engine gives what the dense one gives, whatever the network.

25 networks, always the same, in `make test`; `make fuzz` draws 500 new ones (DEEPMR_FUZZ: how many). A
network that fails is printed as what makes it again, Case(Network(...)): it gets a name in
test_found_by_fuzz.py.
"""

import os

import pytest
from compare_engines import Refused, check
from drawn import cases
from hypothesis import HealthCheck, given, reject, settings

MANY = os.environ.get("DEEPMR_FUZZ")
CALM = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck), "print_blob": False}


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@settings(max_examples=int(MANY or 25), derandomize=not MANY, **CALM)
@given(cases())
def test_random_networks(case):
    try:
        check(case)
    except Refused:
        reject()
