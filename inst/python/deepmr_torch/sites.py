"""The dropout calls of one forward pass, and which of them a user's choice makes active."""

import dataclasses
import difflib

import torch

from .errors import DeepmrError

NO_CALL = "The model has no dropout call in its forward pass."


@dataclasses.dataclass
class Call:
    """One dropout call as met in a forward pass. `ordinal`: see next_ordinal().

    `shape` is that of the call's random tensor. `use` says what a functional call does with it:
    "divided" by 1 - rate (dropout), multiplied "plain" (stochastic depth without scaling), or
    "other" (alpha dropout); module calls are "divided"."""

    ordinal: int | str
    name: str
    kind: str
    rate: float
    shape: tuple
    use: str = "divided"


def next_ordinal(calls, name, kind):
    """What tells the masks of the call that follows `calls` from those of others: its place among the network's own
    calls; for one that is added after a layer its name and its place among the calls of that name, so that
    adding it, or another, changes no mask."""
    if kind == "extra":
        return f"{name}#{1 + sum(call.name == name for call in calls)}"
    return 1 + sum(call.kind != "extra" for call in calls)


@dataclasses.dataclass
class Site:
    """A dropout call and how its random tensor is laid out over a batch.

    `shape` is for a batch of one. `batch_dim` is the dimension that grows with the batch (None:
    the tensor has none, one mask serves the batch). `copies` is its size for one sequence: above 1
    there are several streams of one sequence, either `folded` (neighbours in the batch, such as the
    heads of an attention layer) or one after another (a reverse complement; positions)."""

    ordinal: int | str
    name: str
    kind: str
    rate: float
    use: str
    shape: tuple
    batch_dim: int | None
    copies: int = 1
    folded: bool = False

    def batch_shape(self, n):
        """Shape of the random tensor for n rows."""
        return tuple(n * size if d == self.batch_dim else size for d, size in enumerate(self.shape))


@dataclasses.dataclass(frozen=True)
class DropoutSpec:
    """What R's dropout_spec() says. `rate`: None (the model's own), a number, or pairs
    (name, number); `layers`: None (all) or names of the only active sites; `extra`: pairs (layer, rate) of
    dropout that is added."""

    mask: str = "locked"
    unit: str = "element"
    rate: float | tuple | None = None
    layers: tuple | None = None
    extra: tuple = ()

    @property
    def locked(self):
        return self.mask == "locked"


def make_spec(mask, unit, rate=None, rate_names=None, layers=None, extra=None):
    """A DropoutSpec from plain values; `rate` is a list of numbers, named by `rate_names` or one; `extra` a dict of
    rates by layer."""
    if rate is not None:
        rate = float(rate[0]) if rate_names is None else tuple(zip(rate_names, map(float, rate)))
    extra = tuple((layer, float(added)) for layer, added in (extra or {}).items())
    return DropoutSpec(mask, unit, rate, None if layers is None else tuple(layers), extra)


def module_of(name):
    """The module path of a site's name: a module "block.drop" that is called twice has the sites
    "block.drop#1" and "block.drop#2"."""
    return name.split("#")[0]


def find(name, sites):
    """The sites that `name` means: "drop" all calls of that module, "drop#1", "drop#2" one of them."""
    found = [s for s in sites if name in (s.name, module_of(s.name))]
    if not found:
        names = [s.name for s in sites]
        near = difflib.get_close_matches(name, names, 3, 0) or names[:3]
        raise DeepmrError(
            "unknown_layer",
            f"The model has no dropout call named '{name}'.",
            f"Nearest: {', '.join(near)}." if near else "It has no dropout call at all.",
        )
    return found


def effective_rates(sites, spec):
    """The rate of each site under `spec`, 0 where it is inactive. Raises where none is active, or a
    site cannot do what is asked."""
    rates = [s.rate for s in sites]
    index = {s.name: i for i, s in enumerate(sites)}
    if isinstance(spec.rate, tuple):
        for name, rate in spec.rate:
            for site in find(name, sites):
                rates[index[site.name]] = rate
    elif spec.rate is not None:
        rates = [spec.rate] * len(sites)
    if spec.layers is not None:
        active = {s.name for name in spec.layers for s in find(name, sites)}
        rates = [rate if s.name in active else 0.0 for s, rate in zip(sites, rates)]
    if not any(rates):
        raise DeepmrError(
            "no_dropout",
            NO_CALL if not sites else f"No dropout call is active: {', '.join(s.name for s in sites)} all have rate 0.",
            [
                "Monte-Carlo dropout needs at least one: choose a model with dropout, "
                + ("set rates with dropout_spec(rate = ), " if sites else "")
                + "or add some with dropout_spec(extra = ).",
                "Or compute without dropout: dropout = NULL, which gives effects without standard errors, or with "
                "them for an ensemble of networks (model_ensemble()).",
            ],
        )
    for site, rate in zip(sites, rates):
        if site.use == "other" and rate != site.rate:
            raise DeepmrError(
                "dropout_site",
                f"The rate of '{site.name}' cannot be changed from {site.rate:g} to {rate:g}: the model "
                "calls it as a function whose formula depends on the rate.",
                "Leave it as it is, or rewrite the model with nn.AlphaDropout.",
            )
        if rate > 0 and spec.unit == "channel" and not can_drop_channels(site):
            raise DeepmrError(
                "dropout_site",
                f"unit = 'channel' is not defined for '{site.name}', whose values have the shape "
                f"{site.shape} for one sequence: no batch dimension first and channels second.",
                "Use unit = 'element', or name the other layers with dropout_spec(layers = ).",
            )
    return rates


def can_drop_channels(site):
    """Whole channels can be dropped where dim 0 is the batch and dim 1 the channels."""
    return site.batch_dim == 0 and not site.folded and len(site.shape) >= 2


def mask_shape(site, spec):
    """Shape of the mask of one sequence. Two streams one after another are a sequence and its reverse
    complement, and share a locked mask; more are something else, such as positions."""
    shape = list(site.shape)
    if spec.unit == "channel":
        shape[2:] = [1] * len(shape[2:])
    if spec.locked and site.copies == 2 and not site.folded:
        shape[site.batch_dim] = 1
    return tuple(shape)


def told_of_member(error, model, member):
    """An error that speaks of a model's layers or dropout calls, told of one of its members; any other as it is."""
    if error.what not in ("no_dropout", "unknown_layer"):
        return error
    problem, remedy = error.problem, error.remedy
    scripted = any(isinstance(module, torch.jit.ScriptModule) for module in member.module.modules())
    if problem == NO_CALL and scripted:
        remedy = [
            *remedy,
            "Tracing in evaluation mode removes dropout: use torch.jit.script(), or trace in training mode.",
        ]
    if len(model.members) > 1:
        problem = f"Member {model.members.index(member) + 1} of the ensemble, {member.source}: {problem}"
    return DeepmrError(error.what, problem, remedy)
