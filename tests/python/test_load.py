"""Modules and weights from files, and files that are something else."""

import pytest
import torch
from networks import LENGTH, RATE, Stem, settle
from torch import nn

from deepmr_torch.errors import DeepmrError, guard
from deepmr_torch.load import from_file, from_module

NET = f"""
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.head = torch.nn.Linear(4 * {LENGTH}, 2)

    def forward(self, x):
        return self.head(x.flatten(1))

def number():
    return 3
"""


@pytest.fixture
def net_file(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(NET)
    return path


def refused(what, call, *args, **kwargs):
    with pytest.raises(DeepmrError) as error:
        call(*args, **kwargs)
    assert error.value.what == what
    return f"{error.value.problem} {error.value.remedy}"


def weights(net_file, content):
    path = net_file.with_name("weights.pt")
    path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
    return path


def load(net_file, path, what="weights"):
    return refused(what, from_file, f"{net_file}:Net", LENGTH, ["a", "b"], weights=str(path))


def test_a_file_and_its_weights(net_file):
    state = {"head.weight": torch.randn(2, 4 * LENGTH), "head.bias": torch.randn(2)}
    path = weights(net_file, state)
    model = from_file(f"{net_file}:Net", LENGTH, ["a", "b"], weights=path)
    assert torch.equal(model.module.head.weight, state["head.weight"])
    assert (model.length, model.outputs, model.source) == (LENGTH, ["a", "b"], f"{net_file}:Net (weights {path})")
    assert "untrained" in from_file(f"{net_file}:Net", LENGTH, None).source


def test_two_files_of_one_name_are_two_modules(net_file, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "net.py").write_text(NET.replace("2)", "5)"))
    sizes = [from_file(f"{p}:Net", LENGTH, None).module.head.out_features for p in (net_file, other / "net.py")]
    assert sizes == [2, 5]


@pytest.mark.parametrize("spec", ["nothing.py:Net", "net.py", "Net", ":Net", ""])
def test_no_such_file(spec):
    assert "net.py:Net" in refused("model_file", from_file, spec, LENGTH, ["a"])


def test_no_such_class(net_file):
    text = refused("model_file", from_file, f"{net_file}:Nett", LENGTH, ["a"])
    assert "defines no 'Nett'" in text and "It defines Net." in text


def test_a_file_that_raises_or_exits_reaches_the_user(net_file):
    for code, kind in (("1 / 0", "ZeroDivisionError"), ("raise SystemExit(3)", "SystemExit")):
        net_file.write_text(code)
        result = guard("load.from_file", f"{net_file}:Net", LENGTH, ["a"])
        assert not result["ok"] and result["cause"]["type"] == kind


def test_what_is_no_module(net_file):
    assert "is a int, not a torch.nn.Module" in refused("model", from_file, f"{net_file}:number", LENGTH, ["a"])
    assert "is a str" in refused("model", from_module, "net", LENGTH, ["a"])


def test_layout_and_bases_are_checked():
    net = settle(Stem(nn.Dropout(RATE)))
    assert "Unknown layout 'LNC'" in refused("model", from_module, net, LENGTH, ["a"], layout="LNC")
    for bases in ("ACGU", "ACG", "AACGT", "acgt"):
        assert f"bases = '{bases}'" in refused("model", from_module, net, LENGTH, ["a"], bases=bases)


def test_weights_that_are_missing(net_file):
    assert "There is no weights file" in load(net_file, net_file.with_name("nothing.pt"))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"\n  <html>", "an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "a git-lfs pointer"),
    ],
)
def test_weights_that_are_something_else(net_file, content, kind):
    assert f"is {kind}, not weights" in load(net_file, weights(net_file, content))


def test_weights_that_are_truncated(net_file):
    path = weights(net_file, {"head.weight": torch.randn(2, 4 * LENGTH)})
    whole = path.read_bytes()
    for keep in (0, 10, len(whole) // 2, len(whole) - 20):
        path.write_bytes(whole[:keep])
        assert "cannot be read as a state dict" in load(net_file, path)


def test_weights_that_hold_code_are_not_run(net_file, tmp_path):
    """A pickle that would make a file."""
    made = tmp_path / "made"

    class Code:
        def __reduce__(self):
            return (open, (str(made), "w"))

    assert "cannot be read as a state dict" in load(net_file, weights(net_file, {"head.weight": Code()}))
    assert not made.exists()


@pytest.mark.parametrize(
    ("state", "named"),
    [
        ({"head.weight": torch.zeros(2, 4 * LENGTH)}, "head.bias"),
        ({"head.weight": torch.zeros(2, 7), "head.bias": torch.zeros(2)}, "shapes differ: head.weight (2, 7) for"),
        (
            {"head.weight": torch.zeros(2, 4 * LENGTH), "head.bias": torch.zeros(2), "tail": torch.zeros(1)},
            "tail",
        ),
        ({"module.head.weight": torch.zeros(2, 4 * LENGTH)}, "saved from DataParallel"),
    ],
    ids=["missing", "shape", "unexpected", "parallel"],
)
def test_weights_that_do_not_fit(net_file, state, named):
    text = load(net_file, weights(net_file, state))
    assert "does not fit the model" in text and named in text


@pytest.mark.parametrize(
    ("content", "named"),
    [(torch.zeros(3), "holds a Tensor"), ({"epoch": 3, "state_dict": {}}, "holds the entries epoch, state_dict")],
    ids=["tensor", "checkpoint"],
)
def test_weights_that_are_no_state_dict(net_file, content, named):
    text = load(net_file, weights(net_file, content))
    assert named in text and "torch.save(model.state_dict(), path)" in text


def test_what_the_network_cannot_take_is_said_when_it_is_loaded(net_file):
    text = refused("model", from_file, f"{net_file}:Net", LENGTH + 1, ["a", "b"])
    assert f"one sequence of {LENGTH + 1} bases in the layout NCL" in text and "Check `length`" in text
    assert "2 predictions, but 1 output names" in refused("model", from_file, f"{net_file}:Net", LENGTH, ["a"])


def test_a_class_that_wants_arguments(net_file):
    net_file.write_text("import torch\nclass Net(torch.nn.Module):\n    def __init__(self, width): pass\n")
    assert "cannot be made without arguments" in refused("model_file", from_file, f"{net_file}:Net", LENGTH, ["a"])
