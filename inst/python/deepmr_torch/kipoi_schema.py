"""The arrays in the schema of a model.yaml.

kipoi evaluates their shapes as Python. Here they are literals, or refused."""

import ast
import dataclasses

from .errors import DeepmrError


def refusal(file, problem, remedy="Correct model.yaml, or load the network with model_torch()."):
    return DeepmrError("kipoi_model", f"'{file}' {problem}", remedy)


@dataclasses.dataclass
class Array:
    """One array of the schema; `shape` without the batch axis, None where it is absent."""

    name: str | None
    shape: tuple | None
    kind: str | None
    labels: list


def arrays(file, part, name=None):
    """The Arrays of one side of the schema, which is one array, or a list or dict of arrays."""
    if isinstance(part, dict) and "shape" in part:
        labels = part.get("column_labels") or []
        labels = labels if isinstance(labels, list) else [labels]
        own = part.get("name") or name
        for label in labels:
            if type(label) not in (str, int, float):
                raise refusal(file, f"has the label `{label}` in `column_labels`, which is no text.")
        labels = [str(label) for label in labels]
        return [Array(own and str(own), read_shape(file, part["shape"]), part.get("special_type"), labels)]
    if isinstance(part, dict) and part:
        return [array for key, value in part.items() for array in arrays(file, value, str(key))]
    if isinstance(part, list) and part:
        return [array for value in part for array in arrays(file, value)]
    raise refusal(file, f"has a schema that is not made of arrays with shapes: {part!r:.60}")


def read_shape(file, shape):
    try:
        value = ast.literal_eval(shape.strip()) if isinstance(shape, str) else shape
    except (ValueError, SyntaxError) as error:
        raise refusal(file, f"has the shape `{shape}`, which is no tuple of numbers.") from error
    value = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not all(size is None or (type(size) is int and size > 0) for size in value):
        raise refusal(file, f"has the shape `{shape}`, which is no tuple of numbers.")
    return value
