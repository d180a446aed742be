"""Small networks in the shapes and styles of published ones, for the engines. 60 bp, 2 outputs."""

import torch
import torch.nn.functional as F
from networks import settle
from torch import nn

LONG = 60


class Lambda(nn.Sequential):
    """As in Kipoi's converted models: a function of what the modules inside give."""

    def __init__(self, function, *modules):
        super().__init__(*modules)
        self.function = function

    def forward(self, x):
        return self.function(super().forward(x) if len(self) else x)


def reverse_complement(x):
    """(N, 4, 1, L): both flips by index, as Kipoi's DeepSEA/predict does."""
    channels = torch.arange(3, -1, -1)
    positions = torch.arange(x.size(3) - 1, -1, -1)
    return x.index_select(1, channels).index_select(3, positions)


class DeepSEA(nn.Module):
    def __init__(self, both_strands=False):
        super().__init__()
        self.both = both_strands
        self.layers = nn.Sequential(
            nn.Conv2d(4, 8, (1, 5)),
            nn.Threshold(0, 1e-06),
            nn.MaxPool2d((1, 3), (1, 3)),
            nn.Dropout(0.2),
            nn.Conv2d(8, 6, (1, 4)),
            nn.Threshold(0, 1e-06),
            nn.MaxPool2d((1, 2), (1, 2)),
            nn.Dropout(0.2),
            nn.Conv2d(6, 10, (1, 3)),
            nn.Threshold(0, 1e-06),
            nn.Dropout(0.5),
            Lambda(lambda x: x.view(x.size(0), -1)),
            nn.Sequential(Lambda(lambda x: x.view(1, -1) if x.dim() == 1 else x), nn.Linear(50, 7)),
            nn.Threshold(0, 1e-06),
            nn.Sequential(Lambda(lambda x: x.view(1, -1) if x.dim() == 1 else x), nn.Linear(7, 2)),
            nn.Sigmoid(),
        )

    def forward(self, x):
        if not self.both:
            return self.layers(x)
        n = x.size(0)
        out = self.layers(torch.cat([x, reverse_complement(x)], 0))
        return (out[:n] + out[n:]) / 2


class Beluga(nn.Module):
    """Two convolutions to a block, pooling with a remainder, ceil_mode in the second."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(4, 6, (1, 4)),
            nn.ReLU(),
            nn.Conv2d(6, 6, (1, 4)),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.MaxPool2d((1, 4), (1, 4)),
            nn.Conv2d(6, 8, (1, 3)),
            nn.ReLU(inplace=True),
            nn.Dropout(0.2, inplace=True),
            nn.MaxPool2d((1, 2), (1, 2), ceil_mode=True),
        )
        self.head = nn.Sequential(nn.Linear(48, 6), nn.ReLU(), nn.Linear(6, 2), nn.Sigmoid())

    def forward(self, x):
        return self.head(self.features(x).flatten(1))


class Basset(nn.Module):
    """(N, 4, L, 1); batch norm; dropout after the linear layers only."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(4, 8, (7, 1)),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.MaxPool2d((3, 1), (3, 1)),
            nn.Conv2d(8, 6, (3, 1)),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.MaxPool2d((2, 1), (2, 1)),
        )
        self.head = nn.Sequential(
            nn.Linear(48, 9), nn.BatchNorm1d(9), nn.ReLU(), nn.Dropout(0.3),
            nn.Linear(9, 5), nn.ReLU(), nn.Dropout(0.3), nn.Linear(5, 2), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, x):
        h = self.features(x)
        return self.head(h.reshape(h.shape[0], -1))


class BPNet(nn.Module):
    """Dilated residual layers and a global mean."""

    def __init__(self, top=lambda h: h.mean(-1)):
        super().__init__()
        self.first = nn.Conv1d(4, 6, 5, padding=2)
        self.residual = nn.ModuleList(nn.Conv1d(6, 6, 3, dilation=2**i, padding=2**i) for i in range(1, 4))
        self.drop = nn.Dropout(0.25)
        self.top = top
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        h = torch.relu(self.first(x))
        for layer in self.residual:
            h = h + torch.relu(layer(self.drop(h)))
        return self.head(self.top(h))


class Chain(nn.Module):
    """`layers` on (N, 4, L), then a linear layer on all that is left."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)
        with torch.no_grad():
            size = self.layers.eval()(torch.zeros(1, 4, LONG)).numel()
        self.head = nn.Linear(size, 2)

    def forward(self, x):
        return self.head(self.layers(x).flatten(1))


class Branches(nn.Module):
    """Two branches of different reach, joined along the channels; one is scaled by the other's gate."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv1d(4, 6, 3, padding=1), nn.Conv1d(4, 6, 7, padding=3)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(18 * LONG, 2)

    def forward(self, x):
        a, b = self.drop(torch.relu(self.a(x))), torch.tanh(self.b(x))
        joined = torch.cat([a, b, a * torch.sigmoid(b)], dim=1)
        return self.head((joined * 0.5 + 1).flatten(1))


