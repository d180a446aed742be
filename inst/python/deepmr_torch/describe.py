"""What a model is made of, for printing."""

from . import rng
from .errors import DeepmrError
from .locked import LockedModel, choose_device
from .sites import DropoutSpec, mask_shape
from .takeover import Takeover


def about(model):
    """What R keeps of a model; the entries of `members` are as long as the model has networks."""
    return {
        "source": model.source,
        "length": model.length,
        "outputs": model.outputs,
        "members": {
            "source": [m.source for m in model.members],
            "layout": [m.layout for m in model.members],
            "bases": [m.bases for m in model.members],
        },
    }


def examine(model):
    """What a run would find: a dict per member with the number of `parameters`, the `device` of a run, the
    dropout calls of a forward pass (equally long lists `name`, `kind`, `rate`, `mask`: the shape of the
    mask that a sequence and its variants share), and `problem`, the reason why their masks cannot be
    locked (None where they can)."""
    return [examine_member(member) for member in model.members]


def examine_member(model):
    spec = DropoutSpec()
    problem, calls = None, []
    try:
        with LockedModel(model, spec, 1, range(len(model.outputs))) as locked:
            calls = [(site, mask_shape(site, spec)) for site in locked.plan.sites]
    except DeepmrError as error:
        # A network without active dropout is shown as it is.
        problem = None if error.what == "no_dropout" else error.problem
        calls = [(call, call.shape) for call in survey(model)]
    return {
        "parameters": float(sum(p.numel() for p in model.module.parameters())),
        "device": str(choose_device(None, model)),
        "problem": problem,
        "name": [call.name for call, _ in calls],
        "kind": [call.kind for call, _ in calls],
        "rate": [call.rate for call, _ in calls],
        "mask": [" x ".join(map(str, shape)) for _, shape in calls],
    }


def survey(model):
    """The dropout calls of a network whose masks cannot be locked; none where its forward pass stops."""
    try:
        with rng.untouched(), Takeover(model.module) as takeover:
            return takeover.survey(model.encode_one())
    except DeepmrError:
        return []
