"""Modules from files, and what is no module or takes something else than one-hot DNA."""

import numpy as np
import pytest
import torch
from networks import LENGTH, RATE, SEQUENCE, Heads, Stem, Stem2d, settle
from torch import nn

from deepmr_torch.encode import codes
from deepmr_torch.errors import DeepmrError, guard
from deepmr_torch.load import from_file, from_module
from deepmr_torch.model import join_outputs

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


def test_a_file_and_its_weights(net_file):
    state = {"head.weight": torch.randn(2, 4 * LENGTH), "head.bias": torch.randn(2)}
    path = net_file.with_name("weights.pt")
    torch.save(state, path)
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


@pytest.mark.parametrize(
    ("spec", "file"),
    [
        ("job/net.pt", "job/net.pt"),
        ("job/net.py:Net", "job/net.py"),
        ("c:/job/net.pt", "c:/job/net.pt"),
        ("c:/job/net.py:Net", "c:/job/net.py"),
    ],
)
def test_the_file_that_is_missing_is_named(spec, file):
    text = refused("model_file", from_file, spec, LENGTH, ["a"])
    assert text.startswith(f"There is no file '{file}'.") and "path/net.py:Net" in text and "path/net.pt" in text


def test_a_name_in_a_file_that_is_no_python_text(tmp_path):
    path = tmp_path / "script.pt"
    torch.jit.script(settle(Stem())).save(str(path))
    text = refused("model_file", from_file, f"{path}:Net", LENGTH, None)
    assert f"'{path}' is not Python text but a TorchScript file." in text and "without ':Net'" in text
    torch.save(settle(Stem()).state_dict(), path)
    text = refused("model_file", from_file, f"{path}:Net", LENGTH, None)
    assert f"'{path}' is not Python text." in text and "path/net.py:Net" in text


def test_no_such_class(net_file):
    text = refused("model_file", from_file, f"{net_file}:Nett", LENGTH, ["a"])
    assert "defines no 'Nett'" in text and "It defines Net." in text


def test_a_file_that_raises_or_exits_reaches_the_user(net_file):
    for code, kind in (("1 / 0", "ZeroDivisionError"), ("raise SystemExit(3)", "SystemExit")):
        net_file.write_text(code)
        result = guard("load.from_file", f"{net_file}:Net", LENGTH, ["a"])
        assert not result["ok"] and result["what"] == "model_file" and result["cause"]["type"] == kind
        assert f"'{net_file}', line 1, raises {kind}" in result["problem"]


def test_what_is_no_module(net_file):
    assert "is of type int, not a torch.nn.Module" in refused("model", from_file, f"{net_file}:number", LENGTH, ["a"])
    assert "is of type str," in refused("model", from_module, "net", LENGTH, ["a"])


def test_layout_and_bases_are_checked():
    net = settle(Stem(nn.Dropout(RATE)))
    assert "Unknown layout 'LNC'" in refused("model", from_module, net, LENGTH, ["a"], layout="LNC")
    for bases in ("ACGU", "ACG", "AACGT", "acgt", ["A", "C", "G", "T"], None, 4):
        text = refused("model", from_module, net, LENGTH, ["a"], bases=bases)
        assert f"bases = '{bases}'" in text and ("Write it in upper case." in text) == (bases == "acgt")


def test_what_the_network_cannot_take_is_said_when_it_is_loaded(net_file):
    text = refused("model", from_file, f"{net_file}:Net", LENGTH + 1, ["a", "b"])
    assert f"one sequence of {LENGTH + 1} bases in the layout NCL" in text and "Check `length`" in text
    for names, words in ((["a"], "there is 1 output name."), (list("abc"), "there are 3 output names.")):
        text = refused("model", from_file, f"{net_file}:Net", LENGTH, names)
        assert f"The model gives 2 predictions, but {words}" in text


def test_a_class_that_wants_arguments(net_file):
    net_file.write_text("import torch\nclass Net(torch.nn.Module):\n    def __init__(self, width): pass\n")
    assert "cannot be made without arguments" in refused("model_file", from_file, f"{net_file}:Net", LENGTH, ["a"])


@pytest.mark.parametrize(
    ("code", "kind", "line"),
    [
        ("import torch\nclass Net(:\n    pass\n", "SyntaxError", 2),
        ("import torch\n\nimport no_such_package.inside\n", "ModuleNotFoundError", 3),
        ("class Net:\n    def __init__(self):\n        raise ValueError('no luck')\n", "ValueError: no luck", 3),
        ("from .layers import Block\n", "ImportError", 1),
        ("def Net():\n    raise KeyError\n", "KeyError", 2),
    ],
)
def test_what_a_file_raises_is_told_with_its_line(net_file, code, kind, line):
    net_file.write_text(code)
    text = refused("model_file", from_file, f"{net_file}:Net", LENGTH, ["a"])
    assert f"'{net_file}', line {line}, raises {kind}" in text


