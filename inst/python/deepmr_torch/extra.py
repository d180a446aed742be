"""Dropout added after named layers of a network that has none there."""

import difflib

import torch
from torch import nn

from . import rng
from .errors import DeepmrError
from .layers import drop
from .takeover import Takeover, ignore

LISTED = "layers(model) lists them, with what each gives."


def site_of(layer):
    """Name of the dropout call that is added after a layer."""
    return f"{layer}+dropout"


class AddedDropout(Takeover):
    """A Takeover that also drops what the layers `extra`, pairs (name, rate), give."""

    def __init__(self, module, mechanism="auto", extra=()):
        super().__init__(module, mechanism)
        self.extra = extra

    def __enter__(self):
        chosen = [(name, layer_named(self.module, name), rate) for name, rate in self.extra]
        super().__enter__()
        for name, layer, rate in chosen:
            self._stack.callback(layer.register_forward_hook(self._dropping(name, rate)).remove)
        return self

    def _dropping(self, name, rate):
        def after(layer, args, out):
            if not is_droppable(out):
                raise DeepmrError(
                    "dropout_site",
                    f"Dropout cannot be added after the layer '{name}', which gives {in_words(out)}, not one tensor "
                    "of floating-point numbers.",
                    f"Name another layer: {LISTED}",
                )
            answer = self.meet(site_of(name), "extra", rate, out.shape)
            return out if answer is None else drop(out, *answer, nn.Dropout)

        return after

    def survey(self, x, active=True):
        calls = super().survey(x, active)
        met = {call.ordinal for call in calls}
        for name, _ in self.extra:
            if f"{site_of(name)}#1" not in met:
                raise DeepmrError(
                    "dropout_site",
                    f"Dropout cannot be added after the layer '{name}', which is not called in a forward pass.",
                    f"Name another layer: {LISTED}",
                )
        return calls


def layer_named(module, name):
    """The layer with that path in a network."""
    layers = {path: layer for path, layer in module.named_modules() if path}
    if name not in layers:
        near = difflib.get_close_matches(name, list(layers), 3, 0)
        raise DeepmrError(
            "unknown_layer",
            f"The model has no layer named '{name}' after which dropout could be added.",
            f"Nearest: {', '.join(near)}. {LISTED}" if near else "The network has no layers.",
        )
    if is_compiled(layers[name]):
        raise DeepmrError(
            "dropout_site",
            f"Dropout cannot be added after the layer '{name}', which is TorchScript: it runs as compiled.",
            "Name a layer outside it, or load the network from Python code.",
        )
    return layers[name]


def is_compiled(layer):
    return isinstance(layer, torch.jit.ScriptModule)


def is_droppable(out):
    return isinstance(out, torch.Tensor) and out.is_floating_point()


def in_words(out):
    return f"a tensor of {out.dtype}" if isinstance(out, torch.Tensor) else f"a {type(out).__name__}"


def layers(model):
    """The layers of each member of a model: a list of dicts with lists `layer` (its path), `type` and `shape`, of
    what it gives for one sequence, for a layer that is called several times joined by ", "; None after which no
    dropout can be added."""
    return [member_layers(member) for member in model.members]


def member_layers(model):
    shapes = {}

    def seen(name):
        def after(layer, args, out):
            shapes.setdefault(name, []).append(" x ".join(map(str, out.shape)) if is_droppable(out) else None)

        return after

    with rng.untouched(), Takeover(model.module) as takeover:
        found = [(name, layer) for name, layer in takeover.module.named_modules() if name]
        handles = [layer.register_forward_hook(seen(name)) for name, layer in found if not is_compiled(layer)]
        try:
            takeover.forward(model.encode_one(), ignore)
        finally:
            for handle in handles:
                handle.remove()
    given = [dict.fromkeys(shapes.get(name, [None])) for name, _ in found]
    return {
        "layer": [name for name, _ in found],
        "type": [getattr(layer, "original_name", type(layer).__name__) for _, layer in found],
        "shape": [None if None in each else ", ".join(each) for each in given],
    }
