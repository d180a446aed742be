"""Tiny networks that use dropout in every way that models in the wild do.

All take one-hot DNA of LENGTH bases and give two predictions per sequence, unless they say
otherwise. `build(name)` gives one with fixed weights, in evaluation mode."""

import torch
import torch.nn.functional as F
from torch import nn

LENGTH = 12
SEQUENCE = "ACGTTGCAAGTC"
RATE = 0.3
CHANNELS = 6


class Stem(nn.Module):
    """A convolution, `middle` on (N, CHANNELS, L), and a linear head: (N, 2)."""

    def __init__(self, middle=None):
        super().__init__()
        self.conv = nn.Conv1d(4, CHANNELS, 3, padding=1)
        self.middle = nn.Identity() if middle is None else middle
        self.head = nn.Linear(CHANNELS * LENGTH, 2)

    def forward(self, x):
        return self.head(self.middle(torch.tanh(self.conv(x))).flatten(1))


class Functional(nn.Module):
    def __init__(self, always=False):
        super().__init__()
        self.always = always

    def forward(self, x):
        return F.dropout(x, RATE, self.always or self.training)


class FunctionalAlpha(nn.Module):
    def forward(self, x):
        return F.alpha_dropout(x, RATE, self.training)


class LengthFirst(nn.Module):
    """Runs `block` on (N, L, C), or on (L, N, C)."""

    def __init__(self, block, batch_first=True):
        super().__init__()
        self.block = block
        self.order = (0, 2, 1) if batch_first else (2, 0, 1)
        self.back = (0, 2, 1) if batch_first else (1, 2, 0)

    def forward(self, x):
        return self.block(x.permute(self.order)).permute(self.back)


class Attention(nn.Module):
    def __init__(self, weights, batch_first):
        super().__init__()
        self.attention = nn.MultiheadAttention(CHANNELS, 2, dropout=RATE, batch_first=batch_first)
        self.weights = weights

    def forward(self, x):
        return x + self.attention(3 * x, 3 * x, x, need_weights=self.weights)[0]


class Scaled(nn.Module):
    def forward(self, x):
        p = RATE if self.training else 0.0
        return x + F.scaled_dot_product_attention(3 * x, 3 * x, x, dropout_p=p)


class Recurrent(nn.Module):
    def __init__(self, cls):
        super().__init__()
        self.layers = cls(CHANNELS, CHANNELS, num_layers=2, dropout=RATE, batch_first=True)

    def forward(self, x):
        return self.layers(x)[0]


class StochasticDepth(nn.Module):
    """Drops a whole residual branch of a sequence, as timm and torchvision do."""

    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, x):
        if not self.training:
            return x + torch.sin(x)
        noise = x.new_empty((x.shape[0], 1, 1)).bernoulli_(1 - RATE)
        if self.scale:
            noise.div_(1 - RATE)
        return x + torch.sin(x) * noise


class HandWritten(nn.Module):
    """Scales after the mask, where the dispatcher cannot tell what for."""

    def forward(self, x):
        if not self.training:
            return x
        return x * torch.empty_like(x).bernoulli_(1 - RATE) / (1 - RATE)


class Residual(nn.Module):
    """`x` is used after dropout, so that changing it in place would show."""

    def __init__(self, drop):
        super().__init__()
        self.drop = drop

    def forward(self, x):
        y = self.drop(x)
        return torch.cos(x) + y


class Positional(nn.Module):
    """Enformer's: dropout on features of positions, which have no batch dimension."""

    def __init__(self):
        super().__init__()
        self.register_buffer("features", torch.linspace(-1, 1, CHANNELS * LENGTH).view(CHANNELS, LENGTH))
        self.drop = nn.Dropout(RATE)

    def forward(self, x):
        return x * (1 + self.drop(self.features))


class DroppedWeights(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(CHANNELS, CHANNELS))

    def forward(self, x):
        return torch.einsum("oc,ncl->nol", F.dropout(self.weight, RATE, self.training), x)


class ReverseComplement(nn.Module):
    """Both strands through one tower, one after another in the batch."""

    def __init__(self, tower):
        super().__init__()
        self.tower = tower

    def forward(self, x):
        forward, reverse = self.tower(torch.cat([x, x.flip(1, 2)])).chunk(2)
        return (forward + reverse) / 2


