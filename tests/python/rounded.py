"""TF32 on a machine without a GPU."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten
PRODUCTS = {aten.mm.default, aten.mm.out, aten.bmm.default, aten.addmm_.default, aten.baddbmm_.default}


class Rounded(TorchDispatchMode):
    """What TF32 does: factors of products have 10 bits after the point, sums are float32."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func in PRODUCTS:
            args = (*args[:-2], *map(ten_bits, args[-2:]))
        return func(*args, **(kwargs or {}))


def ten_bits(x):
    bits = x.contiguous().view(torch.int32)
    return ((bits + 0xFFF + ((bits >> 13) & 1)) & ~0x1FFF).view(torch.float32)  # to nearest, ties to even
