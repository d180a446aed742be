"""The first pass of a new model: whether it takes its input, and what its predictions are called."""

import collections
import re

import torch

from . import rng
from .errors import DeepmrError
from .layers import refuse_batch_statistics
from .model import join_outputs
from .takeover import Takeover, ignore
from .user_errors import users_frame

# What torch says of arrays that do not fit. It also raises ValueError for them, in normalisation, and
# IndexError for an axis that is not there; Python where a shape is taken apart.
SHAPES = re.compile(r"shape|\bsizes?\b|\bdim|channels|subscripts|\d-?D\b|elements|to unpack", re.IGNORECASE)


def first_pass(model, remedy="Check `length` and `layout`."):
    """What the network returns for one sequence, with dropout off. Raises where it cannot take what
    the arguments describe."""
    refuse_batch_statistics(model.module)
    with Takeover(model.module) as takeover:
        x = model.encode_one()
        try:
            return takeover.forward(x, ignore)
        except DeepmrError:
            raise
        except Exception as error:
            error = with_text(error, model.module, x)
            place = users_frame(error)
            raised = said(error) if place is None else f"{place} raises {said(error)}"
            given = f"one sequence of {model.length} bases in the layout {model.layout}, an input of shape"
            raise DeepmrError(
                "model",
                f"The network cannot take {given} {tuple(x.shape)}: {raised}"
                if place is None or about_shapes(error)
                else f"{raised} (given {given} {tuple(x.shape)})",
                what_it_wants(error, place) or (remedy if about_shapes(error) else correct(place)),
            ) from error


SCRIPTED = "TorchScript interpreter"


def with_text(error, module, x):
    """The error itself, or of TorchScript, which loses its text while calls are dispatched through us, the one
    of a plain call."""
    if SCRIPTED in first_line(error):
        try:
            with rng.untouched(), torch.no_grad():
                module(x)
        except Exception as plain:  # noqa: BLE001 (whatever a user's forward raises)
            return plain
    return error


def said(error):
    """An error in one line: its type and what it says."""
    if SCRIPTED in first_line(error):  # followed by a traceback, and by the error itself
        return str(error).strip().splitlines()[-1]
    return f"{type(error).__name__}: {first_line(error)}"


def about_shapes(error):
    return isinstance(error, RuntimeError | ValueError | IndexError) and SHAPES.search(said(error)) is not None


def correct(place):
    if place is None:
        return "Call the network with an input of this shape to see where it stops."
    return "This is an error in the network's own code: correct it there."


def what_it_wants(error, place):
    """Advice where an error shows that the network takes something else than one-hot DNA."""
    text = str(error)
    if isinstance(error, ModuleNotFoundError):  # the files beside it are known only while it is loaded
        return f"Import {error.name or 'it'} at the top of the network's file, not inside forward."
    if place is None and isinstance(error, TypeError) and "positional argument" in text:
        return "The network is given one-hot DNA alone: wrap it in a module whose forward takes one argument."
    if "indices" in text and ("Long" in text or "Int" in text):
        return "The network takes integers: wrap it in a module that turns one-hot DNA into them."
    return None


def names_of(out):
    """Default names of the predictions in what a network returned for one sequence, all distinct."""
    if not isinstance(out, dict):
        return [f"output{i + 1}" for i in range(join_outputs(out, 1).shape[1])]
    join_outputs(out, 1)
    # Not a dict: the keys 1 and "1" are two outputs.
    widths = [(str(key) or "output", join_outputs(part, 1).shape[1]) for key, part in out.items()]
    return distinct([key if width == 1 else f"{key}{i + 1}" for key, width in widths for i in range(width)])


def distinct(names):
    """`names` with "#1", "#2", ... after each of those that stand there more than once."""
    count, taken, ordinal = collections.Counter(names), set(names), collections.Counter()
    out = []
    for name in names:
        new = name
        while count[name] > 1 and new in taken:
            ordinal[name] += 1
            new = f"{name}#{ordinal[name]}"
        taken.add(new)
        out.append(new)
    return out


def first_line(error):
    return next(iter(str(error).splitlines()), type(error).__name__)
