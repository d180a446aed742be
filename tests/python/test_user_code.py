"""Files of users run among their siblings, and leave no traces."""

import contextlib
import os
import sys
import types

import pytest
import torch
from networks import LENGTH

from deepmr_torch.errors import DeepmrError
from deepmr_torch.load import from_file
from deepmr_torch.rng import outside_torch
from deepmr_torch.user_code import folders_first, run_file

NET = """
import torch
from layers import WIDTH
from blocks.linear import linear

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.head = linear(WIDTH)

    def forward(self, x):
        return self.again(x)

    def again(self, x):
        return self.head(x.flatten(1)) * len(WIDTH * "a")
"""
LINEAR = f"import torch\ndef linear(width):\n    return torch.nn.Linear(4 * {LENGTH}, width)\n"


def folder(path, width):
    (path / "blocks").mkdir(parents=True)
    (path / "net.py").write_text(NET)
    (path / "layers.py").write_text(f"WIDTH = {width}\n")
    (path / "blocks" / "__init__.py").write_text("")
    (path / "blocks" / "linear.py").write_text(LINEAR)
    return path


def width(path):
    return len(from_file(f"{path}/net.py:Net", LENGTH, None).outputs)


def listing(path):
    return sorted((str(p), p.stat().st_mtime_ns) for p in path.rglob("*"))


def test_folders_with_siblings_of_one_name_do_not_mix(tmp_path):
    a, b = folder(tmp_path / "a", 2), folder(tmp_path / "b", 5)
    first = from_file(f"{a}/net.py:Net", LENGTH, None)
    assert [width(b), width(a), len(first.outputs)] == [5, 2, 2]
    assert type(first.module)().head.out_features == 2  # its class still knows its own sibling


def test_modules_of_the_session_are_untouched(tmp_path, monkeypatch):
    mine = types.ModuleType("layers")
    inner = types.ModuleType("blocks.linear")
    monkeypatch.setitem(sys.modules, "layers", mine)
    monkeypatch.setitem(sys.modules, "blocks.linear", inner)
    before, path = dict(sys.modules), list(sys.path)
    assert width(folder(tmp_path / "a", 2)) == 2
    assert sys.modules["layers"] is mine and sys.modules["blocks.linear"] is inner
    assert {name: sys.modules[name] for name in before} == before
    assert not {"net", "blocks"} & set(sys.modules) and sys.path == path
    assert not any(str(tmp_path) in entry for entry in sys.path_importer_cache)


def test_nothing_is_left_after_a_file_that_raises(tmp_path):
    a = folder(tmp_path / "a", 2)
    (a / "net.py").write_text(NET + "1 / 0\n")
    modules, path, hooks = set(sys.modules), list(sys.path), list(sys.path_hooks)
    with pytest.raises(ZeroDivisionError), folders_first(a):
        run_file(a / "net.py")
    assert (set(sys.modules), sys.path, sys.path_hooks) == (modules, path, hooks)


def test_files_are_read_anew_and_nothing_is_written(tmp_path, monkeypatch):
    """Edited within the clock's grain, at the same length: bytecode would be taken for fresh."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    a = folder(tmp_path / "a", 2)
    os.utime(a / "layers.py", (10**9, 10**9))
    before = listing(a)
    assert width(a) == 2 and listing(a) == before
    monkeypatch.syspath_prepend(str(a))
    __import__("layers")  # leaves bytecode of the old file
    monkeypatch.delitem(sys.modules, "layers")
    assert (a / "__pycache__").is_dir()
    (a / "layers.py").write_text("WIDTH = 7\n")
    os.utime(a / "layers.py", (10**9, 10**9))
    assert width(a) == 7
    assert not sys.dont_write_bytecode


def test_a_file_named_as_a_module_that_all_need(tmp_path):
    a = folder(tmp_path / "a", 2)
    for name in ("torch.py", "types.py", "my net.py"):
        (a / "net.py").rename(a / name)
        model = from_file(f"{a / name}:Net", LENGTH, None)
        assert len(model.outputs) == 2 and sys.modules["types"] is types
        (a / name).rename(a / "net.py")


def test_modules_that_only_lie_below_are_kept(tmp_path, monkeypatch):
    """A network in a home with a virtual environment in it: what is installed stays imported."""
    a = folder(tmp_path / "a", 2)
    site = a / "env" / "site-packages"
    site.mkdir(parents=True)
    (site / "installed_thing.py").write_text("")
    monkeypatch.syspath_prepend(str(site))
    (a / "net.py").write_text("import installed_thing\n" + NET)
    assert width(a) == 2 and "installed_thing" in sys.modules
    monkeypatch.delitem(sys.modules, "installed_thing")


SETTING = """
import os, random, sys
import numpy
import torch
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.append("/nowhere")
os.chdir("/")
torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)
for seed in (torch.manual_seed, numpy.random.seed, random.seed):
    seed(7)
"""


def session():
    return [os.getcwd(), list(sys.path), torch.get_default_dtype(), torch.is_grad_enabled(), *outside_torch()]


@pytest.mark.parametrize("end", ["", "1 / 0\n"])
def test_what_code_sets_for_the_session_is_put_back(tmp_path, monkeypatch, end):
    monkeypatch.chdir(tmp_path)
    a = folder(tmp_path / "a", 2)
    (a / "net.py").write_text(SETTING + NET + end)
    before, random_state = session(), torch.get_rng_state()
    try:
        with pytest.raises(DeepmrError) if end else contextlib.nullcontext():
            from_file(f"{a}/net.py:Net", LENGTH, None)
        assert session() == before and torch.equal(torch.get_rng_state(), random_state)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)


def test_a_working_directory_that_is_gone(tmp_path, monkeypatch):
    a, gone = folder(tmp_path / "a", 2), tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert width(a) == 2


def test_siblings_may_import_the_file_back(tmp_path):
    a = folder(tmp_path / "a", 2)
    (a / "net.py").write_text("seen = []\n" + NET + "import helper\nseen.append(helper.net)\n")
    (a / "helper.py").write_text("import net\n")
    with folders_first(a):
        namespace = run_file(a / "net.py")
    assert namespace.seen == [namespace]
