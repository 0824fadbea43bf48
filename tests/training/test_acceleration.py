import ctypes
import subprocess
import sys

import pytest
import torch

from arzoo.errors import ConfigError
from arzoo.training.acceleration import accelerator_for, on_threads, reproducible, seed_step
from arzoo.training.recipes import TrainingPart


def test_without_accelerate_the_repair_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    rule = r"^Training needs accelerate, which is not installed\. Use pip install 'arzoo\[train\]'\.$"
    with pytest.raises(ConfigError, match=rule):
        accelerator_for(TrainingPart(steps=1))


def test_each_run_has_its_own_precision():
    for precision, expected in (("bf16", "bf16"), ("float32", "no"), ("float64", "no")):
        assert accelerator_for(TrainingPart(steps=1, precision=precision)).mixed_precision == expected


def test_the_generators_and_flags_of_the_process_are_given_back():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with reproducible(torch.device("cpu")):
        torch.manual_seed(99)
        torch.rand(7)
        assert torch.are_deterministic_algorithms_enabled()
    assert torch.equal(torch.rand(3), expected)
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.utils.deterministic.fill_uninitialized_memory


def test_a_step_has_its_own_random_numbers():
    def drawn(*key):
        seed_step(*key)
        return torch.rand(3).tolist()

    with reproducible(torch.device("cpu")):
        assert drawn(0, 1, 0) == drawn(0, 1, 0)
        assert len({tuple(drawn(*key)) for key in ((0, 1, 0), (1, 1, 0), (0, 2, 0), (0, 1, 1), (1, 0, 0))}) == 5


def test_a_run_has_its_threads_and_gives_them_back():
    before = torch.get_num_threads()
    for asked in (before + 1, 0):
        with on_threads(asked):
            assert torch.get_num_threads() == (asked or before)
        assert torch.get_num_threads() == before


FAULTS = """
import resource, torch
from arzoo.training.acceleration import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(3):
        torch.ones(2**24)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
plain = faults()
keep_freed_memory()
faults()
print(plain, faults())
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="glibc alone can be told")
def test_what_was_freed_is_used_again():
    done = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    plain, kept = map(int, done.stdout.split())
    assert plain > 50 > kept  # three times 64 MB are 49,152 pages, or 96 large ones
