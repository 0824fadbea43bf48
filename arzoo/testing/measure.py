"""Which symbols do the params of each position depend on? Found by changing one symbol at a time."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from arzoo.testing.generators import seeded
from arzoo.testing.subject import DRAWS, Context, Subject, rows

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

# Relative to the largest param. Float64 rounding is near 1e-15; a real dependence of a small network is far above.
TOLERANCE = 1e-11

# A unit that is dead or saturated hides what runs through it, so weights and events are drawn again: always a few
# times, for a leak may be rare, and up to the last while something that should show does not.
MOST_DRAWS = 24

# Other levels tried for a symbol, and events run at a time.
OTHER_LEVELS, BATCH = 3, 256


def influence(subject: Subject, wanted: Tensor) -> Tensor:
    """How strongly each symbol moves the params of each position, at most over several draws.

    Args:
        subject: The model under test.
        wanted: Booleans (P, E): the dependence that should show. Drawing goes on until it does.

    Returns:
        (P, E): the largest change of a param, relative to the largest param; 0 where it is rounding.
    """
    strength = torch.zeros(wanted.shape, dtype=torch.float64)
    for seed in range(MOST_DRAWS):
        model, x, context = subject.redrawn(seed), subject.events(1, seed), subject.contexts(1, seed)
        for training in (False, True) if seed < DRAWS else (False,):
            strength = torch.maximum(strength, influence_at(model.train(training), x, context, seed))
        if seed + 1 >= DRAWS and (strength > 0)[wanted].all():
            break
    return strength


@torch.no_grad()
def influence_at(model: "AutoregressiveModel", x: Tensor, context: Context, seed: int) -> Tensor:
    """How strongly each symbol moves the params of each position, at one event.

    Events with one symbol changed are compared with as many copies of the event, under one seed, so that dropout while
    training drops the same units of both.

    Args:
        model: In float64, evaluating or training: a normalisation may look ahead while training alone.
        x: The event, (1, *event_shape).
        context: Its context.
        seed: Of the levels that are tried instead.

    Returns:
        (P, E), as `influence`.
    """
    moves = []
    for part in one_symbol_changed(x[0], model.num_levels, seed).split(BATCH):
        params, expected = (
            _params(model, events, rows(context, [0] * len(part)), seed) for events in (part, x.expand_as(part))
        )
        moves.append((params - expected).abs().amax(1) / expected.abs().max().clamp(min=1))
    strength = torch.cat(moves).unflatten(0, (-1, x.numel())).amax(0).T
    return strength.where(strength > TOLERANCE, 0.0)


def one_symbol_changed(x: Tensor, num_levels: int, seed: int) -> Tensor:
    """Copies of an event with each symbol in turn at another level.

    Args:
        x: Levels of any shape, E of them.
        num_levels: Number of levels.
        seed: Of the choice of levels, where there are many.

    Returns:
        (k * E, *x.shape): row r has symbol r % E changed; k other levels are tried.
    """
    size, generator = x.numel(), torch.Generator().manual_seed(seed)
    shifts = 1 + torch.randperm(num_levels - 1, generator=generator)[:OTHER_LEVELS]
    changed = x.reshape(1, 1, size).repeat(len(shifts), size, 1)
    changed[:, range(size), range(size)] = (x.flatten() + shifts[:, None]) % num_levels
    return changed.reshape(-1, *x.shape)


def _params(model: "AutoregressiveModel", x: Tensor, context: Context, seed: int) -> Tensor:
    with seeded(seed):
        return model(x, context).flatten(2)
