"""Answering the dispatcher's random draws with masks."""

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from .errors import DeepmrError
from .layers import drop


class Answer(TorchDispatchMode):
    """Answers Bernoulli draws with masks, and refuses every other random operation."""

    def __init__(self, takeover):
        super().__init__()
        self.takeover = takeover
        self.last = None  # (random tensor, its call) until the operation that uses it

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if torch.is_inference_mode_enabled():  # the model's own; there dropout arrives in one piece
            with self:
                out = func.decompose(*args, **kwargs)
            if out is not NotImplemented:
                return out
        if self.last is not None:
            self._note_use(func, args)
        aten = torch.ops.aten
        if func is aten.bernoulli_.float:
            return self._fill(args[0], args[1] if len(args) > 1 else kwargs.get("p", 0.5))
        if func is aten.bernoulli.p:
            return self._fill(torch.empty_like(args[0]), args[1] if len(args) > 1 else kwargs["p"])
        if func is aten.native_dropout.default:
            return self._native_dropout(*args, **kwargs)
        if torch.Tag.nondeterministic_seeded in func.tags:
            raise DeepmrError(
                "dropout_site",
                f"The model draws random numbers with {func} in its forward pass, which cannot be locked.",
                "Only dropout (a Bernoulli draw with one rate) can share its mask between reference and variants.",
            )
        return func(*args, **kwargs)

    def _answer(self, shape, rate):
        """(0/1 mask or None, rate to apply) for the draw, from a module's pending mask or the handler."""
        if self.takeover.pending is not None:
            answer, self.takeover.pending = self.takeover.pending, None
            return answer, None
        return self.takeover.meet_functional(shape, rate), self.takeover.calls[-1]

    def _fill(self, noise, share):
        """Fills the tensor of a draw that is 1 with probability `share`."""
        rate = round(1 - share, 12)  # 0.3, not 0.30000000000000004
        answer, call = self._answer(noise.shape, rate)
        self.last = (noise, call) if call is not None else None
        # The caller divides by 1 - rate afterwards, unless it multiplies as it is.
        planned = self.takeover.use_of(call) if call is not None else "divided"
        if answer is None:
            return noise.fill_(share if planned == "divided" else 1.0)
        keep, wanted = answer
        noise.copy_(keep)
        if planned == "divided" and rate != wanted < 1:
            noise.mul_(share / (1 - wanted))
        return noise

    def _native_dropout(self, x, rate, train):
        if train is False or rate == 0:
            return x.clone(), torch.ones_like(x, dtype=torch.bool)
        answer, _ = self._answer(x.shape, rate)
        if answer is None:
            return x.clone(), torch.ones_like(x, dtype=torch.bool)
        keep, wanted = answer
        return drop(x, keep, wanted, nn.Dropout), keep.expand_as(x)

    def _note_use(self, func, args):
        noise, call = self.last
        if not any(a is noise for a in args):
            return
        aten = torch.ops.aten
        if func in (aten.div_.Scalar, aten.div_.Tensor, aten.div.Scalar, aten.div.Tensor):
            call.use = "divided"
        elif func in (aten.mul.Tensor, aten.mul_.Tensor):
            call.use = "plain"
        else:
            call.use = "other"
        self.last = None
