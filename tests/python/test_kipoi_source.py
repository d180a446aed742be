"""Kipoi model directories: the same predictions as kipoi's, whatever the form."""

import os
import shutil
import sys
import types

import numpy as np
import pytest
import torch
from drive import predict
from networks import LENGTH, SEQUENCE
from zoo import FORMS, SHAPES, listing, md5, write_model, write_yaml

from deepmr_torch.errors import DeepmrError, guard
from deepmr_torch.kipoi_input import refuse_axes
from deepmr_torch.kipoi_package import silence

pytest.importorskip("kipoi_utils")
from deepmr_torch.kipoi_package import import_kipoi  # noqa: E402
from deepmr_torch.kipoi_source import from_directory  # noqa: E402


def refused(what, folder, cache=None, bases=None):
    with pytest.raises(DeepmrError) as error:
        from_directory(str(folder), str(cache or folder.parent / "cache"), bases)
    assert error.value.what == what and error.value.remedy
    return f"{error.value.problem} {error.value.remedy}"


def load(folder, bases=None):
    return from_directory(str(folder), str(folder.parent / "cache"), bases)


def predictions(model):
    """As a user gets them, with dropout off."""
    return predict(model, SEQUENCE, spec=None)


def of_kipoi(folder, alphabet="ACGT", shape=SHAPES["NCL"]):
    """What kipoi itself predicts, for one-hot DNA made by hand."""
    x = np.zeros((4, LENGTH), np.float32)
    x[[alphabet.index(base) for base in SEQUENCE], np.arange(LENGTH)] = 1
    x = (x.T if shape == SHAPES["NLC"] else x).reshape(1, *shape)
    copy = folder.parent.with_name(f"{folder.parent.name}_copy")
    shutil.copytree(folder.parent, copy)
    kipoi, before = import_kipoi(), set(sys.modules)
    sys.path.insert(0, str(copy / folder.name))  # as '' does in a session there
    with silence():
        model = kipoi.get_model(str(copy / folder.name), source="dir", with_dataloader=False)
    del sys.path[0]
    for name in set(sys.modules) - before:
        del sys.modules[name]
    out = model.predict_on_batch(x)
    return np.concatenate(list(out.values()) if isinstance(out, dict) else out if isinstance(out, list) else [out], 1)


@pytest.mark.parametrize("form", FORMS)
def test_forms(tmp_path, form):
    folder = tmp_path / "zoo" / "m"
    write_model(folder, form)
    model = load(folder)
    np.testing.assert_allclose(predictions(model), of_kipoi(folder), atol=1e-6)
    assert model.outputs == ["probs1", "probs2", "probs3"] and not model.module.training
    assert model.source == f"Kipoi directory {folder} (weights weights.pth, md5 {md5(folder / 'weights.pth')})"


@pytest.mark.parametrize("alphabet", [None, "AGCT", "TGCA"])
@pytest.mark.parametrize("layout", SHAPES)
def test_layouts_and_base_orders(tmp_path, layout, alphabet):
    folder = tmp_path / "zoo" / "m"
    write_model(folder, layout=layout, alphabet=alphabet)
    model = load(folder)
    assert (model.layout, model.length, model.bases) == (layout, LENGTH, alphabet or "ACGT")
    theirs = of_kipoi(folder, alphabet or "ACGT", SHAPES[layout])
    np.testing.assert_allclose(predictions(model), theirs, atol=1e-6)
    assert np.abs(predictions(load(folder, "GATC")) - theirs).max() > 1e-3


def test_bases_of_the_user_go_first(tmp_path):
    folder = tmp_path / "m"
    write_model(folder, alphabet="ACGTN")
    assert "alphabet 'ACGTN', which is not an order" in refused("kipoi_model", folder)
    assert load(folder, "TGCA").bases == "TGCA"


TWO = [{"name": "first", "shape": "(2, )", "doc": ""}, {"name": "second", "shape": "(1, )", "doc": ""}]


