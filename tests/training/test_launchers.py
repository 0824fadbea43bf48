"""Two processes learn what one learns with twice the batch, whoever starts them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from arzoo.training.journal import read_journal

EXACT = ["training.steps=50", "training.log_every=1", "training.precision=float64", "training.evaluate_every=10"]
IMAGES = [*EXACT, "model.arguments.dropout=0.0"]
HUMS = [*EXACT, "model.architecture=toyreader", "data.dataset=toy-hums", "data.validation=3", "data.crop=7"]

RUNS = {
    "digits": [*IMAGES],  # 1,400 images, which 16 does not divide
    "accumulated": [*IMAGES, "training.accumulate=3"],
    "binarised": [*IMAGES, "data.dataset=toy-dots", "data.validation=4"],  # of 19 images, so that a batch ends an epoch
    "flipped": [*IMAGES, "data.dataset=toy-dots", "data.validation=4", 'data.augment=["flip"]'],
    "clips": [*HUMS, "data.lead_in=3", "training.accumulate=2"],
    "turns": [*EXACT, 'model.architecture="toyordered"', "model.arguments={}", "training.orderings=5"],
}

TORCHRUN = ["torch.distributed.run", "--standalone", "--nproc-per-node=2"]
# Without a GPU this still is its way to start several processes by itself; with --cpu it leaves that to MPI.
ACCELERATE = [
    "accelerate.commands.launch",
    "--multi_gpu",
    "--num_processes=2",
    "--num_machines=1",
    "--mixed_precision=no",
]


def launched(toyfarm, folder, *words, names):
    """The command that trains those runs, each into a folder of its name, on half of the batch."""
    runs = [["--", str(folder / name), "training.batch_size=8", *RUNS[name]] for name in names]
    return [sys.executable, "-m", *words, str(Path(toyfarm) / "toy_farm.py"), *(word for run in runs for word in run)]


def started(toyfarm, command):
    environment = {**os.environ, "PYTHONPATH": toyfarm, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finished(*processes):
    for process in processes:
        said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, said


def assert_the_same(one, two):
    """Every figure of the curve, every validation, the norms, and the weights; the floats of which are all float64."""
    for event, figure in (
        ("step", "train_bits_per_dim"),
        ("step", "gradient_norm"),
        ("validation", "validation_bits_per_dim"),
    ):
        ours, theirs = (
            [line[figure] for line in read_journal(folder / "log.jsonl") if line["event"] == event]
            for folder in (two, one)
        )
        assert len(theirs) == (50 if event == "step" else 5)
        assert ours == pytest.approx(theirs, abs=1e-6), figure
    assert read_journal(two / "log.jsonl")[0]["processes"] == 2
    theirs = load_file(one / "model.safetensors")
    for name, weight in load_file(two / "model.safetensors").items():
        torch.testing.assert_close(weight, theirs[name], rtol=0, atol=1e-5)


@pytest.fixture
def alone(trained):
    """Function from the name of a run to its folder, trained by this process alone on the whole batch."""
    return lambda name: trained(f"alone-{name}", *RUNS[name], "training.batch_size=16")


@pytest.mark.parametrize("names", [["accumulated", "clips"], pytest.param([*RUNS], marks=pytest.mark.slow)])
def test_two_processes_learn_what_one_learns_with_twice_the_batch(toyfarm, alone, tmp_path, names):
    finished(started(toyfarm, launched(toyfarm, tmp_path, *TORCHRUN, names=names)))
    for name in names:
        assert_the_same(alone(name), tmp_path / name)


@pytest.mark.slow
def test_accelerate_launches_them_too(toyfarm, alone, tmp_path):
    finished(
        started(toyfarm, launched(toyfarm, tmp_path, *ACCELERATE, f"--main_process_port={free_port()}", names=[*RUNS]))
    )
    for name in RUNS:
        assert_the_same(alone(name), tmp_path / name)


@pytest.mark.slow
def test_two_machines_learn_as_one(toyfarm, alone, tmp_path):
    place = ["--nnodes=2", "--nproc-per-node=1", "--master-addr=127.0.0.1", f"--master-port={free_port()}"]
    machines = [["torch.distributed.run", *place, f"--node-rank={rank}"] for rank in range(2)]
    finished(*(started(toyfarm, launched(toyfarm, tmp_path, *words, names=["clips"])) for words in machines))
    assert_the_same(alone("clips"), tmp_path / "clips")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
