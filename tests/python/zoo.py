"""Small Kipoi model directories, of every form of model.yaml that gives a torch module."""

import hashlib

import torch
import yaml
from networks import LENGTH, settle

CODE = """
import torch
from torch import nn

class M(nn.Module):
    def __init__(self, width=3, heads=None):
        super().__init__()
        self.conv = nn.Conv1d(4, 6, 3, padding=1)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(6 * LENGTH, width)
        self.heads = heads

    def forward(self, x):
        x = x.reshape(len(x), *SQUEEZED)
        if SQUEEZED[1] == 4:
            x = x.transpose(1, 2)
        h = self.head(self.drop(torch.tanh(self.conv(x))).flatten(1))
        if self.heads == "dict":
            return {"second": h[:, 2:], "first": h[:, :2]}
        return [h[:, :2], h[:, 2:]] if self.heads == "list" else h

net = M()

def build():
    return M()
"""
SHAPES = {"NCL": (4, LENGTH), "NC1L": (4, 1, LENGTH), "NCL1": (4, LENGTH, 1), "NLC": (LENGTH, 4)}
FORMS = {
    "file and object": ("../code.py", {"type": "pytorch"}, {"module_file": "../code.py", "module_obj": "net"}),
    "file and class": ("my-net.py", {"type": "pytorch"}, {"module_file": "my-net.py", "module_class": "M"}),
    "class": ("model.py", {"defined_as": "kipoi.model.PyTorchModel"}, {"module_class": "model.M"}),
    "class in a package": ("nets/__init__.py", {"type": "pytorch"}, {"module_class": "nets.M"}),
    "object": ("model.py", {"type": "pytorch"}, {"module_obj": "model.net"}),
    "old": ("model.py", {"type": "pytorch"}, {"file": "model.py", "build_fn": "build"}),
    "old class": (
        "model.py",
        {"defined_as": "kipoi.model.OldPyTorchModel"},
        {"file": "model.py", "build_fn": "build"},
    ),
}


def network(folder, file, layout="NCL", **kwargs):
    """The network that the code in a directory makes, with weights of its own."""
    squeezed = (LENGTH, 4) if layout == "NLC" else (4, LENGTH)
    code = f"LENGTH, SQUEEZED = {LENGTH}, {squeezed}\n{CODE}"
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(code)
    namespace = {}
    exec(code, namespace)
    return settle(namespace["M"](**kwargs), seed=len(str(folder)))


def write_model(folder, form="class", layout="NCL", alphabet=None, labels=None, targets=None, width=3, heads=None):
    """Writes a model directory; returns what its model.yaml says, to be changed and written again
    with write_yaml()."""
    folder.mkdir(parents=True, exist_ok=True)
    file, kind, args = FORMS[form]
    kwargs = {"width": width, "heads": heads} if (width, heads) != (3, None) else {}
    torch.save(network(folder, file, layout, **kwargs).state_dict(), folder / "weights.pth")
    args = {**args, "weights": "weights.pth"}
    if kwargs:
        args["module_kwargs"] = kwargs
    target = {"name": "probs", "shape": f"({width}, )", "doc": ""}
    if labels is not None:
        target["column_labels"] = labels
    loader = {"auto_resize_len": LENGTH, "alphabet_axis": 1 if layout == "NLC" else 0}
    if alphabet is not None:
        loader["alphabet"] = alphabet
    content = {
        **kind,
        "args": args,
        "info": {"authors": [{"name": "A"}], "doc": "D"},
        "default_dataloader": {"defined_as": "kipoiseq.dataloaders.SeqIntervalDl", "default_args": loader},
        "schema": {
            "inputs": {"name": "seq", "special_type": "DNASeq", "shape": str(SHAPES[layout]), "doc": ""},
            "targets": targets or target,
        },
    }
    write_yaml(folder, content)
    return content


def write_yaml(folder, content):
    (folder / "model.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def md5(path):
    return hashlib.md5(path.read_bytes()).hexdigest()


def listing(folder):
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_mode) for path in folder.rglob("*")}
