import json
import math
import os
import random
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import arzoo
from arzoo.data import load_dataset
from arzoo.errors import CheckpointError, ConfigError, TrainingError
from arzoo.evaluation import evaluate
from arzoo.training import train, trainer
from arzoo.training.journal import read_journal
from arzoo.training.learner import Learner
from arzoo.training.snapshots import read_snapshot


def log(folder, event=None):
    return [line for line in read_journal(folder / "log.jsonl") if event in (None, line["event"])]


def same_weights(one, other):
    ours, theirs = (load_file(folder / "model.safetensors") for folder in (one, other))
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def same_history(*folders):
    """Whether the logs tell the same, but for the clock, for resumes, and for ends of what had ended before."""
    timeless = ("wall_time_s", "items_per_second", "flops_per_second", "share_of_peak")
    ours, theirs = (
        [
            {name: value for name, value in line.items() if name not in timeless}
            for event in ("step", "validation")
            for line in log(folder, event)
        ]
        for folder in folders
    )
    return ours == theirs and all(log(folder)[-1]["event"] == "end" for folder in folders)


@pytest.fixture
def fail_at(monkeypatch):
    """Function that makes the update of one step raise, as a kill there would end the run; None mends it."""
    update = Learner.update

    def patch(step):
        def failing(self, number, batches):
            if number == step:
                raise KeyboardInterrupt
            return update(self, number, batches)

        monkeypatch.setattr(Learner, "update", update if step is None else failing)

    return patch


def test_a_run_leaves_a_checkpoint_of_its_averaged_weights(trained):
    out = trained("run")
    model = arzoo.load(f"local-dir:{out}")
    average = read_snapshot(out)["average"]
    assert all(torch.equal(weight, average[name]) for name, weight in model.state_dict().items())
    assert sorted(path.name for path in out.iterdir()) == [
        "config.json",
        "log.jsonl",
        "model.safetensors",
        "snapshot.pt",
    ]


def test_the_checkpoint_says_where_it_comes_from(trained, recipe):
    out = trained("run", "training.seed=3")
    training = json.loads((out / "config.json").read_text())["training"]
    assert training["recipe"] == recipe("training.seed=3").to_config()
    expected = {"step": 12, "steps_done": 12, "items_seen": 12 * 16, "seed": 3, "init_from": None, "train_items": 1400}
    assert {name: training[name] for name in expected} == expected
    assert training["wall_time_s"] > 0
    assert training["torch"] == torch.__version__
    assert re.match(r"\d+ threads? of .+ on \w+$", training["machine"])
    assert training["validation_bits_per_dim"] == log(out, "validation")[-1]["validation_bits_per_dim"]
    assert {"commit", "processes", "averaged"} <= training.keys()


def test_the_log_has_every_figure_with_its_unit(trained):
    out = trained("run")
    assert [(line["event"], line["step"]) for line in log(out)] == [
        ("start", 0),
        *((event, step) for step in (4, 8, 12) for event in ("step", "validation")),
        ("end", 12),
    ]
    for line in log(out, "step"):
        bits = line["train_nats_per_item"] / (64 * math.log(2))
        assert line["train_bits_per_dim"] == pytest.approx(bits)
        assert line["items_per_second"] > 0
        assert line["gradient_norm"] > 0
    assert log(out, "step")[-1]["learning_rate"] == 0.0
    assert all(
        line["validation_items"] == 37 and line["validation_bits_per_dim_se"] > 0 for line in log(out, "validation")
    )
    assert log(out, "start")[0]["recipe"]["data"]["dataset"] == "digits"


def test_validation_measures_the_average_on_images_cut_from_train(trained):
    out = trained("run")
    held_out = load_dataset("digits", "train").hold_out(37)[1]
    found = evaluate(arzoo.load(f"local-dir:{out}"), held_out, progress=False)
    assert log(out, "validation")[-1]["validation_bits_per_dim"] == pytest.approx(found.bits_per_dim, abs=1e-6)


def test_sheets_are_drawn_at_their_interval(trained):
    out = trained("run", "training.sample_every=8", "training.samples=3")
    assert sorted(path.name for path in (out / "samples").iterdir()) == ["step-00000008.png", "step-00000012.png"]


def test_a_run_is_the_same_whatever_the_global_seed(trained):
    torch.manual_seed(1)
    one = trained("one")
    torch.manual_seed(2)
    random.seed(2)
    torch.rand(5)
    assert same_weights(one, trained("two"))
    assert not same_weights(one, trained("three", "training.seed=1"))