def test_advice_for_imports(net_file):
    net_file.write_text("import layers_of_mine")
    assert "Put layers_of_mine.py beside" in refused("model_file", from_file, f"{net_file}:Net", LENGTH, ["a"])
    net_file.write_text("import torch.legacy.nn")
    text = refused("model_file", from_file, f"{net_file}:Net", LENGTH, ["a"])
    assert "The torch installed here has no torch.legacy" in text


def test_advice_for_imports_inside_forward(net_file):
    (net_file.parent / "layers.py").write_text("")
    net_file.write_text(NET.replace("return self", "import layers; return self"))
    text = refused("model", from_file, f"{net_file}:Net", LENGTH, None)
    assert "No module named 'layers'" in text and "Import layers at the top of the network's file" in text


def test_a_function_and_an_instance(net_file):
    net_file.write_text(NET + "def build():\n    return Net()\nnet = Net()\nnet.head.weight.data.fill_(0.5)\n")
    built, held = (from_file(f"{net_file}:{name}", LENGTH, None) for name in ("build", "net"))
    assert built.module.head.out_features == 2 and "as the function makes it" in built.source
    assert held.module.head.weight.eq(0.5).all() and "as the file makes it" in held.source


def test_a_path_with_a_colon(tmp_path):
    """As "C:/nets/net.py:Net" has, and a TorchScript file of such a name."""
    folder = tmp_path / "c:nets"
    folder.mkdir()
    (folder / "net.py").write_text(NET)
    assert len(from_file(f"{folder}/net.py:Net", LENGTH, None).outputs) == 2
    path = folder / "net:Net"
    torch.jit.script(settle(Stem())).save(str(path))
    assert len(from_file(str(path), LENGTH, None).outputs) == 2


def test_a_torchscript_file_with_and_without_weights(tmp_path):
    net, other = settle(Stem(nn.Dropout(RATE))), settle(Stem(nn.Dropout(RATE)), seed=1)
    path, weights = str(tmp_path / "net.pt"), str(tmp_path / "weights.pt")
    torch.jit.script(net).save(path)
    torch.save(other.state_dict(), weights)
    for model, same in ((from_file(path, LENGTH, None), net), (from_file(path, LENGTH, None, weights=weights), other)):
        assert torch.allclose(predictions(model), same(one_hot()), atol=1e-6)
    torch.save({"head.bias": torch.zeros(2)}, weights)
    assert "does not fit" in refused("weights", from_file, path, LENGTH, None, weights=weights)


def test_a_file_that_is_no_torchscript(tmp_path, net_file):
    path = tmp_path / "model.pt"
    for content in (settle(Stem()), settle(Stem()).state_dict()):
        torch.save(content, path)
        assert "is not a TorchScript model" in refused("model_file", from_file, str(path), LENGTH, None)
    path.write_bytes(b"")
    assert "is not a TorchScript model" in refused("model_file", from_file, str(path), LENGTH, None)
    assert "names no class" in refused("model_file", from_file, str(net_file), LENGTH, None)
    torch.jit.script(settle(Stem())).save(str(path))
    path.write_bytes(path.read_bytes()[:-40])
    assert "is not a TorchScript model" in refused("model_file", from_file, str(path), LENGTH, None)


def one_hot(bases="ACGT", layout="NCL"):
    """SEQUENCE, by hand."""
    x = torch.zeros(1, 4, LENGTH)
    for i, base in enumerate(SEQUENCE):
        x[0, bases.index(base), i] = 1
    return {"NCL": x, "NC1L": x[:, :, None], "NCL1": x[..., None], "NLC": x.permute(0, 2, 1)}[layout]


def predictions(model):
    with torch.no_grad():
        x = model.encode(codes(SEQUENCE), np.array([-1]), np.zeros(1, np.uint8))
        return join_outputs(model.module.eval()(x), 1)


class Turned(nn.Module):
    """Takes `layout`, and shows which axis is which."""

    def __init__(self, layout):
        super().__init__()
        self.inner = Stem2d() if layout == "NC1L" else Stem(nn.Dropout(RATE))
        self.layout = layout

    def forward(self, x):
        x = {"NCL1": lambda: x[..., 0], "NLC": lambda: x.transpose(1, 2)}.get(self.layout, lambda: x)()
        return self.inner(x)