class Folded(nn.Module):
    """Channels folded into the batch, sequence by sequence, or position by position outside it."""

    def __init__(self, inside):
        super().__init__()
        self.inside = inside
        self.drop = nn.Dropout(RATE)

    def forward(self, x):
        n = len(x)
        if self.inside:
            return self.drop(x.reshape(n * CHANNELS, LENGTH)).view(n, CHANNELS, LENGTH)
        return self.drop(x.permute(2, 0, 1).reshape(LENGTH * n, CHANNELS)).view(LENGTH, n, CHANNELS).permute(1, 2, 0)


class Flagged(nn.Module):
    """Hands its training flag down to a helper."""

    class Helper(nn.Module):
        def forward(self, x, training):
            return F.dropout(x, RATE, training)

    def __init__(self):
        super().__init__()
        self.helper = self.Helper()

    def forward(self, x):
        return self.helper(x, self.training)


class Inference(nn.Module):
    @torch.inference_mode()
    def forward(self, x):
        return F.dropout(x, RATE, self.training)


class Checkpointed(nn.Module):
    def forward(self, x):
        return torch.utils.checkpoint.checkpoint(self.inner, x, use_reentrant=False)

    def inner(self, x):
        return F.dropout(x, RATE, self.training)


class Mapped(nn.Module):
    """Dropout under vmap, of a function and of a module."""

    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(RATE)

    def forward(self, x):
        y = torch.vmap(lambda row: F.dropout(row, RATE, self.training), randomness="different")(x)
        return torch.vmap(self.drop, randomness="different")(y)


class TrainingFails(nn.Module):
    """Cannot run in training mode as a whole, but the dropout inside it can."""

    def __init__(self):
        super().__init__()
        self.inner = Functional()

    def forward(self, x):
        if self.training:
            raise ValueError("targets are needed in training mode")
        return self.inner(x)


class BatchNormBlock(nn.Module):
    """No normalisation layer, in spite of its name."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(CHANNELS)

    def forward(self, x):
        return F.dropout(self.norm(x), RATE, self.training)


class Heads(Stem):
    """Two heads in a dict, or a tuple, the second with a dropout of its own."""

    def __init__(self, kind):
        super().__init__(nn.Dropout(RATE))
        self.second = nn.Sequential(nn.Dropout(0.5), nn.Linear(CHANNELS * LENGTH, 1))
        self.head = nn.Linear(CHANNELS * LENGTH, 1)
        self.kind = kind

    def forward(self, x):
        h = self.middle(torch.tanh(self.conv(x))).flatten(1)
        parts = self.head(h), self.second(h)[:, 0]  # (N, 1) and (N,)
        return {"a": parts[0], "b": parts[1]} if self.kind is dict else parts


class Stem2d(nn.Module):
    """For (N, 4, 1, L)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, CHANNELS, (1, 3), padding=(0, 1))
        self.drop = nn.Dropout2d(RATE)
        self.head = nn.Linear(CHANNELS * LENGTH, 2)

    def forward(self, x):
        return self.head(self.drop(torch.tanh(self.conv(x))).flatten(1))


def hooked():
    """Dropout put in by a forward hook, always on."""
    net = Stem()
    net.middle.register_forward_hook(lambda module, args, out: F.dropout(out, RATE, True))
    return net


def patched():
    """A dropout module whose forward a user has made drop in evaluation mode."""
    net = Stem(nn.Dropout(RATE))
    net.middle.forward = lambda x: F.dropout(x, RATE, True)
    return net


def shared():
    """One dropout module under two names."""
    drop = nn.Dropout(RATE)
    return Stem(nn.Sequential(drop, nn.Tanh(), drop))


def twice():
    block = nn.Sequential(nn.Conv1d(CHANNELS, CHANNELS, 1), nn.Tanh(), nn.Dropout(RATE))
    return Stem(nn.Sequential(block, block))


def scripted_child():
    return Stem(torch.jit.script(nn.Sequential(nn.Conv1d(CHANNELS, CHANNELS, 1), nn.Dropout(RATE))))


