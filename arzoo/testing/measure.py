"""Which symbols do the params of each position depend on? Found by changing one symbol at a time."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from arzoo.testing.generators import seeded
from arzoo.testing.subject import DRAWS, Context, Subject, cast, rows

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

# Relative to the largest param. What does not depend on a symbol does not even round differently; a real dependence of
# a small network is far above.
TOLERANCES = {torch.float64: 1e-11, torch.float32: 1e-5}

# A unit that is dead or saturated hides what runs through it, so weights and events are drawn again: always a few
# times, for a leak may be rare, and up to the last while something that should show does not.
MOST_DRAWS = 24

# Events run at a time.
BATCH = 256


def influence(subject: Subject, wanted: Tensor) -> Tensor:
    """How strongly each symbol moves the params of each position, at most over several draws.

    Args:
        subject: The model under test.
        wanted: Booleans (P, E): the dependence that should show. Drawing goes on until it does.

    Returns:
        (P, E): the largest change of a param, relative to the largest param; 0 where it is rounding.
    """
    strength = _influence_in_float32(subject)
    for seed in range(MOST_DRAWS):
        model, x, context = subject.redrawn(seed), subject.events(1, seed), subject.contexts(1, seed)
        for training in (False, True) if seed < DRAWS else (False,):
            strength = torch.maximum(strength, influence_at(model.train(training), x, context, seed))
        if seed + 1 >= DRAWS and (strength > 0)[wanted].all():
            break
    return strength


def _influence_in_float32(subject: Subject) -> Tensor:
    """What a layer does in this dtype alone, once."""
    context = cast(subject.contexts(1), torch.float32)
    return influence_at(subject.redrawn(0, torch.float32), subject.events(1), context, 0)


@torch.no_grad()
def influence_at(model: "AutoregressiveModel", x: Tensor, context: Context, seed: int) -> Tensor:
    """How strongly each symbol moves the params of each position, at one event.

    Events with one symbol changed are compared with as many copies of the event, under one seed, so that dropout while
    training drops the same units of both.

    Args:
        model: In float64 or float32, evaluating or training: a normalisation may look ahead while training alone.
        x: The event, (1, *event_shape).
        context: Its context.
        seed: Of the levels that are tried instead.

    Returns:
        (P, E), as `influence`.
    """
    moves, tolerance = [], TOLERANCES[next(model.parameters()).dtype]
    for part in one_symbol_changed(x[0], model.num_levels, seed).split(BATCH):
        params, expected = (
            _params(model, events, rows(context, [0] * len(part)), seed) for events in (part, x.expand_as(part))
        )
        moves.append((params - expected).abs().amax(1) / expected.abs().max().clamp(min=1))
    strength = torch.cat(moves).unflatten(0, (-1, x.numel())).amax(0).T
    return strength.where(strength > tolerance, 0.0).double()


def one_symbol_changed(x: Tensor, num_levels: int, seed: int) -> Tensor:
    """Copies of an event with each symbol in turn at another level.

    Args:
        x: Levels of any shape, E of them.
        num_levels: Number of levels.
        seed: Of the choice of levels, where there are many.

    Returns:
        (k * E, *x.shape): row r has symbol r % E changed. The lowest and the highest level are tried, for mistakes are
        made at the edges, and one at random; k is 1 where there are two levels, 2 where there are three.
    """
    size, flat, generator = x.numel(), x.flatten(), torch.Generator().manual_seed(seed)
    lowest, highest = (flat == 0).long(), num_levels - 1 - (flat == num_levels - 1).long()
    some = (flat + torch.randint(1, num_levels, (size,), generator=generator)) % num_levels
    others = torch.stack([lowest, highest, some][: num_levels - 1])
    changed = flat.repeat(len(others), size, 1)
    changed[:, range(size), range(size)] = others
    return changed.reshape(-1, *x.shape)


def _params(model: "AutoregressiveModel", x: Tensor, context: Context, seed: int) -> Tensor:
    with seeded(seed):
        return model(x, context).flatten(2)
