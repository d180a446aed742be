"""The size of a batch: as large as memory allows and as about 0.3 seconds of work, so that an
interrupt is answered at once and progress moves."""

import time

import torch

from .errors import DeepmrError
from .memory import bytes_per_row, device_bytes

BATCH_SECONDS = 0.3
STEP_SECONDS = 0.2  # small batches are strung together for this long between two looks at R
MOST_ROWS = {"cpu": 512, "cuda": 4096}  # more rows per call gain nothing
SHARE_OF_FREE = 0.5


def choose_batch_size(compute, device, most):
    """A power of two, at most `most`, found by timing `compute(n)`, which computes n rows."""
    device = torch.device(device)
    per_row = bytes_per_row(lambda: compute(2), 2)
    free = device_bytes(device)
    fitting = most if free is None else int(SHARE_OF_FREE * free) // per_row
    if fitting < 1:
        raise DeepmrError(
            "memory",
            f"One row of a batch needs up to {per_row / 2**30:.1f} GiB, but only {free / 2**30:.1f} GiB are free.",
            "Free memory or use a machine with more.",
        )
    limit = min(most, fitting, MOST_ROWS.get(device.type, 512))
    size = 1
    while 2 * size <= limit:
        try:
            # Twice if slow: the first call of a size may wait for memory or for another process.
            if seconds(compute, 2 * size) > BATCH_SECONDS < seconds(compute, 2 * size):
                return size
        except torch.cuda.OutOfMemoryError:
            return size
        size *= 2
    return size


def seconds(compute, n):
    start = time.perf_counter()
    compute(n)
    return time.perf_counter() - start


def halved(size):
    """The next batch size to try after the GPU ran out of memory."""
    if size <= 1:
        raise DeepmrError(
            "memory", "The GPU's memory does not hold a batch of one row.", "Use device = 'cpu', or a larger GPU."
        )
    torch.cuda.empty_cache()
    return size // 2
