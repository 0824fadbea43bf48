"""A training that is killed over and over: folder, seed, how many kills, then overrides of the recipe.

Each life is a process of its own, forked from this one so that it need not import everything anew, and ended by SIGKILL:
by turns at a random moment, and between two of the calls that open or rename a file of the folder. After every death all
that is in the folder must be readable. The last life ends by itself. Writes the lives as JSON: the step of the snapshot
that each left, and the half-written files.
"""

import itertools
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import accelerate  # noqa: F401  which, as two more, each life would import anew
import sklearn.datasets  # noqa: F401
import torch
import torch._dynamo
import toy_farm
from PIL import Image

import arzoo
from arzoo import plugins
from arzoo.files import part_of
from arzoo.training import load_recipe, train
from arzoo.training.journal import read_journal
from arzoo.training.snapshots import read_snapshot

CALLS = {"open", "os.rename"}


def born(out, overrides, calls=None):
    """Start a life, which ends itself before the given one of those of its calls that concern the folder."""
    process = os.fork()
    if not process:
        if calls is not None:
            sys.addaudithook(dying(str(out), itertools.count(), calls))
        train(load_recipe("toyfarm-digits", overrides), out=out, resume=True, progress=False)
        os._exit(0)
    return process


def dying(folder, done, calls):
    def hook(event, arguments):
        if event in CALLS and str(arguments[0]).startswith(folder) and next(done) == calls:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def log_time(out):
    """When the log was last written, which is what a life begins with."""
    path = out / "log.jsonl"
    return path.stat().st_mtime_ns if path.exists() else None


def readable(out):
    """Read all that lies in the folder, and return the step of the snapshot."""
    snapshot = read_snapshot(out)
    read_journal(out / "log.jsonl")
    for picture in out.glob("samples/*.png"):
        Image.open(picture).load()
    if (out / "config.json").exists() or (out / "model.safetensors").exists():
        arzoo.load(f"local-dir:{out}")
    return -1 if snapshot is None else snapshot["state"]["step"]


def main():
    out, seed, kills, *overrides = sys.argv[1:]
    out, moments, lives = Path(out), random.Random(int(seed)), []
    torch.set_num_threads(1)
    plugins.register(toy_farm, "toyfarm")
    for life in range(int(kills)):
        if life % 2:
            process = born(out, overrides, calls=moments.randrange(60))
        else:
            before, process = log_time(out), born(out, overrides)
            while log_time(out) == before:
                time.sleep(0.001)
            time.sleep(moments.uniform(0, 0.4))
            os.kill(process, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) in (-signal.SIGKILL, 0)  # 0: it was faster
        cut = [path.name for path in [*out.glob(part_of("*")), *out.glob(f"samples/{part_of('*')}")]]
        lives.append({"step": readable(out), "cut": cut})
    assert os.waitpid(born(out, overrides), 0)[1] == 0
    sys.stdout.write(json.dumps(lives))


if __name__ == "__main__":
    main()
