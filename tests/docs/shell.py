"""A line of shell, done in this process, or by what can stand in for it here.

| line | what is done |
| --- | --- |
| `arzoo train RECIPE …` | one update of the recipe, of two items |
| `arzoo publish …` | a dry run |
| `arzoo benchmark …` | `--help`: it measures for minutes |
| `arzoo check NAME` | `arzoo info NAME`: the tests of the command and of every plugin check models |
| `arzoo …` | the very command; DIR is a data root of a few random items |
| `torchrun … -m arzoo …`, `accelerate launch … -m arzoo …` | the command in one process: `tests/training/test_launchers.py` starts several |
| `python benchmarks/…`, `python docs/…` | `--help`, which must know every option of the line |
| `make TARGET` | `make --dry-run` |
| `pip install …` | every requirement must be the name of what is installed, with extras that it has |

What begins with anything else must say `# not run: REASON`.
"""

import io
import re
import runpy
import shlex
import subprocess
import sys
from contextlib import redirect_stdout, suppress
from importlib import metadata
from pathlib import Path

from reading import ROOT

from arzoo.cli import main

SHORT = {
    "training": {"steps": 1, "batch_size": 2, "warmup_steps": 0, "evaluate_every": 0, "sample_every": 0, "patience": 0},
    "data": {"validation": 0},
}
STEPS = [
    word for part, keys in SHORT.items() for key, value in keys.items() for word in ("--set", f"{part}.{key}={value}")
]


SPEC_STEPS = [
    "--set",
    "training.steps=2",
    "--set",
    "training.batch_size=2",
]  # of a data spec's recipe, which has no more


def do(line, data_root):
    """Do what a line says, or what stands in for it; an answer other than success is an error."""
    words = [
        word.replace("DIR", str(data_root)) if word == "DIR" else word for word in shlex.split(line, comments=True)
    ]
    program = words[0]
    if program not in PROGRAMS:
        raise LookupError(f"Nothing stands in for {program!r} here. Add it to shell.py, or write # not run: REASON.")
    PROGRAMS[program](expanded(words[1:]))


def expanded(words):
    """Patterns replaced by the files that they match, as a shell does it."""
    found = (sorted(map(str, Path().glob(word))) if "*" in word else [] for word in words)
    return [each for word, matches in zip(words, found, strict=True) for each in matches or [word]]


def arzoo(words):
    if words[0] == "train":
        words = [*words, *(SPEC_STEPS if words[1].startswith("vqvae-") else STEPS)]
    if words[0] == "publish" and "--dry-run" not in words:
        words = [*words, "--dry-run"]
    if words[0] == "benchmark":
        words = [*words[:2], "--help"]
    if words[0] == "check":
        words = ["info", words[1]] if words[1:] else ["list"]
    try:
        main(words)
    except SystemExit as ending:
        if ending.code:
            raise AssertionError(f"arzoo {shlex.join(words)} ended with {ending.code}") from ending


def launched(words):
    arzoo(words[words.index("-m") + 2 :])


def python(words):
    if words[:2] == ["-m", "arzoo"]:
        return arzoo(words[2:])
    answer = helped(ROOT / words[0])
    unknown = [word for word in words[1:] if word.startswith("--") and word not in re.findall(r"--[\w-]+", answer)]
    assert not unknown, f"{words[0]} has no {', '.join(unknown)}"
    return None


def helped(script):
    """Return what a script says to --help."""
    said, argv, path = io.StringIO(), sys.argv, [*sys.path]
    sys.argv, sys.path[:0] = [script.name, "--help"], [str(script.parent)]
    try:
        with redirect_stdout(said), suppress(SystemExit):
            runpy.run_path(str(script), run_name="__main__")
    finally:
        sys.argv, sys.path[:] = argv, path
    return said.getvalue()


def make(words):
    subprocess.run(["make", "--dry-run", *words], capture_output=True, check=True, cwd=ROOT)


def pip(words):
    for requirement in (word for word in words if word != "install" and not word.startswith("-")):
        name, _, extras = requirement.rstrip("]").partition("[")
        known = metadata.metadata(name).get_all("Provides-Extra") or []
        assert set(filter(None, extras.split(","))) <= set(known), requirement


PROGRAMS = {"accelerate": launched, "arzoo": arzoo, "make": make, "pip": pip, "python": python, "torchrun": launched}
