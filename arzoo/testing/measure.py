"""Which symbols do the params of each position depend on? Found by changing one symbol at a time."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from arzoo.testing.subject import DRAWS, Context, Subject, rows, seeded

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
    strength = torch.stack([influence_in_training(subject, seed) for seed in range(DRAWS)]).amax(0)
    for seed in range(MOST_DRAWS):
        model, x, context = subject.redrawn(seed), subject.events(1, seed), subject.contexts(1, seed)
        strength = torch.maximum(strength, influence_at(model, x, context, seed))
        if seed + 1 >= DRAWS and (strength > 0)[wanted].all():
            break
    return strength


@torch.no_grad()
def influence_at(model: "AutoregressiveModel", x: Tensor, context: Context, seed: int) -> Tensor:
    """The same at one event, changed in a batch beside it.

    Args:
        model: In float64, evaluating.
        x: The event, (1, *event_shape).
        context: Its context.
        seed: Of the levels that are tried instead.
    """
    moves = []
    for part in one_symbol_changed(x[0], model.num_levels, seed).split(BATCH):
        params = model(torch.cat([x, part]), rows(context, [0] * (len(part) + 1))).flatten(2)
        moves.append(_moves(params[1:], params[:1]))
    return torch.cat(moves).unflatten(0, (-1, x.numel())).amax(0).T


@torch.no_grad()
def influence_in_training(subject: Subject, seed: int) -> Tensor:
    """The same while training: a normalisation may look ahead then alone.

    Each changed event is a batch of its own and the generators keep their seed, so that dropout drops the same units.
    """
    model, x, context = subject.redrawn(seed).train(), subject.events(1, seed), subject.contexts(1, seed)

    def run(event: Tensor) -> Tensor:
        with seeded(0):
            return model(event[None], context).flatten(2)

    expected = run(x[0])
    changed = one_symbol_changed(x[0], model.num_levels, seed)[: x.numel()]
    return torch.cat([_moves(run(event), expected) for event in changed]).T


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


def _moves(params: Tensor, expected: Tensor) -> Tensor:
    """Largest change of a param at each position, (N, P)."""
    moves = (params - expected).abs().amax(1) / expected.abs().max().clamp(min=1)
    return moves.where(moves > TOLERANCE, 0.0)
