"""A Model from a torch module, or from the file of one."""

import inspect
import pathlib
import warnings

import torch

from .demo_net import DemoNet
from .errors import DeepmrError
from .first_pass import first_line, first_pass, names_of
from .model import Model, join_outputs
from .user_code import folders_first, run_file, session_kept
from .user_errors import errors_of
from .weights import load_weights
from .weights_file import kind_of

WRITE = 'Write "path/net.py:Net": a Python file and the class in it.'
SCRIPT = 'Or write "path/net.pt": a TorchScript file.'


def from_module(module, length, outputs, layout="NCL", bases="ACGT", weights=None, source="module"):
    """A Model from an nn.Module that the user holds; `weights` is the path of a state dict."""
    model = Model(module, int(length), outputs, layout, bases, source)
    out = first_pass(model)
    if outputs is None:
        model.outputs = names_of(out)
    width = join_outputs(out, 1).shape[1]
    if len(model.outputs) != width:
        raise DeepmrError(
            "model",
            f"The model gives {many(width, 'prediction')}, but there {'is' if len(model.outputs) == 1 else 'are'} "
            f"{many(len(model.outputs), 'output name')}.",
            "Name each prediction once.",
        )
    # Last: the user's module stays as it is where something is refused.
    if weights is not None:
        load_weights(module, weights)
    return model


def many(n, word):
    return f"{n} {word}{'' if n == 1 else 's'}"


def demo(weights, outputs, member=1):
    """The bundled demonstration model, or one of the networks trained like it; `member` is for its name."""
    name = "demo" if member == 1 else f"demo, member {member}"
    return from_module(DemoNet(), 500, outputs, weights=weights, source=f"{name} (see ?model_demo)")


def from_file(spec, length, outputs, layout="NCL", bases="ACGT", weights=None):
    """A Model from "path/net.py:Net", or from the path of a TorchScript file. `Net` is a class or a
    function to be called without arguments, or a module. A Python file is code and runs."""
    spec = str(spec)
    if pathlib.Path(spec).is_file():  # before looking for a colon, which a path may have
        module, state = read_torchscript(spec), "as in the file"
    else:
        path, _, name = spec.rpartition(":")
        if not name or not pathlib.Path(path).is_file():
            # What follows the colon of "C:/net.pt" is no name.
            file = path if path and name.isidentifier() else spec
            raise DeepmrError("model_file", f"There is no file '{file}'.", [WRITE, SCRIPT])
        refuse_binary(path, name)
        with session_kept(), folders_first(pathlib.Path(path).parent):
            module, state = make(path, name)
    trained = state if weights is None else f"weights {weights}"
    return from_module(module, length, outputs, layout, bases, weights, f"{spec} ({trained})")


def refuse_binary(path, name):
    """Raises where a file cannot be Python: its compiler speaks of null bytes only."""
    if b"\0" not in pathlib.Path(path).read_bytes():
        return
    if kind_of(path) == "torchscript":
        raise DeepmrError(
            "model_file",
            f"'{path}' is not Python text but a TorchScript file.",
            f"Give its path alone, without ':{name}'.",
        )
    raise DeepmrError("model_file", f"'{path}' is not Python text.", [WRITE, SCRIPT])


def make(path, name):
    """The module that `name` of a Python file is or makes, and where its weights come from."""
    with errors_of(path):
        namespace = run_file(path)
    if not hasattr(namespace, name):
        own = [key for key, value in vars(namespace).items() if is_module_class(value, namespace)]
        raise DeepmrError(
            "model_file",
            f"'{path}' defines no '{name}'.",
            f"It defines {', '.join(own)}." if own else "It defines no network class.",
        )
    found = getattr(namespace, name)
    if isinstance(found, torch.nn.Module) or not callable(found):
        return found, "as the file makes it"
    if wants_arguments(found):
        raise DeepmrError(
            "model_file",
            f"'{name}' of '{path}' cannot be made without arguments: it takes {inspect.signature(found)}.",
            "Give the arguments defaults, or pass a module that you have made.",
        )
    with errors_of(path):
        return found(), "untrained, as the class makes it" if isinstance(found, type) else "as the function makes it"


def is_module_class(value, namespace):
    """Whether `value` is a network class that the user's file itself defines."""
    return isinstance(value, type) and issubclass(value, torch.nn.Module) and value.__module__ == namespace.__name__


def wants_arguments(function):
    try:
        inspect.signature(function).bind()
    except TypeError:
        return True
    except ValueError:  # no signature to be had
        return False
    return False


def read_torchscript(path):
    """The module of a TorchScript file, on the CPU; says what any other file is."""
    file = pathlib.Path(path)
    if file.suffix == ".py":
        raise DeepmrError("model_file", f"'{path}' names no class.", WRITE)
    if not file.stat().st_size or kind_of(file) != "torchscript":
        raise DeepmrError(
            "model_file",
            f"'{path}' is not a TorchScript model.",
            [WRITE, "Give a file of weights as `weights`.", "A pickled network is code: it is not read."],
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that TorchScript is deprecated
            return torch.jit.load(path, map_location="cpu")
    except Exception as error:
        raise DeepmrError(
            "model_file", f"'{path}' cannot be read as TorchScript: {first_line(error)}", "Save it again."
        ) from error
