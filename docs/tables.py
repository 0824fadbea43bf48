"""Write the generated tables of the documentation from the registry and the recorded results.

python docs/tables.py            write them
python docs/tables.py --check    say which are out of date, and fail
"""

import inspect
import json
import math
import re
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import arzoo
from arzoo import registry
from arzoo.benchmark import SamplingRecord, SamplingRow
from arzoo.checkpoints import config_of
from arzoo.testing import CHECKS, Check

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs/benchmark/results"
NOT_MEASURED = "-"
SURROUNDINGS = "threads, torch, allocator"


def likelihood(checkpoint: str) -> dict:
    """The recorded likelihood of a checkpoint; empty where none was recorded."""
    record = RESULTS / f"{checkpoint}.likelihood.json"
    return json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}


def models() -> str:
    """The checkpoints of images with their likelihood on the whole test split."""
    head = ["checkpoint", "test split", "nats an image", "bits/dim", "parameters", "file"]
    return table([head, *(model_row(id, split_of_images) for id in checkpoints(sequences=False))])


def sequences() -> str:
    """The checkpoints of sound and text: what is said of a symbol, since clips differ in length."""
    head = ["checkpoint", "test split", "nats a symbol", "bits a symbol", "parameters", "file"]
    return table([head, *(model_row(id, split_of_clips) for id in checkpoints(sequences=True))])


def checkpoints(*, sequences: bool) -> list[str]:
    """The zoo's own checkpoints, those of sequences or the others; files that others publish are unpinned."""
    pinned = [id for id, entry in sorted(registry.checkpoints().items()) if entry.files]
    return [id for id in pinned if (len(config_of(id).ordering["event_shape"]) == 1) == sequences]


def model_row(id: str, said: Callable[[dict], list[str]]) -> list[str]:
    """One checkpoint of a table of models; `said` gives split, nats and bits of a likelihood."""
    record, weights = likelihood(id), registry.checkpoints()[id].files["model.safetensors"]
    size = f"{weights.size / 1e6:.2f} MB"
    if not record:
        return [f"`{id}`", *[NOT_MEASURED] * 4, size]
    return [f"`{id}`", *said(record["likelihood"]), f"{record['parameters']:,}", size]


def split_of_images(measured: dict) -> list[str]:
    """Split, nats an image and bits/dim."""
    return [
        f"{measured['dataset']}, {measured['count']:,} images",
        f"{measured['nats']:.2f} ± {measured['nats_se']:.2f}",
        f"{measured['bits_per_dim']:.4f} ± {measured['bits_per_dim_se']:.4f}",
    ]


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
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.ensemble.json"))]
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


def figures(value: float) -> str:
    """Three figures, or all before the point where there are more."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def surroundings(record: Mapping[str, Any]) -> str:
    """What a time hangs on besides the program and the machine."""
    return f"{record['threads']}, {record['torch']}, {'tuned' if record['allocator'] else 'default'}"


def sampling() -> str:
    """The cached path beside the floor of the machine and beside whole passes, from `arzoo benchmark sampling`."""
    head = [
        "model",
        "batch",
        "ms a step",
        "floor, ms",
        "times the floor",
        "whole pass, ms",
        "times faster",
        "state, MB",
        "of it activations, MB",
        SURROUNDINGS,
    ]
    records = [SamplingRecord.read(path) for path in sorted(RESULTS.glob("*.sampling.json"))]
    return table([head, *(sampling_row(record, row) for record in records for row in record.rows)])


def sampling_row(record: SamplingRecord, row: SamplingRow) -> list[str]:
    """One model at one batch."""
    return [
        f"`{record.model}`",
        str(row.batch),
        figures(1000 * row.step_seconds),
        f"{1000 * row.floor_seconds:.2g}",
        figures(row.times_floor),
        figures(1000 * row.pass_seconds),
        figures(row.times_faster),
        figures(row.state_bytes / 1e6),
        figures(row.activation_bytes / 1e6),
        surroundings(vars(record)),
    ]


def peers() -> str:
    """A step of our loop beside one of a public program's own, from the records of the scripts in `benchmarks/`."""
    measured = ["peer, ms a step", "arzoo, ms a step", "times faster"]
    head = ["network", "dtype", "batch", "peer", *measured, SURROUNDINGS]
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.peer-sampling.json"))]
    clips = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.sequence-sampling.json"))]
    images = [peer_row(record, row) for record in records for row in record["rows"]]
    return table([head, *images, *(clip_row(record, drawn) for record in clips for drawn in record["draws"])])


def peer_row(record: dict, row: dict) -> list[str]:
    """One comparison of images at one batch."""
    return [
        record["title"],
        record["dtype"],
        str(row["batch"]),
        record["peer"],
        figures(1000 * row["peer_step_seconds"]),
        figures(1000 * row["arzoo_step_seconds"]),
        figures(row["times_faster"]),
        surroundings(record),
    ]


