"""The incremental form: the same params as a whole pass, from a state that is the caller's alone."""

import copy

import torch
from torch import Tensor

from arzoo.testing.check import check
from arzoo.testing.compare import EXACT, require_same
from arzoo.testing.places import Places
from arzoo.testing.subject import DRAWS, Subject, cast
from arzoo.testing.walk import Walk, whole_pass

BATCH = 3
FLOAT32 = 1e-4

FORGETS = "a state that is not written, read at the wrong offset or begun late, or a context that `step` does not see"
HIDDEN = "an attribute of a layer that lasts between steps; put it into the state, which belongs to the caller"


@check("cached-step", cause=FORGETS, needs=("dependence", "length"))
@torch.no_grad()
def cached_step(subject: Subject) -> None:
    """The params of a step are those of a whole pass, at every position, for a batch of one and of several.

    To 1e-9 in float64 and 1e-4 in float32, under several draws of the weights; `previous` is noise at the first
    position. Fails on a state that forgets or is read at the wrong place, and on a `step` that sees no context.
    """
    for seed in range(DRAWS):
        _check_walk(subject, BATCH if seed else 1, seed, torch.float64, EXACT)
    _check_walk(subject, BATCH, 0, torch.float32, FLOAT32)


@check("own-state", cause=HIDDEN, needs=("cached-step",))
@torch.no_grad()
def own_state(subject: Subject) -> None:
    """Two walks taken in turns do not disturb each other, nor does a copy of a state that goes another way.

    Fails on a `step` that keeps anything outside the state it was given: two samplers of one model spoil each other's
    work.
    """
    _check_turns(subject)
    _check_fork(subject)


def _check_walk(subject: Subject, count: int, seed: int, dtype: torch.dtype, tolerance: float) -> None:
    model, x = subject.redrawn(seed, dtype), subject.events(count, seed)
    context = cast(subject.contexts(count, seed), dtype)
    expected = whole_pass(model, subject.ordering, x, context)
    rule = f"a step must give the params of the whole pass ({dtype}, batch of {count})"
    for position, params in enumerate(Walk(model, subject.ordering, x, context).steps()):
        _require_step(subject, params, expected[position], rule, position, tolerance)


def _check_turns(subject: Subject) -> None:
    batches = [(subject.events(count, seed=count), subject.contexts(count, seed=count)) for count in (2, 1)]
    expected = [whole_pass(subject.model, subject.ordering, *batch) for batch in batches]
    walks = [Walk(subject.model, subject.ordering, *batch) for batch in batches]
    for position in range(subject.ordering.num_positions):
        for turn, (walk, whole) in enumerate(zip(walks, expected, strict=True)):
            rule = f"two walks in turns must each give the params of the whole pass (walk {turn + 1} of 2)"
            _require_step(subject, walk.step(position), whole[position], rule, position)


def _check_fork(subject: Subject) -> None:
    """Half-way, copy the state, and let the copy go on with another event."""
    half, context = subject.ordering.num_positions // 2, subject.contexts(2)
    x = subject.events(2, seed=1)
    walk = Walk(subject.model, subject.ordering, x, context)
    for position in range(half):
        walk.step(position)
    other, fork = _other_end(subject, x, half), copy.copy(walk)
    fork.state, fork.flat = copy.deepcopy(walk.state), other.flatten(1)
    for way, events in ((fork, other), (walk, x)):
        expected = whole_pass(subject.model, subject.ordering, events, context)
        for position in range(half, subject.ordering.num_positions):
            rule = f"a state and its copy must go their own ways ({'the copy' if way is fork else 'the first'})"
            _require_step(subject, way.step(position), expected[position], rule, position)


def _other_end(subject: Subject, x: Tensor, position: int) -> Tensor:
    """Events that begin as `x` does and are others from just before `position` on, which no step has read yet."""
    other, begun = subject.events(len(x), seed=2), subject.ordering.symbols[: max(position - 1, 0)].flatten()
    other.flatten(1)[:, begun] = x.flatten(1)[:, begun]
    return other


def _require_step(
    subject: Subject, seen: Tensor, expected: Tensor, rule: str, position: int, tolerance: float = EXACT
) -> None:
    place = Places(subject.ordering).position(int(subject.ordering.permutation[position]))
    step = f"step {position}, {place}"
    require_same(seen, expected, rule, tolerance=tolerance, where=lambda at: f"{step}, event {at[0]}, param {at[1]}")
