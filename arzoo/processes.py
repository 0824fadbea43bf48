"""Several processes that share one piece of work: `torch.distributed`, set up by torchrun or `accelerate launch`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch import distributed as dist


def several() -> bool:
    """Whether a process group is there that has more than one process."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def is_first() -> bool:
    """Whether this process is the one that writes and shows; the only one always is."""
    return rank_and_count()[0] == 0


def rank_and_count() -> tuple[int, int]:
    """This process's number, from 0, and how many there are; (0, 1) where it is the only one."""
    return (dist.get_rank(), dist.get_world_size()) if several() else (0, 1)


def own_share(count: int) -> slice:
    """The part of 0 ... count - 1 that is this process's: runs of nearly equal length, in the order of the ranks.

    Example:
        >>> own_share(5)
        slice(0, 5, None)
    """
    rank, processes = rank_and_count()
    return slice(count * rank // processes, count * (rank + 1) // processes)


def gathered(share: Tensor, count: int) -> Tensor:
    """What all processes have, one share behind the other, in every process.

    Args:
        share: The rows `own_share(count)`, on the CPU.
        count: Rows of all processes together.

    Returns:
        (count, ...), on the CPU.
    """
    if not several():
        return share
    place = torch.device("cuda", torch.cuda.current_device()) if dist.get_backend() == "nccl" else torch.device("cpu")
    whole = torch.zeros(count, *share.shape[1:], dtype=share.dtype, device=place)
    whole[own_share(count)] = share.to(place)
    dist.all_reduce(whole)  # a sum with the zeros of the others, so that shares need not be of one length
    return whole.cpu()


@contextmanager
def launched(*, accelerator: bool = False) -> Iterator[None]:
    """Join the processes that a launcher started beside this one, by what it put into the environment.

    Args:
        accelerator: Whether the work is done on CUDA devices; each process then has the one of its local rank.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or not dist.is_available() or dist.is_initialized():
        yield
        return
    if accelerator:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    dist.init_process_group("nccl" if accelerator else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()