def traced():
    """Traced in training mode: its dropout is always on."""
    net = settle(Stem(nn.Dropout(RATE))).train()
    return torch.jit.trace(net, torch.rand(2, 4, LENGTH), check_trace=False)


def compiled():
    net = Stem(nn.Dropout(RATE))
    net.compile(backend="eager")
    return net


def encoder(batch_first):
    layer = nn.TransformerEncoderLayer(CHANNELS, 2, 8, dropout=RATE, batch_first=batch_first)
    return Stem(LengthFirst(layer, batch_first))


# Name -> builder. Each has dropout that can be locked.
NETWORKS = {
    "dropout": lambda: Stem(nn.Dropout(RATE)),
    "dropout1d": lambda: Stem(nn.Dropout1d(RATE)),
    "dropout2d": Stem2d,
    "alpha": lambda: Stem(nn.AlphaDropout(RATE)),
    "feature_alpha": lambda: Stem(nn.FeatureAlphaDropout(RATE)),
    "inplace": lambda: Stem(Residual(nn.Dropout(RATE, inplace=True))),
    "inplace_alpha": lambda: Stem(Residual(nn.AlphaDropout(RATE, inplace=True))),
    "functional": lambda: Stem(Functional()),
    "always": lambda: Stem(Functional(always=True)),
    "functional_alpha": lambda: Stem(FunctionalAlpha()),
    "hand_written": lambda: Stem(HandWritten()),
    "encoder": lambda: encoder(True),
    "encoder_seq_first": lambda: encoder(False),
    "attention_weights": lambda: Stem(LengthFirst(Attention(True, True))),
    "attention_weights_seq_first": lambda: Stem(LengthFirst(Attention(True, False), False)),
    "attention": lambda: Stem(LengthFirst(Attention(False, True))),
    "attention_seq_first": lambda: Stem(LengthFirst(Attention(False, False), False)),
    "scaled_attention": lambda: Stem(LengthFirst(Scaled())),
    "lstm": lambda: Stem(LengthFirst(Recurrent(nn.LSTM))),
    "gru": lambda: Stem(LengthFirst(Recurrent(nn.GRU))),
    "scripted": lambda: torch.jit.script(Stem(nn.Sequential(nn.BatchNorm1d(CHANNELS), nn.Dropout(RATE)))),
    "scripted_child": scripted_child,
    "traced": traced,
    "depth": lambda: Stem(StochasticDepth(True)),
    "depth_unscaled": lambda: Stem(StochasticDepth(False)),
    "twice": twice,
    "shared": shared,
    "positional": lambda: Stem(Positional()),
    "dropped_weights": lambda: Stem(DroppedWeights()),
    "reverse_complement": lambda: ReverseComplement(Stem(nn.Dropout(RATE))),
    "folded": lambda: Stem(Folded(True)),
    "positions_outside": lambda: Stem(Folded(False)),
    "flagged": lambda: Stem(Flagged()),
    "inference": lambda: Stem(Inference()),
    "checkpointed": lambda: Stem(Checkpointed()),
    "mapped": lambda: Stem(Mapped()),
    "training_fails": lambda: Stem(TrainingFails()),
    "batchnorm_block": lambda: Stem(BatchNormBlock()),
    "heads_dict": lambda: Heads(dict),
    "heads_tuple": lambda: Heads(tuple),
    "hooked": hooked,
    "patched": patched,
    "compiled": compiled,
    "data_parallel": lambda: nn.DataParallel(Stem(nn.Dropout(RATE))),
    "float64": lambda: Stem(nn.Dropout(RATE)).double(),
}
LAYOUTS = {"dropout2d": "NC1L"}


def settle(net, seed=0):
    """Fixed weights of order 1, so that dropout and mutations show in every output."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=generator, dtype=torch.float64) / max(p.shape[-1], 2) ** 0.5)
    return net.eval()


def build(name):
    return settle(NETWORKS[name]())


class Exposed(nn.Module):
    """Predicts its own masks, times 1 / (1 - rate): one output per unit, whatever the sequence."""

    def __init__(self, units=16, rate=0.5):
        super().__init__()
        self.drop = nn.Dropout(rate)
        self.units = units

    def forward(self, x):
        return self.drop(torch.ones(len(x), self.units))
