"""Fitting the tensors of a weights file to a module."""

import collections

from torch import nn

from .errors import DeepmrError
from .weights_file import read_tensors, some


def load_weights(module, path):
    """Loads the state dict in a file into `module`, without running any code in it; tensors are cast
    to the types of the module's. Raises DeepmrError("weights")."""
    fit_weights(module, read_tensors(path), path)


def fit_weights(module, state, path):
    """Loads `state` into `module`; names missing, unexpected and ill-shaped keys."""
    state = without_wrapper(module.state_dict(), state)
    check_state(module, state, path)
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise misfit(path, error) from error


def misfit(path, error):
    """A DeepmrError from what load_state_dict() raised."""
    lines = [line.strip() for line in str(error).splitlines()][1:4]
    said = " ".join(line if len(line) <= 200 else f"{line[:200]}..." for line in lines)
    return DeepmrError("weights", f"'{path}' does not fit the model: {said}", "Check that it is this model's file.")


def without_wrapper(wanted, state):
    """`state` without a prefix that all its keys share, such as DataParallel's "module." or the name
    of the network inside a Lightning module, where without it the keys are exactly those wanted."""
    stripped = state
    while stripped.keys() != wanted.keys():
        prefixes = {key.partition(".")[0] for key in stripped}
        if len(prefixes) != 1 or not all("." in key for key in stripped):
            return state
        # A copy: the function changes its argument, metadata on the layers' versions included.
        prefix, stripped = f"{prefixes.pop()}.", copy_of(stripped)
        nn.modules.utils.consume_prefix_in_state_dict_if_present(stripped, prefix)
    return stripped


def copy_of(state):
    new = collections.OrderedDict(state)
    if hasattr(state, "_metadata"):
        new._metadata = collections.OrderedDict(state._metadata)
    return new


def check_state(module, state, path):
    """Raises where the keys or shapes of a state dict are not the module's."""
    wanted = module.state_dict()
    # Counters of batches are younger than many a file; load_state_dict() does without them.
    missing = [key for key in wanted if key not in state and not key.endswith("num_batches_tracked")]
    unexpected = [key for key in state if key not in wanted]
    shapes = [
        f"{key} {tuple(state[key].shape)} for {tuple(wanted[key].shape)}"
        for key in wanted
        if key in state and not nn.parameter.is_lazy(wanted[key]) and state[key].shape != wanted[key].shape
    ]
    problems = [
        f"{words} {some(keys)}"
        for words, keys in (("it lacks", missing), ("the model lacks", unexpected), ("shapes differ:", shapes))
        if keys
    ]
    if problems:
        raise DeepmrError(
            "weights",
            f"'{path}' does not fit the model: {'; '.join(problems)}.",
            "Check that the file was saved from this very network.",
        )
