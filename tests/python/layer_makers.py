"""Layers from short descriptions, tuples (name, numbers ...), for the random networks of architectures.py.

`form` says how values lie: "CL" (N, C, L), "C1L" (N, C, 1, L), "CL1" (N, C, L, 1), "LC" (N, L, C).
"""

import torch
import torch.nn.functional as F
from torch import nn


class Apply(nn.Module):
    """A function of values, as Kipoi's Lambda."""

    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x):
        return self.function(self, x)


def sizes(form, c, n):
    return tuple({"C": c, "L": n, "1": 1}[f] for f in form)


def along(form, v, other=1):
    """A number along positions for a layer in one or two dimensions."""
    return v if len(form) == 2 else (other, v) if form == "C1L" else (v, other)


def axis(form, kind):
    return 1 + form.index(kind)


def positions_last(form, x):
    """x as (N, C, L)."""
    return x.transpose(1, 2) if form == "LC" else x.reshape(x.shape[0], x.shape[1], -1)


def from_positions_last(form, x):
    return x.transpose(1, 2) if form == "LC" else x.unsqueeze(axis(form, "1")) if "1" in form else x


def in_dimensions(form, one, two):
    return one if len(form) == 2 else two


# Layers: maker(form, c, n, *numbers) -> module ------------------------------------------------------------


def conv(form, c, n, out, k, stride, padding, dilation, groups, bias, mode="zeros"):
    same = padding == "same"
    other = {"padding": "same" if same else along(form, padding, 0), "padding_mode": mode}
    return in_dimensions(form, nn.Conv1d, nn.Conv2d)(
        c, out, along(form, k), along(form, stride), dilation=along(form, dilation), groups=groups, bias=bias, **other
    )


def max_pool(form, c, n, k, stride, padding, dilation, ceil):
    cls = in_dimensions(form, nn.MaxPool1d, nn.MaxPool2d)
    stride = None if stride is None else along(form, stride)
    return cls(along(form, k), stride, along(form, padding, 0), along(form, dilation), ceil_mode=ceil)


def avg_pool(form, c, n, k, stride, padding, ceil, include):
    cls = in_dimensions(form, nn.AvgPool1d, nn.AvgPool2d)
    stride = None if stride is None else along(form, stride)
    return cls(along(form, k), stride, along(form, padding, 0), ceil, include)


def adaptive(form, c, n, kind, size):
    one, two = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d) if kind == "avg" else (
        nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d)  # fmt: skip
    return in_dimensions(form, one, two)(along(form, size))


ACTIVATIONS = {
    "relu": nn.ReLU, "relu_inplace": lambda: nn.ReLU(inplace=True), "elu": nn.ELU, "gelu": nn.GELU,
    "gelu_tanh": lambda: nn.GELU("tanh"), "sigmoid": nn.Sigmoid, "softplus": nn.Softplus, "silu": nn.SiLU,
    "threshold": lambda: nn.Threshold(0, 1e-6), "leaky": lambda: nn.LeakyReLU(0.1), "tanh": nn.Tanh, "selu": nn.SELU,
    "selu_inplace": lambda: nn.SELU(inplace=True), "mish": nn.Mish, "softsign": nn.Softsign, "hardtanh": nn.Hardtanh,
    "relu6": nn.ReLU6, "hardswish": nn.Hardswish, "celu": nn.CELU, "logsigmoid": nn.LogSigmoid, "identity": nn.Identity,
    "shrink": lambda: nn.Softshrink(0.1), "tanhshrink": nn.Tanhshrink,
}  # fmt: skip
FUNCTIONS = {
    "exp": lambda m, x: torch.exp(0.3 * x),
    "exp_minus": lambda m, x: torch.exp(-(x**2)),
    "square": lambda m, x: x * x,
    "square_root": lambda m, x: (x.abs() + 0.1).sqrt(),
    "log": lambda m, x: torch.log1p(x.abs()),
    "clamp": lambda m, x: x.clamp(-0.5, 1.5),
    "maximum": lambda m, x: torch.maximum(x, -0.2 * x),
    "sine": lambda m, x: torch.sin(x) + torch.cos(x),
    "swish": lambda m, x: x * torch.sigmoid(1.702 * x),
    "where": lambda m, x: torch.where(x > 0, x, 0.2 * x),
    "by_sign": lambda m, x: x * (x > 0),
    "masked": lambda m, x: x.masked_fill(x < 0, 0.0),
    "half": lambda m, x: x * 0.5,
    "from_one": lambda m, x: 1 - x,
    "divided": lambda m, x: (x - 0.3) / 1.7 + 2,
    "inverse": lambda m, x: 1 / (x.abs() + 1),
    "in_place": lambda m, x: (x + 0).mul_(0.7).add_(0.1),
    "alpha": lambda m, x: torch.add(x, torch.tanh(x), alpha=-0.4),
    "addcmul": lambda m, x: torch.addcmul(x, x, torch.sigmoid(x), value=0.3),
    "lerp": lambda m, x: torch.lerp(x, torch.tanh(x), 0.3),
    "copied": lambda m, x: x.clone().contiguous().detach(),
    "typed": lambda m, x: x.to(x.dtype).type_as(x),
    "view_and_back": lambda m, x: x.reshape(x.size(0), -1).view(x.size()),
    "double": lambda m, x: x.double().tanh().to(x.dtype),
    "ones": lambda m, x: x * torch.ones_like(x) + torch.zeros_like(x),
    "own_mean": lambda m, x: x - x.flatten(1).mean(1).view(-1, *[1] * (x.dim() - 1)),
}