def clip_row(record: dict, drawn: dict) -> list[str]:
    """WaveNet at one batch, beside the fastest of the peer's ways."""
    times = drawn["milliseconds_a_step"]
    peer = min((name for name in times if name.startswith("wavenet_vocoder")), key=lambda name: times[name])
    found = [figures(each) for each in (times[peer], times["arzoo"], drawn["times_faster"][peer])]
    return [record["title"], record["dtype"], str(drawn["batch"]), peer, *found, surroundings(record)]


def forward() -> str:
    """The whole pass beside a public copy's, from the records of `benchmarks/forward.py`."""
    head = ["network", "code", "parameters", "forward, s", "forward and backward, s", "batch, threads, torch"]
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.forward.json"))]
    return table([head, *(row for record in records for row in forward_rows(record))])


def forward_rows(record: dict) -> list[list[str]]:
    """The two networks of a comparison."""
    return [
        [
            record["title"],
            name,
            f"{parameters:,}",
            f"{record['forward_seconds'][name]:.3f}",
            f"{record['forward_backward_seconds'][name]:.3f}",
            f"{record['batch']}, {record['threads']}, {record['torch']}",
        ]
        for name, parameters in record["parameters"].items()
    ]


def loading() -> str:
    """A checkpoint loaded, beside safetensors reading the same file, from the records of `benchmarks/loading.py`."""
    head = [
        "float32 weights of",
        "MB",
        "safetensors, s",
        "arzoo, s",
        "the limit, s",
        "hashing, s",
        "peak, files",
        "threads, torch",
    ]
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.loading.json"))]
    return table([head, *map(loading_row, records)])


def loading_row(record: dict) -> list[str]:
    """One checkpoint."""
    times = record["seconds"]
    said = [times["safetensors"], times["arzoo"], record["limit_seconds"], times["hashing"]]
    return [
        f"`{record['model']}`, {record['tensors']} tensors",
        figures(record["megabytes"]),
        *(f"{each:.3f}" for each in said),
        f"{record['peak_in_files']['by_arzoo']:.2f}",
        f"{record['threads']}, {record['torch']}",
    ]


def compression() -> str:
    """Archives beside the likelihood and other lossless formats, from the records of `benchmarks/compression.py`."""
    head = ["model and images", "-log2 p", "archive", "other formats, a file each", "all on one sheet"]
    speeds = ["images a second: compress", "decompress", "sample", "batch, threads, torch"]
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.compression.json"))]
    return table([[*head, *speeds], *map(compression_row, records)])


