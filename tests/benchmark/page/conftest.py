import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from arzoo import registry
from arzoo.benchmark import Result
from arzoo.benchmark.page import read_zoo
from arzoo.checkpoints.config import WEIGHTS

ROOT = Path(__file__).parents[3]
RECORDS, SAMPLES = ROOT / "docs/benchmark/results", ROOT / "model_cards/pictures"
NAMES = ("fvbn-digits", "made-digits", "made-digits-orderings", "pixelcnn-digits", "pixelcnn-digits-class")
SHOWN = [*NAMES, "wavenet-fsdd"]
HERE, THERE = "2 threads of one machine", "another machine"


def result(name, speed, machine=HERE, **parts):
    """A result as `arzoo benchmark run` writes it, of invented speeds."""
    rows = [
        {"batch": batch, "events_per_second": speed * batch, "symbols_per_second": 64.0 * speed * batch}
        | {"times_faster": 3.0, "peak_bytes": 500_000_000}
        for batch in (1, 16)
    ]
    how = {"command": f"arzoo benchmark run {name} --part x --again", "commit": "c" * 40}
    training = {"batch": 64, "accumulate": 1, "precision": "float32", "update_seconds": 0.1, "items_per_second": 640.0}
    counted = {"flops_per_item": 1_000_000, "items_seen": 1000, "training_flops": round(1e9 * speed)}
    picture = ["98765432", "....1234", "###-----"] + ["--------"] * 5
    pin = registry.checkpoints()[name].files[WEIGHTS]
    measured = {
        "sampling": {"rows": rows, "dtype": "float32", **how},
        "training": {**training, **counted, **how},
        "field": {"position": [0, 2, 0], "seen": 12, "earlier": 16, "picture": picture, **how},
    }
    return Result(name, pin.sha256, pin.size, 1234, machine, "2.13", "3.11", {}, {**measured, **parts})


@pytest.fixture(scope="session")
def kit():
    """What tests of the page need beside fixtures."""
    return SimpleNamespace(result=result, here=HERE, there=THERE, samples=SAMPLES, records=RECORDS, names=SHOWN)


@pytest.fixture(scope="session", autouse=True)
def few():
    """A zoo of a few checkpoints, whose page is made in no time; lent, to be taken back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("arzoo.benchmark.page.reading.carded", lambda: SHOWN)
        yield patch


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A folder of records: the recorded likelihoods of some models of digits, and invented speeds on two machines."""
    folder = tmp_path_factory.mktemp("results")
    for name in NAMES:
        for path in RECORDS.glob(f"{name}.*.json"):
            if path.name.split(".")[1] in ("likelihood", "ensemble", "curve"):
                shutil.copy(path, folder)
    for speed, name in enumerate(NAMES[:4], 1):
        result(name, float(10**speed)).write(folder)
    result("fvbn-digits", 7.0, THERE).write(folder)
    result(
        "pixelcnn-digits-class", 5.0, sampling={"failed": "the network is on fire", "command": "c", "commit": None}
    ).write(folder)
    return folder


@pytest.fixture
def results(built, tmp_path):
    """The same, to be changed."""
    return Path(shutil.copytree(built, tmp_path / "results"))


@pytest.fixture
def found(results):
    """What the page is made from."""
    return read_zoo(results, SAMPLES)


@pytest.fixture
def change():
    """Function that changes keys of a JSON file."""

    def change(path, **keys):
        path.write_text(json.dumps({**json.loads(path.read_text()), **keys}))
        return path

    return change
