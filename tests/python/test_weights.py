"""Weights files: what they are, and whether they fit."""

import collections
import contextlib
import os
import re
import sys

import pytest
import torch
from torch import nn

from deepmr_torch.downloads import download
from deepmr_torch.errors import DeepmrError, guard
from deepmr_torch.weights import load_weights
from deepmr_torch.weights_file import SAVE, kind_of, read_tensors


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(3, 2)
        self.norm = nn.BatchNorm1d(2)


@pytest.fixture
def net():
    return Net()


def state(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {
        key: torch.rand(value.shape, generator=generator).to(value.dtype) for key, value in Net().state_dict().items()
    }


def same(module, wanted):
    return all(torch.equal(value, wanted[key]) for key, value in module.state_dict().items() if key in wanted)


def refused(module, path):
    before = {key: value.clone() for key, value in module.state_dict().items()}
    with pytest.raises(DeepmrError) as error:
        load_weights(module, path)
    assert error.value.what == "weights" and str(path) in error.value.problem and error.value.remedy
    assert same(module, before)
    return f"{error.value.problem} {error.value.remedy}"


def saved(tmp_path, content, **how):
    path = tmp_path / "weights.pt"
    torch.save(content, path, **how)
    return path


@pytest.mark.parametrize("zipped", [True, False])
def test_state_dicts_of_both_formats(net, tmp_path, zipped):
    load_weights(net, saved(tmp_path, state(), _use_new_zipfile_serialization=zipped))
    assert same(net, state())


def test_safetensors(net, tmp_path):
    safetensors = pytest.importorskip("safetensors.torch")
    path = tmp_path / "weights.safetensors"
    safetensors.save_file(state(), path)
    load_weights(net, path)
    assert same(net, state())
    whole = path.read_bytes()
    for keep in (20, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:keep])
        assert "incomplete" in refused(net, path) or "damaged" in refused(net, path)


@pytest.mark.parametrize("length", [0x3C20, 0x3C0A, 316])
def test_safetensors_whose_header_looks_like_html(net, tmp_path, length):
    """The first bytes are the header's length: " <", a line end and "<", and "<"."""
    safetensors = pytest.importorskip("safetensors.torch")
    path = tmp_path / "weights.safetensors"
    whole = safetensors.save({"head.bias": torch.ones(2)})
    own = int.from_bytes(whole[:8], "little")
    header = whole[8 : 8 + own].ljust(length)
    path.write_bytes(length.to_bytes(8, "little") + header + whole[8 + own :])
    assert path.read_bytes()[:8].lstrip().startswith(b"<") and kind_of(path) == "safetensors"
    assert torch.equal(read_tensors(path)["head.bias"], torch.ones(2))
    download(path.as_uri(), tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == path.read_bytes()


def test_safetensors_without_its_package(net, tmp_path, monkeypatch):
    safetensors = pytest.importorskip("safetensors.torch")
    path = tmp_path / "weights.safetensors"
    safetensors.save_file(state(), path)
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    assert "pip install safetensors" in refused(net, path)


@pytest.mark.parametrize("zipped", [True, False])
def test_weights_saved_on_a_gpu(net, tmp_path, monkeypatch, zipped):
    with monkeypatch.context() as patch:
        patch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        path = saved(tmp_path, state(), _use_new_zipfile_serialization=zipped)
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="CUDA"):
            torch.load(path)
    load_weights(net, path)
    assert same(net, state()) and net.head.weight.device.type == "cpu"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"\n  <html>", "an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "a git-lfs pointer"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"\x04\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00V 1", "Lua's Torch 7"),
        (b"4\n1\n3\nV 1\n18\nnn.Sequential\n", "Lua's Torch 7"),
        (b"PK\x03\x04 and no end", "is incomplete"),
        (b"weights: yes", "is no file that torch.save() or safetensors writes"),
        (b"\x80\x02broken", "is damaged"),
    ],
)
def test_files_that_are_something_else(net, tmp_path, content, words):
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    assert words in refused(net, path)


def test_paths_that_are_no_file(net, tmp_path):
    assert "There is no weights file" in refused(net, tmp_path / "nothing.pt")
    assert "is a directory" in refused(net, tmp_path)


