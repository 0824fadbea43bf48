"""What a person sees of a run: a bar on a terminal, a line every few seconds in a file, nothing if so wanted."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from arzoo.progress import progress_bar

SECONDS_BETWEEN_LINES = 10.0

Show = Callable[[int, float, float], None]
"""(updates done, bits/dim on the training items, items a second)."""


@contextmanager
def display(name: str, steps: int, *, wanted: bool = True, console: Console | None = None) -> Iterator[Show]:
    """Lend the function that shows where a run is.

    Args:
        name: The recipe's name.
        steps: Updates of the whole run.
        wanted: Whether anything is shown at all.
        console: Where to; the standard error stream where not given.
    """
    console = console or Console(stderr=True)
    if not wanted:
        yield lambda step, bits_per_dim, items_per_second: None
    elif console.is_terminal:
        with progress_bar(name, steps, "steps", console=console) as show:
            yield lambda step, bits, speed: show(step, _figures(bits, speed))
    else:
        yield _lines(name, steps, console)


def _lines(name: str, steps: int, console: Console) -> Show:
    last = -SECONDS_BETWEEN_LINES

    def show(step: int, bits_per_dim: float, items_per_second: float) -> None:
        nonlocal last
        if step == steps or time.monotonic() - last >= SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            line = f"{name}: step {step}/{steps}  {_figures(bits_per_dim, items_per_second)}"
            console.print(line, soft_wrap=True, highlight=False, markup=False)

    return show


def _figures(bits_per_dim: float, items_per_second: float) -> str:
    return f"{bits_per_dim:.4f} bits/dim  {items_per_second:.1f} items/s"
