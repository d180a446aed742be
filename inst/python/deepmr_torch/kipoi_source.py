"""Models of the Kipoi zoo, from a directory or by name. A model's Python file is code and runs."""

from pathlib import Path

from .downloads import md5_of
from .errors import DeepmrError
from .first_pass import first_pass
from .kipoi_fetch import CLONE, fetch_directory
from .kipoi_input import input_of
from .kipoi_labels import prediction_names
from .kipoi_make import make
from .kipoi_package import import_kipoi
from .kipoi_weights import local_weights
from .kipoi_yaml import read_description
from .model import Model
from .weights_file import read_tensors


def from_directory(path, cache, bases=None):
    """A Model from a Kipoi model directory, which stays as it is; `cache` is the folder for weights
    that must be downloaded."""
    path = Path(path).expanduser()
    path = path.parent if path.name in ("model.yaml", "model.yml") else path
    return load(import_kipoi(), path, cache, bases, f"Kipoi directory {path}")


def from_name(name, cache, bases=None, guessed=True):
    """A Model by its Kipoi name, such as "DeepSEA/predict", fetched into the folder `cache` once.
    `guessed = False`: the user has said that it is a name."""
    kipoi = import_kipoi()
    path = fetch_directory(name, cache, guessed=guessed)
    try:
        return load(kipoi, path, cache, bases, f"Kipoi {name}")
    except DeepmrError as error:
        if not isinstance(error.__cause__, ImportError):
            raise
        remedy = f"Only the files that model.yaml names were fetched. {CLONE}"
        raise DeepmrError(error.what, error.problem, [remedy, error.remedy]) from error.__cause__


def load(kipoi, path, cache, bases, source):
    description = read_description(Path(path).resolve())
    layout, length, order = input_of(description, bases)
    weights, name = local_weights(description, cache)
    state = None if weights is None else read_tensors(weights)
    module = make(kipoi, description, weights, state)
    told = "weights in its code" if weights is None else f"weights {name}, md5 {description.md5 or md5_of(weights)}"
    model = Model(module, length, [], layout, order, f"{source} ({told})")
    out = first_pass(model, "Check the input's shape in model.yaml.")
    model.outputs = prediction_names(description, out)
    return model
