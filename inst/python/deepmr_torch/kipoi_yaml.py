"""What a Kipoi model.yaml says, read and checked before any code of its directory runs."""

import dataclasses
import difflib
from pathlib import Path

from .errors import DeepmrError
from .kipoi_schema import arrays, refusal

PYTORCH = ("kipoi.model.PyTorchModel", "kipoi.model.OldPyTorchModel")
TAKEN = ("weights", "module_file", "module_obj", "module_class", "module_kwargs", "file", "build_fn", "auto_use_cuda")


@dataclasses.dataclass
class Description:
    """`code` is the Python file, relative to the directory; `made_by` is "module_obj", "module_class"
    or "build_fn" and `made` the name in the file. `weights` is None, a relative path or {url, md5}."""

    file: Path
    code: str
    made_by: str
    made: str
    kwargs: object
    weights: object
    md5: str | None
    inputs: list
    targets: list
    loader: dict

    @property
    def directory(self):
        return self.file.parent


def find_yaml(directory):
    """The path of model.yaml, or model.yml, in a directory."""
    directory = Path(directory)
    for name in ("model.yaml", "model.yml"):
        if (directory / name).is_file():
            return directory / name
    if not directory.is_dir():
        raise DeepmrError("kipoi_model", f"There is no directory '{directory}'.", "Give a Kipoi model's directory.")
    group = [name for name in ("model-template.yaml", "model-template.yml") if (directory / name).is_file()]
    if group:
        raise DeepmrError(
            "kipoi_model",
            f"'{directory}' is a group of Kipoi models made from a template ({group[0]}).",
            "Only models with a model.yaml of their own can be loaded.",
        )
    below = sorted(path.parent.name for path in directory.glob("*/model.y*ml"))
    raise DeepmrError(
        "kipoi_model",
        f"'{directory}' has no model.yaml.",
        f"Models lie in its folders {', '.join(below)}." if below else "Give the directory of one Kipoi model.",
    )


def read_description(directory):
    """The Description of a model directory. Raises DeepmrError("kipoi_model")."""
    import yaml  # comes with kipoi

    file = find_yaml(directory)
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise refusal(file, f"is no valid YAML{what_is_wrong(error)}.", "Correct model.yaml.") from None
    if not isinstance(content, dict):
        lfs = str(content).startswith("version https://git-lfs")
        raise refusal(file, "is a git-lfs pointer." if lfs else "does not hold named entries.")
    check_form(file, content)
    args, schema = content.get("args"), content.get("schema")
    if not isinstance(args, dict):
        raise refusal(file, "has no `args` that name the code and the weights.")
    if not isinstance(schema, dict) or "inputs" not in schema or "targets" not in schema:
        raise refusal(file, "has no `schema` with inputs and targets.")
    code, made_by, made = read_code(file, args)
    weights, md5 = read_weights(file, args.get("weights"))
    if weights is None and made_by != "build_fn":
        raise refusal(file, "names no `weights`.")
    loader = content.get("default_dataloader")
    loader = loader.get("default_args") if isinstance(loader, dict) else None
    return Description(
        file, code, made_by, made, args.get("module_kwargs"), weights, md5,
        arrays(file, schema["inputs"]), arrays(file, schema["targets"]), loader if isinstance(loader, dict) else {},
    )  # fmt: skip


def what_is_wrong(error):
    """Where the text stops being YAML, and why, in one line."""
    if isinstance(error, UnicodeDecodeError):
        return ": it is not encoded in UTF-8"
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is not None:
        return f" at line {mark.line + 1}, column {mark.column + 1}: {problem}"
    return f": {' '.join(str(error).split())}"  # a character that YAML does not allow


def check_form(file, content):
    """Refuses what gives no torch module."""
    defined, kind = content.get("defined_as"), content.get("type")
    if kind is None and defined is None:
        raise refusal(file, "has neither `type` nor `defined_as`.")
    form = f"type: {kind}" if kind is not None else f"defined_as: {defined}"
    if not (kind == "pytorch" or (kind is None and defined in PYTORCH)):
        raise DeepmrError(
            "kipoi_model",
            f"'{file}' describes a model of the form `{form}`, which is no torch module.",
            "deepmr takes `type: pytorch` and `defined_as: kipoi.model.PyTorchModel`.",
        )


def read_code(file, args):
    """(file, key, name): the Python file, and what in it is or makes the network."""
    unknown = [str(key) for key in args if key not in TAKEN]
    if unknown:
        near = [name for key in unknown for name in difflib.get_close_matches(key, TAKEN, 1)]
        permitted = f"Permitted are {', '.join(TAKEN)}."
        raise refusal(
            file,
            f"has the arguments {', '.join(unknown)}, which no Kipoi PyTorch model takes.",
            [f"Nearest: {', '.join(near)}.", permitted] if near else permitted,
        )
    key = next((key for key in ("module_obj", "module_class", "build_fn") if args.get(key) is not None), None)
    if key is None:
        raise DeepmrError(
            "kipoi_model",
            f"'{file}' gives weights but no code (module_obj, module_class or build_fn): the network is pickled "
            "with its weights, and reading it would run code.",
            "Load the network with model_torch().",
        )
    made, code = args[key], args.get("file" if key == "build_fn" else "module_file")
    if not isinstance(made, str) or not isinstance(code, str | None):
        raise refusal(file, f"has `{key}: {made}`, which is no name in a file.")
    if code is None:
        module, _, made = made.partition(".")  # as kipoi splits it
        code = f"{module}.py"
        if not made or key == "build_fn":
            raise refusal(file, f"does not say which file defines `{args[key]}`.")
    return code, key, made


def read_weights(file, weights):
    """(None, a path or a dict with `url`; md5 or None)."""
    if weights is None or (isinstance(weights, str) and weights):
        return weights, None
    if isinstance(weights, dict) and isinstance(weights.get("url"), str):
        md5 = weights.get("md5")
        return weights, str(md5).strip().lower() if md5 else None
    raise refusal(file, "has `weights` that are neither a path nor a url.")
