"""Networks that the windowed engine once computed wrongly, or needlessly on all rows, by what was at fault.

`check()` compares all variants with dense, in single and double precision, over three draws, in chunks and
alone; it gives the operations that ran and how.
"""

import pytest
import torch
from architectures import LAST, STRANDS, TOPS, Network
from compare_engines import Case, check
from drive import as_model
from layer_makers import ACTIVATIONS, FUNCTIONS
from networks import settle
from test_windowed import RANDOM, run_with, same
from torch import nn
from zoo_networks import LONG

CONV = ("conv", 4, 3, 1, 1, 1, 1, True, "zeros")
DROP = ("drop", "element", 0.3)


def on_conv(*layers, layout="NCL", **kwargs):
    return Case(Network(layout, 30, (CONV, DROP, *layers), **kwargs), unknown=(0, 7), cuts=(20, 35))


NAMED = {
    # Padding is copied into views of an empty tensor: what the views got was lost.
    "circular_padding": on_conv(("conv", 4, 4, 1, 2, 1, 1, True, "circular")),
    "circular_padding_before_masks": Case(
        Network("NCL1", 15, (("conv", 6, 2, 2, 4, 2, 1, False, "circular"), ("drop", "channels", 0.3)))
    ),
    # LSTMs add to plain tensors in place: dense from there on, not from the start.
    "lstm": on_conv(("unknown", "lstm"), ("act", "relu")),
    "gru_first": Case(Network("NLC", 12, (("unknown", "gru"), ("drop", "F", 0.2)))),
    # Truth values have no differences.
    "where": on_conv(("act", "where"), CONV),
    "by_sign": on_conv(("act", "by_sign"), CONV),
    "masked_fill": on_conv(("act", "masked"), CONV),
    # squeeze() takes a single channel away, too.
    "squeeze_of_one_channel": on_conv(("conv", 1, 3, 1, 1, 1, 1, True, "zeros"), top="squeezed"),
    "negative_index": on_conv(("move", "by_negative_index")),
}


@pytest.mark.parametrize("name", NAMED)
def test_right_since(name):
    check(NAMED[name])


ON_WINDOWS = {
    **{name: on_conv(("act", name)) for name in (*ACTIVATIONS, *FUNCTIONS)},  # double: of doubles
    **{f"drop_{kind}": on_conv(("drop", kind, 0.4)) for kind in ("F_channels", "F_feature_alpha", "feature_alpha")},
    **{f"drop_{kind}_2d": on_conv(("drop", kind, 0.4), layout="NC1L") for kind in ("F_channels", "F_feature_alpha")},
    **{
        f"move_{kind}": on_conv(("move", kind))
        for kind in ("crop", "split", "chunks", "by_negative_index", "flip_both")
    },
    **{f"top_{name}": on_conv(top=name) for name in TOPS},
    **{f"top_{name}_2d": on_conv(top=name, layout="NCL1") for name in ("mean_all", "max", "adaptive_avg", "mean_kept")},
    **{f"last_{name}": on_conv(last=name) for name in LAST},
    **{f"strands_{name}": on_conv(strands=name) for name in STRANDS},
    "prelu": on_conv(("prelu", True), layout="NC1L"),
    "adaptive_max": on_conv(("adaptive", "max", 10), CONV),
    "adaptive_avg": on_conv(("adaptive", "avg", 6), CONV),
}
ON_ALL_ROWS = {"where", "by_sign", "masked", "own_mean", "top_logsumexp", "top_attention", "top_std"}


@pytest.mark.parametrize("name", ON_WINDOWS)
def test_runs_on_windows(name):
    """On all rows only where nothing else is known; after positions are pooled to one, that costs nothing."""
    rows = [operation for operation, rule in check(ON_WINDOWS[name], quick=True) if rule == "all rows"]
    cheap = ["aten::squeeze", "aten::view"] if "top_" in name else []
    assert (set(rows) <= set(cheap)) == (name not in ON_ALL_ROWS), rows


class InPlace(nn.Module):
    """Changes its values through a view, and goes on with the values."""

    def __init__(self, change):
        super().__init__()
        self.conv, self.drop, self.head = nn.Conv1d(4, 6, 5), nn.Dropout(0.3), nn.Linear(6 * (LONG - 4), 2)
        self.change = change

    def forward(self, x):
        h = self.drop(torch.relu(self.conv(x)))
        self.change(h)
        return self.head(h.flatten(1))


