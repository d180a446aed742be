"""Importing kipoi: in silence, without files in the home, and when it is not there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deepmr_torch.errors import DeepmrError, guard
from deepmr_torch.kipoi_package import import_kipoi

PYTHON = Path(__file__).resolve().parents[2] / "inst" / "python"
# What a user's own session of kipoi looks at.
SHOW = """
import sys
sys.path.insert(0, {python!r})
from deepmr_torch.kipoi_package import import_kipoi
kipoi = import_kipoi()
import os
assert os.environ["HOME"] == {home!r}
c = kipoi.config
print(c._kipoi_dir, c._config_path, c._env_db_path, c.get_source("kipoi").local_path, sorted(c.model_sources()))
"""


def session(code, home):
    """Lines that a fresh interpreter prints."""
    code = code.format(python=str(PYTHON), home=str(home))
    environment = {**os.environ, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("KIPOI_ENV_DB_PATH", None)
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


def test_nothing_is_written_into_the_home_and_kipoi_finds_it(tmp_path):
    pytest.importorskip("kipoi_utils")
    here = tmp_path / ".kipoi"
    *paths, sources = session(SHOW, tmp_path).split(" ", 4)
    assert paths == [str(here), f"{here}/config.yaml", f"{here}/envs.json", f"{here}/models/"]
    assert sources == "['dir', 'github-permalink', 'kipoi']\n"
    assert not list(tmp_path.iterdir())
    # With a configuration of the user's own, kipoi reads it.
    here.mkdir()
    (here / "config.yaml").write_text("model_sources:\n  kipoi: {type: local, local_path: /}\n")
    assert session(SHOW, tmp_path).split(" ", 4)[3:] == ["/", "['dir', 'github-permalink', 'kipoi']\n"]
    assert [path.name for path in here.iterdir()] == ["config.yaml"]


def test_a_home_that_cannot_be_written(tmp_path):
    pytest.importorskip("kipoi_utils")
    plain = tmp_path / "plain"
    plain.write_text("")
    existed = os.path.exists("/tmp/.kipoi")
    assert session(SHOW, plain / "home").startswith("/tmp/.kipoi ")  # as kipoi itself has it
    assert os.path.exists("/tmp/.kipoi") == existed


def test_a_kipoi_that_the_session_has_is_taken():
    kipoi = pytest.importorskip("kipoi_utils") and import_kipoi()
    assert import_kipoi() is kipoi


@pytest.fixture
def no_kipoi(monkeypatch, tmp_path):
    for name in list(sys.modules):
        if name.partition(".")[0] == "kipoi":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def missing():
    with pytest.raises(DeepmrError) as error:
        import_kipoi()
    assert error.value.what == "kipoi_missing"
    assert "install_deepmr(kipoi = TRUE)" in error.value.remedy[0]
    assert 'pip install "kipoi>=0.8.6" six "setuptools<82" "pandas<3"' in error.value.remedy[1]
    return error.value.problem


def test_without_kipoi(no_kipoi, monkeypatch):
    monkeypatch.setitem(sys.modules, "kipoi", None)
    assert missing() == "The Python package kipoi is not installed."
    for name in ("from_directory", "from_name"):
        assert guard(f"kipoi_source.{name}", "Zoo/predict", str(no_kipoi / "cache"))["what"] == "kipoi_missing"
    assert not (no_kipoi / "cache").exists()


def test_without_what_kipoi_needs(no_kipoi, monkeypatch):
    package = no_kipoi / "kipoi"
    package.mkdir()
    (package / "config.py").write_text("")
    (package / "__init__.py").write_text("from . import config\nimport pkg_resources\n")
    monkeypatch.setitem(sys.modules, "pkg_resources", None)
    assert "setuptools 82 and newer" in missing()
    (package / "__init__.py").write_text("from . import config\nimport no_such_thing_as_related\n")
    assert "cannot be imported: No module named 'no_such_thing_as_related'" in missing()
    assert not [name for name in sys.modules if name.startswith("kipoi.")]
    assert not list((no_kipoi / "home").iterdir())
