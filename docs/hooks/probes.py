"""Curves of linear probes: accuracy by layer, from the records."""

import json
from pathlib import Path

from svg import Panel, figure

RESULTS = Path(__file__).parents[1] / "benchmark/results"
WIDTH, HEIGHT = 240, 110


def probes() -> str:
    """A panel for each way to pool each probed model."""
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.probe.json"))]
    panels = [
        curve(record, parts) for record in records for parts in sorted({row["regions"] for row in record["rows"]})
    ]
    caption = "Accuracy of a linear classifier on test images, by the layer it reads, from the first to the last."
    return figure(panels, caption)


def curve(record: dict, parts: int) -> Panel:
    """Accuracy by layer; the panel reaches from the lowest to the highest."""
    values = [row["accuracy"] for row in record["rows"] if row["regions"] == parts]
    low, high, step = min(values), max(values), WIDTH / max(1, len(values) - 1)
    heights = [HEIGHT * (1 - (value - low) / max(high - low, 1e-9)) for value in values]
    points = " ".join(f"{k * step:.1f},{height:.1f}" for k, height in enumerate(heights))
    dots = [f'<circle cx="{k * step:.1f}" cy="{height:.1f}" r="3" class="seen"/>' for k, height in enumerate(heights)]
    line = f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-opacity="0.5"/>'
    title = f"{record['checkpoint']}, {parts}×{parts} parts, {low:.1%} to {high:.1%}"
    below = f'<text x="0" y="{HEIGHT + 16}" class="small">0</text>'
    below += f'<text x="{WIDTH}" y="{HEIGHT + 16}" class="small">{len(values) - 1}</text>'
    return Panel(title, WIDTH, HEIGHT + 20, line + "".join(dots) + below)
