"""The global generators of a process: lent a seed, disturbed, or watched."""

import contextlib
import random
from collections.abc import Iterator

import numpy as np
import torch


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed torch's, numpy's and Python's generator for the time being, and leave them as they were found."""
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)


def states() -> dict[str, object]:
    """Where each global generator is at, in a form that can be compared."""
    numpy = [np.asarray(part).tolist() for part in np.random.get_state()]
    return {"torch": torch.get_rng_state().tolist(), "numpy": numpy, "Python": random.getstate()}
