"""The backend is imported from the source tree; one thread, so that numbers repeat."""

import pathlib
import sys

import torch

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "inst" / "python")]
torch.set_num_threads(1)
