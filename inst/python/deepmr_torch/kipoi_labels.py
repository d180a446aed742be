"""Names for a Kipoi model's predictions."""

import math

from .errors import DeepmrError
from .first_pass import distinct
from .model import join_outputs


def prediction_names(description, out):
    """A distinct name for each prediction in `out`, what the network returned for one sequence.
    Raises DeepmrError("kipoi_model") where the yaml's targets do not fit."""
    if isinstance(out, dict) or (isinstance(out, list | tuple) and len(out) > 1):
        keys = list(out) if isinstance(out, dict) else range(len(out))
        widths = [join_outputs(out[key], 1).shape[1] for key in keys]
    else:
        keys, widths = [0], [join_outputs(out, 1).shape[1]]
    heads = matched(description, keys, sum(widths))
    if len(heads) == len(widths):
        names = [name for head, width in zip(heads, widths) for name in names_of(description, head, width)]
    elif len(heads) == 1:  # one array in the yaml, several from the network
        names = names_of(description, heads[0], sum(widths))
    else:  # several in the yaml, one from the network
        names = [name for head in heads for name in names_of(description, head, width_of(head))]
        if len(names) != sum(widths):
            raise wrong(description, f"{len(names)} predictions in {len(heads)} targets", sum(widths))
    return distinct(names)


def matched(description, keys, total):
    """The targets in the order of what the network returned: by name where that is a dict."""
    heads = description.targets
    named = {head.name: head for head in heads}
    if all(isinstance(key, str) for key in keys) and len(heads) > 1:
        if set(keys) != set(named):
            raise wrong(description, f"the targets {', '.join(map(str, named))}", f"those named {', '.join(keys)}")
        return [named[key] for key in keys]
    if 1 < len(heads) != len(keys) > 1:
        raise wrong(description, f"{len(heads)} targets", f"{len(keys)} arrays, {total}")
    return heads


def wrong(description, promised, given, remedy="Correct the schema in model.yaml."):
    return DeepmrError(
        "kipoi_model", f"'{description.file}' names {promised}, but the network gives {given} predictions.", remedy
    )


def width_of(head):
    return head.shape[0] if len(head.shape) == 1 and head.shape[0] else 1


def names_of(description, head, width):
    """`width` names of one target: its labels, else its own name, numbered."""
    own = head.name or "output"
    if None not in head.shape and math.prod(head.shape) != width:
        raise wrong(description, f"the shape {head.shape} for the target '{own}'", width)
    if not head.labels:
        return numbered(own, width)
    labels, file = head.labels, None
    if len(labels) == 1:
        file = description.directory / labels[0]
        if file.is_file():
            labels = read_labels(file)
        elif width > 1:
            state = "is a directory" if file.is_dir() else "does not exist"
            raise wrong(description, f"the file of labels '{file}', which {state}", width, "Put the file there.")
    if len(labels) != width:
        raise wrong(
            description, f"{len(labels)} labels{f' in {file}' if file else ''} for '{own}'", width,
            "Give one label for each prediction.",
        )  # fmt: skip
    return [label or spare for label, spare in zip(labels, numbered(own, width))]


def numbered(name, width):
    return [name] if width == 1 else [f"{name}{i + 1}" for i in range(width)]


def read_labels(file):
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DeepmrError("kipoi_model", f"'{file}' is not text in UTF-8.", "Save it in UTF-8.") from error
    if text.startswith("version https://git-lfs"):
        raise DeepmrError(
            "kipoi_model", f"'{file}' is a git-lfs pointer, not labels.", "Run `git lfs pull` in its folder."
        )
    return [line.rstrip() for line in text.rstrip().splitlines()]
