"""The local, verified file of a Kipoi model's weights."""

import hashlib
import urllib.parse
from pathlib import Path

from .downloads import NotThere, check_md5, download, failed, md5_of
from .errors import DeepmrError
from .kipoi_schema import refusal


def local_weights(description, cache):
    """(path, the file's own name) of the weights, downloaded into `cache` where need be; (None, None)
    for a network that has them in its code. Raises DeepmrError("weights"), ("kipoi_fetch") or
    ("cache")."""
    weights, md5 = description.weights, description.md5
    if weights is None:
        return None, None
    if isinstance(weights, str):
        path = description.directory / weights
        return path, path.name
    url = weights["url"]
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError as error:
        raise refusal(description.file, f"gives weights at `{url}`, which is no address.") from error
    name = urllib.parse.unquote(parts.path.rpartition("/")[2])
    if len(parts.scheme) < 2:  # a path; one letter is a Windows drive
        path = description.directory / url
        if path.is_file():
            check_md5(path, md5, f"'{path}'")
        return path, path.name
    # Where kipoi itself puts what it downloads.
    theirs = description.directory / "downloaded" / "model_files" / "weights" / (md5 or "file")
    if theirs.is_file() and md5 in (None, md5_of(theirs)):
        return theirs, name
    ours = Path(cache).expanduser() / "weights" / (md5 or hashlib.sha256(url.encode()).hexdigest()[:32])
    if not (ours.is_file() and md5 in (None, md5_of(ours))):
        try:
            download(url, ours, md5)
        except NotThere as error:
            raise failed(url, ours, "the server has no such file") from error
        if md5 is None:
            record_of(ours).write_text(md5_of(ours))
    elif md5 is None and record_of(ours).is_file():
        check_unchanged(ours, record_of(ours).read_text())
    return ours, name


def record_of(path):
    """Where the md5 at the download is kept, of a file for which model.yaml gives none."""
    return path.with_name(f"{path.name}.md5")


def check_unchanged(path, before):
    now = md5_of(path)
    if now != before.strip():
        raise DeepmrError(
            "weights",
            f"'{path}' has the md5 {now}, but had {before.strip()} when it was downloaded: it is damaged or changed.",
            "Delete it: it will be downloaded again.",
        )
