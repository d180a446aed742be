"""Getting a torch module from a file, or checking one that is handed over."""

import importlib.util
import pathlib
import sys

import numpy as np
import torch

from .demo_net import DemoNet
from .errors import DeepmrError
from .layers import refuse_batch_statistics
from .model import Model, join_outputs
from .takeover import Takeover, ignore


def from_module(module, length, outputs, layout="NCL", bases="ACGT", weights=None, source="module"):
    """A Model from an nn.Module that the user holds; `weights` is the path of a state dict."""
    model = Model(module, int(length), outputs, layout, bases, source)
    if weights is not None:
        load_weights(module, weights)
    n = count_outputs(model)
    if outputs is None:
        model.outputs = [f"output{i + 1}" for i in range(n)]
    elif len(outputs) != n:
        raise DeepmrError(
            "model", f"The model gives {n} predictions, but {len(outputs)} output names.", "Name each prediction once."
        )
    return model


def count_outputs(model):
    """Number of predictions, from one pass with dropout off. Raises where the network cannot take what
    the arguments describe."""
    refuse_batch_statistics(model.module)
    with Takeover(model.module) as takeover:
        x = model.encode(np.zeros(model.length, np.uint8), np.array([-1]), np.zeros(1, np.uint8))
        try:
            out = takeover.forward(x, ignore)
        except DeepmrError:
            raise
        except Exception as error:
            raise DeepmrError(
                "model",
                f"The network cannot take one sequence of {model.length} bases in the layout {model.layout}, an "
                f"input of shape {tuple(x.shape)}: {type(error).__name__}: {first_line(error)}",
                "Check `length` and `layout`.",
            ) from error
        return join_outputs(out, 1).shape[1]


def first_line(error):
    return next(iter(str(error).splitlines()), type(error).__name__)


def demo(weights, outputs):
    """The bundled demonstration model."""
    return from_module(DemoNet(), 500, outputs, weights=weights, source="demo (see ?model_demo)")


def from_file(spec, length, outputs, layout="NCL", bases="ACGT", weights=None):
    """A Model from "path/net.py:Class". The file is code and runs."""
    path, _, name = spec.rpartition(":")
    if not path or not pathlib.Path(path).is_file():
        raise DeepmrError(
            "model_file", f"There is no Python file '{path or spec}'.", 'Write "path/net.py:Net", file and class.'
        )
    # A name of its own, so that two files called net.py are two modules.
    module_name = f"deepmr_user_{abs(hash(str(pathlib.Path(path).resolve()))):x}"
    file_spec = importlib.util.spec_from_file_location(module_name, path)
    namespace = importlib.util.module_from_spec(file_spec)
    sys.modules[module_name] = namespace
    file_spec.loader.exec_module(namespace)
    cls = getattr(namespace, name, None)
    if cls is None:
        raise DeepmrError(
            "model_file",
            f"'{path}' defines no '{name}'.",
            f"It defines {', '.join(n for n, v in vars(namespace).items() if is_module_class(v, module_name))}.",
        )
    try:
        module = cls()
    except TypeError as error:
        raise DeepmrError(
            "model_file",
            f"'{name}' of '{path}' cannot be made without arguments: {first_line(error)}",
            "Give the arguments defaults, or pass a module that you have made.",
        ) from error
    trained = "untrained, as the class makes it" if weights is None else f"weights {weights}"
    return from_module(module, length, outputs, layout, bases, weights, f"{spec} ({trained})")


def is_module_class(value, module_name):
    """Whether `value` is a network class that the user's file itself defines."""
    return isinstance(value, type) and issubclass(value, torch.nn.Module) and value.__module__ == module_name


def load_weights(module, path):
    """Loads a state dict into `module` without running pickled code; names missing, unexpected and
    ill-shaped keys."""
    file = pathlib.Path(path)
    if not file.is_file():
        raise DeepmrError("weights", f"There is no weights file '{path}'.", None)
    with file.open("rb") as stream:
        start = stream.read(64).lstrip()
    if start.startswith((b"<", b"version https://git-lfs")):
        kind = "an HTML page" if start.startswith(b"<") else "a git-lfs pointer"
        raise DeepmrError("weights", f"'{path}' is {kind}, not weights.", "Download the file itself.")
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        raise DeepmrError(
            "weights",
            f"'{path}' cannot be read as a state dict: {type(error).__name__}.",
            "Save the weights alone, with torch.save(model.state_dict(), path).",
        ) from error
    check_state(module, state, path)
    module.load_state_dict(state)


def check_state(module, state, path):
    """Raises where a state dict does not fit: says what kind of checkpoint it is, or which keys differ."""
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        holds = f"a {type(state).__name__}" if not isinstance(state, dict) else f"the entries {some(state)}"
        raise DeepmrError(
            "weights",
            f"'{path}' holds {holds}, not a state dict.",
            "Save the weights alone, with torch.save(model.state_dict(), path).",
        )
    wanted = module.state_dict()
    missing = [key for key in wanted if key not in state]
    unexpected = [key for key in state if key not in wanted]
    shapes = [
        f"{key} {tuple(state[key].shape)} for {tuple(wanted[key].shape)}"
        for key in wanted
        if key in state and state[key].shape != wanted[key].shape
    ]
    problems = [
        f"{words} {some(keys)}"
        for words, keys in (("it lacks", missing), ("the model lacks", unexpected), ("shapes differ:", shapes))
        if keys
    ]
    if problems:
        parallel = unexpected and all(key.startswith("module.") for key in unexpected)
        raise DeepmrError(
            "weights",
            f"'{path}' does not fit the model: {'; '.join(problems)}.",
            "It was saved from DataParallel: save model.module.state_dict()." if parallel else None,
        )


def some(names, most=3):
    """The first few names, and how many more."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