def compression_row(record: dict) -> list[str]:
    """One checkpoint, in bits a dimension."""
    others = record["other_bytes"].items()
    speed = record["images_per_second"]
    return [
        f"`{record['checkpoint']}`, {record['images']:,} of {record['dataset']}",
        f"{record['model_bits'] / record['dims']:.4f}",
        f"{8 * record['archive_bytes'] / record['dims']:.4f}",
        *(
            ", ".join(f"{name} {8 * sizes[how] / record['dims']:.3f}" for name, sizes in others)
            for how in ("each", "sheet")
        ),
        *(figures(speed[way]) for way in ("compress", "decompress", "sample")),
        f"{record['batch']}, {record['threads']}, {record['torch']}",
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
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.labels.json"))]
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


def sizes() -> str:
    """The number of parameters of each paper's network."""
    rows = [[arzoo.info(id).title, f"`{id}`", f"{parameters(id):,}"] for id in arzoo.list_models()]
    return table([["architecture", "id", "parameters of `paper`"], *rows])


def parameters(id: str) -> int:
    """How many parameters the `paper` config has."""
    import torch

    with torch.device("meta"):
        return sum(parameter.numel() for parameter in arzoo.create(id, "paper").parameters())


def training() -> str:
    """A step of training, from the records of `benchmarks/training_step.py`."""
    head = ["cell", "precision", "images a second", "batch, threads, torch"]
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.training.json"))]
    rows = [
        [
            r["arguments"]["cell"],
            r["precision"],
            f"{r['images_per_second']:.0f}",
            f"{r['batch']}, {r['threads']}, {r['torch']}",
        ]
        for r in records
    ]
    return table([head, *rows])


def updates() -> str:
    """Updates of our trainer beside a public program's own, from the records of `benchmarks/peer_training.py`."""
    head = ["network", "code", "images a second", "times faster", "batch, threads, torch"]
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.peer-training.json"))]
    return table([head, *(row for record in records for row in update_rows(record))])


def update_rows(record: dict) -> list[list[str]]:
    """The programs of a comparison, the peer first."""
    faster, where = record["times_faster"], f"{record['batch']}, {record['threads']}, {record['torch']}"
    return [
        [record["title"], name, f"{speed:.1f}", f"{faster[name]:.2f}" if name in faster else NOT_MEASURED, where]
        for name, speed in record["images_per_second"].items()
    ]


def diagonal() -> str:
    """How a diagonal layer's time grows with the image, from the record of `benchmarks/diagonal.py`."""
    record = json.loads((RESULTS / "pixelrnn.diagonal.json").read_text(encoding="utf-8"))
    head = ["n", *record["seconds"], "slope over 2n - 1"]
    times = [f"{1000 * seconds:.0f}" for seconds in record["seconds"].values()]
    return table([head, ["ms", *times, f"{record['slope']:.2f}"]])


def architectures() -> str:
    """The architectures with their papers."""
    head = ["architecture", "paper", "what it is"]
    entries = [arzoo.info(id) for id in arzoo.list_models()]
    rows = [[f"`{e.id}`", f"{e.paper.title}, {e.paper.year}, {e.paper.link}", e.summary] for e in entries]
    return table([head, *rows])


def checks() -> str:
    """Every check of the conformance suite: what it proves, how it fails, what usually causes it."""
    return "\n\n".join(map(check, CHECKS))


def check(entry: Check) -> str:
    """One check, from its docstring, its usual cause and the checks that it stands on."""
    first, *rest = [" ".join(part.split()) for part in inspect.cleandoc(entry.prove.__doc__ or "").split("\n\n")]
    deep = " (with `--deep`)" if entry.deep else ""
    needs = f" Stands on {', '.join(f'`{name}`' for name in entry.needs)}." if entry.needs else ""
    return f"### `{entry.name}`{deep}\n\n{first} {' '.join(rest)}\n\nUsual cause: {entry.cause}.{needs}"


def limits_of(id: str) -> str:
    """What an architecture cannot do, as its entry says it."""
    return arzoo.info(id).limits


def results_of(id: str) -> str:
    """The checkpoints of an architecture, and what its paper prints of its own networks."""
    sequences = [each for each in checkpoints(sequences=True) if registry.checkpoints()[each].architecture == id]
    images = [each for each in checkpoints(sequences=False) if registry.checkpoints()[each].architecture == id]
    unit, said = ("a symbol", split_of_clips) if sequences else ("an image", split_of_images)
    head = [
        "checkpoint",
        "test split",
        f"nats {unit}",
        "bits a symbol" if sequences else "bits/dim",
        "parameters",
        "file",
    ]
    ours = [[card_of(each), *model_row(each, said)[1:]] for each in sequences or images]
    return "\n\n".join([table([head, *ours]), *published(id)])


def card_of(checkpoint: str) -> str:
    """A checkpoint, and a link to its card where there is one, from a page a folder below `docs`."""
    card = f"model_cards/{checkpoint}.md"
    return f"[`{checkpoint}`](../../{card})" if (ROOT / card).is_file() else f"`{checkpoint}`"


def published(id: str) -> list[str]:
    """What the paper prints, as one sentence; nothing where it prints no likelihood."""
    said = [
        f"{each.value} {each.unit} on {each.task}{f' ({each.note})' if each.note else ''}"
        for each in arzoo.info(id).paper.results
    ]
    return [f"The paper's own, of its own networks and not measured here: {'; '.join(said)}."] if said else []


def table(rows: list[list[str]]) -> str:
    """Rows, the first one the head, in Markdown."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)


TABLES = {
    "checks": checks,
    "models": models,
    "sequences": sequences,
    "ensembles": ensembles,
    "architectures": architectures,
    "digits": digits,
    "sound": sound,
    "labels": labels,
    "sizes": sizes,
    "sampling": sampling,
    "peers": peers,
    "forward": forward,
    "loading": loading,
    "compression": compression,
    "training": training,
    "updates": updates,
    "diagonal": diagonal,
    **{f"limits_{id}": partial(limits_of, id) for id in arzoo.list_models()},
    **{f"results_{id}": partial(results_of, id) for id in arzoo.list_models()},
}
MARKED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(text: str) -> str:
    """A page with all its generated tables written anew."""
    return MARKED.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}\n{found[3]}", text)


def main() -> None:
    """Write or check every page that holds a generated table."""
    found = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "plugins").glob("*/README.md")]
    pages = {page: page.read_text(encoding="utf-8") for page in [ROOT / "README.md", *sorted(found)]}
    stale = {page: renewed(text) for page, text in pages.items() if renewed(text) != text}
    if "--check" in sys.argv[1:]:
        sys.exit("".join(f"{page.relative_to(ROOT)} is out of date. Run make tables.\n" for page in stale) or 0)
    for page, text in stale.items():
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
