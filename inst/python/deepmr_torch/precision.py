"""Which precision torch multiplies float32 numbers in.

Everything runs in full float32, whatever the user's session has set, but for the products of differences
where TF32 is asked for: a GPU then rounds their factors to 10 bits, which moves an effect by a share of
itself. Products of whole activations stay in float32: TF32 would move predictions by as much as most effects.
"""

import contextlib
import contextvars
import functools

import torch

from .errors import DeepmrError

_TF32 = contextvars.ContextVar("tf32", default=False)


def _settings():
    """(holder, name, value for full precision) of each of torch's settings."""
    backends = torch.backends
    if hasattr(backends.cudnn, "conv"):  # since torch 2.9, where allow_tf32 fails if conv and rnn differ
        holders = [backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn]
        holders += [getattr(backends.mkldnn, name) for name in ("matmul", "conv", "rnn")]
        return [(holder, "fp32_precision", "ieee") for holder in holders]
    return [(backends.cuda.matmul, "allow_tf32", False), (backends.cudnn, "allow_tf32", False)]


@contextlib.contextmanager
def _set(settings):
    before = [(holder, name, getattr(holder, name)) for holder, name, _ in settings]
    try:
        for holder, name, value in settings:
            setattr(holder, name, value)
        yield
    finally:
        for holder, name, value in before:
            setattr(holder, name, value)


def full():
    """A context in which float32 is float32, on every device."""
    return _set(_settings())


def tf32():
    """A context in which a GPU's matrix products are in TF32."""
    holder, name, value = _settings()[0]
    return _set([(holder, name, "tf32" if value == "ieee" else True)])


@contextlib.contextmanager
def differences_in(precision):
    """A context in which products of differences are in "float32" or "tf32"."""
    token = _TF32.set(precision == "tf32")
    try:
        yield
    finally:
        _TF32.reset(token)


def of_differences(function):
    """`function` multiplies differences by weights."""

    @functools.wraps(function)
    def run(*args):
        with tf32() if _TF32.get() else contextlib.nullcontext():
            return function(*args)

    return run


def refuse_without_tensor_cores(device):
    """Raises where TF32 is asked for on a device that has none."""
    if device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0):
        return
    raise DeepmrError(
        "precision",
        f"precision = 'tf32' needs an NVIDIA GPU of the Ampere generation or later, but the device is '{device}'.",
        "Leave out `precision`: float32 is what every device has.",
    )