@pytest.mark.parametrize("heads", ["list", "dict"])
def test_two_heads(tmp_path, heads):
    folder = tmp_path / "zoo" / "m"
    targets = TWO if heads == "list" else {head["name"]: {**head, "column_labels": []} for head in TWO}
    write_model(folder, targets=targets, heads=heads)
    model = load(folder)
    names = ["first1", "first2", "second"]
    assert model.outputs == (names if heads == "list" else [names[2], *names[:2]])  # as the network orders them
    np.testing.assert_allclose(predictions(model), of_kipoi(folder), atol=1e-6)


@pytest.mark.parametrize(
    ("widths", "network", "words"),
    [
        ((1, 2), {"heads": "list"}, "the shape (1,) for the target 'head0', but the network gives 2 predictions"),
        ((5,), {}, "the shape (5,) for the target 'head0', but the network gives 3 predictions"),
        ((4,), {"heads": "list"}, "the shape (4,) for the target 'head0', but the network gives 3 predictions"),
        ((1, 1, 1), {"heads": "list"}, "3 targets, but the network gives 2 arrays, 3 predictions"),
        ((1, 1), {}, "2 predictions in 2 targets, but the network gives 3 predictions"),
        ((2, 2), {}, "4 predictions in 2 targets, but the network gives 3 predictions"),
    ],
)
def test_targets_that_contradict_the_network(tmp_path, widths, network, words):
    targets = [{"name": f"head{i}", "shape": f"({width}, )", "doc": ""} for i, width in enumerate(widths)]
    write_model(tmp_path, targets=targets if len(widths) > 1 else targets[0], **network)
    assert words in refused("kipoi_model", tmp_path)


def test_targets_of_unknown_width(tmp_path):
    write_model(tmp_path, targets={"name": "probs", "shape": "(None, )", "doc": ""})
    assert load(tmp_path).outputs == ["probs1", "probs2", "probs3"]


def test_the_name_of_a_head_may_be_found_in_the_network_only(tmp_path):
    write_model(tmp_path, targets={"first": TWO[0], "third": {"shape": "(1, )", "doc": ""}}, heads="dict")
    text = refused("kipoi_model", tmp_path)
    assert "the targets first, third" in text and "those named second, first" in text


def labelled(folder, text, **kwargs):
    folder.mkdir(exist_ok=True)
    (folder / "labels.txt").write_text(text)
    write_model(folder, labels=["labels.txt"], **kwargs)
    return folder


def test_labels_are_made_distinct(tmp_path):
    folder = labelled(tmp_path / "m", "HepG2_FOXA1_None \nA549\nHepG2_FOXA1_None\t\nA549#1\nA549\n\n \n", width=5)
    assert load(folder).outputs == ["HepG2_FOXA1_None#1", "A549#2", "HepG2_FOXA1_None#2", "A549#1", "A549#3"]


def test_labels_in_the_yaml_and_none(tmp_path):
    write_model(tmp_path, labels=["a", "b", "c"])
    assert load(tmp_path).outputs == ["a", "b", "c"]
    write_model(tmp_path, width=1)
    assert load(tmp_path).outputs == ["probs"]
    write_model(tmp_path, width=1, labels="accessibility")
    assert load(tmp_path).outputs == ["accessibility"]


@pytest.mark.parametrize("labels", [[["a"], ["b"], ["c"]], ["a", None, "c"], {"file": "x"}, ["a", True, "c"]])
def test_labels_that_are_no_text(tmp_path, labels):
    write_model(tmp_path, labels=labels)
    assert "`column_labels`, which is no text" in refused("kipoi_model", tmp_path)


def test_files_of_labels_that_are_no_text(tmp_path):
    folder = labelled(tmp_path / "m", "")
    (folder / "labels.txt").write_bytes("é\nb\nc\n".encode("latin1"))
    assert f"'{folder / 'labels.txt'}' is not text in UTF-8" in refused("kipoi_model", folder)
    (folder / "labels.txt").unlink()
    (folder / "labels.txt").mkdir()
    assert "labels.txt', which is a directory" in refused("kipoi_model", folder)


def test_numbers_are_labels(tmp_path):
    write_model(tmp_path, labels=[1, 2.5, "3"])
    assert load(tmp_path).outputs == ["1", "2.5", "3"]


