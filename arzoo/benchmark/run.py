"""Measure checkpoints part by part, so that what is finished is kept whatever happens to the rest."""

import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch

from arzoo import registry
from arzoo.benchmark.measures import PARTS, Plan
from arzoo.benchmark.results import FAILED, Result
from arzoo.checkpoints.config import WEIGHTS
from arzoo.checkpoints.loading import device_of, load
from arzoo.entries import File
from arzoo.errors import ArzooError, CheckpointError, ConfigError
from arzoo.provenance import allocator, commit, machine


def run(names: Sequence[str], plan: Plan, done: Callable[[str], object] = lambda what: None) -> list[Result]:
    """Measure what has not been measured yet.

    Args:
        names: Checkpoints.
        plan: How.
        done: Called before each part with what is being done, and with "" at the end of each.

    Returns:
        A result a checkpoint; a part that could not be measured says why.

    Raises:
        UnknownModelError: A checkpoint is not registered.
        ConfigError: A checkpoint is not pinned, so that nobody can say which weights a figure is of.
    """
    pins = {name: pin_of(name) for name in names}
    return [_measured(_begun(name, pin, plan), plan, done) for name, pin in pins.items()]


def pin_of(name: str) -> File:
    """Return what the weights file of a checkpoint must hash to.

    Raises:
        UnknownModelError: The checkpoint is not registered.
        ConfigError: It is not pinned.
    """
    files = registry.checkpoint_entry(name).files
    if WEIGHTS not in files:
        raise ConfigError(
            f"A benchmark must be of pinned weights, got {name}, which pins {', '.join(files) or 'no file'}."
        )
    return files[WEIGHTS]


def _measured(result: Result, plan: Plan, done: Callable[[str], object]) -> Result:
    for part in plan.parts:
        done(f"{result.model}: {part}")
        if result.part(part) is None or plan.again:
            result = replace(result, parts={**result.parts, part: _part(result.model, part, plan)})
            result.write(plan.folder)
        done("")
    return result


def _begun(name: str, pin: File, plan: Plan) -> Result:
    """Return what was measured before of the same weights at the same setting, or an empty result."""
    fresh = Result(
        model=name,
        weights_sha256=pin.sha256,
        weights_bytes=pin.size,
        parameters=_parameters(name),
        machine=machine(device_of(plan.device)),
        torch=torch.__version__,
        python=platform.python_version(),
        allocator=allocator(),
    )
    try:
        before = Result.read(plan.folder / fresh.filename)
    except CheckpointError:
        return fresh
    return replace(fresh, parts=before.parts) if before.continues(fresh) else fresh


def _parameters(name: str) -> int | None:
    """Count the parameters; None of a model that does not load, whose parts then say why."""
    try:
        return sum(parameter.numel() for parameter in load(name, device="cpu").parameters())
    except Exception:
        return None


def _part(name: str, part: str, plan: Plan) -> dict[str, Any]:
    """Measure a part; what goes wrong is a reason in its row, and the next one has its turn."""
    how = {"command": plan.command(name, part), "commit": commit()}
    try:
        return {**PARTS[part](name, plan), **how}
    except ArzooError as error:
        return {FAILED: str(error), **how}
    except Exception as error:
        return {FAILED: f"{type(error).__name__}: {error}", **how}
