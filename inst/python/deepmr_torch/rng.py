"""Leaving the random states of torch, numpy and Python as they were found."""

import contextlib
import random

import numpy as np
import torch


@contextlib.contextmanager
def untouched():
    """Restores Python's, numpy's and torch's (CPU and GPU) global random states on exit."""
    python_state = random.getstate()
    numpy_state = np.random.get_state()
    torch_state = torch.get_rng_state()
    cuda_states = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)
        torch.set_rng_state(torch_state)
        if cuda_states is not None:
            torch.cuda.set_rng_state_all(cuda_states)
