"""The incremental form: the same params as a whole pass, from a state that is the caller's alone."""

import copy
import itertools
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from arzoo.testing.check import check
from arzoo.testing.compare import EXACT, Index, differ, require_same
from arzoo.testing.departure import first_departure
from arzoo.testing.places import Places
from arzoo.testing.subject import DRAWS, Subject, cast
from arzoo.testing.walk import Walk, whole_pass

BATCH = 3
FLOAT32 = 1e-4

# What is nearer than that, and not the same in float64, was rounded to float32 on the way.
SINGLE_PRECISION = 1e-5

# How often there is a seam before a position, in cuts at random.
CHANCES = (0.2, 0.4, 0.7)

FORGETS = "a state that is not written, read at the wrong offset or begun late, or a context that `step` does not see"
NARROW = "a state or a table in float32: make it in the dtype of the weights (`weight.new_zeros`)"
SEAM = (
    "a stretch that begins from nothing instead of the state, that does not write the state back or writes that of "
    "another position, or that reads `previous` off by one"
)
HIDDEN = "an attribute of a layer that lasts between steps; put it into the state, which belongs to the caller"


@check("cached-step", cause=FORGETS, needs=("dependence", "length", "float64"))
@torch.no_grad()
def cached_step(subject: Subject) -> None:
    """The params of a step are those of a whole pass, at every position, for a batch of one and of several.

    To 1e-9 in float64 and 1e-4 in float32, under several draws of the weights; `previous` is noise at the first
    position. Fails on a state that forgets or is read at the wrong place, and on a `step` that sees no context. Where
    the length is free, 70 symbols are tried too: a buffer that goes round does so more than once.
    """
    for seed in range(DRAWS):
        _check_walk(subject, BATCH if seed else 1, seed, torch.float64, EXACT)
    if subject.longer is not None:
        _check_walk(subject.longer, 2, 0, torch.float64, EXACT)
    _check_walk(subject, BATCH, 0, torch.float32, FLOAT32)


@check("own-state", cause=HIDDEN, needs=("cached-step",))
@torch.no_grad()
def own_state(subject: Subject) -> None:
    """Walks taken in turns do not disturb each other, nor does a copy of a state that goes another way.

    Fails on a `step` that keeps anything outside the state it was given: two samplers of one model spoil each other's
    work.
    """
    _check_turns(subject)
    _check_fork(subject)


@check("stretches", cause=SEAM, needs=("cached-step",))
@torch.no_grad()
def stretches(subject: Subject) -> None:
    """Any cut into stretches, mixed with single steps, gives the params of the whole pass.

    To 1e-9 in float64, under several draws of the weights, by two walks in turns. Fails on a `steps` that loses the
    state at a seam, or keeps anything outside it.
    """
    for seed, cut in enumerate(_cuts(subject.ordering.num_positions)):
        _check_cut(subject, cut, seed % DRAWS)


def _check_cut(subject: Subject, cut: list[range], seed: int) -> None:
    """Take two batches along a cut, of which pieces of one position are single steps."""
    model = subject.redrawn(seed)
    batches = [(subject.events(count, seed), subject.contexts(count, seed)) for count in (BATCH, 1)]
    expected = [whole_pass(model, subject.ordering, *batch) for batch in batches]
    walks = [Walk(model, subject.ordering, *batch) for batch in batches]
    for piece in cut:
        for walk, whole in zip(walks, expected, strict=True):
            seen = walk.step(piece.start)[None] if len(piece) == 1 else walk.stretch(piece)
            rule = f"a stretch must give the params of the whole pass ({_written(cut)})"
            require_same(seen, whole[piece.start : piece.stop], rule, where=_place_in(subject, piece))


def _cuts(num_positions: int) -> list[list[range]]:
    """Everything at once, a step and the rest, the first half and then steps, and cuts at random."""
    half, generator = num_positions // 2, torch.Generator().manual_seed(num_positions)
    seams = [[], [1], [*range(half, num_positions)]]
    seams += [(torch.rand(num_positions, generator=generator) < chance).nonzero()[:, 0].tolist() for chance in CHANCES]
    ends = [sorted({0, *inner, num_positions}) for inner in seams]
    return [[range(*piece) for piece in itertools.pairwise(cut)] for cut in ends]


def _written(cut: list[range]) -> str:
    return "cut into " + ", ".join("a step" if len(piece) == 1 else f"{len(piece)} positions" for piece in cut)


def _place_in(subject: Subject, piece: range) -> Callable[[Index], str]:
    """Name a place in the params of a stretch, (k, B, num_params)."""
    permutation, places = subject.ordering.permutation, Places(subject.ordering)
    return lambda at: f"{places.position(int(permutation[piece[at[0]]]))}, event {at[1]}, param {at[2]}"


def _check_walk(subject: Subject, count: int, seed: int, dtype: torch.dtype, tolerance: float) -> None:
    model, x = subject.redrawn(seed, dtype), subject.events(count, seed)
    context = cast(subject.contexts(count, seed), dtype)
    expected = whole_pass(model, subject.ordering, x, context)
    rule = f"a step must give the params of the whole pass ({dtype}, batch of {count})"
    layer = partial(first_departure, model, subject.ordering, x, context) if dtype == torch.float64 else str
    claim = _Claim(subject, rule, tolerance, layer)
    for position, params in enumerate(Walk(model, subject.ordering, x, context).steps()):
        claim.require(position, params, expected[position])


def _check_turns(subject: Subject) -> None:
    sizes = (2, 1, 2)  # two of them alike: a state for each size of batch is shared too
    batches = [(subject.events(count, seed), subject.contexts(count, seed)) for seed, count in enumerate(sizes, 1)]
    expected = [whole_pass(subject.model, subject.ordering, *batch) for batch in batches]
    walks = [Walk(subject.model, subject.ordering, *batch) for batch in batches]
    for position in range(subject.ordering.num_positions):
        for turn, (walk, whole) in enumerate(zip(walks, expected, strict=True)):
            rule = f"walks in turns must each give the params of the whole pass (walk {turn + 1} of {len(walks)})"
            _Claim(subject, rule).require(position, walk.step(position), whole[position])


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
            _Claim(subject, rule).require(position, way.step(position), expected[position])


def _other_end(subject: Subject, x: Tensor, position: int) -> Tensor:
    """Events that begin as `x` does and are others from just before `position` on, which no step has read yet."""
    other, begun = subject.events(len(x), seed=2), subject.ordering.symbols[: max(position - 1, 0)].flatten()
    other.flatten(1)[:, begun] = x.flatten(1)[:, begun]
    return other


class _Claim(NamedTuple):
    """What is claimed of the params of steps.

    Attributes:
        subject: Whose they are.
        rule: In words.
        tolerance: To which they must be those expected.
        layer: Says, of params that are not, in which layer they part.
    """

    subject: Subject
    rule: str
    tolerance: float = EXACT
    layer: Callable[[], str] = str

    def require(self, position: int, seen: Tensor, expected: Tensor) -> None:
        """Hold the params (B, num_params) of a step against those expected."""
        ordering = self.subject.ordering
        step = f"step {position}, {Places(ordering).position(int(ordering.permutation[position]))}"

        def where(at: Index) -> str:
            return f"{step}, event {at[0]}, param {at[1]}{self.layer()}"

        cause = "" if differ(seen, expected, SINGLE_PRECISION) else NARROW
        require_same(seen, expected, self.rule, tolerance=self.tolerance, where=where, cause=cause)