def act(form, c, n, name):
    return ACTIVATIONS[name]() if name in ACTIVATIONS else Apply(FUNCTIONS[name])


def prelu(form, c, n, each):
    return nn.PReLU(c if each and form != "LC" else 1)


def scale(form, c, n, what, order):
    """Numbers for each channel or position, multiplied, added or divided by, from either side."""
    shape = {"channel": sizes(form, c, 1), "position": sizes(form, 1, n), "both": sizes(form, c, n), "one": ()}[what]
    function = {
        "times": lambda m, x: x * m.w,
        "times_left": lambda m, x: m.w * x,
        "plus": lambda m, x: x + m.w,
        "minus_left": lambda m, x: m.w - x,
        "divided": lambda m, x: x / (m.w.abs() + 0.5),
        "in_place": lambda m, x: (x + 0).mul_(m.w).add_(m.w),
    }[order]
    return Apply(function, w=nn.Parameter(torch.zeros(shape)))


def norm(form, c, n):
    return in_dimensions(form, nn.BatchNorm1d, nn.BatchNorm2d)(c)


def drop(form, c, n, kind, rate):
    functions = {
        "F": lambda m, x: F.dropout(x, rate, m.training),
        "F_inplace": lambda m, x: F.dropout(x + 0, rate, m.training, True),
        "F_channels": lambda m, x: (F.dropout1d if x.dim() == 3 else F.dropout2d)(x, rate, m.training),
        "F_alpha": lambda m, x: F.alpha_dropout(x, rate, m.training),
        "F_feature_alpha": lambda m, x: F.feature_alpha_dropout(x, rate, m.training),
    }
    if kind in functions:
        return Apply(functions[kind])
    modules = {
        "element": nn.Dropout, "channels": in_dimensions(form, nn.Dropout1d, nn.Dropout2d),
        "alpha": nn.AlphaDropout, "feature_alpha": nn.FeatureAlphaDropout,
    }  # fmt: skip
    return nn.Dropout(rate, inplace=True) if kind == "inplace" else modules[kind](rate)


def turn(form, c, n, to):
    """To another form, as models do it."""

    def function(m, x):
        if form == to:
            return x
        if form == "LC":
            x = x.permute(0, 2, 1)
        if "1" in form:
            x = x.squeeze(axis(form, "1"))
        return from_positions_last(to, x)

    return Apply(function)


def pad(form, c, n, left, right, value, mode):
    sides = (left, right) if form[-1] == "L" else (0, 0, left, right)
    kwargs = {"value": value} if mode == "constant" else {}
    return Apply(lambda m, x: F.pad(x, sides, mode, **kwargs))


