"""The receptive field of a network, measured from its own gradients: what of an event one position listens to.

Levels are integers, and no gradient reaches them. So every float that a network makes of integers, be it a scaled
level, a one-hot vector or an embedding, is made a leaf of the graph; which symbol a number of a leaf stands for is
found by giving symbol i levels that spell i in binary, one digit a pass, and looking which numbers move. Nothing need
be known of the architecture.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from arzoo.benchmark.subjects import Subject
from arzoo.errors import ConfigError
from arzoo.sampling import evaluating
from arzoo.testing.places import sizes

DRAWS = 4
"""Random events and random mixtures of the params whose gradients are put together."""

HERE, LATER, UNSEEN = "#", "-", "."
"""In a picture: the position itself, what comes after it, and what comes before it and has no influence."""

STEPS = 9
"""Of the scale of influence, a third of a decade each, from 0 to this digit."""


def measure_field(subject: Subject) -> dict[str, Any]:
    """Measure which symbols the params at one position depend on, and how strongly.

    The position is the middle of an image, in its last channel, and the last one of a sequence.

    Args:
        subject: The model, in float64, so that what is zero is zero.

    Returns:
        The position; how many of the symbols before it have influence, and of how many; and of an image the picture, a
        character a pixel, of a sequence the influence of each distance, relative to the strongest; as JSON types.

    Raises:
        ConfigError: A number within the network stands for several symbols at once.
    """
    ordering, grid = subject.ordering, sizes(subject.ordering.grid)
    place = tuple(size // 2 for size in grid) if len(grid) > 1 else (grid[0] - 1,)
    place = (grid[0] - 1, *place[1:]) if len(grid) == 3 else place
    influence = influence_at(subject, place)
    rank = int((ordering.permutation == _flat(grid, place)).nonzero())
    before = torch.zeros(influence.numel(), dtype=torch.bool)
    before[ordering.symbols[:rank].flatten()] = True
    counts = {"seen": int((influence[before] > 0).sum()), "earlier": int(before.sum())}
    shown = _distances(influence) if len(grid) == 1 else _picture(influence, before, subject, place)
    return {"position": list(place), **counts, **shown}


def influence_at(subject: Subject, place: Sequence[int]) -> Tensor:
    """Return the length of the gradient of the params at a place of the grid, by symbol, (E,) float64."""
    shape = sizes(subject.ordering.event_shape)
    context = subject.model.check_context(subject.context(1), 1, subject.ordering.num_positions)
    frozen = [weight for weight in subject.model.parameters() if weight.requires_grad]

    def run(levels: Tensor) -> tuple[Tensor, list[Tensor]]:
        with _Leaves() as leaves, evaluating(subject.model):
            params = subject.model.params(levels.view(1, *shape).to(subject.model.device), context)
        return params, leaves.found

    for weight in frozen:
        weight.requires_grad_(False)
    try:
        symbols = _symbols(lambda levels: run(levels)[1], math.prod(shape), subject.model.num_levels)
        squares = sum(_squares(run, symbols, place, seed, subject, math.prod(shape)) for seed in range(DRAWS))
    finally:
        for weight in frozen:
            weight.requires_grad_(True)
    return torch.as_tensor(squares).sqrt()


class _Leaves(TorchFunctionMode):
    """Makes a leaf of every float that is made of integers, and of nothing that hangs on a leaf already."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Tensor] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if not isinstance(result, Tensor) or not result.is_floating_point() or result.requires_grad:
            return result
        taken = (leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor))
        if all(tensor.is_floating_point() for tensor in taken):
            return result
        leaf = result.detach().requires_grad_()
        self.found.append(leaf)
        return leaf.clone()  # which may be written to in place


def _symbols(run: Callable[[Tensor], list[Tensor]], count: int, num_levels: int) -> list[Tensor]:
    """Return, for each leaf, the number of the symbol that each of its numbers stands for, from 1; 0 for none.

    Raises:
        ConfigError: A number stands for several.
    """
    number, high = torch.arange(1, count + 1), num_levels - 1
    low = run(torch.zeros(count, dtype=torch.int64))
    spelt = [torch.zeros(leaf.shape, dtype=torch.int64) for leaf in low]
    opposite = [leaf.clone() for leaf in spelt]
    bits = count.bit_length()
    for bit in range(bits):
        digit = number >> bit & 1
        for found, levels in ((spelt, digit), (opposite, 1 - digit)):
            for symbol, leaf, other in zip(found, low, run(levels * high), strict=True):
                symbol += (leaf != other).cpu().long() << bit
    for one, other in zip(spelt, opposite, strict=True):
        mixed = (one > 0) & (one + other != 2**bits - 1)
        if mixed.any():
            raise ConfigError(
                "A float that a network makes of levels must stand for one symbol for its receptive field to be "
                f"measured, got {int(mixed.sum())} that stand for several. Make floats of levels before mixing them."
            )
    return spelt


def _squares(
    run: Callable[[Tensor], tuple[Tensor, list[Tensor]]],
    symbols: Sequence[Tensor],
    place: Sequence[int],
    seed: int,
    subject: Subject,
    count: int,
) -> Tensor:
    """Return the squares of the gradient of a random mixture of the params, summed by symbol, (E,)."""
    generator = torch.Generator().manual_seed(seed)
    params, leaves = run(torch.randint(subject.model.num_levels, (count,), generator=generator))
    at = params[0].flatten(1)[:, _flat(params.shape[2:], place)]
    value = at @ torch.randn(len(at), generator=generator, dtype=torch.float64).to(at)
    slopes = torch.autograd.grad(value, leaves, allow_unused=True) if value.requires_grad else [None] * len(leaves)
    squares = torch.zeros(count + 1, dtype=torch.float64)
    for slope, symbol in zip(slopes, symbols, strict=True):
        if slope is not None:
            squares.index_add_(0, symbol.flatten(), slope.detach().cpu().double().square().flatten())
    return squares[1:]


def _picture(influence: Tensor, before: Tensor, subject: Subject, place: Sequence[int]) -> dict[str, Any]:
    """Draw a character a pixel, over its channels."""
    height, width = sizes(subject.ordering.event_shape)[-2:]
    pixels = influence.view(-1, height, width).square().sum(0).sqrt()
    earlier = before.view(-1, height, width).any(0)
    relative = pixels / pixels.max().clamp_min(torch.finfo(torch.float64).tiny)
    rows = [[_character(float(relative[i, j]), bool(earlier[i, j])) for j in range(width)] for i in range(height)]
    rows[place[-2]][place[-1]] = HERE
    return {"picture": ["".join(row) for row in rows]}


def _character(relative: float, earlier: bool) -> str:
    if relative:
        return str(max(0, STEPS - int(-3 * math.log10(relative))))
    return UNSEEN if earlier else LATER


def _flat(grid: Sequence[int], place: Sequence[int]) -> int:
    return sum(index * math.prod(grid[axis + 1 :]) for axis, index in enumerate(place))


def _distances(influence: Tensor) -> dict[str, Any]:
    """Return the strongest influence in each span of distances, a third of an octave each."""
    back = influence[:-1].flip(0) / influence.max().clamp_min(torch.finfo(torch.float64).tiny)
    ends = sorted({round(2 ** (k / 3)) for k in range(3 * len(back).bit_length())} | {len(back) + 1})
    spans = ((start, back[start - 1 : stop - 1]) for start, stop in pairwise(ends))
    return {"distances": [[start, float(f"{float(span.max()):.3g}")] for start, span in spans if span.numel()]}
