"""Free memory from made-up /proc and cgroup folders, and the memory that a row needs."""

import pytest
import torch

from deepmr_torch import memory

GIB = 2**30


def system(tmp_path, available_kib=None, v2=None, v1=None):
    """Arguments of available_bytes(); v2, v1: (limit, usage, inactive file) as texts or numbers."""
    proc, cgroup = tmp_path / "proc", tmp_path / "cgroup"
    proc.mkdir()
    (cgroup / "memory").mkdir(parents=True)
    if available_kib is not None:
        (proc / "meminfo").write_text(f"MemTotal: 99999999 kB\nMemFree: 1 kB\nMemAvailable: {available_kib} kB\n")
    if v2:
        (cgroup / "memory.max").write_text(f"{v2[0]}\n")
        (cgroup / "memory.current").write_text(f"{v2[1]}\n")
        (cgroup / "memory.stat").write_text(f"anon 5\nactive_file 7\ninactive_file {v2[2]}\n")
    if v1:
        (cgroup / "memory/memory.limit_in_bytes").write_text(f"{v1[0]}\n")
        (cgroup / "memory/memory.usage_in_bytes").write_text(f"{v1[1]}\n")
        (cgroup / "memory/memory.stat").write_text(f"inactive_file 1\ntotal_inactive_file {v1[2]}\n")
    return str(proc), str(cgroup)


@pytest.mark.parametrize(
    ("available_kib", "v2", "v1", "expected"),
    [
        (4 * 2**20, None, None, 4 * GIB),
        (4 * 2**20, (3 * GIB, 2 * GIB, GIB // 2), None, 3 * GIB // 2),
        (2**20, (30 * GIB, 2 * GIB, 0), None, GIB),
        (4 * 2**20, ("max", 2 * GIB, 0), None, 4 * GIB),
        (4 * 2**20, None, (2 * GIB, GIB, 1000), GIB + 1000),
        (4 * 2**20, None, (9223372036854771712, GIB, 0), 4 * GIB),  # version 1's word for no limit
        (4 * 2**20, (GIB, 2 * GIB, 0), None, 0),
        (None, (3 * GIB, GIB, 0), None, 2 * GIB),
        (None, None, None, None),
    ],
    ids=[
        "machine",
        "v2",
        "v2 above machine",
        "v2 max",
        "v1",
        "v1 no limit",
        "over the limit",
        "no meminfo",
        "no Linux",
    ],
)
def test_available_bytes(tmp_path, available_kib, v2, v1, expected):
    assert memory.available_bytes(*system(tmp_path, available_kib, v2, v1)) == expected


@pytest.mark.parametrize(("line", "folder"), [("0::/slurm/job_1", ""), ("4:cpu,memory:/slurm/job_1", "memory")])
@pytest.mark.parametrize("limited", ["slurm", "slurm/job_1"])
def test_limits_of_the_groups_around_the_process_count(tmp_path, line, folder, limited):
    """A batch system limits a group below the root, or one around it."""
    version = {"": "v2", "memory": "v1"}[folder]
    proc, cgroup = system(tmp_path, 8 * 2**20, **{version: (6 * GIB, GIB, 0)})
    (tmp_path / "proc/self").mkdir()
    (tmp_path / "proc/self/cgroup").write_text(f"9:cpuset:/elsewhere\n{line}\n")
    group = tmp_path / "cgroup" / folder / limited
    group.mkdir(parents=True)
    names = ("memory.max", "memory.current") if folder == "" else ("memory.limit_in_bytes", "memory.usage_in_bytes")
    for name, value in zip((*names, "memory.stat"), (3 * GIB, GIB, "inactive_file 0\ntotal_inactive_file 0")):
        (group / name).write_text(f"{value}\n")
    assert memory.available_bytes(proc, cgroup) == 2 * GIB


def test_device_bytes_of_the_cpu_are_the_machines(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 12345)
    assert memory.device_bytes("cpu") == 12345


def test_bytes_per_row_counts_every_intermediate_result():
    """Four results of 100 floats per row: 1600 bytes."""
    x = torch.ones(8, 100)
    assert memory.bytes_per_row(lambda: x.add(1).mul(2).sin().cos(), 8) == 1600


def test_bytes_per_row_bounds_what_a_network_needs():
    """At least its largest activation and that one's input; not a hundred times their sum."""
    net = torch.nn.Sequential(torch.nn.Linear(50, 2000), torch.nn.ReLU(), torch.nn.Linear(2000, 1))
    with torch.no_grad():
        x = torch.ones(4, 50)
        need = memory.bytes_per_row(lambda: net(x), 4)
    assert 2 * 2000 * 4 <= need < 100 * 4050 * 4
