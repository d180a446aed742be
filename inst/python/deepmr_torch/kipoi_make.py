"""The network of a Kipoi model, made by the real kipoi.

kipoi is handed a description of ours, with weights that are a local, verified file, so that it
downloads nothing and writes nothing."""

import contextlib
import pickle

import torch

from .errors import DeepmrError
from .kipoi_fetch import CLONE
from .kipoi_package import silence
from .user_code import folders_first, known_as, run_file, session_kept
from .user_errors import errors_of
from .weights import check_state, misfit, without_wrapper
from .weights_file import refused_pickle

CODE = "deepmr_kipoi_code"  # the name under which kipoi finds the code that we have run


def make(kipoi, description, weights, state):
    """The nn.Module that kipoi makes of a directory."""
    code = checked_code(description)
    folders = description.directory, code.parent
    with (
        silence(),
        session_kept(),
        tensors_at(weights, state),
        folders_first(*folders),
        errors_of(code, *folders),
    ):
        namespace = run_file(code)
        made = named(namespace, code, description)
        args = {"weights": None if weights is None else str(weights), "auto_use_cuda": False}
        if description.made_by == "build_fn":
            args["build_fn"] = made
        else:
            args[description.made_by] = f"{CODE}.{description.made}"
        if description.kwargs is not None and description.made_by == "module_class":
            args["module_kwargs"] = description.kwargs
        source = Source(kipoi, description.directory, args)
        try:
            with known_as(CODE, namespace):
                return kipoi.get_model(str(description.directory), source=source, with_dataloader=False).model
        except RuntimeError as error:
            if not str(error).startswith("Error(s) in loading state_dict"):
                raise
            raise misfit(weights, error) from error


def checked_code(description):
    """The path of the Python file: the one that model.yaml names, or a package of that name."""
    code = description.directory / description.code
    package = code.with_suffix("") / "__init__.py"
    code = package if package.is_file() and not code.is_file() else code
    if code.is_dir():
        raise DeepmrError("kipoi_model", f"'{code}', which model.yaml names, is a directory.", "Name the file in it.")
    if not code.is_file():
        raise DeepmrError("kipoi_model", f"There is no file '{code}', which model.yaml names.", CLONE)
    with code.open("rb") as stream:
        if stream.read(40).startswith(b"version https://git-lfs"):
            raise DeepmrError("kipoi_model", f"'{code}' is a git-lfs pointer, not code.", "Run `git lfs pull`.")
    return code


def named(namespace, code, description):
    """What model.yaml names in the code; refuses what can give no torch module."""
    made = namespace
    for part in description.made.split("."):
        made = getattr(made, part, None)
    if made is None:
        raise DeepmrError("kipoi_model", f"'{code}' defines no '{description.made}'.", "Correct model.yaml.")
    is_object = description.made_by == "module_obj"
    if isinstance(made, torch.nn.Module) != is_object or not callable(made):
        wanted = "a torch.nn.Module" if is_object else "a class or function that makes one"
        raise DeepmrError(
            "kipoi_model",
            f"'{description.made}' in '{code}' is of type {type(made).__name__}, but `{description.made_by}` must be "
            f"{wanted}.",
            "Correct model.yaml.",
        )
    return made


class Source:
    """What kipoi asks of a source of models, for one directory."""

    def __init__(self, kipoi, directory, args):
        self.kipoi, self.directory, self.args = kipoi, str(directory), args

    def pull_model(self, model):
        pass

    def get_model_dir(self, model):
        return self.directory

    def get_model_download_dir(self, model):
        return self.directory  # nothing is downloaded

    def get_model_descr(self, model):
        array = {"shape": "(1,)", "doc": ""}  # the schema is ours to use
        old = "build_fn" in self.args
        form = {"type": "pytorch"} if old else {"defined_as": "kipoi.model.PyTorchModel"}
        schema = {"inputs": dict(array), "targets": dict(array)}
        description = self.kipoi.specs.ModelDescription.from_config(
            {**form, "args": {}, "info": {"authors": [], "doc": "-"}, "schema": schema}
        )
        description.args = self.args
        return description


@contextlib.contextmanager
def tensors_at(path, state):
    """For the time of the block torch.load(path) gives `state`, which is fitted to the module that loads
    it; any other file is read without running code in it, whatever the caller says, and on the CPU
    unless the caller names a place."""
    load, load_state_dict = torch.load, torch.nn.Module.load_state_dict

    def safe(f, map_location=None, *args, **kwargs):
        if path is not None and str(f) == str(path):
            return state
        place = "cpu" if map_location is None else map_location
        try:
            return load(f, place, *args, **{**kwargs, "weights_only": True})
        except pickle.UnpicklingError as error:
            if kwargs.get("weights_only"):  # the caller may be waiting for it
                raise
            raise refused_pickle(f, error) from None

    def fitting(self, state_dict, strict=True, *args, **kwargs):
        # Only here is it known which module the tensors are for.
        ours = strict and state is not None and state_dict is state
        given = without_wrapper(self.state_dict(), state) if ours else state_dict
        try:
            return load_state_dict(self, given, strict, *args, **kwargs)
        except RuntimeError:
            if ours:  # not before: a module may understand the names of older versions of it
                check_state(self, given, path)
            raise

    torch.load, torch.nn.Module.load_state_dict = safe, fitting
    try:
        yield
    finally:
        torch.load, torch.nn.Module.load_state_dict = load, load_state_dict
