"""Networks with the published architectures and random weights, written as Kipoi's converted models are.

DeepSEA: Zhou and Troyanskaya 2015; Beluga: Zhou et al. 2018; Basset: Kelley et al. 2016; BPNet: Avsec et al. 2021 (here
with dropout, a global mean and two outputs)."""

import pathlib

import torch
from torch import nn


class Lambda(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def flat():
    return Lambda(lambda x: x.view(x.size(0), -1))


def deepsea():
    return nn.Sequential(
        nn.Conv2d(4, 320, (1, 8)), nn.Threshold(0, 1e-06), nn.MaxPool2d((1, 4), (1, 4)), nn.Dropout(0.2),
        nn.Conv2d(320, 480, (1, 8)), nn.Threshold(0, 1e-06), nn.MaxPool2d((1, 4), (1, 4)), nn.Dropout(0.2),
        nn.Conv2d(480, 960, (1, 8)), nn.Threshold(0, 1e-06), nn.Dropout(0.5),
        flat(), nn.Linear(50880, 925), nn.Threshold(0, 1e-06), nn.Linear(925, 919), nn.Sigmoid(),
    )  # fmt: skip


class BothStrands(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        n = x.size(0)
        reverse = x.index_select(1, torch.arange(3, -1, -1)).index_select(3, torch.arange(x.size(3) - 1, -1, -1))
        out = self.net(torch.cat([x, reverse], 0))
        return (out[:n] + out[n:]) / 2


def beluga():
    return nn.Sequential(
        nn.Conv2d(4, 320, (1, 8)), nn.ReLU(), nn.Conv2d(320, 320, (1, 8)), nn.ReLU(), nn.Dropout(0.2),
        nn.MaxPool2d((1, 4), (1, 4)),
        nn.Conv2d(320, 480, (1, 8)), nn.ReLU(), nn.Conv2d(480, 480, (1, 8)), nn.ReLU(), nn.Dropout(0.2),
        nn.MaxPool2d((1, 4), (1, 4)),
        nn.Conv2d(480, 640, (1, 8)), nn.ReLU(), nn.Conv2d(640, 640, (1, 8)), nn.ReLU(), nn.Dropout(0.5),
        flat(), nn.Linear(67840, 2003), nn.ReLU(), nn.Linear(2003, 2002), nn.Sigmoid(),
    )  # fmt: skip


def basset():
    return nn.Sequential(
        nn.Conv2d(4, 300, (19, 1)), nn.BatchNorm2d(300), nn.ReLU(), nn.MaxPool2d((3, 1), (3, 1)),
        nn.Conv2d(300, 200, (11, 1)), nn.BatchNorm2d(200), nn.ReLU(), nn.MaxPool2d((4, 1), (4, 1)),
        nn.Conv2d(200, 200, (7, 1)), nn.BatchNorm2d(200), nn.ReLU(), nn.MaxPool2d((4, 1), (4, 1)),
        flat(), nn.Linear(2000, 1000), nn.BatchNorm1d(1000), nn.ReLU(), nn.Dropout(0.3),
        nn.Linear(1000, 1000), nn.BatchNorm1d(1000), nn.ReLU(), nn.Dropout(0.3), nn.Linear(1000, 164), nn.Sigmoid(),
    )  # fmt: skip


class BPNet(nn.Module):
    def __init__(self, width=64, layers=9):
        super().__init__()
        self.first = nn.Conv1d(4, width, 21, padding=10)
        self.dilated = nn.ModuleList(
            nn.Conv1d(width, width, 3, dilation=2**i, padding=2**i) for i in range(1, layers + 1)
        )
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(width, 2)

    def forward(self, x):
        h = torch.relu(self.first(x))
        for layer in self.dilated:
            h = h + self.drop(torch.relu(layer(h)))
        return self.head(h.mean(-1))


def random_weights(net):
    """Weights that keep the size of activations from layer to layer."""
    torch.manual_seed(1)
    for module in net.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
            nn.init.normal_(module.bias, 0, 0.1)
    return net.eval()


def demo():
    from deepmr_torch.load import demo

    weights = pathlib.Path(__file__).parents[1] / "inst" / "extdata" / "demo_model.pt"
    return demo(str(weights), ["Dref", "Trl", "M1BP", "da", "accessibility"]).module


# name: (maker, length, layout, outputs, asked ratio, aim)
NETWORKS = {
    "DeepSEA": (deepsea, 1000, "NC1L", 919, 30, 50),
    "DeepSEA, both strands": (lambda: BothStrands(deepsea()), 1000, "NC1L", 919, 25, 45),
    "Beluga": (beluga, 2000, "NC1L", 2002, 25, 40),
    "Basset": (basset, 600, "NCL1", 164, 40, 100),
    "BPNet-like": (BPNet, 1000, "NCL", 2, 4, 6),
    "demo model": (demo, 500, "NCL", 5, 4, 8),
}
