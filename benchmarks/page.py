"""How soon the benchmark page opens from disk, and how fast it sorts, in headless Chromium.

    python benchmarks/page.py --models 20 --models 500 --json docs/benchmark/results

Models beyond those of the zoo are copies of them under other names, with other figures. Opening is the time from the
start of the navigation until the chart is drawn; sorting is from the click until the next frame has been laid out.
Prints the medians as JSON.
"""

import argparse
import dataclasses
import json
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

import torch

from arzoo.benchmark.likelihood import write_record
from arzoo.benchmark.page import Found, Shown, read_zoo, write_page
from arzoo.provenance import environment

ROOT = Path(__file__).parent.parent
KEYS = ("value", "parameters", "model", "bytes", "architecture")
SORT = """async (key) => {
  const button = document.querySelector(`.board th[data-key="${key}"] button`);
  const start = performance.now();
  button.click();
  document.body.offsetHeight;
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""


def synthetic(found: Found, count: int) -> Found:
    """As many models: those of the zoo again and again, under other names, with other figures."""
    models = [each for each in found.models if "likelihood" in each.subject.records]
    return Found([copy(models[k % len(models)], k) for k in range(count)])


def copy(shown: Shown, k: int) -> Shown:
    """A model under another name."""
    name, records = f"{shown.subject.id}-{k}", dict(shown.subject.records)
    likelihood = records["likelihood"]["likelihood"]
    figure = {**likelihood, "bits_per_dim": likelihood["bits_per_dim"] * (1 + (k * 7919 % 1000) / 5000)}
    records["likelihood"] = {**records["likelihood"], "likelihood": figure}
    subject = dataclasses.replace(shown.subject, id=name, load=name, records=records)
    return dataclasses.replace(shown, subject=subject)


def measure(browser: Any, path: Path, rounds: int) -> dict[str, float]:
    """Seconds to open and to sort, medians."""
    opened, drawn, sorts = [], [], []
    for _ in range(rounds):
        page = browser.new_page(viewport={"width": 1300, "height": 900})
        page.goto(path.as_uri())
        page.wait_for_selector("#chart svg")
        drawn.append(page.evaluate("performance.now()") / 1000)
        opened.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000)
        sorts += [page.evaluate(SORT, key) / 1000 for key in KEYS]
        page.close()
    return {
        "loaded_seconds": round(statistics.median(opened), 3),
        "drawn_seconds": round(statistics.median(drawn), 3),
        "sort_seconds": round(statistics.median(sorts), 3),
        "slowest_sort_seconds": round(max(sorts), 3),
    }


def main() -> None:
    """Measure and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, action="append", help="how many; may be given again (20 and 500)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chromium", default=shutil.which("chromium") or "chromium")
    parser.add_argument("--json", type=Path, help="write a record into this folder")
    asked = parser.parse_args()
    from playwright.sync_api import sync_playwright

    found, rows = read_zoo(ROOT / "docs/benchmark/results", ROOT / "model_cards/pictures"), []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=asked.chromium, args=["--no-sandbox"])
        for count in asked.models or [20, 500]:
            path = write_page(synthetic(found, count), Path(folder) / str(count))
            size = {"models": count, "bytes": path.stat().st_size}
            rows.append({**size, **measure(browser, path, asked.rounds)})
            print(json.dumps(rows[-1]))
        version = browser.version
        browser.close()
    record = {"rows": rows, "rounds": asked.rounds, "chromium": version, **environment(torch.device("cpu"))}
    record["command"] = f"python benchmarks/page.py --rounds {asked.rounds} --json docs/benchmark/results"
    if asked.json:
        write_record(asked.json / "zoo.page.json", record)


if __name__ == "__main__":
    main()
