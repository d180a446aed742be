"""The backend is imported from the source tree; one thread, so that numbers repeat."""

import importlib.util
import pathlib
import sys

import pytest
import torch

HERE = pathlib.Path(__file__).resolve().parent
collect_ignore = [] if importlib.util.find_spec("hypothesis") else ["test_fuzz.py"]  # a GPU machine may have torch only
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "inst" / "python")]
torch.set_num_threads(1)

QUIET = (  # what torch says of its own TorchScript and of Dropout2d in three dimensions
    "ignore:`torch.jit:DeprecationWarning",
    "ignore:dropout2d. Received a 3D:UserWarning",
)


def pytest_configure(config):
    config.addinivalue_line("markers", "gpu: needs a CUDA device")


def pytest_collection_modifyitems(items):
    for item in items:
        for line in QUIET:
            item.add_marker(pytest.mark.filterwarnings(line))
