"""The first pass of a new model: whether it takes its input, and what its predictions are called."""

import collections

import numpy as np

from .errors import DeepmrError
from .layers import refuse_batch_statistics
from .model import join_outputs
from .takeover import Takeover, ignore


def first_pass(model, remedy="Check `length` and `layout`."):
    """What the network returns for one sequence, with dropout off. Raises where it cannot take what
    the arguments describe."""
    refuse_batch_statistics(model.module)
    with Takeover(model.module) as takeover:
        x = model.encode(np.zeros(model.length, np.uint8), np.array([-1]), np.zeros(1, np.uint8))
        try:
            return takeover.forward(x, ignore)
        except DeepmrError:
            raise
        except Exception as error:
            raise DeepmrError(
                "model",
                f"The network cannot take one sequence of {model.length} bases in the layout {model.layout}, an "
                f"input of shape {tuple(x.shape)}: {type(error).__name__}: {first_line(error)}",
                what_it_wants(error) or remedy,
            ) from error


def what_it_wants(error):
    """Advice where an error shows that the network takes something else than one-hot DNA."""
    text = str(error)
    if isinstance(error, ModuleNotFoundError):  # the files beside it are known only while it is loaded
        return f"Import {error.name or 'it'} at the top of the network's file, not inside forward."
    if isinstance(error, TypeError) and "positional argument" in text:
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
