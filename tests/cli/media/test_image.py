"""Images as they come, in memory that is short, by several processes, and interrupted."""

import os
import re
import socket
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import arzoo

pytestmark = pytest.mark.usefixtures("farm")


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_a_gif_ends_in_the_sheet(run, here):
    code, out, err = run("sample", "farm-digits", "-n", 5, "--columns", 3, "--animate", "film.gif")
    assert (code, err) == (0, "")
    assert re.search(r"Wrote farm-digits\.png: .*\nWrote film\.gif: the same in 65 frames\.\n$", out)
    with Image.open(here / "film.gif") as film:
        assert film.n_frames == 65
        film.seek(64)
        shown, sheet = np.asarray(film.convert("RGB"), int), pixels(here / "farm-digits.png")
        np.testing.assert_allclose(shown, sheet, atol=8)  # pillow looks colours up in cells of eight levels


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("film.png", r"`--animate` must end in \.gif, got 'film\.png'\. Use --animate film\.gif"),
        ("no/film.gif", r"needs a folder 'no'"),
    ],
)
def test_a_film_that_cannot_be_written_is_refused_before_the_work(refused, path, sentence):
    assert re.search(sentence, refused("sample", "farm-digits", "--animate", path))


@pytest.mark.parametrize("name", ["speech", "prose"])
def test_only_images_are_animated(refused, chain, name):
    said = refused("sample", chain(name), "--animate", "film.gif")
    assert re.search(r"--animate of `arzoo sample` is for models of images, got film\.gif for .*\. Leave it out", said)


def test_smaller_batches_draw_the_same(run, here):
    assert run("sample", "farm-digits", "-n", 5).code == 0
    assert run("sample", "farm-digits", "-n", 5, "--max-batch", 2, "-o", "small.png").code == 0
    assert np.array_equal(pixels(here / "small.png"), pixels(here / "farm-digits.png"))


def test_a_limit_is_not_for_text(refused, chain):
    assert re.search(
        r"--max-batch .* is for models of images and audio", refused("sample", chain("prose"), "--max-batch", 2)
    )


def test_a_terminal_shows_positions_a_second_and_time_left(run, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes this for a terminal
    err = run("sample", "farm-digits", "-n", 5).err
    assert "sampling farm-digits" in err
    assert re.search(r"/320\b.*positions.*\d/s.*-:--:--|\d:\d\d:\d\d", err)


def test_ctrl_c_stops_within_a_step_and_leaves_no_file(start, farm, here, interrupt):
    process = start("sample", "farm-slow", "--animate", "film.gif", site=farm)
    answer = interrupt(process, farm / "drawing")
    assert answer == (130, "", "Stopped.\n")
    assert list(here.iterdir()) == []


def test_two_processes_write_one_sheet_of_the_same_samples(run, start, here, farm):
    assert run("sample", "farm-digits", "-n", 5, "-o", "alone.png").code == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    group = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}  # as a launcher sets it
    words = ["sample", "farm-digits", "-n", 5, "-o", "both.png"]
    running = [start(*words, site=farm, RANK=str(rank), LOCAL_RANK=str(rank), **group) for rank in range(2)]
    first, second = (process.communicate(timeout=120) for process in running)
    assert re.match(r"Wrote both\.png: 5 samples", first[0]), first[1]
    assert second[0] == ""
    assert np.array_equal(pixels(here / "both.png"), pixels(here / "alone.png"))


@pytest.mark.slow
def test_torchrun_starts_them(here, farm):
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "arzoo"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(farm)}
    words = ["sample", "farm-digits", "-n", "5", "-o", "both.png"]
    process = subprocess.run(
        [*launcher, *words], capture_output=True, text=True, env=environment, cwd=here, timeout=300
    )
    assert process.stdout.count("Wrote both.png") == 1, process.stderr


def test_the_package_is_a_program(here):
    process = subprocess.run([sys.executable, "-m", "arzoo", "--version"], capture_output=True, text=True, cwd=here)
    assert process.stdout == f"arzoo {arzoo.__version__}\n"
