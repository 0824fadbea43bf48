"""How long a zoo of many plugins takes to look through, and what the loading of one model imports.

    python benchmarks/many_plugins.py --plugins 50

The plugins are generated and installed into a throw-away folder: each has a model module of its own and one bundled
checkpoint. `arzoo list` is timed from outside, as a person waits for it. The limit is 0.6 s.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from arzoo.scaffold.new import rendered

LIMIT = 0.6  # seconds of `arzoo list`
LISTING = "from arzoo.cli import main; main(['list'])"
LOADING = """
import arzoo, sys
entry = arzoo.info("farm7")
before = "torch" in sys.modules
model = arzoo.create("farm7", "tiny")
print(before, *[name for name in sys.modules if name.startswith("arzoo_farm") and "." in name])
"""


def install(count: int, site: Path) -> None:
    """Write generated plugins, as pip would leave them."""
    for number in range(count):
        name = f"farm{number}"
        for path, text in rendered(name).items():
            if path.startswith(f"arzoo_{name}/"):
                (site / path).parent.mkdir(parents=True, exist_ok=True)
                (site / path).write_text(text, encoding="utf-8")
        info = site / f"arzoo_{name}-0.1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: arzoo-{name}\nVersion: 0.1.0\n")
        (info / "entry_points.txt").write_text(f"[arzoo]\n{name} = arzoo_{name}\n")


def run(code: str, site: Path) -> str:
    """Run code in a fresh process that finds the generated plugins."""
    settings = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])}
    ran = subprocess.run([sys.executable, "-c", code], env=settings, check=True, capture_output=True, text=True)
    return ran.stdout


def seconds(code: str, site: Path) -> float:
    """Wall-clock time of a fresh process."""
    begun = time.perf_counter()
    run(code, site)
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print a record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plugins", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=9)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        site = Path(temporary)
        install(asked.plugins, site)
        listed = run(LISTING, site).count("│ farm")
        torch_before, *models = run(LOADING, site).split()
        times = sorted(seconds(LISTING, site) for _ in range(asked.repeats))
        python = statistics.median(seconds("pass", site) for _ in range(asked.repeats))
    record = {
        "plugins": asked.plugins,
        "listed": listed,
        "list_seconds": {"median": statistics.median(times), "least": times[0], "most": times[-1]},
        "python_alone_seconds": python,
        "limit_seconds": LIMIT,
        "torch_before_the_model": torch_before == "True",
        "model_modules_imported": models,
    }
    print(json.dumps(record, indent=2))


if __name__ == "__main__":
    main()
