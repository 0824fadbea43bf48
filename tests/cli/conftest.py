"""A plugin whose models draw each pixel from a table, and the command line in a folder of its own."""

import os
import signal
import subprocess
import sys
import time
from typing import NamedTuple

import pytest
import torch

import arzoo
from arzoo.cli import main

FARM = '''
"""Models that are tables: fast, causal, with every kind of event that the command line meets."""
import arzoo


def build(event_shape=(1, 8, 8), num_levels=17, context=None, seconds=0.0):
    import pathlib
    import time
    import torch
    from torch import nn

    class Table(nn.Module):
        """Logits of each place; a label moves them all; a position may take its time."""

        def __init__(self, ordering):
            super().__init__()
            self.ordering = ordering
            self.logits = nn.Parameter(torch.randn(num_levels, *ordering.grid))
            self.label = nn.Parameter(torch.randn(10, num_levels)) if context else None

        def moved(self, context):
            return self.label[context["label"]].view(-1, num_levels, *[1] * len(self.ordering.grid)) if context else 0

        def forward(self, x, context=None):
            return (self.logits + self.moved(context)).expand(len(x), *self.logits.shape)

        def init_state(self, batch, context=None):
            return (self.logits + self.moved(context)).expand(batch, *self.logits.shape).flatten(2)

        def step(self, state, previous, position):
            if seconds:
                pathlib.Path(__file__).with_name("drawing").touch()
                time.sleep(seconds)
            return state[:, :, self.ordering.permutation[position]]

    head = arzoo.heads.Categorical(num_levels)
    ordering = arzoo.orderings.Raster(event_shape)
    return arzoo.AutoregressiveModel(ordering, Table(ordering), head, context=context)


@arzoo.hookimpl
def register_models():
    return [
        arzoo.ModelEntry(
            "farm",
            "arzoo_farm:build",
            {"small": {}, "tiny": {"event_shape": [1, 2, 2], "num_levels": 2}},
            paper=arzoo.Paper("On [Tables]", 2024, "arXiv:0000.00000", results=[arzoo.PublishedResult("digits", 9, "nats")]),
            recipes={"farm-digits": "arzoo_farm_weights:digits.toml"},
            checkpoints=arzoo.locked_checkpoints("arzoo_farm_weights"),
            summary="Tables, [one] a place.",
            title="Farm",
        )
    ]
'''
CHAIN = '''
"""Sequences in which a symbol depends on the one before it, and on labels."""
import arzoo


def build(event_shape=(None,), num_levels=256, context=None, receptive_field=0, seconds=0.0):
    import pathlib
    import time
    import torch
    from torch import nn

    class Chain(nn.Module):
        """Logits after each symbol; each label adds to them; a position may take its time."""

        def __init__(self):
            super().__init__()
            self.after = nn.Embedding(num_levels + 1, num_levels)
            labels = {name: nn.Embedding(spec.num_classes, num_levels) for name, spec in (context or {}).items()}
            self.labels = nn.ModuleDict(labels)
            if receptive_field:
                self.receptive_field = receptive_field

        def moved(self, context):
            return sum(label(context[name]) for name, label in self.labels.items())

        def forward(self, x, context=None):
            before = torch.cat([torch.full_like(x[:, :1], num_levels, dtype=torch.long), x[:, :-1].long()], 1)
            moved = self.moved(context)
            return (self.after(before) + (moved[:, None] if self.labels else 0)).transpose(1, 2)

        def init_state(self, batch, context=None):
            return self.moved(context)

        def step(self, state, previous, position):
            if seconds:
                pathlib.Path(__file__).with_name("drawing").touch()
                time.sleep(seconds)
            return self.after(previous[:, 0] if position else torch.full_like(previous[:, 0], num_levels)) + state

    ordering, head = arzoo.orderings.LeftToRight(event_shape), arzoo.heads.Categorical(num_levels)
    return arzoo.AutoregressiveModel(ordering, Chain(), head, context=context)


@arzoo.hookimpl
def register_models():
    configs = {"small": {}, "wide": {"receptive_field": 1000}, "tiny": {"num_levels": 2, "receptive_field": 1}}
    return [arzoo.ModelEntry("chain", "arzoo_chain:build", configs, checkpoints=arzoo.locked_checkpoints("arzoo_chain_weights"))]
'''
RECIPE = """
[model]
architecture = "farm"
[data]
dataset = "digits"
[training]
steps = 2
batch_size = 8
sample_every = 0
"""
LABEL = {"label": {"kind": "labels", "num_classes": 10, "names": [f"class{k}" for k in range(10)]}}
PIXELS = {"kind": "pixels", "num_levels": 17}
MODELS = {
    "farm-digits": {"data": PIXELS},
    "farm-digits-class": {"data": PIXELS, "context": LABEL},
    "farm-colour": {"event_shape": (3, 4, 6), "data": PIXELS},
    "farm-slow": {"data": PIXELS, "seconds": 30.0},
    "farm-bare": {},
}