def test_how_often_a_run_is_looked_at_does_not_change_it(trained):
    often = [
        "training.evaluate_every=1",
        "training.sample_every=3",
        "training.checkpoint_every=5",
        "training.log_every=1",
    ]
    assert same_weights(trained("plain"), trained("often", *often))


@pytest.mark.parametrize("step", [0, 1, 4, 6, 11])
def test_an_interrupted_run_goes_on_to_the_same_bits(trained, fail_at, step):
    fail_at(step)
    with pytest.raises(KeyboardInterrupt):
        trained("broken")
    fail_at(None)
    broken, whole = trained("broken", resume=True), trained("whole")
    assert same_weights(broken, whole)
    assert same_history(broken, whole)


ORDERED = ('model.architecture="toyordered"', "model.arguments={}")


def test_a_run_of_several_orderings_goes_on_to_the_same_bits(trained, fail_at):
    turns = (*ORDERED, "training.orderings=5")
    fail_at(7)
    with pytest.raises(KeyboardInterrupt):
        trained("broken", *turns)
    fail_at(None)
    broken, whole = trained("broken", *turns, resume=True), trained("whole", *turns)
    assert same_weights(broken, whole)
    assert not same_weights(whole, trained("one", *ORDERED))
    assert arzoo.load(f"local-dir:{whole}").ordering == arzoo.orderings.Raster((1, 8, 8))


def test_a_model_of_one_ordering_is_not_trained_in_several(trained):
    with pytest.raises(ConfigError, match=r"^toyfarm can follow Raster\(.* alone, got RandomOrder\(.*with_ordering"):
        trained("run", "training.orderings=2")
    with pytest.raises(
        ConfigError, match=r"^toyfarm must have hidden units that are masked at will .*got 1 for a Rows"
    ):
        trained("another", "training.connectivities=2")


def test_a_finished_run_that_is_resumed_stays_as_it_is(trained):
    out = trained("run")
    before = (out / "model.safetensors").read_bytes()
    trained("run", resume=True)
    assert (out / "model.safetensors").read_bytes() == before


def test_a_run_is_not_overwritten_or_resumed_with_another_recipe(trained):
    trained("run")
    with pytest.raises(ConfigError, match="holds a run at step 12"):
        trained("run")
    with pytest.raises(ConfigError, match=r"`training\.batch_size` was 16 there and is 17 now"):
        trained("run", "training.batch_size=17", resume=True)


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_snapshot(trained, tmp_path, monkeypatch):
    update = Learner.update

    def poisoned(self, step, batches):
        if step == 6:
            self.model.backbone.params.bias.data.fill_(float("nan"))
        return update(self, step, batches)

    monkeypatch.setattr(Learner, "update", poisoned)
    with pytest.raises(
        TrainingError, match=r"^The loss must be finite, got nan at step 7; the snapshot before it is kept"
    ):
        trained("run")
    snapshot = read_snapshot(tmp_path / "run")
    assert snapshot["state"]["step"] == 4
    assert all(weight.isfinite().all() for weight in snapshot["model"].values())


def test_weights_that_an_update_ruined_are_not_kept(trained, tmp_path):
    """The step is so long that the very first update makes of the network what no loss has seen yet."""
    ruinous = ["training.learning_rate=1e36", "training.warmup_steps=0", "training.checkpoint_every=1"]
    with pytest.raises(
        TrainingError, match=r"^The loss must be finite, got (nan|inf) after step 1; the snapshot before"
    ):
        trained("run", *ruinous)
    assert read_snapshot(tmp_path / "run")["state"]["step"] == 0
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_a_disk_that_is_full_from_the_start_keeps_nothing(trained, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match=r"\(No space left on device\); it has no snapshot yet\. Make room"):
        trained("run")


