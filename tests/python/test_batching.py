"""The batch size: a power of two within memory and time."""

import pytest
import torch

from deepmr_torch import batching
from deepmr_torch.batching import choose_batch_size, halved
from deepmr_torch.errors import DeepmrError


class Clock:
    """A clock that only computing moves on: `seconds` per row."""

    def __init__(self, monkeypatch, seconds=0.0, row=1000, free=10**9, full_at=None):
        self.now, self.seconds, self.sizes, self.full_at = 0.0, seconds, [], full_at
        monkeypatch.setattr(batching.time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(batching, "device_bytes", lambda device: free)
        monkeypatch.setattr(batching, "bytes_per_row", lambda forward, rows: row)

    def compute(self, n):
        self.sizes.append(n)
        self.now += n * self.seconds
        if self.full_at and n >= self.full_at:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")


@pytest.mark.parametrize(("most", "expected"), [(1, 1), (2, 2), (3, 2), (301, 256), (10_000, 512)])
def test_a_power_of_two_up_to_what_is_asked(monkeypatch, most, expected):
    """512 rows at most on a CPU."""
    clock = Clock(monkeypatch)
    assert choose_batch_size(clock.compute, "cpu", most) == expected
    assert max(clock.sizes, default=1) == max(expected, 1)


@pytest.mark.parametrize(("seconds", "expected"), [(0.01, 16), (0.1, 2), (1.0, 1)])
def test_time_limits_it(monkeypatch, seconds, expected):
    """The largest size within 0.3 seconds, at least 1."""
    assert choose_batch_size(Clock(monkeypatch, seconds).compute, "cpu", 500) == expected


@pytest.mark.parametrize(("free", "expected"), [(2_000, 1), (20_000, 8), (1_000_000, 256), (None, 512)])
def test_memory_limits_it(monkeypatch, free, expected):
    """Half of the free memory, at 1000 bytes a row; unlimited where the system does not say."""
    clock = Clock(monkeypatch, free=free)
    assert choose_batch_size(clock.compute, "cpu", 600) == expected
    assert max(clock.sizes, default=0) <= (600 if free is None else free / 2 / 1000)  # nothing larger is tried


def test_no_memory_for_one_row(monkeypatch):
    with pytest.raises(DeepmrError) as error:
        choose_batch_size(Clock(monkeypatch, row=3 * 2**30, free=2**30).compute, "cpu", 10)
    assert error.value.what == "memory"
    assert "3.0 GiB, but only 1.0 GiB" in error.value.problem


def test_a_full_gpu_ends_the_search(monkeypatch):
    assert choose_batch_size(Clock(monkeypatch, full_at=64).compute, "cpu", 500) == 32


def test_halved():
    assert [halved(20), halved(3), halved(2)] == [10, 1, 1]
    with pytest.raises(DeepmrError) as error:
        halved(1)
    assert error.value.what == "memory"
