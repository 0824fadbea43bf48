"""Tables and words for standard output, with everything in them taken literally."""

from rich.console import Console
from rich.text import Text

COLOURS = {
    "loaded": "green",
    "refused": "bold red",
    "disabled": "dim",
    "passed": "green",
    "failed": "bold red",
    "skipped": "dim",
    "blocked": "yellow",
}


def stdout() -> Console:
    """Return the console of standard output; a bracket in a reason or in a list of arguments is no markup."""
    return Console(markup=False, highlight=False)


def coloured(status: str) -> Text:
    """Return the word for a status in its colour."""
    return Text(status, style=COLOURS.get(status, ""))
