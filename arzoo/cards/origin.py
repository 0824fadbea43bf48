"""Where weights come from: data and their licence, recipe, provenance, the paper to cite."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from arzoo.cards.front import APACHE, license_of
from arzoo.cards.repeating import command
from arzoo.cards.results import counted, table
from arzoo.cards.subject import Subject
from arzoo.entries import Paper

SETTINGS = (
    "steps",
    "batch_size",
    "learning_rate",
    "warmup_steps",
    "decay",
    "betas",
    "weight_decay",
    "clip_norm",
    "ema_decay",
    "orderings",
    "connectivities",
    "precision",
    "patience",
    "seed",
)
FACTS = {
    "commit": "commit of arzoo",
    "seed": "seed",
    "step": "step of these weights",
    "steps_done": "steps done",
    "images_seen": "items seen",  # as older configs have it
    "items_seen": "items seen",
    "train_items": "items to learn from",
    "validation_bits_per_dim": "bits of a symbol held out",
    "wall_time_s": "wall time, s",
    "items_per_second": "items a second",
    "share_of_peak": "share of the machine's arithmetic",
    "machine": "machine",
    "processes": "processes",
    "torch": "torch",
    "init_from": "started from",
}
UNSAID = "Its config does not say."


def data(subject: Subject) -> str:
    """Return the section on the training data and licences."""
    return "\n\n".join(_data(subject))


def recipe(subject: Subject) -> str:
    """Return the section on the recipe: the command and what decides the training."""
    return "\n\n".join(_recipe(subject)) or UNSAID


def provenance(subject: Subject) -> str:
    """Return the section on who made the weights, from what, where and how long."""
    found = [(name, subject.training.get(key)) for key, name in FACTS.items()]
    weights = subject.config.weights
    file = f"`{weights.file}`, {weights.size:,} bytes, {weights.dtype}, sha256 `{weights.sha256}`"
    rows = [[name, _written(value)] for name, value in found if value is not None]
    return table([["", ""], *rows, ["weights", file]])


def citation(paper: Paper) -> str:
    """Return the paper as BibTeX.

    Example:
        >>> print(citation(Paper("A Title", 2016, "arXiv:1606.05328", authors="van den Oord, Kavukcuoglu")))
        @misc{vandenoord2016,
          title  = {{A Title}},
          author = {{van den Oord} and {Kavukcuoglu}},
          year   = {2016},
          eprint = {1606.05328},
          archivePrefix = {arXiv},
          url    = {https://arxiv.org/abs/1606.05328}
        }
    """
    names = [name.strip() for name in paper.authors.split(",") if name.strip()]
    fields = {
        "title": f"{{{paper.title}}}",
        "author": " and ".join(f"{{{name}}}" for name in names),
        "year": paper.year,
    }
    if paper.link.startswith("arXiv:"):
        fields |= {"eprint": paper.link.removeprefix("arXiv:"), "archivePrefix": "arXiv"}
    if paper.link.startswith("ISBN "):
        fields["isbn"] = paper.link.removeprefix("ISBN ")
    fields["url"] = address(paper.link) or ""
    key = re.sub(r"[^a-z]", "", (names or ["anonymous"])[0].lower())
    lines = ",\n".join(f"  {name:6} = {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{{key}{paper.year},\n{lines}\n}}"


def address(link: str) -> str | None:
    """Return the address of an arXiv id, a DOI or what is one already; None of anything else.

    Example:
        >>> address("arXiv:1606.05328"), address("ISBN 978-0-262-06202-2")
        ('https://arxiv.org/abs/1606.05328', None)
    """
    if link.startswith("arXiv:"):
        return f"https://arxiv.org/abs/{link.removeprefix('arXiv:')}"
    if link.startswith("10."):
        return f"https://doi.org/{link}"
    if link.startswith(("https://", "http://")):
        return link
    return f"https://{link}" if re.fullmatch(r"[\w.-]+\.\w+/\S+", link) else None


def _data(subject: Subject) -> Iterator[str]:
    dataset = subject.dataset
    if dataset is None:
        yield f"`{subject.dataset_id}`, which is not registered with arzoo." if subject.dataset_id else UNSAID
    else:
        where = f" ([{dataset.hub_id}](https://huggingface.co/datasets/{dataset.hub_id}))" if dataset.hub_id else ""
        yield f"`{dataset.id}`{where}: {dataset.summary}."
        yield f"Licence of the data, as their publisher states it: **{dataset.license}**."
    weights = license_of(subject)
    yield f"Licence of the weights: **{weights or 'not stated'}**.{_reason(subject)}"


def _reason(subject: Subject) -> str:
    """Say what the data's licence means for the weights, where it is not plain."""
    dataset = subject.dataset
    if dataset is None or subject.license:
        return ""
    if dataset.license == "unknown":
        return (
            " Nobody states a licence of the data, so what they allow, and whether that reaches weights that learnt "
            "from them, is yours to judge before you use either; the weights are licensed as far as their makers can."
        )
    if dataset.weights_license != APACHE:
        return (
            " Whoever shares what is adapted from these data must share it alike, and weights that can say their data "
            "again may be that."
        )
    return " The code is Apache-2.0 too; whoever uses the data themselves keeps to the data's licence."


def _recipe(subject: Subject) -> Iterator[str]:
    chosen, words = subject.recipe.get("training", {}), command(subject)
    if words:
        yield f"```sh\n{words}\n```"
    arguments = {k: v for k, v in subject.config.arguments.items() if k not in ("event_shape", "num_levels", "context")}
    if arguments:
        levels = subject.config.arguments.get("num_levels")
        of = f", {levels} levels" if levels else ""
        yield f"Model: {_settings(arguments)}; {subject.events}{of}."
    if chosen:
        told = {key: value for key, value in subject.recipe.get("data", {}).items() if key != "dataset" and value}
        wanted = {key: chosen[key] for key in SETTINGS if chosen.get(key) not in (None, 0, 1, "") or key == "seed"}
        yield f"Data: {_settings({'dataset': subject.dataset_id, **told})}."
        yield f"Training: {_settings(wanted)}. All of it stands in `config.json`."


def _settings(values: Mapping[str, Any]) -> str:
    return ", ".join(f"`{key}={_short(value)}`" for key, value in values.items())


def _short(value: Any) -> str:
    """Write a setting on one line: an alphabet in full would fill the card."""
    text = repr(value) if isinstance(value, str) and not value.isprintable() else str(value)
    return text.replace("`", "'") if len(text) <= 60 else f"{text[:56]}...".replace("`", "'")


def _written(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"`{value}`" if re.fullmatch(r"[0-9a-f]{40}(-dirty)?", str(value)) else counted(str(value))
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if value < 10 else f"{value:,.0f}"
