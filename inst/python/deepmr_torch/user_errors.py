"""What a user's Python file raises, told with the file and the line."""

import contextlib
import sys
import sysconfig
import traceback
from pathlib import Path

import torch

from .errors import DeepmrError
from .user_code import INSTALLED, within


@contextlib.contextmanager
def errors_of(path, *folders):
    """Turns what code raises into DeepmrError("model_file"), with the file and line where it did."""
    try:
        yield
    except DeepmrError:
        raise
    except (Exception, SystemExit) as error:  # a file that exits must not end R
        file, line = place(error, [Path(f).resolve() for f in folders or [Path(path).parent]])
        where = f"'{path}'" if file is None else f"'{file}', line {line},"
        said = next(iter(str(error).splitlines()), "")
        raise DeepmrError(
            "model_file", f"{where} raises {type(error).__name__}{': ' if said else ''}{said}", advice(error)
        ) from error


def place(error, folders):
    """File and line of an error, as deep as it is in `folders`; (None, None) where it is not there."""
    if isinstance(error, SyntaxError) and error.filename and within(error.filename, folders):
        return error.filename, error.lineno
    frames = [f for f in traceback.extract_tb(error.__traceback__) if within(f.filename, folders)]
    return (frames[-1].filename, frames[-1].lineno) if frames else (None, None)


def users_frame(error):
    """File and line, as "'net.py', line 12,", of the innermost call in the user's own code that led to
    an error; of a package's, where there is none of the user's; None where all of it is torch's."""
    ours = [Path(__file__).parent, Path(torch.__file__).parent]
    library = Path(sysconfig.get_paths()["stdlib"])
    found = None
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if frame.filename.startswith("<frozen") or any(path.is_relative_to(folder) for folder in ours):
            continue
        installed = bool(INSTALLED & set(path.parts))
        if not installed and path.is_relative_to(library):
            continue
        if found is None or installed <= found[0]:
            found = installed, f"'{frame.filename}', line {frame.lineno},"
    return None if found is None else found[1]


def advice(error):
    if isinstance(error, ModuleNotFoundError) and error.name:
        name = error.name.partition(".")[0]
        if name in sys.modules:
            return f"The {name} installed here has no {error.name}: the file was written for another version of it."
        return f"Put {name}.py beside the file, or install the package {name} into the Python in use."
    if isinstance(error, ImportError) and "relative import" in str(error):
        return "The file is run on its own: write `from layers import Block`, without the dot."
    return "Correct the file, or make the module yourself and pass it."