@pytest.mark.parametrize("bases", ["ACGT", "ACTG", "TGCA"])
@pytest.mark.parametrize("layout", ["NCL", "NC1L", "NCL1", "NLC"])
def test_layouts_and_base_orders_reach_the_network(layout, bases):
    net = settle(Turned(layout))
    model = from_module(net, LENGTH, None, layout=layout, bases=bases)
    assert torch.allclose(predictions(model), net(one_hot(bases, layout)), atol=1e-6)
    others = [net(one_hot(other, layout)) for other in ("ACGT", "ACTG", "TGCA") if other != bases]
    assert not any(torch.allclose(predictions(model), other, atol=1e-3) for other in others)


class Returns(nn.Module):
    """Gives `make(h)` of h (N, 3)."""

    def __init__(self, make):
        super().__init__()
        self.head, self.make = nn.Linear(4 * LENGTH, 3), make

    def forward(self, x):
        return self.make(self.head(x.flatten(1)))


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda h: h, ["output1", "output2", "output3"]),
        (lambda h: h[:, 0], ["output1"]),
        (lambda h: (h[:, :2], h[:, 2]), ["output1", "output2", "output3"]),
        (lambda h: [h], ["output1", "output2", "output3"]),
        (lambda h: {"tf": h[:, :2], "open": h[:, 2:]}, ["tf1", "tf2", "open"]),
        (lambda h: {"b": h[:, 2], "a": h[:, 0]}, ["b", "a"]),
        (lambda h: {"a": h[:, :2], "a1": h[:, 2]}, ["a1#1", "a2", "a1#2"]),
        (lambda h: {1: h[:, :2], "1": h[:, 2:]}, ["11", "12", "1"]),
        (lambda h: {1: h[:, 0], "1": h[:, 1:2]}, ["1#1", "1#2"]),
        (lambda h: {"": h[:, 0]}, ["output"]),
    ],
)
def test_outputs_are_joined_and_named(make, names):
    net = Returns(make)
    model = from_module(settle(net), LENGTH, None)
    h = net.head(one_hot().flatten(1))
    assert model.outputs == names
    assert torch.allclose(predictions(model), h[:, [2, 0]] if names == ["b", "a"] else h[:, : len(names)], atol=1e-6)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda h: (h, (h, h)), "a tuple inside a tuple"),
        (lambda h: {"a": {"b": h}}, "a dict inside a dict"),
        (lambda h: (), "an empty tuple"),
        (lambda h: (h, None), "a NoneType, not a tensor"),
        (lambda h: h[:, :, None], "the shape (1, 3, 1) for 1 sequence"),
        (lambda h: h[:, :0], "the shape (1, 0)"),
        (lambda h: h.sum(), "the shape ()"),
        (lambda h: torch.complex(h, h), "complex numbers"),
        (lambda h: (h, torch.complex(h, h)), "complex numbers"),
    ],
)
def test_outputs_that_are_no_predictions(make, words):
    assert words in refused("model", from_module, settle(Returns(make)), LENGTH, None)


def test_heads_keep_their_own_names():
    assert from_module(settle(Heads(dict)), LENGTH, None).outputs == ["a", "b"]
    assert from_module(settle(Heads(dict)), LENGTH, ["x", "y"]).outputs == ["x", "y"]


@pytest.mark.parametrize(
    ("names", "words"),
    [(["a", "b", "a"], "Two outputs are called 'a'"), (["a", "", "b"], "empty name"), (["a", " ", "b"], "empty name")],
)
def test_names_of_outputs_are_distinct_and_not_empty(names, words):
    assert words in refused("model", from_module, settle(Returns(lambda h: h)), LENGTH, names)


@pytest.mark.parametrize("length", [0, -3, 10**12])
def test_lengths_that_no_network_takes(length):
    assert f"length is {length} bases" in refused("model", from_module, settle(Stem()), length, None)


def test_a_module_stays_as_it_is_where_something_is_refused(tmp_path):
    net, other = settle(Returns(lambda h: h)), settle(Returns(lambda h: h), seed=1)
    path, before = tmp_path / "weights.pt", net.head.weight.clone()
    torch.save(other.state_dict(), path)
    refused("model", from_module, net, LENGTH + 1, None, weights=path)
    refused("model", from_module, net, LENGTH, ["a"], weights=path)
    refused("model", from_module, net, LENGTH, ["a", "a", "b"], weights=path)
    assert torch.equal(net.head.weight, before)
    from_module(net, LENGTH, None, weights=path)
    assert torch.equal(net.head.weight, other.head.weight)