def test_a_full_disk_stops_the_run_in_one_sentence(trained, tmp_path, monkeypatch):
    sync, calls = os.fsync, []

    def full_after_two(descriptor):
        calls.append(descriptor)
        if len(calls) > 4:  # a snapshot flushes its file and its folder
            raise OSError(28, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", full_after_two)
    rule = (
        r"^The run in .*run cannot be written \(No space left on device\); its last snapshot is whole\. .* --resume\.$"
    )
    with pytest.raises(CheckpointError, match=rule):
        trained("run")
    assert read_snapshot(tmp_path / "run")["state"]["step"] == 4
    assert not list((tmp_path / "run").glob(".*.part"))


def test_a_run_starts_from_a_checkpoint(trained):
    first = trained("first")
    second = trained(
        "second", "training.learning_rate=1e-9", "training.final_learning_rate=0", init_from=f"local-dir:{first}"
    )
    ours, theirs = (load_file(folder / "model.safetensors") for folder in (second, first))
    for name, weight in ours.items():
        torch.testing.assert_close(weight, theirs[name], atol=1e-6, rtol=0)
    assert json.loads((second / "config.json").read_text())["training"]["init_from"] == f"local-dir:{first}"


def test_an_interrupted_start_from_a_checkpoint_needs_it_no_more(trained, fail_at, tmp_path):
    first = trained("first")
    whole = trained("whole", init_from=f"local-dir:{first}")
    fail_at(2)
    with pytest.raises(KeyboardInterrupt):
        trained("broken", init_from=f"local-dir:{first}")
    fail_at(None)
    first.rename(tmp_path / "away")
    assert same_weights(trained("broken", resume=True), whole)


def test_patience_stops_the_run_and_ships_the_best(trained, monkeypatch):
    figures = iter([3.0, 2.0, 2.5, 2.6, 1.0])
    from arzoo.training import run as module

    def evaluated(model, *arguments, **options):
        found = evaluate(model, *arguments, **options)
        return type(found)(**{**vars(found), "bits_per_dim": next(figures)})

    monkeypatch.setattr(module, "evaluate", evaluated)
    out = trained("run", "training.evaluate_every=2", "training.patience=2")
    training = json.loads((out / "config.json").read_text())["training"]
    assert (training["step"], training["steps_done"], training["validation_bits_per_dim"]) == (4, 8, 2.0)
    monkeypatch.undo()
    best, last = load_file(out / "model.safetensors"), read_snapshot(out)["average"]
    assert any(not torch.equal(weight, last[name]) for name, weight in best.items())
    before = (out / "model.safetensors").read_bytes()
    trained("run", "training.evaluate_every=2", "training.patience=2", resume=True)
    assert (out / "model.safetensors").read_bytes() == before
    assert log(out, "end")[-1]["step"] == 8


def test_labels_condition_what_is_learnt(trained):
    out = trained("run", 'data.context=["label"]', "training.sample_every=12", "training.samples=10")
    assert list(arzoo.load(f"local-dir:{out}").context) == ["label"]
    assert (out / "samples" / "step-00000012.png").is_file()


def test_progress_goes_to_standard_error_as_lines(recipe, tmp_path, capsys):
    train(recipe(), out=tmp_path / "run")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "toyfarm-digits: step 12/12" in captured.err


BUSINESS = {"checkpoint": 1, "evaluate": 2, "sample": 15, "log": 1}
BUSY = ("training.steps=300", *(f"training.{event}_every={n}" for event, n in BUSINESS.items()), "training.samples=2")


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_twenty_kills_change_nothing(toyfarm, trained, tmp_path, seed):
    out, kills = tmp_path / "killed", 20
    command = [sys.executable, str(Path(toyfarm) / "killing.py"), str(out), str(seed), str(kills), *BUSY]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    lives = json.loads(done.stdout)
    assert len(lives) == kills
    assert len({life["step"] for life in lives}) > 3  # some got further than others
    assert any(life["cut"] for life in lives)
    whole = trained("whole", *BUSY)
    assert same_weights(out, whole)
    assert same_history(out, whole)
    pictures = sorted(path.relative_to(out) for path in out.glob("samples/*"))
    assert len(pictures) == 20
    assert all((out / picture).read_bytes() == (whole / picture).read_bytes() for picture in pictures)
    assert not list(out.rglob(".*"))


def test_processes_that_do_not_share_a_folder_are_refused(tmp_path):
    steps = types.SimpleNamespace(device="cpu", gather=lambda step: torch.cat([step, torch.tensor([-1])]))
    rule = (
        r"^Every process must find the same snapshot in .*run, got step 4, none\. Use a folder that all machines share"
    )
    with pytest.raises(ConfigError, match=rule):
        trainer._check_shared(tmp_path / "run", {"state": {"step": 4}}, steps)
    trainer._check_shared(tmp_path / "run", None, steps)
