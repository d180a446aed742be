"""Networks from short descriptions, for the property test of the windowed engine.

A description is a Network of plain numbers and words: its repr, printed when a test fails, makes the
network again.
"""

import dataclasses
import math

import torch
import torch.nn.functional as F
from layer_makers import act, axis, chain, positions_last, sizes
from torch import nn

FORMS = {"NCL": "CL", "NC1L": "C1L", "NCL1": "CL1", "NLC": "LC"}


@dataclasses.dataclass(frozen=True)
class Network:
    """`layers`: tuples (name, numbers ...), see layer_makers.py. `strands`: "one", or how the reverse complement is
    averaged. `top`: how positions become features. `hidden`: (width, activation, dropout rate) of linear
    layers. `heads`: how predictions are returned, one number of outputs for each head."""

    layout: str
    length: int
    layers: tuple
    top: str = "flatten"
    hidden: tuple = ()
    heads: tuple = ("one", 2)
    last: str = "identity"
    strands: str = "one"
    seed: int = 0


TOPS = {
    "flatten": lambda form, x: x.flatten(1),
    "view": lambda form, x: x.contiguous().view(x.size(0), -1),
    "reshape": lambda form, x: x.reshape(len(x), -1),
    "positions_first": lambda form, x: positions_last(form, x).permute(0, 2, 1).reshape(x.shape[0], -1),
    "mean": lambda form, x: x.mean(axis(form, "L")).flatten(1),
    "mean_all": lambda form, x: x.mean([axis(form, f) for f in form if f != "C"]),
    "mean_kept": lambda form, x: x.mean(axis(form, "L"), keepdim=True).flatten(1),
    "sum": lambda form, x: x.sum(axis(form, "L")).flatten(1) / 4,
    "amax": lambda form, x: x.amax(axis(form, "L")).flatten(1),
    "max": lambda form, x: x.max(axis(form, "L"))[0].flatten(1),
    "max_values": lambda form, x: x.max(dim=axis(form, "L"), keepdim=True).values.flatten(1),
    "adaptive_avg": lambda form, x: F.adaptive_avg_pool1d(positions_last(form, x), 1).squeeze(-1),
    "adaptive_avg_2d": lambda form, x: F.adaptive_avg_pool2d(positions_last(form, x).unsqueeze(2), 1).flatten(1),
    "adaptive_max": lambda form, x: F.adaptive_max_pool1d(positions_last(form, x), 1).squeeze(-1),
    "global_max_pool": lambda form, x: F.max_pool1d(positions_last(form, x), x.shape[axis(form, "L")]).flatten(1),
    "global_avg_pool": lambda form, x: F.avg_pool1d(positions_last(form, x), x.shape[axis(form, "L")]).flatten(1),
    "mean_and_max": lambda form, x: torch.cat([x.mean(axis(form, "L")), x.amax(axis(form, "L"))], 1).flatten(1),
    "logsumexp": lambda form, x: x.logsumexp(axis(form, "L")).flatten(1),
    "attention": lambda form, x: (x * x.softmax(axis(form, "L"))).sum(axis(form, "L")).flatten(1),
    "std": lambda form, x: x.var(axis(form, "L"), correction=0).flatten(1),
    "squeezed": lambda form, x: x.squeeze().reshape(x.shape[0], -1),
}
LAST = {
    "identity": lambda x: x, "sigmoid": torch.sigmoid, "softplus": F.softplus, "softmax": lambda x: x.softmax(-1),
    "small": lambda x: 0.02 * torch.sigmoid(x),
}  # fmt: skip


class Built(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network
        self.body, self.form, c, n = chain(FORMS[network.layout], 4, network.length, network.layers)
        with torch.no_grad():
            width = TOPS[network.top](self.form, torch.zeros(2, *sizes(self.form, c, n))).shape[1]
        hidden = []
        for out, activation, rate in network.hidden:
            hidden += [nn.Linear(width, out), act("C", out, 1, activation), nn.Dropout(rate)]
            width = out
        self.hidden = nn.Sequential(*hidden)
        self.heads = nn.ModuleList(nn.Linear(width, k) for k in network.heads[1:])

    def tower(self, x):
        h = self.hidden(TOPS[self.network.top](self.form, self.body(x)))
        return [LAST[self.network.last](head(h)) for head in self.heads]

    def forward(self, x):
        outs = STRANDS[self.network.strands](self.tower, x, self.both_axes())
        kind = self.network.heads[0]
        if kind == "one":
            return torch.cat(outs, 1)
        if kind == "dict":
            return {str(i): out for i, out in enumerate(outs)}
        return [out.squeeze(1) if kind == "columns" and out.shape[1] == 1 else out for out in outs]

    def both_axes(self):
        form = FORMS[self.network.layout]
        return axis(form, "C"), axis(form, "L")


def by_index(x, axes):
    """The reverse complement of one-hot DNA in the order ACGT, by index, as Kipoi's DeepSEA/predict."""
    c, n = axes
    return x.index_select(c, torch.arange(3, -1, -1)).index_select(n, torch.arange(x.size(n) - 1, -1, -1))


def joined(turn_round, merge):
    def run(tower, x, axes):
        n = x.size(0)
        return [merge(out[:n], out[n:]) for out in tower(torch.cat([x, turn_round(x, axes)], 0))]

    return run


def mean(a, b):
    return (a + b) / 2


STRANDS = {
    "one": lambda tower, x, axes: tower(x),
    "flip": joined(lambda x, axes: x.flip(axes), mean),
    "flip_max": joined(lambda x, axes: x.flip(axes), torch.maximum),
    "index": joined(by_index, mean),
    "two_passes": lambda tower, x, axes: [mean(a, b) for a, b in zip(tower(x), tower(x.flip(axes)))],
    "chunks": lambda tower, x, axes: [mean(*out.chunk(2)) for out in tower(torch.cat([x, by_index(x, axes)]))],
}


def build(network):
    """The network, in double precision, with weights that keep values of order 1."""
    net = Built(network).double().eval()
    generator = torch.Generator().manual_seed(network.seed)

    def normal(shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    with torch.no_grad():
        for p in net.parameters():
            p.copy_(normal(p.shape) * (0.5 if p.dim() < 2 else 1.3 / math.prod(p.shape[1:]) ** 0.5))
        for m in net.modules():
            if isinstance(m, nn.modules.batchnorm._BatchNorm):
                m.weight.copy_(1 + 0.3 * normal(m.weight.shape))
                m.running_mean.copy_(0.4 * normal(m.running_mean.shape))
                m.running_var.copy_(0.3 + normal(m.running_var.shape) ** 2)
    return net
