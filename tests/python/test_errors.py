"""guard() turns every outcome of a call into a dict that R can read."""

import os
import signal
import time

import pytest

from deepmr_torch import errors


def test_value_comes_back():
    assert errors.guard(lambda a, b=0: a + b, 1, b=2) == {"ok": True, "value": 3}


def test_keyword_named_fun_reaches_the_function():
    assert errors.guard(lambda fun: fun, fun=4)["value"] == 4


def test_names_are_resolved_inside_the_package():
    assert errors.guard("errors.describe", ValueError("no"))["value"]["type"] == "ValueError"


def test_unknown_name_is_reported():
    result = errors.guard("errors.no_such_function")
    assert not result["ok"]
    assert result["cause"]["type"] == "AttributeError"


def test_deepmr_error_keeps_class_problem_remedy_and_cause():
    def fail():
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise errors.DeepmrError("layer", "no such layer", "look at layers") from error

    result = errors.guard(fail)
    assert (result["ok"], result["what"]) == (False, "layer")
    assert (result["problem"], result["remedy"]) == ("no such layer", "look at layers")
    assert result["cause"]["type"] == "KeyError"


def test_deepmr_error_without_remedy_or_cause():
    def fail():
        raise errors.DeepmrError("layer", "no such layer")

    result = errors.guard(fail)
    assert result["remedy"] is None
    assert result["cause"] is None


@pytest.mark.parametrize("error", [ValueError("bad {x}"), SystemExit(3)])
def test_other_exceptions_are_described(error):
    def fail():
        raise error

    cause = errors.guard(fail)["cause"]
    assert cause["type"] == type(error).__name__
    assert cause["message"] == str(error)
    assert "raise error" in cause["traceback"]
    assert "in guard" not in cause["traceback"]


def test_interrupt_is_told_apart():
    def interrupt():
        raise KeyboardInterrupt

    assert errors.guard(interrupt) == {"ok": False, "interrupt": True}


def test_an_interrupt_is_reported_whatever_handler_the_host_has_installed():
    def host(signum, frame):
        raise RuntimeError("the host's handler, thrown through C++")

    def interrupted():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)

    before = signal.signal(signal.SIGINT, host)
    try:
        assert errors.guard(interrupted) == {"ok": False, "interrupt": True}
        assert signal.getsignal(signal.SIGINT) is host
    finally:
        signal.signal(signal.SIGINT, before)
