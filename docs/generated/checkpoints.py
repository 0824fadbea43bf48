"""Tables of the zoo's own checkpoints and of its architectures."""

import json
import math
from collections.abc import Callable, Sequence

from arzoo import registry
from arzoo.benchmark.page import Board, figure_of
from arzoo.cards import Subject
from arzoo.checkpoints import config_of
from generated.readings import of_codes
from generated.records import NOT_MEASURED, RESULTS, likelihood, recorded, table


def models() -> str:
    """The checkpoints of images with their likelihood on the whole test split."""
    return by_board(checkpoints(sequences=False))


def sequences() -> str:
    """The checkpoints of sound and text: what is said of a symbol, since clips differ in length."""
    return by_board(checkpoints(sequences=True))


def checkpoints(*, sequences: bool) -> list[str]:
    """The zoo's own checkpoints, those of sequences or the others; files that others publish are unpinned.

    Those of codes are left out: they have a table of their own.
    """
    pinned = [id for id, entry in sorted(registry.checkpoints().items()) if entry.files and not of_codes(id)]
    return [id for id in pinned if (len(config_of(id).ordering["event_shape"]) == 1) == sequences]


def by_board(ids: Sequence[str], shown: Callable[[str], str] = "`{}`".format) -> str:
    """A table a question, by the boards of the benchmark page, so that what may not be compared shares no column.

    Args:
        ids: Of checkpoints.
        shown: How one is named.
    """
    boards: dict[Board, list[str]] = {}
    for id in filter(likelihood, ids):
        boards.setdefault(figure_of(Subject(id, id, config_of(id)), likelihood(id)).board, []).append(id)
    tables = [board_table(board, boards[board], shown) for board in sorted(boards)]
    missing = [shown(id) for id in ids if not likelihood(id)]
    return "\n\n".join(tables + [f"Not measured: {', '.join(missing)}."] * bool(missing))


def board_table(board: Board, ids: Sequence[str], shown: Callable[[str], str]) -> str:
    """The checkpoints of a board, the best first, below what they were measured on."""
    ordered = sorted(ids, key=lambda id: likelihood(id)["likelihood"]["bits_per_dim"])
    measured = likelihood(ordered[0])["likelihood"]
    if measured["dims"]:
        items, nats = f"{measured['count']:,} images", "nats an image"
    else:
        clips = f"{measured['count']:,} clips, " if measured["count"] > 1 else ""
        items, nats = f"{clips}{measured['symbols']:,} symbols", board.unit.replace("bits", "nats")
    head = ["checkpoint", nats, board.unit, "parameters", "file"]
    rows = (model_row(id, shown(id)) for id in ordered)
    return f"**{board.name}**, {items} of the test split:\n\n{table([head, *rows])}"


def model_row(id: str, name: str) -> list[str]:
    """One checkpoint of a board."""
    record, weights = likelihood(id), registry.checkpoints()[id].files["model.safetensors"]
    measured, size = record["likelihood"], f"{weights.size / 1e6:.2f} MB"
    return [name, *nats_and_bits(measured), f"{record['parameters']:,}", size]


def nats_and_bits(measured: dict) -> list[str]:
    """Nats an image, or of clips a symbol, and bits."""
    bits, error = measured["bits_per_dim"], measured["bits_per_dim_se"]
    nats = f"{measured['nats']:.2f} ± {measured['nats_se']:.2f}" if measured["dims"] else split_of_clips(measured)[1]
    return [nats, f"{bits:.4f} ± {error:.4f}"]


def split_of_clips(measured: dict) -> list[str]:
    """Split, nats and bits a symbol."""
    clips = f"{measured['count']:,} clips, " if measured["count"] > 1 else ""
    bits, error = measured["bits_per_dim"], measured["bits_per_dim_se"]
    return [
        f"{measured['dataset']}, {clips}{measured['symbols']:,} symbols",
        f"{bits * math.log(2):.4f} ± {error * math.log(2):.4f}",
        f"{bits:.4f} ± {error:.4f}",
    ]


def ensembles() -> str:
    """The ensembles, apart from single models: the same weights in several orderings."""
    head = ["checkpoint", "what was measured", "nats an image", "bits/dim", "one ordering alone, nats"]
    records = recorded("ensemble")
    return table([head, *map(ensemble_row, records)])


def ensemble_row(record: dict) -> list[str]:
    """One ensemble, and beside it the model alone."""
    measured, alone = record["likelihood"], likelihood(record["checkpoint"])["likelihood"]
    return [
        f"`{record['checkpoint']}`",
        record["ensemble"],
        f"{measured['nats']:.2f} ± {measured['nats_se']:.2f}",
        f"{measured['bits_per_dim']:.4f} ± {measured['bits_per_dim_se']:.4f}",
        f"{alone['nats']:.2f} ± {alone['nats_se']:.2f}",
    ]


def digits() -> str:
    """The checkpoints of the digits, beside the best model that draws every pixel by itself."""
    independent = json.loads((RESULTS / "digits.independent.json").read_text(encoding="utf-8"))["likelihood"]
    head = ["checkpoint", "told", "nats an image", "bits/dim", "fewer nats"]
    ids = [
        id for id in sorted(registry.checkpoints()) if likelihood(id).get("likelihood", {}).get("dataset") == "digits"
    ]
    return table(
        [
            head,
            digits_row("a histogram a pixel", [], independent, independent),
            *(
                digits_row(f"`{id}`", likelihood(id).get("context", []), likelihood(id)["likelihood"], independent)
                for id in ids
            ),
        ]
    )


def digits_row(name: str, told: list[str], measured: dict, independent: dict) -> list[str]:
    """One row of the table of digits."""
    return [
        name,
        ", ".join(told) or NOT_MEASURED,
        f"{measured['nats']:.2f} ± {measured['nats_se']:.2f}",
        f"{measured['bits_per_dim']:.4f}",
        f"{1 - measured['nats'] / independent['nats']:.1%}",
    ]


def sound() -> str:
    """The model of spoken digits beside what it must beat, from the record of `benchmarks/sound_baselines.py`."""
    baselines = json.loads((RESULTS / "fsdd.baselines.json").read_text(encoding="utf-8"))["likelihood"]
    found = {**baselines, "`wavenet-fsdd`": likelihood("wavenet-fsdd")["likelihood"]}
    return table([["model", "test split", "nats a symbol", "bits a symbol"], *sound_rows(found)])


def sound_rows(found: dict[str, dict]) -> list[list[str]]:
    """A likelihood each."""
    return [[name, *split_of_clips(measured)] for name, measured in found.items()]


def labels() -> str:
    """What a label is worth, from the records of `benchmarks/wrong_label.py`."""
    head = [
        "checkpoint",
        "test items",
        "where the wrong classes cost likelihood",
        "pairs of item and wrong class that cost",
        "own class the best of all",
        "median cost, nats",
    ]
    records = recorded("labels")
    return table([head, *map(label_row, records)])


def label_row(record: dict) -> list[str]:
    """One checkpoint."""
    shares = ("items_where_wrong_classes_cost", "pairs_where_the_wrong_class_costs", "accuracy")
    return [
        f"`{record['checkpoint']}`",
        f"{record['items']:,}",
        *(f"{record[share]:.1%}" for share in shares),
        f"{record['median_cost_nats']:.1f}",
    ]
