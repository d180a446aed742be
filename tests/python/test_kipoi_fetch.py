"""Models by name, and weights from a url, from a repository on disk that stands in for the network."""

import email.message
import hashlib
import io
import shutil
import urllib.error
import urllib.request

import pytest
import torch
import yaml
from zoo import md5, write_model, write_yaml

from deepmr_torch import downloads, kipoi_fetch
from deepmr_torch.errors import DeepmrError
from deepmr_torch.kipoi_fetch import fetch_directory

pytest.importorskip("kipoi_utils")
from deepmr_torch.kipoi_source import from_directory, from_name  # noqa: E402

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with the model Zoo/predict, whose code and labels lie one folder up."""
    root = tmp_path / "repository"
    content = write_model(root / "Zoo" / "predict", "file and object", labels=["../labels.txt"])
    (root / "Zoo" / "labels.txt").write_text("a\nb\na\n")
    weights = root / "Zoo" / "predict" / "weights.pth"
    store = tmp_path / "store"
    store.mkdir()
    content["args"]["weights"] = {"url": (store / "net.pth").as_uri(), "md5": md5(weights)}
    weights.rename(store / "net.pth")
    write_yaml(root / "Zoo" / "predict", content)
    monkeypatch.setattr(kipoi_fetch, "REPOSITORY", root.as_uri())
    return root


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache" / "deepmr"


def refused(what, call, *args):
    with pytest.raises(DeepmrError) as error:
        call(*map(str, args))
    assert error.value.what == what and error.value.remedy
    remedy = error.value.remedy
    return " ".join([error.value.problem, *([remedy] if isinstance(remedy, str) else remedy)])


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def offline(monkeypatch):
    def urlopen(request, timeout):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)


def change(repository, **args):
    file = repository / "Zoo" / "predict" / "model.yaml"
    content = yaml.safe_load(file.read_text())
    content["args"].update(args)
    write_yaml(file.parent, content)
    return content


def test_a_model_by_name_is_fetched_once(repository, cache, tmp_path, monkeypatch):
    sum_of_it = md5(tmp_path / "store" / "net.pth")
    model = from_name("Zoo/predict", str(cache))
    assert model.outputs == ["a#1", "b", "a#2"]
    assert model.source == f"Kipoi Zoo/predict (weights net.pth, md5 {sum_of_it})"
    assert torch.equal(model.module.head.weight, torch.load(tmp_path / "store" / "net.pth")["head.weight"])
    tree = {"models/Zoo/predict/model.yaml", "models/Zoo/code.py", "models/Zoo/labels.txt"}
    assert files(cache) == tree | {f"weights/{sum_of_it}"}
    offline(monkeypatch)
    assert from_name("Zoo/predict/", str(cache)).outputs == model.outputs


def test_model_yml_by_name_is_fetched_once(repository, cache, monkeypatch):
    file = repository / "Zoo" / "predict" / "model.yaml"
    file.rename(file.with_suffix(".yml"))
    names = from_name("Zoo/predict", str(cache)).outputs
    offline(monkeypatch)
    assert from_name("Zoo/predict", str(cache)).outputs == names


def test_a_label_with_a_slash_is_no_file(repository, cache, monkeypatch):
    write_model(repository / "Zoo" / "one", width=1, labels=["open/closed"])
    with monkeypatch.context() as patch:
        offline(patch)
        refused("kipoi_fetch", from_name, "Zoo/one", cache)
    assert from_name("Zoo/one", str(cache)).outputs == ["open/closed"]
    offline(monkeypatch)
    assert from_name("Zoo/one", str(cache)).outputs == ["open/closed"]


def test_labels_that_cannot_be_reached_at_the_first_load(repository, cache, monkeypatch):
    def only_labels_fail(url, *args):
        if url.endswith("labels.txt"):
            raise downloads.failed(url, "x", "no answer")
        return copy(url, *args)

    copy = downloads.copy
    monkeypatch.setattr(downloads, "copy", only_labels_fail)
    assert "no answer" in refused("kipoi_fetch", from_name, "Zoo/predict", cache)


def test_names_that_are_none(repository, cache):
    for name in ("", "Zoo/../Zoo/predict", "../Zoo", "Zoo//predict", "Zoo predict", "C:\\Zoo", "Zoo?x=1", ".git"):
        assert "is not the name of a Kipoi model" in refused("kipoi_fetch", fetch_directory, name, cache)
    text = refused("kipoi_fetch", fetch_directory, "Zoo/unknown", cache)
    assert "There is no Kipoi model 'Zoo/unknown'" in text and f"{repository.as_uri()}/Zoo/unknown/model.yaml" in text
    (repository / "Zoo" / "model-template.yaml").write_text("{{ x }}")
    assert "belongs to the group 'Zoo'" in refused("kipoi_fetch", fetch_directory, "Zoo/unknown", cache)
    assert not files(cache) - {"models/Zoo/model-template.yaml"}


def test_offline_without_a_copy(repository, cache, monkeypatch):
    offline(monkeypatch)
    text = refused("kipoi_fetch", from_name, "Zoo/predict", cache)
    assert "Name or service not known" in text and f"{repository.as_uri()}/Zoo/predict/model.yaml" in text
    assert not files(cache)


def test_a_mistyped_directory_is_told_of_first(repository, cache, monkeypatch):
    start = "There is no directory '{}', so it was taken for a name in the Kipoi zoo: "
    for name, words in (
        ("zoo/nothere", "there is no Kipoi model 'zoo/nothere'"),
        ("my models/one", "'my models/one' is not the name of a Kipoi model"),
    ):
        text = refused("kipoi_fetch", from_name, name, cache)
        assert text.startswith(start.format(name) + words) and "Check the path." in text
        with pytest.raises(DeepmrError) as error:  # asked for as a name
            from_name(name, str(cache), guessed=False)
        assert "no directory" not in error.value.problem
    offline(monkeypatch)
    text = refused("kipoi_fetch", from_name, "zoo/nothere", cache)
    assert text.startswith(start.format("zoo/nothere") + repository.as_uri()) and "cannot be downloaded" in text


def test_a_model_that_is_there_was_no_mistyped_directory(repository, cache):
    (repository / "Zoo" / "code.py").unlink()
    assert "no directory" not in refused("kipoi_fetch", from_name, "Zoo/predict", cache)


@pytest.mark.parametrize("path", ["../../../secret.py", "/etc/secret.py", "..\\..\\secret.py", "C:/secret.py"])
def test_paths_that_leave_the_repository(repository, cache, path):
    change(repository, module_file=path)
    assert f"'{path}', which is outside" in refused("kipoi_fetch", fetch_directory, "Zoo/predict", cache)


def test_links_of_git_are_followed(repository, cache):
    predict = repository / "Zoo" / "predict"
    (repository / "shared").mkdir()
    (repository / "Zoo" / "code.py").rename(repository / "shared" / "real.py")
    (repository / "Zoo" / "code.py").write_text("../shared/real.py")
    shutil.move(predict / "model.yaml", repository / "shared" / "model.yaml")
    (predict / "model.yaml").write_text("../../shared/model.yaml")
    assert len(from_name("Zoo/predict", str(cache)).outputs) == 3
    (cache / "models" / "Zoo" / "code.py").write_text("../shared/real.py")  # as an interrupt may leave it
    assert len(from_name("Zoo/predict", str(cache)).outputs) == 3
    assert not [name for name in files(cache) if ".link" in name]
    shutil.rmtree(cache)
    shutil.rmtree(predict)
    predict.write_text("../shared")  # the whole folder is a link
    assert len(from_name("Zoo/predict", str(cache)).outputs) == 3


def test_links_without_end_or_outside(repository, cache):
    code = repository / "Zoo" / "code.py"
    code.write_text("code.py")
    assert "symbolic link to itself" in refused("kipoi_fetch", fetch_directory, "Zoo/predict", cache)
    code.write_text("../../code.py")
    assert "is outside the repository" in refused("kipoi_fetch", fetch_directory, "Zoo/predict", cache)
    assert "models/Zoo/code.py" not in files(cache)


@pytest.mark.parametrize("name", ["code.py", "labels.txt"])
def test_pointers_of_git_lfs(repository, cache, name):
    (repository / "Zoo" / name).write_text(LFS)
    text = refused("kipoi_fetch", from_name, "Zoo/predict", cache)
    assert f"'{name}' is kept in git-lfs" in text and "git clone https://github.com/kipoi/models" in text


def test_siblings_are_not_fetched(repository, cache):
    (repository / "Zoo" / "sibling.py").write_text("")
    code = repository / "Zoo" / "code.py"
    code.write_text("import sibling\n" + code.read_text())
    text = refused("model_file", from_name, "Zoo/predict", cache)
    assert "No module named 'sibling'" in text and "git clone https://github.com/kipoi/models" in text


def test_files_that_are_not_in_the_repository(repository, cache):
    (repository / "Zoo" / "labels.txt").unlink()
    assert "labels.txt', which does not exist" in refused("kipoi_model", from_name, "Zoo/predict", cache)
    (repository / "Zoo" / "code.py").unlink()
    shutil.rmtree(cache)
    text = refused("kipoi_fetch", from_name, "Zoo/predict", cache)
    assert f"needs {repository.as_uri()}/Zoo/code.py" in text and "git clone" in text


def test_weights_of_the_repository_itself(repository, cache, tmp_path):
    shutil.copy(tmp_path / "store" / "net.pth", repository / "Zoo" / "net.pth")
    change(repository, weights="../net.pth")
    assert "weights net.pth, md5" in from_name("Zoo/predict", str(cache)).source
    assert "models/Zoo/net.pth" in files(cache)


# Weights of a directory ------------------------------------------------------------------------


@pytest.fixture
def model(tmp_path):
    """A directory whose weights must be downloaded: (folder, set_weights, path of the weights)."""
    folder, store = tmp_path / "m", tmp_path / "store.pth"
    content = write_model(folder)
    (folder / "weights.pth").rename(store)

    def set_weights(**weights):
        content["args"]["weights"] = {"url": store.as_uri(), **weights}
        write_yaml(folder, content)

    set_weights(md5=md5(store))
    return folder, set_weights, store


def test_weights_are_downloaded_once_and_not_into_the_directory(model, cache, monkeypatch):
    folder, _, store = model
    before = files(folder)
    from_directory(str(folder), str(cache))
    assert files(folder) == before and files(cache) == {f"weights/{md5(store)}"}
    assert oct((cache / "weights" / md5(store)).stat().st_mode & 0o777) == "0o644"
    offline(monkeypatch)
    from_directory(str(folder), str(cache))


def test_damaged_weights_in_the_cache_are_downloaded_again(model, cache):
    folder, _, store = model
    ours = cache / "weights" / md5(store)
    ours.parent.mkdir(parents=True)
    ours.write_bytes(b"half")
    from_directory(str(folder), str(cache))
    assert ours.read_bytes() == store.read_bytes()


def test_weights_of_another_md5(model, cache):
    folder, set_weights, store = model
    set_weights(md5="0" * 32)
    text = refused("weights", from_directory, folder, cache)
    assert md5(store) in text and "0" * 32 in text and store.as_uri() in text
    assert not files(cache)
    set_weights(url="local.pth", md5="0" * 32)
    shutil.copy(store, folder / "local.pth")
    text = refused("weights", from_directory, folder, cache)
    assert f"'{folder / 'local.pth'}' has the md5 {md5(store)}" in text
    set_weights(url="local.pth", md5=md5(store).upper())
    assert "weights local.pth" in from_directory(str(folder), str(cache)).source


def test_weights_without_md5_are_named_by_their_url(model, cache):
    folder, set_weights, store = model
    set_weights()
    from_directory(str(folder), str(cache))
    name = f"weights/{hashlib.sha256(store.as_uri().encode()).hexdigest()[:32]}"
    assert files(cache) == {name, f"{name}.md5"} and (cache / f"{name}.md5").read_text() == md5(store)


def test_weights_without_md5_are_verified_against_their_download(model, cache, monkeypatch):
    folder, set_weights, store = model
    set_weights()
    from_directory(str(folder), str(cache))
    ours = next(path for path in (cache / "weights").iterdir() if not path.suffix)
    state = torch.load(store)
    torch.save({**state, "head.bias": state["head.bias"] + 1}, ours)
    text = refused("weights", from_directory, folder, cache)
    assert f"'{ours}' has the md5 {md5(ours)}, but had {md5(store)} when it was downloaded" in text
    torch.save({**state, "head.bias": state["head.bias"] + 2}, store)
    ours.unlink()
    from_directory(str(folder), str(cache))
    offline(monkeypatch)
    module = from_directory(str(folder), str(cache)).module
    assert torch.equal(module.head.bias, state["head.bias"] + 2)
    ours.with_name(f"{ours.name}.md5").unlink()  # downloaded by hand
    from_directory(str(folder), str(cache))


def test_an_address_that_is_none(model, cache):
    folder, set_weights, _ = model
    set_weights(url="http://[::1")
    text = refused("kipoi_model", from_directory, folder, cache)
    assert "gives weights at `http://[::1`, which is no address" in text


def test_weights_that_kipoi_has_downloaded(model, cache, monkeypatch):
    folder, set_weights, store = model
    offline(monkeypatch)
    theirs = folder / "downloaded" / "model_files" / "weights"
    theirs.mkdir(parents=True)
    shutil.copy(store, theirs / md5(store))
    from_directory(str(folder), str(cache))
    assert not cache.exists()
    (theirs / md5(store)).write_bytes(b"half")
    assert "cannot be downloaded" in refused("kipoi_fetch", from_directory, folder, cache)
    set_weights()
    shutil.copy(store, theirs / "file")
    from_directory(str(folder), str(cache))


def test_weights_by_hand(model, cache, monkeypatch):
    """What the message of a failed download says can be done."""
    folder, _, store = model
    with monkeypatch.context() as patch:
        offline(patch)
        text = refused("kipoi_fetch", from_directory, folder, cache)
        assert store.as_uri() in text and f"save it as '{cache / 'weights' / md5(store)}'" in text
        shutil.copy(store, cache / "weights" / md5(store))
        from_directory(str(folder), str(cache))


def answer(monkeypatch, body, **headers):
    """Lets the network give `body`."""

    def urlopen(request, timeout):
        stream = io.BytesIO(body)
        stream.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return stream

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)


def test_downloads_that_go_wrong(model, cache, monkeypatch):
    folder, set_weights, store = model
    whole = store.read_bytes()
    set_weights(url="https://example.org/net.pth?download=1")
    answer(monkeypatch, whole[:500], Content_Length=str(len(whole)))
    assert f"500 of {len(whole)} bytes arrived" in refused("kipoi_fetch", from_directory, folder, cache)
    answer(monkeypatch, b"<!DOCTYPE html><title>Sign in</title>")
    assert "gives an HTML page" in refused("kipoi_fetch", from_directory, folder, cache)
    for code, words in ((404, "has no such file"), (503, "answers 503")):

        def urlopen(request, timeout, code=code):
            raise urllib.error.HTTPError(request.full_url, code, "no", email.message.Message(), io.BytesIO())

        monkeypatch.setattr(urllib.request, "urlopen", urlopen)
        text = refused("kipoi_fetch", from_directory, folder, cache)
        assert "https://example.org/net.pth?download=1" in text and words in text
    assert not files(cache)
    answer(monkeypatch, whole, Content_Length=str(len(whole)))
    assert "weights net.pth" in from_directory(str(folder), str(cache)).source


def test_an_interrupted_download_leaves_nothing(model, cache, monkeypatch):
    folder = model[0]

    def copy(url, stream, target):
        stream.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(downloads, "copy", copy)
    with pytest.raises(KeyboardInterrupt):
        from_directory(str(folder), str(cache))
    assert not files(cache)


def test_a_cache_that_cannot_be_written(model, tmp_path):
    (tmp_path / "plain").write_text("")
    text = refused("cache", from_directory, model[0], tmp_path / "plain" / "cache")
    assert str(tmp_path / "plain" / "cache") in text
