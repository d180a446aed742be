"""Strategies of hypothesis: random networks, sequences and ways of computing for the property test."""

from architectures import FORMS, LAST, STRANDS, TOPS, Network
from compare_engines import Case
from hypothesis import strategies as st
from layer_makers import ACTIVATIONS, FUNCTIONS, chain

LENGTHS = st.sampled_from([30, 45, 37, 50, *range(3, 30, 2)])
RATES = st.sampled_from([0.1, 0.3, 0.5])
ACTS = st.sampled_from([*ACTIVATIONS, *FUNCTIONS])
ELEMENTS = st.sampled_from(["element", "inplace", "channels", "alpha", "feature_alpha", "F", "F_inplace", "F_alpha",
                            "F_channels", "F_feature_alpha"])  # fmt: skip
MOVES = st.sampled_from(["flip_positions", "flip_both", "index_channels", "index_back", "by_index",
                         "by_negative_index", "slice_channels", "chunks", "split", "crop", "every_second", "roll",
                         "twice", "select", "stack", "squeeze"])  # fmt: skip
UNKNOWN = st.sampled_from(["softmax", "softmax_channels", "attention", "lstm", "gru", "layer_norm", "linear", "cumsum",
                           "excitation", "centred", "over_channels", "sorted", "mixed"])  # fmt: skip


def divisors(c):
    return [g for g in range(1, c + 1) if c % g == 0]


