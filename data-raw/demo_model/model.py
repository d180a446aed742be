"""The trained demo network and its predictions."""

import sys

import torch
from oracle import EXTDATA, one_hot

sys.path.insert(0, str(EXTDATA.parent / "python"))
from deepmr_torch.demo_net import DemoNet


def load():
    """The shipped network, in evaluation mode."""
    net = DemoNet()
    net.load_state_dict(torch.load(EXTDATA / "demo_model.pt", weights_only=True))
    return net.eval()


@torch.no_grad()
def predict(net, codes):
    """Base codes (N, 500) -> probabilities (N, 5), dropout off."""
    return torch.cat([net(one_hot(part)) for part in codes.split(256)])
