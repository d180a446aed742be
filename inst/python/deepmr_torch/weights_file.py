"""What a weights file is, told from its bytes, and its tensors, read without running code in it."""

import pathlib
import pickle
import re
import zipfile

import torch

from .errors import DeepmrError

SAVE = "Save the weights alone, with torch.save(model.state_dict(), path)."
DOWNLOAD = "Download the file itself again."
# kind -> (what the file is, what to do): files that hold no weights that we could read.
REFUSED = {
    "html": ("is an HTML page, not weights.", DOWNLOAD),
    "lfs": ("is a git-lfs pointer, not weights.", "Run `git lfs pull` in its folder, or download the file itself."),
    "hdf5": ("is an HDF5 file, as Keras writes them, not weights of a torch module.", SAVE),
    "lua": ("is a file of Lua's Torch 7, which PyTorch cannot read.", "Convert it to a PyTorch state dict."),
    "truncated": ("is incomplete: its end is missing.", DOWNLOAD),
    "torchscript": ("is a whole TorchScript model, not weights.", "Give it as the module, without weights."),
    "exported": ("is a program of torch.export, not weights.", SAVE),
    "zip": ("is a zip archive that torch.save() did not write.", SAVE),
    "unknown": ("is no file that torch.save() or safetensors writes.", SAVE),
}


def kind_of(path):
    """The kind of an existing file: "zipped", "legacy" (both of torch.save), "safetensors", or a key of
    REFUSED."""
    file = pathlib.Path(path)
    with file.open("rb") as stream:
        start = stream.read(512)
    # First: the header's length, in the first eight bytes, may look like the start of any other kind.
    if start[8:9] == b"{" and 8 + int.from_bytes(start[:8], "little") <= file.stat().st_size:
        return "safetensors"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return "html"
    if text.startswith(b"version https://git-lfs"):
        return "lfs"
    if start.startswith(b"\x89HDF\r\n"):
        return "hdf5"
    if b"V 1" in start[:32] and start[:1] in (b"4", b"\x04"):
        return "lua"
    if start.startswith(b"PK\x03\x04"):
        return kind_of_zip(file)
    if start[8:9] == b"{":
        return "truncated"
    return "legacy" if start[:1] == b"\x80" else "unknown"


def kind_of_zip(file):
    if not zipfile.is_zipfile(file):
        return "truncated"
    try:
        with zipfile.ZipFile(file) as archive:
            names = [name.partition("/")[2] for name in archive.namelist()]
    except zipfile.BadZipFile:
        return "truncated"
    if "constants.pkl" in names:
        return "torchscript"
    if any(name.endswith("archive_format") or name == "serialized_exported_program.json" for name in names):
        return "exported"
    return "zipped" if "data.pkl" in names else "zip"


def read_tensors(path):
    """The dict of tensors that a weights file holds, on the CPU. Raises DeepmrError("weights")."""
    file = pathlib.Path(path)
    if not file.exists():
        raise DeepmrError("weights", f"There is no weights file '{path}'.", "Check the path.")
    if not file.is_file():
        raise DeepmrError("weights", f"'{path}' is a directory, not a weights file.", "Give the file in it.")
    if not file.stat().st_size:
        raise DeepmrError("weights", f"'{path}' is empty.", DOWNLOAD)
    kind = kind_of(file)
    if kind in REFUSED:
        problem, remedy = REFUSED[kind]
        raise DeepmrError("weights", f"'{path}' {problem}", remedy)
    content = read_safetensors(file) if kind == "safetensors" else read_pickled(file)
    return tensors_in(content, path)


def read_safetensors(file):
    try:
        from safetensors.torch import load_file
    except ImportError as error:
        raise DeepmrError(
            "weights",
            f"Reading '{file}' needs the Python package safetensors, which is not installed.",
            "Install it: pip install safetensors",
        ) from error
    try:
        return load_file(file, device="cpu")
    except Exception as error:
        raise damaged(file, error) from error


def read_pickled(file):
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise refused_pickle(file, error) from None
    except Exception as error:
        raise damaged(file, error) from error


def refused_pickle(file, error):
    """A DeepmrError from torch's refusal to unpickle a file (or stream). Not to be raised from it: torch
    advises weights_only=False, which is what must not be done."""
    found = re.search(r"(?:[Uu]nsupported GLOBAL|GLOBAL) (\S+)", str(error))
    if found is None and "unsupported" not in str(error).lower():
        return damaged(file, error)
    name = found.group(1) if found else ""
    return DeepmrError(
        "weights",
        f"'{file}' holds {'a whole pickled network' if whole_network(file) else 'more than tensors'}: reading it "
        f"would run code{f' ({name})' if name else ''}, so it was not read.",
        SAVE,
    )


def whole_network(file):
    """Whether a file of torch.save() has a module inside: every one is pickled with these names."""
    if not isinstance(file, str | pathlib.Path):  # a stream, which has been read
        return False
    file = pathlib.Path(file)
    if zipfile.is_zipfile(file):
        try:
            with zipfile.ZipFile(file) as archive:
                name = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
                content = archive.read(name)
        except Exception as error:  # a wrong check sum, which torch does not look at
            raise damaged(file, error) from error
    else:
        with file.open("rb") as stream:
            content = stream.read(2**20)
    return b"_parameters" in content and b"_modules" in content


def damaged(file, error):
    return DeepmrError("weights", f"'{file}' cannot be read: it is damaged, or {type(error).__name__}.", DOWNLOAD)


def tensors_in(content, path):
    """The state dict in what was read: all of it, or the entry where training frameworks keep it."""
    for entry in (None, "state_dict", "model_state_dict", "model"):
        part = content
        if entry is not None:
            part = content.get(entry) if isinstance(content, dict) else None
        if isinstance(part, dict) and part and all(isinstance(value, torch.Tensor) for value in part.values()):
            return part
    holds = f"something of type {type(content).__name__}"
    if isinstance(content, dict):
        holds = f"the entries {some(content)}" if content else "nothing"
    raise DeepmrError("weights", f"'{path}' holds {holds}, not a state dict.", SAVE)


def some(names, most=3):
    """The first few names, and how many more."""
    names = [str(name) for name in names]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
