"""The log of a run: one JSON object a line, each with its event and step."""

import json
from pathlib import Path
from typing import Any

from arzoo.files import replacing

FILE = "log.jsonl"


class Journal:
    """Appends to `log.jsonl` of a run's folder.

    Args:
        folder: The run's folder.
        keep: The last step whose lines stay; later ones, which a resumed run writes again, go, and so does a line
            that a kill cut short.
        writes: Whether this process is the one that writes.
    """

    def __init__(self, folder: Path, keep: int, *, writes: bool = True) -> None:
        self.path = folder / FILE
        self.writes = writes
        if writes:
            kept = [json.dumps(line) + "\n" for line in read_journal(self.path) if line["step"] <= keep]
            with replacing(self.path) as temporary:
                temporary.write_text("".join(kept), encoding="utf-8")

    def write(self, event: str, step: int, **values: Any) -> None:
        """Append one line; it is in the file when this returns.

        Args:
            event: What happened.
            step: Updates done by then.
            values: Figures under names that carry their unit.
        """
        if self.writes:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"event": event, "step": step, **values}) + "\n")


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Return the whole lines of a log, oldest first; none where there is no log."""
    if not path.exists():
        return []
    *whole, _cut_short = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in whole]
