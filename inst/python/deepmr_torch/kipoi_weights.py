"""The local, verified file of a Kipoi model's weights."""

import hashlib
import urllib.parse
from pathlib import Path

from .downloads import NotThere, check_md5, download, failed, md5_of


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
    parts = urllib.parse.urlsplit(url)
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
    return ours, name
