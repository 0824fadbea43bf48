import itertools

import pytest
import torch

from arzoo.roofline import bandwidth, machine, peak

CPU = torch.device("cpu")


@pytest.fixture
def ticking(monkeypatch):
    """A clock by which every call takes a second, whatever is done."""
    clock = itertools.count()
    monkeypatch.setattr(machine.time, "perf_counter", lambda: next(clock))


@pytest.mark.parametrize(("asked", "read"), [(100, 2**20), (2**22, 2**22)])
@pytest.mark.usefixtures("ticking")
def test_bandwidth_is_of_a_working_set_as_large_as_the_weights(asked, read):
    rate = bandwidth(asked, CPU, seconds=0)
    assert rate.per_second == read
    assert rate.how.endswith(f"{read:,} bytes")


@pytest.mark.usefixtures("ticking")
def test_the_peak_is_that_of_the_best_matrices():
    rate = peak(torch.float32, CPU, seconds=0)
    assert rate.per_second == 2 * max(machine.SIDES) ** 3
    assert rate.how == "a product of 2048 x 2048 matrices, float32"