def test_labels_that_do_not_fit(tmp_path):
    text = refused("kipoi_model", labelled(tmp_path / "m", "a\nb\n"))
    assert "2 labels" in text and "labels.txt" in text and "gives 3 predictions" in text
    (tmp_path / "m" / "labels.txt").unlink()
    text = refused("kipoi_model", tmp_path / "m")
    assert f"'{tmp_path / 'm' / 'labels.txt'}', which does not exist" in text and "3 predictions" in text
    (tmp_path / "m" / "labels.txt").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n")
    assert "is a git-lfs pointer" in refused("kipoi_model", tmp_path / "m")


def test_directories_whose_modules_share_a_name(tmp_path, monkeypatch):
    mine = types.ModuleType("model")
    monkeypatch.setitem(sys.modules, "model", mine)
    write_model(tmp_path / "a", width=2)
    write_model(tmp_path / "b", width=4)
    models = [load(tmp_path / name) for name in ("a", "b", "a")]
    assert [len(model.outputs) for model in models] == [2, 4, 2]
    assert np.array_equal(predictions(models[0]), predictions(models[2]))
    assert sys.modules["model"] is mine
    code = tmp_path / "a" / "model.py"
    code.write_text(code.read_text().replace("torch.tanh", "torch.cos "))
    assert np.abs(predictions(load(tmp_path / "a")) - predictions(models[0])).max() > 1e-3


