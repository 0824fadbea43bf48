"""The seam to accelerate, which owns devices, precision and the synchronisation of gradients."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from arzoo.errors import ConfigError
from arzoo.training.recipes import TrainingPart

if TYPE_CHECKING:
    from accelerate import Accelerator


def accelerator_for(training: TrainingPart) -> "Accelerator":
    """Return the accelerator of one run.

    Args:
        training: The recipe's section: precision and forward passes a step.

    Raises:
        ConfigError: If accelerate is not installed.
    """
    try:
        from accelerate import Accelerator
        from accelerate.state import AcceleratorState
    except ImportError as error:
        raise ConfigError(
            "Training needs accelerate, which is not installed. Use pip install 'arzoo[train]'."
        ) from error
    AcceleratorState._reset_state()  # one a process, and an earlier run may have left it another precision
    return Accelerator(
        cpu=not torch.accelerator.is_available(),  # else torchrun's processes would not find each other
        mixed_precision="bf16" if training.precision == "bf16" else "no",
        gradient_accumulation_steps=training.accumulate,
    )


_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt(3)


@contextmanager
def reproducible(device: torch.device) -> Iterator[None]:
    """Give a run the random generators to itself, and on a CPU only kernels that add in a fixed order.

    Deterministic kernels of an accelerator cost speed; there the promise of equal bits is not made.
    """
    filling: Any = torch.utils.deterministic  # whose one attribute is a property of the module, unseen by type checkers
    filled, strict = filling.fill_uninitialized_memory, torch.are_deterministic_algorithms_enabled()
    filling.fill_uninitialized_memory = False  # a debugging aid that writes every new tensor twice
    torch.use_deterministic_algorithms(strict or device.type == "cpu")
    try:
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            yield
    finally:
        torch.use_deterministic_algorithms(strict)
        filling.fill_uninitialized_memory = filled


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Compute on this many threads of a CPU for the time being; 0 leaves torch its choice."""
    chosen = torch.get_num_threads()
    torch.set_num_threads(count or chosen)
    try:
        yield
    finally:
        torch.set_num_threads(chosen)


def seed_step(seed: int, step: int, rank: int) -> None:
    """Make dropout a function of (seed, step, process), whatever was drawn before.

    Args:
        seed: The recipe's.
        step: Which update.
        rank: Which process.
    """
    torch.manual_seed(int(np.random.SeedSequence([seed, step, rank]).generate_state(1, np.uint64)[0]))


def keep_freed_memory() -> None:
    """Let glibc keep what a step frees for the next one, instead of handing it to the system and asking anew.

    A big buffer is otherwise mapped for every operation, and each of its pages comes as a fault that clears it: a fifth
    to a half of the time of a step of wide convolutions on a CPU (`benchmarks/peer_training.py --system-memory`). The
    process holds on to the most that it ever had. Where there is no glibc, nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        for option in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
            mallopt(option, 2**31 - 1) or mallopt(option, 2**25)  # the most that an old glibc takes