def test_batch_statistics_are_refused_when_a_model_is_loaded():
    net = settle(nn.Sequential(nn.BatchNorm1d(4, track_running_stats=False), nn.Flatten(), nn.Linear(4 * LENGTH, 2)))
    assert "'0' normalises with the statistics of the batch" in refused("batchnorm", from_module, net, LENGTH, None)


class Sklearn:
    def predict(self, x):
        return x


@pytest.mark.parametrize("thing", [Sklearn(), len, Stem, {"a": 1}, None])
def test_what_is_no_torch_module_is_named(thing):
    assert f"is of type {type(thing).__name__}, not a torch.nn.Module" in refused(
        "model", from_module, thing, LENGTH, None
    )


class TwoInputs(Stem):
    def forward(self, x, accessibility):
        return super().forward(x) + accessibility


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(5, 2)

    def forward(self, x):
        return self.embedding(x).sum((1, 2))


def test_networks_that_take_something_else():
    assert "one argument" in refused("model", from_module, settle(TwoInputs()), LENGTH, None)
    assert "takes integers" in refused("model", from_module, Tokens(), LENGTH, None)
    text = refused("model", from_module, settle(Stem2d()), LENGTH, None)
    assert "layout NCL, an input of shape (1, 4, 12)" in text and "Check `length` and `layout`" in text


BUG = """
import torch

class Bug(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(10, 2)

    def forward(self, x):
        return self.inner(x)

    @torch.no_grad()
    def inner(self, x):
        return WRONG
"""


@pytest.mark.parametrize(
    ("wrong", "error", "layout"),
    [
        ("self.fcc(x)", "AttributeError: 'Bug' object has no attribute 'fcc'", False),
        ("self.fc(x, x)", "TypeError: ", False),
        ("{}[x.dim()]", "KeyError: 3", False),
        ("torch.load('nothing.pt')", "FileNotFoundError: ", False),
        ("torch.linalg.inv(torch.zeros(2, 2))", "_LinAlgError: ", False),
        ("self.fc(x.flatten(1))", "RuntimeError: mat1 and mat2 shapes cannot be multiplied", True),
        ("self.fc(x.sum(3))", "IndexError: Dimension out of range", True),
        ("torch.nn.BatchNorm2d(4).eval()(x)", "ValueError: expected 4D input", True),
        ("[w for n, c, h, w in [x.shape]]", "ValueError: not enough values to unpack", True),
    ],
)
def test_what_the_forward_raises_is_told_with_its_line(net_file, wrong, error, layout):
    net_file.write_text(BUG.replace("WRONG", wrong))
    text = refused("model", from_file, f"{net_file}:Bug", LENGTH, None)
    assert f"'{net_file}', line 14, raises {error}" in text and f"{LENGTH} bases in the layout NCL" in text
    assert ("Check `length` and `layout`" in text) == layout
    assert ("error in the network's own code" in text) != layout


def test_errors_without_a_line_of_the_users(tmp_path):
    """All layers are torch's; or a TorchScript file, whose lines are gone."""
    text = refused("model", from_module, nn.Sequential(nn.Flatten(), nn.Linear(7, 2)), LENGTH, None)
    assert "(1, 4, 12): RuntimeError: mat1 and mat2" in text and "Check `length`" in text
    assert "line" not in text
    text = refused("model", from_module, nn.Module(), LENGTH, None)
    assert "NotImplementedError" in text and "Check `length`" not in text
    path = str(tmp_path / "net.pt")
    torch.jit.script(nn.Sequential(nn.Flatten(), nn.Linear(7, 2))).save(path)
    text = refused("model", from_file, path, LENGTH, None)
    assert "(1, 4, 12): RuntimeError: mat1 and mat2" in text and "Check `length`" in text


def test_the_users_line_goes_before_that_of_an_installed_package(tmp_path, net_file):
    package = tmp_path / "site-packages" / "package_of_others"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("def head(x):\n    raise ValueError('no head')\n")
    sys_path = f"import sys; sys.path.insert(0, {str(package.parent)!r}); import package_of_others; sys.path.pop(0)"
    net_file.write_text(sys_path + BUG.replace("WRONG", "package_of_others.head(x)"))
    text = refused("model", from_file, f"{net_file}:Bug", LENGTH, None)
    assert f"'{net_file}', line 14, raises ValueError: no head" in text
