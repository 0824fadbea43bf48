"""The one progress bar: on standard error, on a terminal, gone when the work is done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Show = Callable[[int, str], None]
"""(units of work done so far, figures to show beside them)."""


@contextmanager
def progress_bar(
    title: str, total: int, unit: str, *, shown: bool = True, console: Console | None = None
) -> Iterator[Show]:
    """Lend the function that moves a bar, or one that does nothing where nobody would see it.

    Args:
        title: What is being done.
        total: Units of work in all.
        unit: What one of them is, in the plural.
        shown: Whether a bar is wanted at all.
        console: Where to; standard error where not given.

    Example:
        >>> with progress_bar("counting", 3, "numbers", shown=False) as show:
        ...     show(1, "")
    """
    console = console or Console(stderr=True)
    if not (shown and console.is_terminal):
        yield lambda done, figures: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit))
    with Progress(
        *columns, TextColumn("{task.fields[figures]}"), TimeRemainingColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task(title, total=total, figures="")
        yield lambda done, figures: bar.update(task, completed=done, figures=figures)