@pytest.mark.parametrize("zipped", [True, False])
def test_truncated_files(net, tmp_path, zipped):
    path = saved(tmp_path, state(), _use_new_zipfile_serialization=zipped)
    whole = path.read_bytes()
    for keep in (10, len(whole) // 2, len(whole) - 20):
        path.write_bytes(whole[:keep])
        text = refused(net, path)
        assert "is incomplete" in text or (not zipped and "is damaged" in text)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    ("function", "argument", "name"),
    [
        (open, "{}", r"io\.open"),
        (os.system, "touch {}", r"(posix|nt)\.system"),
        (eval, "open('{}', 'w')", "eval"),
    ],
)
def test_code_in_a_pickle_is_not_run(net, tmp_path, function, argument, name, zipped):
    made = tmp_path / "made"

    class Code:
        def __reduce__(self):
            return (function, (argument.format(made), *(["w"] if function is open else [])))

    for content in ({"head.weight": Code()}, {"state_dict": state(), "hyper_parameters": Code()}):
        text = refused(net, saved(tmp_path, content, _use_new_zipfile_serialization=zipped))
        assert re.search(rf"would run code \({name}\), so it was not read", text) and SAVE in text
    assert not made.exists()
    if zipped:  # that it would have run
        with contextlib.suppress(Exception):
            torch.load(tmp_path / "weights.pt", weights_only=False)
        assert made.exists()


def test_a_wrong_check_sum_is_damage(net, tmp_path):
    path = saved(tmp_path, Net())
    path.write_bytes(path.read_bytes().replace(b"_parameters", b"_Parameters"))
    assert "is damaged" in refused(net, path)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_whole_network_is_not_weights(net, tmp_path, zipped):
    text = refused(net, saved(tmp_path, Net(), _use_new_zipfile_serialization=zipped))
    assert "a whole pickled network" in text and SAVE in text


def test_torch_does_not_advise_what_we_refuse(net, tmp_path):
    """Its text says to set weights_only=False."""
    result = guard(load_weights, net, saved(tmp_path, Net()))
    assert result["what"] == "weights" and result["cause"] is None


def test_torchscript_is_not_weights(net, tmp_path):
    path = tmp_path / "net.pt"
    torch.jit.script(nn.Linear(3, 2)).save(str(path))
    assert "is a whole TorchScript model" in refused(net, path)


@pytest.mark.parametrize("entry", ["state_dict", "model_state_dict", "model"])
def test_checkpoints_of_training_frameworks(net, tmp_path, entry):
    load_weights(net, saved(tmp_path, {"epoch": 3, entry: state(), "optimizer": {"lr": 0.1}}))
    assert same(net, state())


@pytest.mark.parametrize("prefix", ["module.", "model.", "module.model."])
def test_names_of_wrappers_are_taken_off(net, tmp_path, prefix):
    load_weights(net, saved(tmp_path, {f"{prefix}{key}": value for key, value in state().items()}))
    assert same(net, state())


def test_wrappers_whose_keys_would_not_fit_are_left(net, tmp_path):
    text = refused(net, saved(tmp_path, {"module.head.weight": torch.zeros(2, 3)}))
    assert "the model lacks module.head.weight" in text


def test_a_real_data_parallel(net, tmp_path):
    other = nn.DataParallel(Net())
    load_weights(net, saved(tmp_path, other.state_dict()))
    assert same(net, other.module.state_dict())


def without(key):
    return {name: value for name, value in state().items() if name != key}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (without("head.bias"), "it lacks head.bias"),
        (state() | {"head.weight": torch.zeros(2, 7)}, "shapes differ: head.weight (2, 7) for (2, 3)"),
        (state() | {"tail": torch.zeros(1)}, "the model lacks tail"),
        ({f"layer{i}.a": torch.zeros(1) for i in range(9)}, "layer0.a, layer1.a, layer2.a and 6 more"),
    ],
)
def test_weights_that_do_not_fit(net, tmp_path, content, words):
    text = refused(net, saved(tmp_path, content))
    assert "does not fit the model" in text and words in text


def test_counters_of_batches_may_be_absent(net, tmp_path):
    """As in files older than torch 0.4.1."""
    old = collections.OrderedDict(without("norm.num_batches_tracked"))
    load_weights(net, saved(tmp_path, old))
    assert same(net, old)
    old._metadata = {"": {"version": 1}, "norm": {"version": 2}}  # says that it has the counter
    assert "num_batches_tracked" in refused(net, saved(tmp_path, old))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (torch.zeros(3), "holds something of type Tensor"),
        ({"epoch": 3, "state_dict": {}}, "holds the entries epoch, state_dict"),
        ({}, "holds nothing"),
        ([torch.zeros(1)], "holds something of type list"),
    ],
)
def test_contents_that_are_no_state_dict(net, tmp_path, content, words):
    text = refused(net, saved(tmp_path, content))
    assert words in text and SAVE in text


def test_types_are_cast_to_those_of_the_network(net, tmp_path):
    half = {key: value.half() if value.is_floating_point() else value for key, value in state().items()}
    load_weights(net, saved(tmp_path, half))
    assert net.head.weight.dtype == torch.float32
    assert torch.equal(net.head.weight, half["head.weight"].float())
