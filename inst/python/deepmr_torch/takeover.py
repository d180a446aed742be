"""Taking over every dropout call of a module for the time of a `with` block.

Two mechanisms give the same masks. Modules of nn.Dropout's family are swapped: their forward
multiplies by the mask handed to it. Every other dropout (functional calls, attention, LSTM and
GRU, TorchScript, stochastic depth) reaches the dispatcher as a Bernoulli draw, which a
TorchDispatchMode answers with the mask instead. Any other random operation is refused by name,
since it would vary between reference and variant unseen.
"""

import collections
import contextlib

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.utils._pytree import tree_leaves

from . import precision, rng
from .answer import Answer
from .errors import DeepmrError
from .layers import ALPHA_MODULES, drop, dropout_class, is_normalisation, noise_shape
from .settings import buffers_kept, plain_cudnn, uncompiled
from .sites import Call, next_ordinal


def ignore(call):
    """A handler that leaves every call inactive."""
    return None


class Takeover:
    """`with Takeover(module) as t:` puts `module` into evaluation mode with only its dropout calls
    under control; `t.forward(x, handler)` runs it. For each call in turn `handler(call)` returns
    None (the call does nothing) or (keep, rate). On leaving, training flags, forwards and backend
    settings are as before. `mechanism = "dispatch"` sends modules through the dispatcher too."""

    def __init__(self, module, mechanism="auto"):
        # Replicas on several GPUs would be called in threads, in no order.
        self.module = module.module if isinstance(module, nn.DataParallel) else module
        self.force_dispatch = mechanism == "dispatch"
        self.needs_dispatch = True  # until a first pass shows that no functional call is there
        self.handler = None
        self.calls = []
        self.pending = None  # (keep, rate) of the module call that the dispatcher is to answer
        self.stack = []  # (name, module) of the modules being run, while names are wanted
        self.owners, self.around = [], []  # modules that call dropout as a function, and those around them
        self.uses = {}  # what each call does with its random tensor, by its ordinal, once surveyed

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            # Fused kernels hide their dropout from the dispatcher.
            fastpath = torch.backends.mha.get_fastpath_enabled()
            stack.callback(torch.backends.mha.set_fastpath_enabled, fastpath)
            torch.backends.mha.set_fastpath_enabled(False)
            stack.enter_context(sdpa_kernel(SDPBackend.MATH))
            recurrent = any(isinstance(m, nn.RNNBase) and m.dropout > 0 for m in self.module.modules())
            stack.enter_context(plain_cudnn(torch.backends.cudnn.enabled and not recurrent))
            stack.enter_context(precision.full())
            # A frozen TorchScript module has no training flag.
            flags = [(m, m.training) for m in self.module.modules() if hasattr(m, "training")]
            stack.callback(lambda: [setattr(m, "training", flag) for m, flag in flags])
            stack.enter_context(buffers_kept(self.module))
            self.module.eval()
            for name, module in self.module.named_modules():
                if dropout_class(module) is not None and not isinstance(module, torch.jit.ScriptModule):
                    self._swap(stack, name, module)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc):
        self._stack.close()

    def _swap(self, stack, name, module):
        cls = dropout_class(module)
        original = module.forward
        inplace = module.inplace and cls not in ALPHA_MODULES  # whose forward ignores the flag

        def forward(input):
            answer = self.meet(name, cls.__name__, module.p, noise_shape(cls, input))
            if answer is None:
                return input
            keep, rate = answer
            if self.force_dispatch:
                return self._dispatched(module, original, input, keep, rate)
            out = drop(input, keep, rate, cls)
            return input.copy_(out) if inplace else out

        module.forward = forward
        stack.callback(module.__dict__.pop, "forward", None)

    def _dispatched(self, module, original, x, keep, rate):
        own, module.p = module.p, rate
        module.training = True
        self.pending = (keep, rate)
        try:
            return original(x)
        finally:
            module.p, self.pending = own, None
            module.training = False

    def meet(self, name, kind, rate, shape):
        """Notes the next call and asks the handler what it shall do."""
        call = Call(next_ordinal(self.calls, name, kind), name, kind, float(rate), tuple(shape))
        self.calls.append(call)
        return self.handler(call)

    def forward(self, x, handler):
        """The module's output for `x`, with every dropout call answered by `handler`."""
        self.calls, self.handler = [], handler
        mode = Answer(self) if self.needs_dispatch or self.force_dispatch else contextlib.nullcontext()
        # Not inference_mode: the dispatcher would see nothing and masks would be unlocked unnoticed.
        with torch.no_grad(), uncompiled(), mode:
            return self.module(x)

    def survey(self, x, active=True):
        """Finds all dropout calls, functional ones included, and activates the modules that make them.
        Returns the calls of one pass over `x`, uniquely named. `active = False` keeps evaluation mode,
        where only functional calls are left that ignore it."""
        self.needs_dispatch, self.uses = True, {}
        with self._names_known():
            chosen = self._functional_owners(x) if active else []
            self._train(chosen)
            before = rng.outside_torch()
            self.forward(x, ignore)
            if before != rng.outside_torch():
                raise DeepmrError(
                    "dropout_site",
                    "The model draws random numbers with Python's random or with numpy in its forward pass, which "
                    "cannot be locked.",
                    "Use torch's dropout.",
                )
            calls = self.calls
            self.uses = {call.ordinal: call.use for call in calls}
            if "plain" in self.uses.values() and not self._silent_as_evaluation(x, chosen):
                self.uses = {ordinal: "other" if use == "plain" else use for ordinal, use in self.uses.items()}
        self.needs_dispatch = any(call.kind == "functional" for call in calls)
        total = collections.Counter(call.name for call in calls)
        seen = collections.Counter()
        for call in calls:
            call.use = self.uses[call.ordinal]
            if total[call.name] > 1:
                seen[call.name] += 1
                call.name = f"{call.name}#{seen[call.name]}"
        self.calls = []
        return calls

    def _train(self, modules):
        """Training mode for `modules` (all inside them, where they are TorchScript), else evaluation."""
        self.module.eval()
        for chosen in modules:
            for module in chosen.modules() if isinstance(chosen, torch.jit.ScriptModule) else [chosen]:
                module.training = not is_normalisation(module)

    def _functional_owners(self, x):
        """Modules that must be in training mode for every functional dropout call to be made: those
        that call it, or where that is not enough (the flag may be handed down) those around them, or
        all."""
        everything = [m for m in self.module.modules() if not is_normalisation(m)]
        wanted = self._functional_calls(x, everything)
        if wanted is None:  # the model as a whole cannot run in training mode; parts of it may
            return [m for m in everything if self._functional_calls(x, [m])]
        owners, around = self.owners, self.around
        for chosen in (owners, around):
            if self._functional_calls(x, chosen) == wanted:
                return chosen
        return everything

    def _functional_calls(self, x, modules):
        """Names and shapes of the functional calls with `modules` in training mode; None where the
        model cannot run so."""
        self._train(modules)
        self.owners, self.around = [], []
        try:
            with buffers_kept(self.module):
                self.forward(x, ignore)
        except DeepmrError:
            raise
        except Exception:  # noqa: BLE001 (whatever a user's forward raises)
            return None
        finally:
            self.stack.clear()
        return [(call.name, call.shape) for call in self.calls if call.kind == "functional"]

    def _silent_as_evaluation(self, x, chosen):
        """Whether the model with all calls inactive gives what it gives in evaluation mode. If not, it
        scales somewhere a mask that it multiplies plainly, and its rate cannot be changed."""
        inactive = tree_leaves(self.forward(x, ignore))
        uses, self.uses = self.uses, {}
        self._train([])
        evaluation = tree_leaves(self.forward(x, ignore))
        self._train(chosen)
        self.uses = uses
        return all(torch.allclose(a, b, 1e-4, 1e-5) for a, b in zip(inactive, evaluation))

    @contextlib.contextmanager
    def _names_known(self):
        """Keeps the stack of running modules, so that functional calls can be named."""
        scripts = {}  # TorchScript takes no hooks of its own, and runs its children inside compiled code
        handles = []

        def enter(name):
            return lambda module, args: self.stack.append((name, module))

        def leave(module, args, out):
            self.stack.pop()

        def enter_script(module, args):
            if module in scripts:
                self.stack.append((scripts[module], module))

        def leave_script(module, args, out):
            if module in scripts:
                self.stack.pop()

        for name, module in self.module.named_modules():
            if any(name.startswith(f"{script}." if script else "") for script in scripts.values()):
                continue
            if isinstance(module, torch.jit.ScriptModule):
                scripts[module] = name
                continue
            handles.append(module.register_forward_pre_hook(enter(name)))
            handles.append(module.register_forward_hook(leave, always_call=True))
        if scripts:
            handles.append(register_module_forward_pre_hook(enter_script))
            handles.append(register_module_forward_hook(leave_script, always_call=True))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()
            self.stack = []

    def use_of(self, call):
        return self.uses.get(call.ordinal, "divided")

    def meet_functional(self, shape, rate):
        name, owner = self.stack[-1] if self.stack else ("", self.module)
        if owner not in self.owners:
            self.owners.append(owner)
        self.around += [m for _, m in self.stack if m not in self.around and not is_normalisation(m)]
        return self.meet(f"{name}.functional" if name else "functional", "functional", rate, shape)
