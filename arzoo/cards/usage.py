"""How a checkpoint is used, as code that runs: in Python and in the shell."""

import json
from collections.abc import Iterator
from typing import Any

from arzoo import plugins
from arzoo.cards.subject import Subject
from arzoo.context import ContextSpec

COUNT, LENGTH = 4, 800
COMMENT = {
    "image": "images = model.data.decode(x)  # 8-bit, to look at",
    "audio": "waveforms = model.data.decode(x)  # -1 to 1, to listen to",
    "text": "text = model.data.decode(x[0])",
}


def install_code(subject: Subject) -> str:
    """Return the command that installs arzoo, the plugin, and what the other commands of the card need."""
    extras = ["audio"] * (subject.medium == "audio") + ["data"] * (subject.dataset is not None)
    core = f'"arzoo[{",".join(extras)}]"' if extras else "arzoo"
    owner = plugins.zoo().owner(subject.entry.build)
    return " ".join(["pip install", core, *([owner.distribution] if owner and owner.distribution else [])])


def python_code(subject: Subject) -> str:
    """Return a few lines that draw, score and decode, in seconds."""
    return "\n".join(_python(subject))


def shell_code(subject: Subject) -> str:
    """Return the commands that draw, repeat the figure and complete."""
    return "\n".join(_shell(subject))


def _python(subject: Subject) -> Iterator[str]:
    yield "import arzoo"
    if _needs_data(subject):
        yield "from arzoo.data import load_dataset"
    yield f"\nmodel = arzoo.load({json.dumps(subject.load)})"
    if _needs_data(subject):
        names, items = list(subject.context), list(range(COUNT))
        yield f'data = load_dataset("{subject.dataset_id}", "test").with_context({json.dumps(names)})'
        yield f"context = data.batch({items}).context  # what the first test items would tell"
    elif subject.context:
        yield f"context = {json.dumps({name: _value(spec) for name, spec in subject.context.items()})}"
    told = ", context" if subject.context else ""
    free = None in subject.event_shape
    length, shape = (f", length={LENGTH}", (1, LENGTH)) if free else ("", (COUNT, *subject.event_shape))
    yield f"x = model.sample({shape[0]}{told}{length}, seed=0)  # integer levels, {shape}"
    yield f"print(model.bits_per_dim(x{told}))  # bits/{subject.symbol}, exact"
    if subject.spec is not None:
        yield COMMENT[subject.medium]


def _shell(subject: Subject) -> Iterator[str]:
    if not _needs_data(subject):
        told = "".join(f" --{name} {_word(subject, spec)}" for name, spec in subject.context.items())
        much = {"image": f"-n 20 -o {subject.id}.png", "audio": f"--seconds 1 -o {subject.id}.wav", "text": "-n 500"}
        yield f"arzoo sample {subject.load}{told} {much[subject.medium]}"
    if subject.dataset:
        yield f"arzoo eval {subject.load}  # the whole test split of {subject.dataset.id}, exactly"
    if subject.dataset and subject.medium == "image":
        how = f"--dataset {subject.dataset.id} --first 10 --known top -o {subject.id}-completed.png"
        yield f"arzoo complete {subject.load} {how}"


def _needs_data(subject: Subject) -> bool:
    """Return whether it is told what cannot be written down in a word."""
    return any(spec.kind != "labels" for spec in subject.context.values())


def _value(spec: ContextSpec) -> Any:
    """Return a label: its name, or its number where it has none but that."""
    fields = spec.to_config()
    place = min(7, fields["num_classes"] - 1)
    name = (fields["names"] or [str(place)])[place] if fields.get("names") else str(place)
    return int(name) if name.isdecimal() else name


def _word(subject: Subject, spec: ContextSpec) -> str:
    """Return labels as the shell takes them: one for a clip, a row of them for a sheet."""
    if subject.medium != "image":
        return str(_value(spec))
    return ",".join(str(k) for k in range(min(10, spec.to_config()["num_classes"])))
