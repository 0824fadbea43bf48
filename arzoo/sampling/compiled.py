"""The step compiled by torch.compile, with an end to compiling.

A position is a Python number, and what a step does follows from it: another program at the first position, where a row
begins, and between. Compiled with dynamic numbers, a step of convolutions or attention takes a handful of programs for
all positions. Where each position has a schedule of its own there is no end of programs, and it is made here.
"""

import contextlib
import functools
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn

FIRST, EVERY = 8, 8
"""Positions that may always take programs of their own, and positions that earn another one."""

MOST = 256
"""What torch calls its recompile limit, out of the way: it would end in silence."""


class Programs:
    """A backend of torch.compile that counts the programs it is asked for, and leaves one that it cannot make as it is.

    Attributes:
        made: How many so far.
        failed: How many could not be made.
    """

    def __init__(self) -> None:
        self.made, self.failed = 0, 0

    def __call__(self, graph: Any, inputs: Any) -> Callable[..., Any]:
        """The program for a graph, which torch hands over as it does to any backend."""
        from torch._dynamo.exc import RestartAnalysis

        try:
            program = _inductor(graph, inputs)
        except RestartAnalysis:  # no failure: torch has learnt something, and asks again
            raise
        except Exception as error:  # whatever the matter is, the graph itself can still be run
            warnings.warn(f"torch.compile does not work here ({_reason(error)}). Going on uncompiled.", stacklevel=2)
            program, self.failed = graph.forward, self.failed + 1
        self.made += 1
        return program


PROGRAMS = Programs()

FAILED: set[Callable[..., Tensor]] = set()
"""Steps of which a program could not be made; nobody has to wait for that, or read it, twice."""


class CompiledStep:
    """The `step` of a backbone, compiled for the events of one state.

    Args:
        backbone: An incremental one.
    """

    def __init__(self, backbone: nn.Module) -> None:
        self._backbone, self._plain = backbone, getattr(type(backbone), "step")  # noqa: B009
        self._ended, self._busy = False, 0

    def __call__(self, state: Any, previous: Tensor, position: int) -> Tensor:
        """Params as `step` gives them; must be called within `compiling`."""
        inputs = (self._backbone, state, previous, position)
        if self._plain in FAILED:
            return self._plain(*inputs)
        if self._ended:
            with torch.compiler.set_stance("eager_on_recompile"):
                return _compiled(self._plain)(*inputs)
        made, failed = PROGRAMS.made, PROGRAMS.failed
        params = _compiled(self._plain)(*inputs)
        if PROGRAMS.failed > failed:
            FAILED.add(self._plain)
        self._busy += PROGRAMS.made > made
        self._ended = self._is_endless(position)
        return params

    def _is_endless(self, position: int) -> bool:
        if self._busy <= FIRST + position // EVERY:
            return False
        warnings.warn(
            f"step() of {type(self._backbone).__name__} took programs of torch.compile of their own at {self._busy} of "
            f"{position + 1} positions. Those that fit none of them are drawn uncompiled.",
            stacklevel=3,
        )
        return True


@functools.cache
def _compiled(step: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """One for all states of all backbones of a class, so that a program is made once."""
    return torch.compile(step, backend=PROGRAMS, dynamic=True)


def compiling(wanted: bool) -> AbstractContextManager[Any]:
    """What must be in force while compiled steps are taken."""
    return torch._dynamo.config.patch(recompile_limit=MOST) if wanted else contextlib.nullcontext()


def _inductor(graph: Any, inputs: Any) -> Callable[..., Any]:
    """The program that torch's own compiler makes.

    With CUDA graphs only for programs that are the same at each position: one that takes its number would be recorded
    anew at each.
    """
    from torch._dynamo.backends.registry import lookup_backend

    graphs = {"triton.cudagraphs": torch.cuda.is_available(), "triton.cudagraph_skip_dynamic_graphs": True}
    with torch._inductor.config.patch(graphs):
        return lookup_backend("inductor")(graph, inputs)


def _reason(error: Exception) -> str:
    """The first line of what was wrong at first."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return f"{type(cause).__name__}: {str(cause).strip().partition(chr(10))[0]}"
