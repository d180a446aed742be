"""How much memory may be used, and how many rows of a batch fit into it."""

import pathlib

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

CGROUPS = (
    # controller (none in version 2), limit, usage, statistics, name of the reclaimable page cache among them
    ("", "memory.max", "memory.current", "memory.stat", "inactive_file"),
    ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat", "total_inactive_file"),
)


def available_bytes(proc="/proc", cgroup="/sys/fs/cgroup"):
    """Bytes this process may still use: the machine's free memory, or what its control
    group leaves, whichever is less. None where the system does not say (not Linux)."""
    found = []
    try:
        for line in pathlib.Path(proc, "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) * 1024)
    except OSError:
        pass
    for controller, limit, usage, stat, cache in CGROUPS:
        for folder in own_groups(controller, proc, cgroup):
            try:
                # "max" (no limit) is not a number and falls through to ValueError
                total = int((folder / limit).read_text())
                used = int((folder / usage).read_text())
                lines = (folder / stat).read_text().splitlines()
                reclaimable = {k: int(v) for k, v in (line.split() for line in lines)}.get(cache, 0)
                found.append(max(total - used + reclaimable, 0))
            except (OSError, ValueError):
                continue
    # A float, since R has no whole numbers of this size.
    return float(min(found)) if found else None


def own_groups(controller, proc, cgroup):
    """Folders of the control groups this process is in, from the root (a container sees its own group
    there) down: a batch system or systemd limits a group further down."""
    root = pathlib.Path(cgroup, controller)
    try:
        lines = [line.split(":", 2) for line in pathlib.Path(proc, "self/cgroup").read_text().splitlines()]
    except OSError:
        lines = []
    for line in lines:
        if len(line) == 3 and controller in line[1].split(",") and ".." not in line[2].split("/"):
            group = root / line[2].strip("/")
            return [folder for folder in (group, *group.parents) if folder.is_relative_to(root)]
    return [root]


def device_bytes(device):
    """Bytes free on the device that computes."""
    if torch.device(device).type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return available_bytes()


class _Allocated(TorchDispatchMode):
    """Adds up the bytes of every tensor that a forward pass makes."""

    def __init__(self):
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            if isinstance(leaf, torch.Tensor):
                self.total += leaf.numel() * leaf.element_size()
        return out


def bytes_per_row(forward, rows):
    """Upper bound on the memory that a row of a batch needs: all intermediate results of
    `forward()`, which computes `rows` rows, as if none were freed."""
    with _Allocated() as allocated:
        forward()
    return max(allocated.total // rows, 1)
