"""Where and from what a checkpoint was made, so that somebody else can make it again."""

import os
import platform
import subprocess
from pathlib import Path

import torch

ALLOCATOR = ("MALLOC_", "LD_PRELOAD", "GLIBC_TUNABLES", "PYTORCH_CUDA_ALLOC_CONF")
"""How the variables begin that change how memory is handed out."""


def allocator() -> dict[str, str]:
    """Return the variables of the environment that change how memory is handed out, and so how long things take."""
    return {name: value for name, value in sorted(os.environ.items()) if name.startswith(ALLOCATOR)}


def environment(device: torch.device, processes: int = 1) -> dict[str, str | None]:
    """Return what a run was made with: machine in words, torch version, commit of arzoo.

    Args:
        device: Where the model lies.
        processes: How many train together.
    """
    return {"machine": machine(device, processes), "torch": torch.__version__, "commit": commit()}


def machine(device: torch.device, processes: int = 1) -> str:
    """Say in words what a training ran on.

    Args:
        device: Where the model lies.
        processes: How many train together.

    Returns:
        For example "2 threads of Intel Xeon E5 on Linux" or "NVIDIA H200".
    """
    if device.type == "cuda":
        one = torch.cuda.get_device_name(device)
    else:
        threads = torch.get_num_threads()
        one = f"{threads} thread{'s' * (threads > 1)} of {_processor()} on {platform.system()}"
    return one if processes == 1 else f"{processes} processes, each {one}"


def commit() -> str | None:
    """Return the commit of the arzoo that runs, "-dirty" behind it where files differ, None outside a checkout."""
    package = Path(__file__).resolve().parent
    if _git(package, "ls-files", "--error-unmatch", Path(__file__).name) is None:
        return None  # installed, perhaps into a folder of somebody else's checkout
    return _git(package, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _git(folder: Path, *arguments: str) -> str | None:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}  # a training must not hold the lock of the index
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