def test_the_directory_stays_as_it_is(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    folder = labelled(tmp_path / "m", "a\nb\nc\n")
    code = folder / "model.py"
    code.write_text(code.read_text() + "print('loud')\nimport logging, sys\nsys.stderr.write('louder')\n")
    for path in (*folder.iterdir(), folder):
        os.chmod(path, 0o555 if path.is_dir() else 0o444)
    before, cwd, torch_load = listing(tmp_path), os.getcwd(), torch.load
    model = load(folder)
    assert listing(tmp_path) == before and os.getcwd() == cwd and torch.load is torch_load
    assert capfd.readouterr() == ("", "")
    os.chmod(folder, 0o755)
    os.chmod(code, 0o644)
    code.write_text("raise ValueError\n")
    refused("model_file", folder)
    assert torch.load is torch_load and os.getcwd() == cwd
    assert model.outputs == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "keras"}, "of the form `type: keras`"),
        ({"type": "tensorflow"}, "of the form `type: tensorflow`"),
        ({"type": "tensorflow2"}, "of the form `type: tensorflow2`"),
        ({"type": "sklearn"}, "of the form `type: sklearn`"),
        ({"type": "custom"}, "of the form `type: custom`"),
        ({"defined_as": "model.MyModel"}, "of the form `defined_as: model.MyModel`"),
        ({"defined_as": "kipoi.model.KerasModel"}, "of the form `defined_as: kipoi.model.KerasModel`"),
        ({}, "has neither `type` nor `defined_as`"),
        ({"type": "pytorch", "args": None}, "has no `args`"),
        ({"type": "pytorch", "schema": {"inputs": {}}}, "has no `schema`"),
        ({"type": "pytorch", "args": {"weights": "w.pth"}}, "reading it would run code"),
        ({"type": "pytorch", "args": {"module_class": "model.M"}}, "names no `weights`"),
        ({"type": "pytorch", "args": {"module_class": "M", "weights": "w"}}, "which file defines `M`"),
        ({"type": "pytorch", "args": {"lua_file": "x.t7", "weights": "w"}}, "the arguments lua_file"),
        ({"type": "pytorch", "args": {"module_ojb": "x", "weights": "w"}}, "Nearest: module_obj."),
        ({"type": "pytorch", "args": {"zzz": "x", "weights": "w"}}, "Permitted are weights, module_file, module_obj,"),
        ({"type": "pytorch", "args": {"module_class": "model.M", "weights": 3}}, "neither a path nor a url"),
    ],
)
def test_forms_that_are_refused_before_code_runs(tmp_path, change, words):
    content = write_model(tmp_path)
    (tmp_path / "model.py").write_text("raise SystemExit('ran')\n")
    content.pop("defined_as")
    write_yaml(tmp_path, {**content, **change})
    assert words in refused("kipoi_model", tmp_path)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"special_type": "DNAStringSeq"}, "takes DNAStringSeq, not one-hot DNA"),
        ({"special_type": "bigwig"}, "takes bigwig, not one-hot DNA"),
        ({"shape": f"({LENGTH}, 5)"}, "takes an array of shape (12, 5), not one-hot DNA"),
        ({"shape": f"(1, 4, {LENGTH})"}, "takes an array of shape (1, 4, 12)"),
        ({"shape": f"(4, {LENGTH}, 2)"}, "takes an array of shape (4, 12, 2)"),
        ({"shape": "(100,)"}, "takes an array of shape (100,)"),
        ({"shape": "__import__('os').system('touch ran')"}, "which is no tuple of numbers"),
        ({"shape": "(4, -1)"}, "which is no tuple of numbers"),
        ({"a": {"shape": "(4, 12)"}, "b": {"shape": "(4, 12)"}}, "takes 2 arrays (a, b)"),
        ([{"name": "a", "shape": "(4, 12)"}, {"name": "b", "shape": "(7,)"}], "takes 2 arrays (a, b)"),
        (["seq"], "not made of arrays with shapes"),
    ],
)
def test_inputs_that_are_no_one_hot_dna(tmp_path, monkeypatch, inputs, words):
    monkeypatch.chdir(tmp_path)
    content = write_model(tmp_path)
    (tmp_path / "model.py").write_text("raise SystemExit('ran')\n")
    whole = isinstance(inputs, list) or "a" in inputs
    content["schema"]["inputs"] = inputs if whole else {**content["schema"]["inputs"], **inputs}
    write_yaml(tmp_path, content)
    assert words in refused("kipoi_model", tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("layout", "loader", "words"),
    [
        ("NC1L", {"auto_resize_len": 80}, "the shape (4, 1, 12), but auto_resize_len is 80"),
        ("NLC", {"auto_resize_len": 80}, "the shape (12, 4), but auto_resize_len is 80"),
        ("NCL", {"alphabet_axis": 1}, "the shape (4, 12), but alphabet_axis is 1"),
        ("NLC", {"alphabet_axis": 0}, "the shape (12, 4), but alphabet_axis is 0"),
        ("NCL1", {"alphabet_axis": 3}, "the shape (4, 12, 1), but alphabet_axis is 3"),
        ("NC1L", {"dummy_axis": 2}, "the shape (4, 1, 12), but dummy_axis is 2"),
        ("NCL", {"dummy_axis": 1}, "the shape (4, 12), but dummy_axis is 1"),
    ],
)
def test_a_loader_that_contradicts_the_schema(tmp_path, layout, loader, words):
    content = write_model(tmp_path, layout=layout)
    (tmp_path / "model.py").write_text("raise SystemExit('ran')\n")
    content["default_dataloader"]["default_args"].update(loader)
    write_yaml(tmp_path, content)
    assert words in refused("kipoi_model", tmp_path)


def test_loaders_that_agree_with_the_schema(tmp_path):
    for layout, loader in (
        ("NC1L", {"dummy_axis": 1}),
        ("NCL1", {"dummy_axis": 2}),
        ("NCL", {"alphabet_axis": None, "dummy_axis": None, "auto_resize_len": None}),
    ):
        content = write_model(tmp_path / layout, layout=layout)
        content["default_dataloader"]["default_args"].update(loader)
        write_yaml(tmp_path / layout, content)
        assert load(tmp_path / layout).layout == layout


def test_either_axis_of_four_may_be_the_bases():
    square = types.SimpleNamespace(file="model.yaml", loader={"alphabet_axis": 1})
    refuse_axes(square, (4, 4))
    with pytest.raises(DeepmrError, match="alphabet_axis is 1"):
        refuse_axes(square, (4, 5))