class LengthFirst(nn.Module):
    """(N, L, 4), turned around twice, flattened with positions first."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 6, 5)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(6 * (LONG - 4), 2)

    def forward(self, x):
        h = self.drop(F.gelu(self.conv(x.transpose(1, 2))))
        return self.head(h.permute(0, 2, 1).reshape(len(x), -1))


def strands_by_flip():
    class Strands(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = Chain(nn.Conv1d(4, 6, 5), nn.ReLU(), nn.Dropout(0.3), nn.MaxPool1d(4))

        def forward(self, x):
            both = self.net(torch.cat([x, x.flip([1, 2])]))
            first, second = both.chunk(2)
            return torch.maximum(first, second)

    return Strands()


def chain(*layers):
    return lambda: Chain(nn.Conv1d(4, 6, 5), *layers)


DROP = nn.Dropout(0.3)
NETS = {  # name: (maker, layout)
    "deepsea": (DeepSEA, "NC1L"),
    "deepsea_both_strands": (lambda: DeepSEA(True), "NC1L"),
    "beluga": (Beluga, "NC1L"),
    "basset": (Basset, "NCL1"),
    "bpnet": (BPNet, "NCL"),
    "bpnet_sum": (lambda: BPNet(lambda h: h.sum(2)), "NCL"),
    "bpnet_amax": (lambda: BPNet(lambda h: h.amax(-1)), "NCL"),
    "bpnet_adaptive": (lambda: BPNet(lambda h: F.adaptive_avg_pool1d(h, 1).squeeze(-1)), "NCL"),
    "branches": (Branches, "NCL"),
    "length_first": (LengthFirst, "NLC"),
    "strands_by_flip": (strands_by_flip, "NCL"),
    "stride": (lambda: Chain(nn.Conv1d(4, 6, 7, stride=3, padding=2), nn.ReLU(), nn.Dropout(0.3)), "NCL"),
    "stride_later": (chain(nn.ELU(), nn.Dropout(0.3), nn.Conv1d(6, 5, 4, stride=2, padding=3)), "NCL"),
    "dilation_stride": (chain(nn.Dropout(0.3), nn.Conv1d(6, 5, 3, stride=2, dilation=3, padding=4)), "NCL"),
    "groups": (chain(nn.SiLU(), nn.Dropout(0.3), nn.Conv1d(6, 12, 3, groups=3, padding=1)), "NCL"),
    "depthwise": (chain(nn.Dropout(0.3), nn.Conv1d(6, 6, 5, groups=6, dilation=2)), "NCL"),
    "pool_overlap": (chain(nn.Dropout(0.3), nn.MaxPool1d(5, 2, padding=2)), "NCL"),
    "pool_dilated": (chain(nn.Dropout(0.3), nn.MaxPool1d(3, 2, padding=1, dilation=2, ceil_mode=True)), "NCL"),
    "pool_gaps": (chain(nn.Dropout(0.3), nn.MaxPool1d(2, 5)), "NCL"),
    "avg_overlap": (chain(nn.Dropout(0.3), nn.AvgPool1d(5, 2, padding=2)), "NCL"),
    "avg_inside": (chain(nn.Dropout(0.3), nn.AvgPool1d(4, 3, padding=2, count_include_pad=False)), "NCL"),
    "avg_ceil": (chain(nn.Dropout(0.3), nn.AvgPool1d(5, 5, ceil_mode=True), nn.Tanh()), "NCL"),
    "adaptive": (chain(nn.Dropout(0.3), nn.AdaptiveAvgPool1d(8)), "NCL"),
    "adaptive_uneven": (chain(nn.Dropout(0.3), nn.AdaptiveAvgPool1d(9)), "NCL"),
    "adaptive_max": (chain(nn.Dropout(0.3), nn.AdaptiveMaxPool1d(1)), "NCL"),
    "channels_dropped": (chain(nn.ReLU(), nn.Dropout1d(0.4), nn.Conv1d(6, 4, 3)), "NCL"),
    "alpha": (chain(nn.SELU(), nn.AlphaDropout(0.3), nn.Conv1d(6, 4, 3)), "NCL"),
    "softmax": (chain(nn.Dropout(0.3), nn.Softmax(dim=-1)), "NCL"),
    "layer_norm": (chain(nn.Dropout(0.3), nn.LayerNorm(LONG - 4)), "NCL"),
    "normalised": (chain(nn.BatchNorm1d(6), nn.PReLU(6), nn.Dropout(0.3), nn.BatchNorm1d(6)), "NCL"),
    "padded": (chain(nn.Dropout(0.3), nn.ConstantPad1d((3, 1), 0.5), nn.Conv1d(6, 4, 3)), "NCL"),
    "wide": (lambda: Chain(nn.Conv1d(4, 6, 41, padding=20), nn.ReLU(), nn.Dropout(0.3)), "NCL"),
    "position_scale": (lambda: Chain(nn.Conv1d(4, 6, 5, padding=2), Scale(), nn.Dropout(0.3)), "NCL"),
}  # fmt: skip


class Scale(nn.Module):
    """Multiplies by a number for each position, adds one for each channel."""

    def __init__(self):
        super().__init__()
        self.by_position = nn.Parameter(torch.ones(LONG))
        self.by_channel = nn.Parameter(torch.zeros(6, 1))

    def forward(self, x):
        return x * self.by_position + self.by_channel


def build_zoo(name):
    maker, layout = NETS[name]
    net = settle(maker())
    for module in net.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            generator = torch.Generator().manual_seed(3)
            module.running_mean.copy_(torch.randn(module.running_mean.shape, generator=generator) * 0.3)
            module.running_var.copy_(torch.rand(module.running_var.shape, generator=generator) + 0.5)
    return net, layout
