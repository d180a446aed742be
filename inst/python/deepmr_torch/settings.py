"""Settings of torch, and state of a module, that a run changes and puts back."""

import contextlib

import torch


@contextlib.contextmanager
def plain_cudnn(enabled):
    """cuDNN without choice of algorithm by timing."""
    cudnn = torch.backends.cudnn
    before = cudnn.enabled, cudnn.benchmark
    cudnn.enabled, cudnn.benchmark = enabled, False
    try:
        yield
    finally:
        cudnn.enabled, cudnn.benchmark = before


def uncompiled():
    """Runs what torch.compile has compiled as plain Python: compiled code would hold masks fixed."""
    stance = getattr(torch.compiler, "set_stance", None)  # since torch 2.6
    return contextlib.nullcontext() if stance is None else stance("force_eager")


@contextlib.contextmanager
def buffers_kept(module):
    """Puts back the values of all buffers, and the buffers themselves where they were replaced."""
    owners = [] if isinstance(module, torch.jit.ScriptModule) else [m._buffers for m in module.modules()]
    before = [(b, b.detach().clone()) for b in module.buffers()]
    named = [(buffers, dict(buffers)) for buffers in owners if isinstance(buffers, dict)]
    try:
        yield
    finally:
        for buffers, own in named:
            buffers.update(own)
        with torch.no_grad():
            for buffer, value in before:
                buffer.copy_(value)
