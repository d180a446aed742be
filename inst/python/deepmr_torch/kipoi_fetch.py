"""The directory of a Kipoi model, fetched by name from the repository of all models.

Only the files that its model.yaml names are fetched, each once, into a copy of the repository's tree,
so that "../" works as it does there."""

import posixpath
import re
import urllib.parse
from pathlib import Path

from .downloads import NotThere, Unreachable, download
from .errors import DeepmrError
from .kipoi_yaml import read_description

REPOSITORY = "https://raw.githubusercontent.com/kipoi/models/master"
CLONE = "Get the whole repository, git clone https://github.com/kipoi/models, and give the model's directory in it."
MOST_LINKS = 5


def fetch_directory(name, cache, repository=None, guessed=False):
    """The path of the model `name`'s directory in `cache`; `guessed`: that it is a name was concluded
    from there being no such directory. Raises DeepmrError("kipoi_fetch"), ("kipoi_model") or ("cache")."""
    try:
        tree, name = find(name, cache, repository)
    except DeepmrError as error:
        if not guessed or error.what != "kipoi_fetch":
            raise
        # Who mistyped a path should read of the path first, not of a server.
        raise DeepmrError(
            error.what,
            f"There is no directory '{name}', so it was taken for a name in the Kipoi zoo: "
            f"{error.problem[0].lower()}{error.problem[1:]}",
            ["Check the path.", *([error.remedy] if isinstance(error.remedy, str) else error.remedy)],
        ) from error.__cause__
    description = read_description(tree.root / name)
    cached = tree.holds(inside(name, description.code))
    try:
        tree.get(name, description.code)
        if isinstance(description.weights, str):
            tree.get(name, description.weights)
    except NotThere as error:
        raise DeepmrError(
            "kipoi_fetch", f"The model '{name}' needs {error}, which is not in the repository.", CLONE
        ) from error
    for array in description.targets:
        # One label may be a file of labels or a label.
        if len(array.labels) == 1 and re.search(r"/|\.[A-Za-z]{3,6}$", array.labels[0]):
            try:
                tree.get(name, array.labels[0])
            except NotThere:
                continue
            except Unreachable:
                if not cached:
                    raise
    return tree.root / name


def find(name, cache, repository):
    """(Tree, name) with the model's model.yaml in the copy."""
    parts = name.strip("/").split("/")
    if not all(re.fullmatch(r"[A-Za-z0-9_+-][A-Za-z0-9_.+-]*", part) for part in parts):
        raise DeepmrError("kipoi_fetch", f"'{name}' is not the name of a Kipoi model.", 'Write "DeepSEA/predict".')
    tree = Tree(Path(cache).expanduser() / "models", repository or REPOSITORY)
    name = "/".join(parts)
    names = [f"{name}/{file}" for file in ("model.yaml", "model.yml")]
    # The copies of both before the network is asked for either.
    if not (any(map(tree.holds, names)) or any(map(tree.has, names))):
        raise unknown(name, tree)
    return tree, name


def unknown(name, tree):
    """The error for a name without model.yaml."""
    parent = name
    while parent:
        if tree.has(f"{parent}/model-template.yaml"):
            return DeepmrError(
                "kipoi_fetch",
                f"The Kipoi model '{name}' belongs to the group '{parent}', made from a template.",
                "Only models with a model.yaml of their own can be loaded.",
            )
        parent = parent.rpartition("/")[0]
    return DeepmrError(
        "kipoi_fetch",
        f"There is no Kipoi model '{name}': neither {tree.url(f'{name}/model.yaml')} nor model.yml beside it exists.",
        "Names are listed on https://kipoi.org/models; a model's name may need a part more, as in DeepSEA/predict.",
    )


class Tree:
    """A partial copy of the repository in the folder `root`."""

    def __init__(self, root, repository):
        self.root, self.repository = root, repository.rstrip("/")

    def url(self, path):
        return f"{self.repository}/{urllib.parse.quote(path)}"

    def holds(self, path):
        """Whether there is a copy of `path` already."""
        target = self.root / path
        return target.is_file() and link_in(target) is None

    def has(self, path):
        try:
            self.get("", path)
        except NotThere:
            return False
        return True

    def get(self, folder, path):
        """Fetches `path`, relative to `folder`, unless it is there. Raises NotThere."""
        where = inside(folder, path)
        target = self.root / where
        if self.holds(where):
            return
        for _ in range(MOST_LINKS):
            self.fetch(where, target)
            link = link_in(target)
            if link is None:
                return
            target.unlink()
            where = inside(posixpath.dirname(where), link)
        raise DeepmrError("kipoi_fetch", f"'{path}' is a symbolic link to itself.", CLONE)

    def fetch(self, where, target):
        """Downloads the file `where` to `target`; below a folder that is a link, through that."""
        for _ in range(MOST_LINKS):
            try:
                download(self.url(where), target)
                return
            except NotThere:
                through = self.through_link(where, target)
                if through is None:
                    raise NotThere(self.url(where)) from None
                where = through

    def through_link(self, where, target):
        """`where` with the lowest of its folders that is a link replaced by what that points to."""
        folder = posixpath.dirname(where)
        while "/" in folder:  # the repository's uppermost folders are none
            text = self.read_link(folder, target.with_name(f".link-{target.name}"))
            if text is not None:
                return inside(posixpath.dirname(folder), f"{text}{where[len(folder) :]}")
            folder = posixpath.dirname(folder)
        return None

    def read_link(self, folder, file):
        try:
            download(self.url(folder), file)
            return file.read_text(encoding="utf-8", errors="replace")
        except NotThere:
            return None
        finally:
            file.unlink(missing_ok=True)


def inside(folder, path):
    """`path`, relative to `folder`, from the repository's root; refuses what leaves it."""
    whole = posixpath.normpath(posixpath.join(folder, path))
    if path.startswith("/") or "\\" in path or ":" in path or whole.split("/")[0] == "..":
        raise DeepmrError("kipoi_fetch", f"The model names the file '{path}', which is outside the repository.", CLONE)
    return whole


def link_in(file):
    """The target of a symbolic link, which arrives as a text of one path; None for any other file."""
    with file.open("rb") as stream:
        content = stream.read(400)
    if content.startswith(b"version https://git-lfs"):
        file.unlink()
        raise DeepmrError("kipoi_fetch", f"'{file.name}' is kept in git-lfs: only its pointer arrived.", CLONE)
    text = content.decode("utf-8", "replace")
    # Git stores no line end after the path, and most links keep the ending of the name.
    is_path = re.fullmatch(r"[\w.+-]+(/[\w.+-]+)*", text) and len(content) < 400
    return text if is_path and Path(text).suffix == file.suffix else None