DIGITS = {"kind": "labels", "num_classes": 10}
SPEAKERS = {"kind": "labels", "num_classes": 3, "names": ["george", "jackson", "theo"]}
SOUND = {"kind": "mulaw", "num_levels": 256, "sample_rate": 8000}
LETTERS = {"num_levels": 28, "data": {"kind": "alphabet", "characters": "abcdefghijklmnopqrstuvwxyz \n"}}
SEQUENCES = {
    "speech": {"data": SOUND, "context": {"label": DIGITS, "speaker": SPEAKERS}},
    "hum": {"data": SOUND, "receptive_field": 200},
    "prose": LETTERS,
    "slow-prose": {**LETTERS, "seconds": 0.2},
    "near": {**LETTERS, "receptive_field": 3},
    "fixed": {"data": SOUND, "event_shape": (9,)},
    "codes": {},
}


class Answer(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def farm(install):
    """The plugin, with a bundled checkpoint of each model; the site folder it is installed in."""
    package = install.site / "arzoo_farm_weights"
    (package / "weights").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "digits.toml").write_text(RECIPE)
    install("arzoo-farm", "farm", FARM)
    torch.manual_seed(0)
    for name, arguments in MODELS.items():
        training = {"recipe": {"data": {"dataset": "digits"}}} if name != "farm-bare" else None
        arzoo.save(arzoo.create("farm", **arguments), package / "weights" / name, training=training)
    arzoo.checkpoints.write_lock(package / "weights")
    arzoo.plugins.reload()
    return install.site


@pytest.fixture
def sequences(install):
    """The plugin of sequences, with a bundled checkpoint of each model, `chain-` and its name."""
    package = install.site / "arzoo_chain_weights"
    (package / "weights").mkdir(parents=True)
    (package / "__init__.py").touch()
    install("arzoo-chain", "chain", CHAIN)
    torch.manual_seed(0)
    for name, arguments in SEQUENCES.items():
        arzoo.save(arzoo.create("chain", **arguments), package / "weights" / f"chain-{name}")
    arzoo.checkpoints.write_lock(package / "weights")
    arzoo.plugins.reload()
    return package / "weights"


@pytest.fixture
def chain(sequences):
    """Function from a name to that model as a folder, as a person has it who trained one."""
    return lambda name: f"local-dir:{sequences / f'chain-{name}'}"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The empty folder in which the commands run."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    return folder


@pytest.fixture
def run(here, capsys):
    """Function from words to what `arzoo` answers, in this process."""

    def run(*words):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ending:
            main([str(word) for word in words])
        return Answer(ending.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def refused(run, here):
    """Function from words to the one sentence they are refused with; nothing new may be in the folder."""

    def refused(*words):
        before = set(here.rglob("*"))
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        assert err.startswith("Error: ")
        assert err.count("\n") == 1
        assert set(here.rglob("*")) == before
        return err.removeprefix("Error: ").rstrip("\n")

    return refused


@pytest.fixture
def interrupt():
    """Function that waits until a process has made a file, sends it Ctrl-C, and returns what it said."""

    def interrupt(process, file, seconds=90):
        deadline = time.monotonic() + seconds
        while not file.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        return Answer(process.wait(timeout=seconds), *process.communicate())

    return interrupt


@pytest.fixture
def start(here):
    """Function that starts `arzoo` in a process of its own, which finds what is installed in the site folder."""

    def start(*words, site=None, largest_file=None, **environment):
        limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({largest_file},) * 2); "
        # a shell that runs the tests in the background lets them, and what they start, ignore Ctrl-C
        heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        code = f"{heeding}{limit if largest_file else ''}from arzoo.cli import main; main()"
        paths = {"PYTHONPATH": str(site)} if site else {}
        return subprocess.Popen(
            [sys.executable, "-c", code, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", **paths, **environment},
            cwd=here,
        )

    return start