def move(form, c, n, kind):
    channels, positions = axis(form, "C"), axis(form, "L")
    order = torch.arange(c - 1, -1, -1).roll(1)
    return Apply({
        "flip_positions": lambda m, x: x.flip(positions),
        "flip_both": lambda m, x: x.flip([channels, positions]),
        "index_channels": lambda m, x: x.index_select(channels, order),
        "index_back": lambda m, x: x.index_select(positions, torch.arange(x.size(positions) - 1, -1, -1)),
        "by_index": lambda m, x: x[:, order] if channels == 1 else x[:, :, order],
        "by_negative_index": lambda m, x: x[:, [-1, 0]] if channels == 1 else x[:, :, [-1, 0]],
        "slice_channels": lambda m, x: x.narrow(channels, 0, max(c // 2, 1)),
        "chunks": lambda m, x: torch.cat(x.chunk(2, channels)[::-1], channels),
        "split": lambda m, x: torch.cat(x.split([1, c - 1] if c > 1 else [1], channels), channels),
        "crop": lambda m, x: x.narrow(positions, n // 4, n - n // 3),
        "every_second": lambda m, x: x[:, :, ::2] if positions == 2 else x.narrow(positions, 0, n),
        "roll": lambda m, x: x.roll(1, positions),
        "twice": lambda m, x: torch.cat([x, x], positions),
        "select": lambda m, x: torch.cat([x.select(channels, 0).unsqueeze(channels), x], channels),
        "stack": lambda m, x: torch.stack([x, 0.5 * x.tanh()], channels).sum(channels),
        "squeeze": lambda m, x: x.squeeze(-1).unsqueeze(-1).view(x.size()),
    }[kind])  # fmt: skip


def residual(form, c, n, *inner):
    return Apply(lambda m, x: x + m.inner(x), inner=chain(form, c, n, inner)[0])


def branches(form, c, n, first, second):
    a, b = chain(form, c, n, first)[0], chain(form, c, n, second)[0]
    return Apply(lambda m, x: torch.cat([m.a(x), m.b(x)], axis(form, "C")), a=a, b=b)


def gate(form, c, n, *inner):
    return Apply(lambda m, x: x * torch.sigmoid(m.inner(x)), inner=chain(form, c, n, inner)[0])


def unknown(form, c, n, kind):
    """What has no rule; values keep their shape."""
    positions = axis(form, "L")
    if kind in ("attention", "lstm", "gru", "layer_norm", "linear"):
        inner = {
            "attention": lambda: nn.MultiheadAttention(c, 1, dropout=0.2, batch_first=True),
            "lstm": lambda: nn.LSTM(c, c, batch_first=True),
            "gru": lambda: nn.GRU(c, c, batch_first=True),
            "layer_norm": lambda: nn.LayerNorm(c),
            "linear": lambda: nn.Linear(c, c),
        }[kind]()

        def function(m, x):
            rows = positions_last(form, x).transpose(1, 2)
            rows = m.inner(rows, rows, rows)[0] if kind == "attention" else m.inner(rows)
            rows = rows[0] if isinstance(rows, tuple) else rows
            return from_positions_last(form, rows.transpose(1, 2))

        return Apply(function, inner=inner)
    return Apply({
        "softmax": lambda m, x: x.softmax(positions),
        "softmax_channels": lambda m, x: x.softmax(axis(form, "C")),
        "cumsum": lambda m, x: x.cumsum(positions) * 0.2,
        "excitation": lambda m, x: x * torch.sigmoid(x.mean(positions, keepdim=True)),
        "centred": lambda m, x: x - x.amax(positions, keepdim=True),
        "over_channels": lambda m, x: x + x.max(axis(form, "C"), keepdim=True)[0],
        "sorted": lambda m, x: x.sort(positions)[0],
        "mixed": lambda m, x: torch.einsum("ncl,ncm->ncm", *[positions_last(form, x)] * 2).tanh().reshape(x.shape),
    }[kind])  # fmt: skip


MAKERS = {
    f.__name__: f
    for f in (
        conv, max_pool, avg_pool, adaptive, act, prelu, scale, norm, drop, turn, pad, move, residual, branches, gate,
        unknown,
    )
}  # fmt: skip


def chain(form, c, n, layers):
    """(module, form, channels, length) of layers one after another."""
    modules = []
    for name, *numbers in layers:
        module = MAKERS[name](form, c, n, *numbers).eval()
        with torch.no_grad():
            out = module(torch.zeros(1, *sizes(form, c, n)))
        form = numbers[0] if name == "turn" else form
        c, n = out.shape[axis(form, "C")], out.shape[axis(form, "L")]
        modules.append(module)
    return nn.Sequential(*modules), form, c, n
