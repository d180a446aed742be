"""Getting a torch module from a file, or checking one that is handed over."""

import importlib.util
import pathlib
import sys

import numpy as np
import torch

from .demo_net import DemoNet
from .errors import DeepmrError
from .model import Model, join_outputs
from .takeover import Takeover


def from_module(module, length, outputs, layout="NCL", bases="ACGT", weights=None, source="module"):
    """A Model from an nn.Module that the user holds; `weights` is the path of a state dict."""
    model = Model(module, int(length), outputs, layout, bases, source)
    if weights is not None:
        load_weights(module, weights)
    if outputs is None:
        model.outputs = [f"output{i + 1}" for i in range(count_outputs(model))]
    return model


def count_outputs(model):
    """Number of predictions, from one pass with dropout off."""
    with Takeover(model.module) as takeover:
        x = model.encode(np.zeros(model.length, np.uint8), np.array([-1]), np.zeros(1, np.uint8))
        return join_outputs(takeover.forward(x, lambda call: None), 1).shape[1]


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
            f"It defines {', '.join(n for n in vars(namespace) if not n.startswith('_'))}.",
        )
    return from_module(cls(), length, outputs, layout, bases, weights, spec)


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
            f"'{path}' cannot be read as torch weights: {(str(error) or type(error).__name__).splitlines()[0]}",
            "It must be a state dict saved with torch.save().",
        ) from error
    try:
        module.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise DeepmrError("weights", f"'{path}' does not fit the model: {error}", None) from error