@st.composite
def convs(draw, form, c, n, same):
    k, dilation = draw(st.sampled_from([3, 4, 5, 2, 3, 1])), draw(st.sampled_from([1, 1, 1, 2, 3]))
    groups = draw(st.sampled_from([1, 1, *divisors(c)]))
    out = c if same else groups * draw(st.integers(1, max(1, 6 // groups)))
    bias = draw(st.booleans())
    if same or draw(st.integers(0, 3)) == 0:
        return ("conv", out, k, 1, "same", dilation, groups, bias)
    padding, stride = draw(st.integers(0, 4)), draw(st.sampled_from([1, 1, 2, 3]))
    mode = draw(st.sampled_from(["zeros"] * 6 + ["circular"])) if padding < n else "zeros"
    return ("conv", out, k, stride, padding, dilation, groups, bias, mode)


@st.composite
def pools(draw, form, c, n, same):
    if same:
        return draw(st.sampled_from([("max_pool", 3, 1, 1, 1, False), ("avg_pool", 3, 1, 1, False, False),
                                     ("avg_pool", 5, 1, 2, True, True), ("max_pool", 3, 1, 2, 2, False)]))  # fmt: skip
    kind = draw(st.sampled_from(["max", "max", "avg", "adaptive"]))
    if kind == "adaptive":
        return ("adaptive", draw(st.sampled_from(["avg", "max"])), draw(st.integers(1, n)))
    k = draw(st.sampled_from([3, 2, 4, 5, 6, 1]))
    stride = draw(st.sampled_from([None, None, 1, 2, 3, 5]))
    padding, ceil = draw(st.integers(0, k // 2)), draw(st.booleans())
    if kind == "max":
        return ("max_pool", k, stride, padding, draw(st.sampled_from([1, 1, 2, 3])), ceil)
    return ("avg_pool", k, stride, padding, ceil, draw(st.booleans()))


@st.composite
def simple(draw, form, c, n, same):
    """A layer that works on each value, or moves values about."""
    kind = draw(
        st.sampled_from(["act", "act", "prelu", "scale", "norm", "drop", "drop"] + ["pad", "move"] * (not same))
    )
    if kind == "act":
        return ("act", draw(ACTS))
    if kind == "prelu":
        return ("prelu", draw(st.booleans()))
    if kind == "scale":
        order = draw(st.sampled_from(["times", "times_left", "plus", "minus_left", "divided", "in_place"]))
        return ("scale", draw(st.sampled_from(["channel", "position", "both", "one"])), order)
    if kind == "norm":
        return ("norm",)
    if kind == "pad":
        mode = draw(st.sampled_from(["constant", "constant", "reflect" if len(form) == 2 else "constant"]))
        return ("pad", draw(st.integers(0, 3)), draw(st.integers(0, 3)), draw(st.sampled_from([0.0, 0.25])), mode)
    if kind == "move":
        return ("move", draw(MOVES))
    return ("drop", draw(ELEMENTS), draw(RATES))


@st.composite
def joins(draw, form, c, n, same):
    def inner():
        return tuple(draw(layers(form, c, n, True)) for _ in range(draw(st.sampled_from([2, 1, 3]))))

    kind = draw(st.sampled_from(["residual", "gate", *["branches"] * (2 * (not same))]))
    return (kind, inner(), inner()) if kind == "branches" else (kind, *inner())


@st.composite
def layers(draw, form, c, n, same=False):
    """One layer for values of a form; `same`: that keeps their shape."""
    kinds = ["simple"] * 3 + ["unknown"] * draw(st.sampled_from([0, 0, 0, 0, 1]))
    if form != "LC":
        kinds += ["conv"] * 4 + ["pool"] * 2
    if not same:
        kinds += ["join"] * 4 + ["turn"]
    kind = draw(st.sampled_from(kinds))
    if kind == "turn":
        return ("turn", draw(st.sampled_from(["CL", "C1L", "CL1", "LC"])))
    if kind == "unknown":
        return ("unknown", draw(UNKNOWN))
    return draw({"conv": convs, "pool": pools, "simple": simple, "join": joins}[kind](form, c, n, same))


@st.composite
def networks(draw):
    layout, length = draw(st.sampled_from(list(FORMS))), draw(LENGTHS)
    form, c, n = FORMS[layout], 4, length
    found = []
    if draw(st.integers(0, 9)):  # else the first layer may be anything
        if form == "LC":
            found.append(("turn", "CL"))
            form = "CL"
        found.append(draw(convs(form, c, n, False)))
    for _ in range(draw(st.sampled_from([3, 4, 2, 5, 6, 1]))):
        tried, now = _after(FORMS[layout], length, found)
        if not tried:
            found.pop()
        else:
            form, c, n = now
        found.append(draw(layers(form, c, n)))
    if not _after(FORMS[layout], length, found)[0]:
        found.pop()
    if "'drop'" not in repr(found):
        found.insert(draw(st.integers(min(1, len(found)), len(found))), ("drop", draw(ELEMENTS), draw(RATES)))
    if not _after(FORMS[layout], length, found)[0]:
        found = [("drop", "element", 0.3)]
    top = draw(st.sampled_from(["flatten", "view", *TOPS]))
    hidden = tuple(draw(st.lists(st.tuples(st.integers(1, 6), ACTS, RATES), max_size=2)))
    kind = draw(st.sampled_from(["one", "list", "dict", "columns"]))
    widths = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    last, strands = draw(st.sampled_from(list(LAST))), draw(st.sampled_from(["one", "one", "one", *STRANDS]))
    return Network(layout, length, tuple(found), top, hidden, (kind, *widths), last, strands, draw(st.integers(0, 9)))


def _after(form, length, found):
    """Whether layers fit each other, and what they lead to."""
    try:
        _, form, c, n = chain(form, 4, length, found)
    except (RuntimeError, ValueError, IndexError, AssertionError):
        return False, None
    return c <= 12 and 1 <= n <= 80, (form, c, n)


@st.composite
def cases(draw):
    network = draw(networks())
    index = st.integers(0, network.length - 1)
    return Case(
        network,
        text=draw(st.integers(0, 99)),
        unknown=tuple(draw(st.lists(index, max_size=3, unique=True))),
        positions=draw(st.none() | st.lists(index, min_size=1, max_size=8, unique=True).map(tuple)),
        cuts=tuple(draw(st.lists(st.integers(1, 120), max_size=3, unique=True))),
        bases=draw(st.sampled_from(["ACGT", "ACGT", "AGCT", "TGAC"])),
        unit=draw(st.sampled_from(["element", "element", "channel"])),
        seed=draw(st.integers(1, 3)),
        silent=draw(st.integers(0, 7)) == 0,
        extra=tuple(draw(st.lists(st.tuples(st.integers(0, 30), RATES), max_size=2))),
        both=draw(st.integers(0, 3)) == 0,
    )
