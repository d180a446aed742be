"""Running a user's Python file among its siblings, without leaving traces in the session.

Two folders may each have a `layers.py`: the modules of a folder are known to Python only while a
network of that folder is made. Its classes live on without them.
"""

import contextlib
import importlib
import os
import sys
import sysconfig
from importlib import machinery, util
from pathlib import Path

import torch

from .rng import untouched

# Never set aside: imported twice, they break.
KEPT = set(sys.stdlib_module_names) | {"torch", "numpy", "kipoi", "kipoi_utils", __package__.partition(".")[0]}

INSTALLED = {"site-packages", "dist-packages"}


class FromSource(machinery.SourceFileLoader):
    """Compiles the source each time: bytecode that a file edited within a second has left is stale."""

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


@contextlib.contextmanager
def folders_first(*folders):
    """Modules in `folders` go before others of their name, and nothing is written there. Afterwards
    they are forgotten, and modules that the session had imported under their names are back."""
    # A file in site-packages is imported like all that lies there.
    installed = {Path(path).resolve() for path in sysconfig.get_paths().values()}
    folders = [f for f in dict.fromkeys(Path(f).resolve() for f in folders) if f not in installed]
    own = {name for folder in folders for name in module_names(folder)} - KEPT
    before = set(sys.modules)
    aside = {name: sys.modules[name] for name in before if name.partition(".")[0] in own}
    for name in aside:
        del sys.modules[name]
    path_before = list(sys.path)
    no_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    hook = finder_of(folders)
    sys.path_hooks.insert(0, hook)
    sys.path[:0] = map(str, folders)
    forget_finders(folders)
    try:
        yield
    finally:
        sys.path[:] = path_before  # the code may have added to it
        if hook in sys.path_hooks:
            sys.path_hooks.remove(hook)
        forget_finders(folders)
        sys.dont_write_bytecode = no_bytecode
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] in own or (name not in before and comes_from(module, folders)):
                del sys.modules[name]
        sys.modules.update(aside)


@contextlib.contextmanager
def session_kept():
    """What code may set for all of a session is afterwards as before: the working directory, torch's
    default type and grad mode, and the random states."""
    try:
        folder = os.getcwd()
    except OSError:  # deleted: there is no way back
        folder = None
    dtype, grad = torch.get_default_dtype(), torch.is_grad_enabled()
    with untouched():
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)
            torch.set_grad_enabled(grad)
            if folder is not None:
                os.chdir(folder)


def module_names(folder):
    """Top-level names that can be imported from a folder."""
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name.isidentifier() and next(entry.glob("*.py"), None) is not None:
                yield entry.name
        elif entry.suffix in (".py", *machinery.EXTENSION_SUFFIXES):
            yield entry.name.partition(".")[0]


def finder_of(folders):
    """A path hook for `folders` and the packages in them."""
    details = (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES), (FromSource, machinery.SOURCE_SUFFIXES)
    make = machinery.FileFinder.path_hook(*details)

    def hook(path):
        if not within(path, folders):
            raise ImportError(path=path)
        return make(path)

    return hook


def within(path, folders):
    # Not what is installed below the folder, in a virtual environment, say.
    path = Path(path)
    return any(path.is_relative_to(f) and not INSTALLED & set(path.relative_to(f).parts) for f in folders)


def comes_from(module, folders):
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and within(file, folders)


def forget_finders(folders):
    for path in list(sys.path_importer_cache):
        if within(path, folders):
            del sys.path_importer_cache[path]
    importlib.invalidate_caches()


def run_file(path):
    """The namespace of a Python file, run inside folders_first(). Raises as the file does."""
    path = Path(path).resolve()
    if path.name == "__init__.py":
        return importlib.import_module(path.parent.name)
    # Under its own name, so that its siblings can import it.
    name = path.stem
    if getattr(sys.modules.get(name), "__file__", None) == str(path):
        return sys.modules[name]
    if name in KEPT or name in sys.modules or not name.isidentifier():
        name = f"deepmr_user_{name}"
    loader = FromSource(name, str(path))
    sys.modules[name] = namespace = util.module_from_spec(util.spec_from_file_location(name, path, loader=loader))
    try:
        loader.exec_module(namespace)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return namespace


@contextlib.contextmanager
def known_as(name, module):
    """`module` can be imported as `name` for the time of the block."""
    sys.modules[name] = module
    try:
        yield
    finally:
        del sys.modules[name]
