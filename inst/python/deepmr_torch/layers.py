"""The layers whose training mode matters: dropout modules and what they compute, normalisation."""

import torch
from torch import nn

from .errors import DeepmrError

# Class -> whether it drops whole channels.
DROPOUT_MODULES = {
    nn.Dropout: False,
    nn.Dropout1d: True,
    nn.Dropout2d: True,
    nn.Dropout3d: True,
    nn.AlphaDropout: False,
    nn.FeatureAlphaDropout: True,
}
UNBATCHED_DIMS = {nn.Dropout1d: 2, nn.Dropout3d: 4}  # inputs that torch reads as (C, ...)
ALPHA_MODULES = (nn.AlphaDropout, nn.FeatureAlphaDropout)
ALPHA = 1.7580993408473766  # -SELU's limit at minus infinity (Klambauer et al. 2017, section 3)


def dropout_class(module):
    """The class of nn.Dropout's family whose forward `module` runs, or None."""
    if "forward" in module.__dict__:  # patched by the user, to drop in evaluation mode too, say
        return None
    for cls in DROPOUT_MODULES:
        if isinstance(module, cls) and type(module).forward is cls.forward:
            return cls
    return None


NORMALISATIONS = {f"{kind}Norm{d}d" for kind in ("Batch", "Instance") for d in (1, 2, 3)} | {"SyncBatchNorm"}


def is_normalisation(module):
    """Layers that would use the statistics of the batch in training mode."""
    if isinstance(module, torch.jit.ScriptModule):
        return getattr(module, "original_name", "") in NORMALISATIONS
    return isinstance(module, nn.modules.batchnorm._NormBase)


def refuse_batch_statistics(module):
    """Raises where a layer normalises by the batch whatever the mode."""
    for name, layer in module.named_modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm) and layer.running_mean is None:
            raise DeepmrError(
                "batchnorm",
                f"'{name}' normalises with the statistics of the batch even in evaluation mode, so a "
                "prediction depends on the other rows of its batch.",
                "Use a BatchNorm layer with running statistics (track_running_stats = True).",
            )


def noise_shape(cls, x):
    """Shape of the random tensor that a dropout module draws for its input `x`."""
    if not DROPOUT_MODULES[cls]:
        return tuple(x.shape)
    leading = 1 if x.dim() == UNBATCHED_DIMS.get(cls) else 2
    return tuple(x.shape[:leading]) + (1,) * (x.dim() - leading)


def drop(x, keep, rate, cls):
    """What torch's dropout computes, with the Boolean mask `keep` (broadcast to x) given."""
    noise = keep.to(x.dtype)
    if cls in ALPHA_MODULES:
        scale = ((ALPHA**2 * rate + 1) * (1 - rate)) ** -0.5 if rate < 1 else 0.0
        shift = (noise - 1) * (ALPHA * scale) + ALPHA * scale * rate
        return x * (noise * scale) + shift
    if rate >= 1:
        return torch.zeros_like(x)
    return x * noise.div_(1 - rate)
