"""The trained demo network and its predictions."""

import sys

import torch
from oracle import EXTDATA, one_hot

sys.path.insert(0, str(EXTDATA.parent / "python"))
from deepmr_torch.demo_net import DemoNet

MEMBERS = range(1, 6)


def weights_file(member=1):
    """Where a member's weights lie; the first is the demo model itself."""
    return EXTDATA / ("demo_model.pt" if member == 1 else f"demo_model_{member}.pt")


def load(member=1):
    """A shipped network, in evaluation mode."""
    net = DemoNet()
    net.load_state_dict(torch.load(weights_file(member), weights_only=True))
    return net.eval()


@torch.no_grad()
def predict(net, codes):
    """Base codes (N, 500) -> probabilities (N, 5), dropout off."""
    return torch.cat([net(one_hot(part)) for part in codes.split(256)])
