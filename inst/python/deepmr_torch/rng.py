"""Leaving the random states of torch, numpy and Python as they were found."""

import contextlib
import random

import numpy as np
import torch


def outside_torch():
    """The global random states of Python and numpy, to be compared: who draws from them?"""
    return random.getstate(), repr(np.random.get_state())  # noqa: NPY002 (old or not, models use it)


@contextlib.contextmanager
def untouched():
    """Restores Python's, numpy's and torch's (CPU and GPU) global random states on exit."""
    python_state = random.getstate()
    numpy_state = np.random.get_state()  # noqa: NPY002
    torch_state = torch.get_rng_state()
    cuda_states = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002
        torch.set_rng_state(torch_state)
        if cuda_states is not None:
            torch.cuda.set_rng_state_all(cuda_states)