@pytest.mark.parametrize("labels", [None, ["a", "b", "c"]])
def test_targets_of_another_size_than_what_the_network_gives(tmp_path, labels):
    content = write_model(tmp_path, labels=labels)
    content["schema"]["targets"]["shape"] = "(41, )"
    write_yaml(tmp_path, content)
    text = refused("kipoi_model", tmp_path)
    assert "the shape (41,) for the target 'probs', but the network gives 3 predictions" in text
    content["schema"]["targets"]["shape"] = "(None, )"
    write_yaml(tmp_path, content)
    assert len(load(tmp_path).outputs) == 3


def test_one_input_in_a_dict_or_list_and_a_length_from_the_loader(tmp_path):
    content = write_model(tmp_path)
    for inputs in ({"seq": {"shape": "(4, None)"}}, [{"name": "seq", "shape": [4, LENGTH]}]):
        content["schema"]["inputs"] = inputs
        write_yaml(tmp_path, content)
        assert load(tmp_path).length == LENGTH
    del content["default_dataloader"]
    content["schema"]["inputs"] = {"shape": "(4, None)"}
    write_yaml(tmp_path, content)
    assert "gives no sequence length" in refused("kipoi_model", tmp_path)


def test_directories_that_are_no_model(tmp_path):
    assert "There is no directory" in refused("kipoi_model", tmp_path / "nothing")
    write_model(tmp_path / "one")
    assert "Models lie in its folders one" in refused("kipoi_model", tmp_path)
    (tmp_path / "model-template.yaml").write_text("")
    assert "is a group of Kipoi models" in refused("kipoi_model", tmp_path)
    for text, words in (
        ("a: [", "is no valid YAML at line 1, column 5: "),
        ("a: 1\n  b: 2", "is no valid YAML at line 2, column 4: mapping values are not allowed here. Correct"),
        ("a: \x00", "is no valid YAML: unacceptable character #x0000"),
        ("- a", "does not hold named entries"),
        ("!!python/object/apply:os.getcwd []", "is no valid YAML"),
        ("version https://git-lfs.github.com/spec/v1", "is a git-lfs pointer"),
    ):
        (tmp_path / "one" / "model.yaml").write_text(text)
        assert words in refused("kipoi_model", tmp_path / "one")


def test_what_yaml_says_is_not_said_twice(tmp_path):
    for content, words in ((b"a: b: c", "line 1, column 5"), (b"a: \xff", "not encoded in UTF-8")):
        (tmp_path / "model.yaml").write_bytes(content)
        result = guard("kipoi_source.from_directory", str(tmp_path), str(tmp_path / "cache"))
        assert words in result["problem"] and result["cause"] is None and "\n" not in result["problem"]


def test_model_yml_and_the_path_of_the_file(tmp_path):
    write_model(tmp_path / "m")
    (tmp_path / "m" / "model.yaml").rename(tmp_path / "m" / "model.yml")
    assert load(tmp_path / "m" / "model.yml").outputs == load(tmp_path / "m").outputs


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"module_class": "other.M"}, "There is no file"),
        ({"module_class": "M", "module_file": "."}, "which model.yaml names, is a directory"),
        ({"module_class": "model.N"}, "defines no 'N'"),
        ({"module_class": "model.net"}, "but `module_class` must be a class or function"),
        ({"module_obj": "model.M"}, "is of type type, but `module_obj` must be a torch.nn.Module"),
    ],
)
def test_code_that_model_yaml_names_wrongly(tmp_path, args, words):
    content = write_model(tmp_path)
    content["args"] = {"weights": "weights.pth", **args}
    write_yaml(tmp_path, content)
    assert words in refused("kipoi_model", tmp_path)


def test_what_the_code_raises_is_told_with_its_line(tmp_path):
    content = write_model(tmp_path)
    code = tmp_path / "model.py"
    text = code.read_text()
    code.write_text("import no_such_sibling\n" + text)
    assert f"'{code}', line 1, raises ModuleNotFoundError" in refused("model_file", tmp_path)
    code.write_text(text.replace("super().__init__()", "raise ValueError('no luck')"))
    assert "line 8, raises ValueError: no luck" in refused("model_file", tmp_path)
    code.write_text(text)
    content["args"]["module_kwargs"] = {"depth": 3}
    write_yaml(tmp_path, content)
    assert "raises TypeError" in refused("model_file", tmp_path) and "depth" in refused("model_file", tmp_path)
    code.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    assert "is a git-lfs pointer" in refused("kipoi_model", tmp_path)


