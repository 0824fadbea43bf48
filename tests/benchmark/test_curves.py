import json
import shutil

import pytest

import arzoo
from arzoo.benchmark.curves import curve_of, key_points
from arzoo.checkpoints import config_of
from arzoo.errors import CheckpointError

NAME = "fvbn-digits"


@pytest.fixture
def training(tmp_path):
    """A folder as `arzoo train` leaves it: the training that made the checkpoint, with another log."""
    folder = tmp_path / "run"
    arzoo.save(arzoo.load(NAME), folder, training=config_of(NAME).training)
    steps = [{"event": "step", "step": k, "train_bits_per_dim": 3 - k / 1000} for k in range(10, 1001, 10)]
    lines = [
        {"event": "start", "step": 0},
        *steps,
        {"event": "validation", "step": 500, "validation_bits_per_dim": 2.5},
    ]
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_key_points_of_the_log_and_the_weights_they_led_to(training):
    found = curve_of(NAME, training)
    assert found["weights_sha256"] == config_of(NAME).weights.sha256
    points = found["points"]
    assert points["validation"] == [[500, 2.5]]
    assert points["training"][0] == [10, 2.99] and points["training"][-1] == [1000, 2.0]
    assert len(points["training"]) <= 40


def test_a_curve_without_validation_has_none(training):
    log = training / "log.jsonl"
    log.write_text("".join(f"{line}\n" for line in log.read_text().splitlines() if "validation" not in line))
    assert list(curve_of(NAME, training)["points"]) == ["training"]


def test_the_log_of_another_training_is_refused(training):
    with pytest.raises(CheckpointError, match=r"must be the training that made made-digits, with .*, got one with"):
        curve_of("made-digits", training)


def test_a_folder_without_a_log_is_refused(training):
    (training / "log.jsonl").unlink()
    with pytest.raises(CheckpointError, match=r"must hold the log of a training, log\.jsonl, got none"):
        curve_of(NAME, training)
    shutil.rmtree(training)


@pytest.mark.parametrize("count", [1, 2, 39, 5000])
def test_ends_are_kept(count):
    points = [[k, float(k)] for k in range(1, count + 1)]
    found = key_points(points)
    assert found[0] == points[0] and found[-1] == points[-1] and len(found) <= 40
    assert found == sorted(found)
