"""Files from the network into a cache: whole or not at all."""

import hashlib
import os
import shutil
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from .errors import DeepmrError
from .weights_file import kind_of

TIMEOUT = 60  # seconds without a byte


class NotThere(Exception):
    """The server has no such file."""


class Unreachable(DeepmrError):
    """Whether the server has the file is not known."""


def make_folder(folder):
    folder = Path(folder).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DeepmrError(
            "cache",
            f"The cache '{folder}' cannot be written to: {error.strerror or error}.",
            "Give a folder that you may write to as `cache`.",
        ) from error
    return folder


def md5_of(path):
    # Names a file, secures nothing: allowed where MD5 is otherwise switched off.
    digest = hashlib.md5(usedforsecurity=False)
    with Path(path).open("rb") as stream:
        while block := stream.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def download(url, target, md5=None):
    """Puts what `url` gives at the path `target`, which exists only once it is complete and its md5
    is right. Raises NotThere, DeepmrError("kipoi_fetch") or DeepmrError("cache")."""
    target = Path(target)
    make_folder(target.parent)
    handle, partial = tempfile.mkstemp(prefix=".partial-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            copy(url, stream, target)
        check_md5(partial, md5, f"The file from {url}")
        if Path(partial).stat().st_size and kind_of(partial) == "html":
            raise failed(url, target, "it gives an HTML page instead of the file")
        os.chmod(partial, 0o644)  # mkstemp's are for the owner alone; caches are shared
        os.replace(partial, target)
    finally:
        Path(partial).unlink(missing_ok=True)


def copy(url, stream, target):
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "deepmr"})
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            shutil.copyfileobj(answer, stream, 2**20)
            promised = answer.headers.get("Content-Length")
    except urllib.error.HTTPError as error:
        if error.code in (404, 410):
            raise NotThere(url) from error
        raise failed(url, target, f"the server answers {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, FileNotFoundError | IsADirectoryError | NotADirectoryError):  # of a file://
            raise NotThere(url) from error
        raise failed(url, target, str(error.reason)) from error
    except (OSError, ValueError) as error:
        raise failed(url, target, str(error)) from error
    if promised and stream.tell() != int(promised):
        raise failed(url, target, f"{stream.tell()} of {promised} bytes arrived")


def failed(url, target, reason):
    return Unreachable(
        "kipoi_fetch",
        f"{url} cannot be downloaded: {reason}.",
        ["Check the network and try again.", f"Or download it by hand and save it as '{target}'."],
    )


def check_md5(path, md5, words):
    """Raises DeepmrError("weights") where a file's md5 is not the one that model.yaml gives."""
    found = None if md5 is None else md5_of(path)
    if found != md5:
        raise DeepmrError(
            "weights",
            f"{words} has the md5 {found}, but model.yaml gives {md5}: it is damaged or another file.",
            "Download it again, or ask the authors of the model.",
        )
