"""Write the generated tables of the documentation from the registry and the recorded results.

python docs/tables.py            write them
python docs/tables.py --check    say which are out of date, and fail
"""

import re
import sys
from functools import partial

from generated import architectures, checkpoints, checks, readings, recipes, speed, training, uses
from generated.records import ROOT

import arzoo

TABLES = {
    "checks": checks.checks,
    "models": checkpoints.models,
    "sequences": checkpoints.sequences,
    "ensembles": checkpoints.ensembles,
    "architectures": architectures.architectures,
    "digits": checkpoints.digits,
    "sound": checkpoints.sound,
    "labels": checkpoints.labels,
    "sizes": architectures.sizes,
    "sampling": speed.sampling,
    "sampling_checkpoints": speed.sampling_checkpoints,
    "peers": speed.peers,
    "forward": speed.forward,
    "loading": speed.loading,
    "compression": uses.compression,
    "training": training.training,
    "updates": training.updates,
    "diagonal": speed.diagonal,
    "recipe": recipes.keys,
    "codes": readings.codes,
    "recognised": readings.recognised,
    "probes": readings.probes,
    "outliers": uses.outliers,
    "outlier_choice": uses.outlier_choice,
    **{f"limits_{id}": partial(architectures.limits_of, id) for id in arzoo.list_models()},
    **{f"results_{id}": partial(architectures.results_of, id) for id in arzoo.list_models()},
}
MARKED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(text: str) -> str:
    """A page with all its generated tables written anew."""
    return MARKED.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}\n{found[3]}", text)


def main() -> None:
    """Write or check every page that holds a generated table."""
    found = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "plugins").glob("*/README.md")]
    pages = {page: page.read_text(encoding="utf-8") for page in [ROOT / "README.md", *sorted(found)]}
    stale = {page: renewed(text) for page, text in pages.items() if renewed(text) != text}
    if "--check" in sys.argv[1:]:
        sys.exit("".join(f"{page.relative_to(ROOT)} is out of date. Run make tables.\n" for page in stale) or 0)
    for page, text in stale.items():
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
