"""How one-hot DNA goes into a Kipoi model: layout, length and base order."""

from .errors import DeepmrError
from .kipoi_schema import refusal

# Where 4 is the number of bases and None any length.
LAYOUT_OF = {("4", "L"): "NCL", ("4", "1", "L"): "NC1L", ("4", "L", "1"): "NCL1", ("L", "4"): "NLC"}


def input_of(description, bases=None):
    """(layout, length, bases); `bases` of the user go before those of the yaml. Raises
    DeepmrError("kipoi_model") where the model takes something else than one-hot DNA."""
    file, inputs = description.file, description.inputs
    if len(inputs) != 1:
        names = ", ".join(array.name or "(no name)" for array in inputs)
        raise takes(file, f"{len(inputs)} arrays ({names})")
    (array,) = inputs
    if array.kind not in (None, "DNASeq"):
        raise takes(file, str(array.kind))
    layout = layout_of(array.shape)
    if layout is None:
        raise takes(file, f"an array of shape {array.shape}")
    length, resized = array.shape[layout[1:].index("L")], description.loader.get("auto_resize_len")
    if None not in (length, resized) and length != resized:
        raise refusal(file, f"gives the input the shape {array.shape}, but auto_resize_len is {resized}.")
    refuse_axes(description, array.shape)
    length = resized if length is None else length
    if type(length) is not int or length < 1:
        raise refusal(file, f"gives no sequence length: neither the shape {array.shape} nor auto_resize_len.")
    return layout, length, bases if bases is not None else base_order(description)


def refuse_axes(description, shape):
    """Raises where the data loader lays out its arrays otherwise than the schema says."""
    for key, size in (("alphabet_axis", 4), ("dummy_axis", 1)):
        axis = description.loader.get(key)
        if type(axis) is not int or (key == "alphabet_axis" and shape.count(4) != 1):
            continue  # of two axes of 4 either may be the bases
        if axis not in range(-len(shape), len(shape)) or shape[axis] != size:
            raise refusal(
                description.file,
                f"gives the input the shape {shape}, but {key} is {axis}, which is not its axis of {size} (counted "
                "from 0).",
            )


def takes(file, what):
    return DeepmrError(
        "kipoi_model",
        f"'{file}' describes a model that takes {what}, not one-hot DNA.",
        "Kipoi models of one input of shape (4, L), (4, 1, L), (4, L, 1) or (L, 4) can be used.",
    )


def layout_of(shape):
    """The layout of a shape without its batch axis, or None. The bases come first where both could be."""
    for pattern, layout in LAYOUT_OF.items():
        if len(shape) == len(pattern) and all(
            size == int(want) if want != "L" else True for size, want in zip(shape, pattern)
        ):
            return layout
    return None


def base_order(description):
    """The order of channels that the data loader makes; kipoiseq's own default is ACGT."""
    alphabet = description.loader.get("alphabet", "ACGT")
    order = "".join(map(str, alphabet)) if isinstance(alphabet, list) else str(alphabet)
    if sorted(order) != sorted("ACGT"):
        raise DeepmrError(
            "kipoi_model",
            f"'{description.file}' has the alphabet '{order}', which is not an order of A, C, G and T.",
            "Give the order of the model's four channels as `bases`.",
        )
    return order