def test_weights_that_are_missing_broken_or_of_another_network(tmp_path):
    write_model(tmp_path)
    path = tmp_path / "weights.pth"
    whole = path.read_bytes()
    for content, words in (
        (whole[:-30], "is incomplete"),
        (b"<html>", "an HTML page"),
        (b"version https://git-lfs", "a git-lfs pointer"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"4\n1\n3\nV 1\n", "Lua's Torch 7"),
    ):
        path.write_bytes(content)
        assert words in refused("weights", tmp_path)
    torch.save({"head.weight": torch.zeros(2, 2)}, path)
    text = refused("weights", tmp_path)
    assert (
        "does not fit the model: it lacks conv.weight, conv.bias, head.bias; shapes differ: head.weight (2, 2)" in text
    )
    torch.save(torch.nn.Linear(2, 2), path)
    assert "a whole pickled network" in refused("weights", tmp_path)
    path.unlink()
    assert "There is no weights file" in refused("weights", tmp_path)


def test_weights_saved_on_a_gpu_and_as_a_checkpoint(tmp_path, monkeypatch):
    write_model(tmp_path)
    path = tmp_path / "weights.pth"
    state, expected = torch.load(path), predictions(load(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        torch.save({"state_dict": state}, path)
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="CUDA"):
            torch.load(path)
    np.testing.assert_array_equal(predictions(load(tmp_path)), expected)


@pytest.mark.parametrize("form", ["class", "object", "old"])
def test_names_of_wrappers_are_taken_off(tmp_path, form):
    write_model(tmp_path, form)
    path, load_state_dict = tmp_path / "weights.pth", torch.nn.Module.load_state_dict
    expected = predictions(load(tmp_path))
    torch.save({f"module.{key}": value for key, value in torch.load(path).items()}, path)
    np.testing.assert_array_equal(predictions(load(tmp_path)), expected)
    assert torch.nn.Module.load_state_dict is load_state_dict


def test_code_that_renames_tensors_itself(tmp_path):
    """What it hands on is not what was in the file, and is left alone."""
    write_model(tmp_path)
    path, code = tmp_path / "weights.pth", tmp_path / "model.py"
    expected = predictions(load(tmp_path))
    code.write_text(
        code.read_text().replace(
            "    def forward",
            "    def load_state_dict(self, state):\n"
            "        return super().load_state_dict({key[3:]: value for key, value in state.items()})\n\n"
            "    def forward",
        )
    )
    torch.save({f"my-{key}": value for key, value in torch.load(path).items()}, path)
    np.testing.assert_array_equal(predictions(load(tmp_path)), expected)
    torch.save({f"my-{key}": value for key, value in torch.load(path).items()}, path)
    assert "does not fit the model" in refused("weights", tmp_path)


def test_modules_that_know_names_of_older_versions_load_them(tmp_path):
    write_model(tmp_path)
    path, code = tmp_path / "weights.pth", tmp_path / "model.py"
    expected, text = predictions(load(tmp_path)), code.read_text()
    renames = """    def _load_from_state_dict(self, state, prefix, *args):
        if "old_bias" in state:
            state["head.bias"] = state.pop("old_bias")
        super()._load_from_state_dict(state, prefix, *args)

"""
    code.write_text(text.replace("    def forward", f"{renames}    def forward"))
    state = torch.load(path)
    state["old_bias"] = state.pop("head.bias")
    torch.save(state, path)
    np.testing.assert_array_equal(predictions(load(tmp_path)), expected)
    code.write_text(text)
    text = refused("weights", tmp_path)
    assert "it lacks head.bias; the model lacks old_bias." in text


def test_torch_does_not_advise_what_we_refuse(tmp_path):
    """Neither of a file that the code reads nor of the weights."""
    write_model(tmp_path)
    other, code = tmp_path / "other.pth", tmp_path / "model.py"
    torch.save(torch.nn.Linear(2, 2), other)
    for name, more in (("other.pth", f"torch.load('{other}')\n"), ("weights.pth", "")):
        code.write_text(code.read_text().partition("torch.load")[0] + more)
        result = guard("kipoi_source.from_directory", str(tmp_path), str(tmp_path / "cache"))
        assert result["what"] == "weights" and result["cause"] is None
        assert f"{name}' holds a whole pickled network" in result["problem"]
        other.replace(tmp_path / "weights.pth") if other.exists() else None


def test_code_that_waits_for_a_refusal_gets_it(tmp_path):
    write_model(tmp_path)
    other, code = tmp_path / "other.pth", tmp_path / "model.py"
    torch.save(torch.nn.Linear(2, 2), other)
    code.write_text(
        f"{code.read_text()}\nimport pickle\ntry:\n    torch.load('{other}', weights_only=True)\n"
        "except pickle.UnpicklingError:\n    pass\n"
    )
    assert len(load(tmp_path).outputs) == 3


def test_weights_inside_the_code(tmp_path):
    content = write_model(tmp_path, "old")
    code = tmp_path / "model.py"
    del content["args"]["weights"]
    write_yaml(tmp_path, content)
    path = tmp_path / "own.pth"
    (tmp_path / "weights.pth").rename(path)
    text = code.read_text().replace(
        "return M()", f"net.load_state_dict(torch.load('{path}', weights_only=False))\n    return net"
    )
    code.write_text(text)
    model = load(tmp_path)
    assert torch.equal(model.module.head.weight, torch.load(path)["head.weight"])
    assert model.source.endswith("(weights in its code)")


def with_own_load(folder, content, arguments, monkeypatch):
    """A model whose code reads a file of its own, saved on a GPU."""
    write_model(folder)
    with monkeypatch.context() as patch:
        patch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        torch.save(content, folder / "own.pth")
    code = folder / "model.py"
    code.write_text(code.read_text() + f"M.own = torch.load({str(folder / 'own.pth')!r}{arguments})\n")


@pytest.mark.parametrize(
    "arguments",
    [
        "", ", 'cpu'", ", lambda s, l: s", ", None", ", map_location=None", ", map_location='cpu'",
        ", weights_only=False", ", 'cpu', weights_only=False", ", mmap=False",
    ],
)  # fmt: skip
def test_files_that_the_code_reads_itself_come_to_the_cpu(tmp_path, monkeypatch, arguments):
    own = torch.arange(3.0)
    with_own_load(tmp_path, own, arguments, monkeypatch)
    assert torch.equal(load(tmp_path).module.own, own)


@pytest.mark.parametrize("arguments", ["", ", weights_only=False", ", 'cpu', weights_only=None"])
def test_code_in_files_that_the_code_reads_itself_is_not_run(tmp_path, monkeypatch, arguments):
    class Code:
        def __reduce__(self):
            return (os.system, (f"touch {tmp_path / 'made'}",))

    with_own_load(tmp_path, {"a": Code()}, arguments, monkeypatch)
    assert "would run code" in refused("weights", tmp_path)
    assert not (tmp_path / "made").exists()


def test_what_the_code_sets_for_the_session_is_put_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_model(tmp_path / "m")
    code = tmp_path / "m" / "model.py"
    setting = (
        "import os, sys, torch\nsys.path.insert(0, os.path.dirname(__file__))\nos.chdir('/')\n"
        "torch.set_default_dtype(torch.float64)\ntorch.set_grad_enabled(False)\ntorch.manual_seed(7)\n"
    )
    code.write_text(setting + code.read_text())
    load(tmp_path / "m")  # kipoi has been imported

    def session():
        return os.getcwd(), list(sys.path), torch.get_default_dtype(), torch.is_grad_enabled()

    before, random_state = session(), torch.get_rng_state()
    try:
        load(tmp_path / "m")
        assert session() == before and torch.equal(torch.get_rng_state(), random_state)
        assert before[0] == str(tmp_path) and before[2:] == (torch.float32, True)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
