"""Importing the Python package kipoi, in silence and without files in the user's home."""

import contextlib
import importlib
import io
import logging
import os
import sys
import tempfile
import warnings

from .errors import DeepmrError

INSTALL = [
    "In R: install_deepmr(kipoi = TRUE)",
    'Or into the Python in use: pip install "kipoi>=0.8.6" six "setuptools<82" "pandas<3"',
]


def import_kipoi():
    """The package. Raises DeepmrError("kipoi_missing")."""
    present = sys.modules.get("kipoi")
    if present is not None and hasattr(present, "get_model"):
        return present
    with silence():
        home = kipoi_home()
        if os.path.exists(os.path.join(home, "config.yaml")):
            return imported()
        # kipoi writes its configuration where it believes the home to be.
        with tempfile.TemporaryDirectory() as folder, home_at(folder):
            kipoi = imported()
        point_to(kipoi.config, home)
        return kipoi


def imported():
    try:
        return importlib.import_module("kipoi")
    except ImportError as error:
        for name in [name for name in sys.modules if name.startswith("kipoi.")]:
            del sys.modules[name]  # half of a package, which has looked for its home in vain
        missing = (getattr(error, "name", None) or "").partition(".")[0]
        if missing == "pkg_resources":
            problem = "kipoi needs pkg_resources, which setuptools 82 and newer no longer have."
        elif missing == "kipoi":
            problem = "The Python package kipoi is not installed."
        else:
            problem = f"The Python package kipoi cannot be imported: {error}."
        raise DeepmrError("kipoi_missing", problem, INSTALL) from error


def kipoi_home():
    """Where kipoi keeps its files, by its own rule."""
    home = os.path.expanduser("~")
    return os.path.join(home if os.access(home, os.W_OK) else "/tmp", ".kipoi")


@contextlib.contextmanager
def home_at(folder):
    names = ("HOME", "USERPROFILE")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, folder))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def point_to(config, home):
    """Sets kipoi's paths to what they are after a plain import, for the user's own use of kipoi."""
    config._kipoi_base_dir, config._kipoi_dir = os.path.dirname(home), home
    config._config_path = os.path.join(home, "config.yaml")
    if "KIPOI_ENV_DB_PATH" not in os.environ:
        config._env_db_path = os.path.join(home, "envs.json")
    config.set_model_sources({})  # made from the paths when asked for
    config.add_source("dir", config.LocalSource(None))


@contextlib.contextmanager
def silence():
    """Nothing printed, logged or warned by kipoi and what it loads comes through."""
    loggers = [logging.getLogger(name) for name in ("kipoi", "kipoi_utils", "kipoi_conda")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)
