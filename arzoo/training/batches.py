"""Which items a step sees: a pure function of (seed, step), so that a resumed run needs no loader state.

The training items form one endless sequence, epoch after epoch, each shuffled anew; a step takes the next
`items_per_step` of it and its processes and forward passes share them:

    step s:  | pass 0: process 0, process 1 | pass 1: process 0, process 1 |     a share is batch_size items

So two processes see together what one sees with twice the batch.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from arzoo.data.dataset import Batch, Dataset
from arzoo.randomness import shuffled

K = TypeVar("K")
V = TypeVar("V")


class Batches:
    """The shares of one process.

    Args:
        dataset: The items that are trained on.
        batch_size: Items in a share.
        accumulate: Forward passes a step.
        seed: Key of the order and of the draws.
        processes: How many processes train.
        rank: Which one this is, 0 ... processes-1.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int,
        *,
        accumulate: int = 1,
        seed: int = 0,
        processes: int = 1,
        rank: int = 0,
    ) -> None:
        self.dataset = dataset
        self.batch_size = batch_size
        self.accumulate = accumulate
        self.seed = seed
        self.processes = processes
        self.rank = rank
        self._epoch, self._order = -1, np.empty(0, np.int64)

    @property
    def items_per_step(self) -> int:
        """Items that one update sees, over all processes and forward passes."""
        return self.batch_size * self.accumulate * self.processes

    def step(self, step: int) -> list[Batch]:
        """Return this process's shares of one step, one a forward pass."""
        first = step * self.items_per_step + self.rank * self.batch_size
        firsts = (first + part * self.processes * self.batch_size for part in range(self.accumulate))
        return [self._items(one, self.batch_size) for one in firsts]

    def start(self) -> Batch:
        """Return all items of the first step, the shares of all processes and passes together.

        Weights that are set by data are then the same however the step is shared.
        """
        return self._items(0, self.items_per_step)

    def _items(self, first: int, count: int) -> Batch:
        """Return the items `first` ... `first + count - 1` of the endless sequence."""
        pieces, end = [], first + count
        while first < end:  # a share may reach over the end of an epoch
            epoch, offset = divmod(first, len(self.dataset))
            indices = self._shuffled(epoch)[offset : offset + end - first]
            pieces.append(self.dataset.batch(torch.from_numpy(indices), seed=self.seed, epoch=epoch))
            first += len(indices)
        context = {name: torch.cat([piece.context[name] for piece in pieces]) for name in pieces[0].context}
        lengths, begins = (_joined([getattr(piece, name) for piece in pieces]) for name in ("lengths", "begins"))
        return Batch(torch.cat([piece.x for piece in pieces]), context, lengths, begins)

    def _shuffled(self, epoch: int) -> np.ndarray:
        if epoch != self._epoch:
            self._epoch, self._order = epoch, shuffled(len(self.dataset), self.seed, epoch)
        return self._order


def _joined(parts: list[Tensor | None]) -> Tensor | None:
    """Join what all pieces have, or none."""
    there = [part for part in parts if part is not None]
    return torch.cat(there) if there else None


def ahead(make: Callable[[K], V], keys: Iterable[K], depth: int = 2) -> Iterator[V]:
    """Yield `make(key)` for each key, made by one other thread up to `depth` keys early.

    An accelerator would otherwise wait while the processor cuts the next batch.

    Example:
        >>> list(ahead(lambda n: n * n, range(4)))
        [0, 1, 4, 9]
    """
    with ThreadPoolExecutor(1) as worker:
        waiting: deque = deque()
        for key in keys:
            waiting.append(worker.submit(make, key))
            if len(waiting) > depth:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