CHANGES = {
    "part": lambda h: h[:, :, :5].mul_(0.1),
    "assigned": lambda h: h.__setitem__((slice(None), 0), 0.5),
    "transposed": lambda h: h.transpose(1, 2).add_(1),
    "flat": lambda h: h.view(h.size(0), -1).clamp_(max=0.2),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_through_a_view_are_dense_and_said_so(name):
    model = as_model(settle(InPlace(CHANGES[name])), length=LONG)
    result, chosen = run_with(model, RANDOM)
    assert chosen["engine"] == ["dense"] and "view was changed in place" in chosen["reason"][0]
    same(result, run_with(model, RANDOM, "dense")[0])


def test_a_view_may_be_changed_where_only_it_is_used():
    class Flat(InPlace):
        def forward(self, x):
            return self.head(torch.relu_(self.drop(self.conv(x)).view(x.size(0), -1)))

    result, chosen = run_with(as_model(settle(Flat(None)), length=LONG), RANDOM, "windowed")
    assert chosen["engine"] == ["windowed"]
    same(result, run_with(as_model(settle(Flat(None)), length=LONG), RANDOM, "dense")[0])


def test_places_of_maxima_are_never_taken_for_values():
    class Unpooled(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.drop, self.head = nn.Conv1d(4, 6, 5), nn.Dropout(0.3), nn.Linear(6, 2)

        def forward(self, x):
            h, place = nn.functional.max_pool1d(self.drop(self.conv(x)), 4, return_indices=True)
            return self.head((h * (place % 4)).mean(2))

    model = as_model(settle(Unpooled()), length=LONG)
    result, chosen = run_with(model, RANDOM)
    assert chosen["engine"] == ["dense"] and "places of maxima" in chosen["reason"][0]
    same(result, run_with(model, RANDOM, "dense")[0])


def test_layers_before_a_recurrent_one_run_on_windows():
    steps = check(NAMED["lstm"], quick=True)
    assert ("aten::convolution", "windows of 3 of 30") in steps and ("lstm", "all rows") in steps


@pytest.mark.parametrize("layers", [2, 1])
def test_dropout_inside_an_lstm_is_drawn_anew(layers):
    """The first mask is met inside a function that is done in one piece."""

    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv1d(4, 6, 5), nn.Linear(6, 2)
            self.lstm = nn.LSTM(6, 6, layers, dropout=0.4 if layers == 2 else 0.0, batch_first=True)
            self.drop = nn.Dropout(0.3)

        def forward(self, x):
            return self.head(self.drop(self.lstm(torch.relu(self.conv(x)).transpose(1, 2))[0][:, -1]))

    model = as_model(settle(Recurrent()), length=LONG)
    result, chosen = run_with(model, RANDOM, "windowed")
    assert chosen["engine"] == ["windowed"]
    same(result, run_with(model, RANDOM, "dense")[0])


def test_a_chunk_of_one_variant_leaves_the_reference_alone():
    """The pooled branch used to write into windows that it shared with the other."""
    branch = (("max_pool", 3, 1, 1, 1, False), ("act", "relu"))
    layers = (("conv", 1, 3, 1, "same", 1, 1, False), ("drop", "element", 0.1), ("residual", *branch))
    check(Case(Network("NCL", 30, layers, "flatten", (), ("one", 1), "identity", "one", 0), cuts=(1,), silent=True))


FILLED = {
    "added": lambda h: torch.zeros_like(h).add_(h),
    "multiplied": lambda h: torch.ones_like(h).mul_(h),
    "taken_from": lambda h: torch.ones_like(h).sub_(h),
    "to_the_power": lambda h: torch.full_like(h, 2.0).pow_(h),
}


@pytest.mark.parametrize("size", [1, 2, None])
@pytest.mark.parametrize("name", FILLED)
def test_constants_that_variants_are_written_into_stay_as_they_are(name, size):
    """Windows of a constant with one channel were the constant itself, for chunks of one position."""

    class Filled(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.drop, self.head = nn.Conv1d(4, 1, 5), nn.Dropout(0.3), nn.Linear(LONG - 4, 2)

        def forward(self, x):
            return self.head(self.drop(FILLED[name](self.conv(x))).flatten(1))

    model = as_model(settle(Filled()), length=LONG)
    result, _ = run_with(model, RANDOM, "windowed", batch_size=size, positions=[0, 9, 30])
    same(result, run_with(model, RANDOM, "dense", positions=[0, 9, 30])[0])
