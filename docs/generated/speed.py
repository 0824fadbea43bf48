"""Tables of speed: drawing, passes, loading."""

import json
from collections.abc import Iterable

from arzoo.benchmark import Result, SamplingRecord, SamplingRow
from arzoo.benchmark.results import KIND
from generated.records import RESULTS, SURROUNDINGS, figures, likelihood, recorded, surroundings, table


def sampling() -> str:
    """Networks of the papers' sizes with fresh weights, from `arzoo benchmark sampling`."""
    return _sampling(SamplingRecord.read(path) for path in sorted(RESULTS.glob("*.sampling.json")))


def sampling_checkpoints() -> str:
    """The checkpoints but those of the digits, on every machine, from `arzoo benchmark run`."""
    results = [Result.read(path) for path in sorted(RESULTS.glob(f"*.{KIND}.json"))]
    large = (each for each in results if likelihood(each.model).get("likelihood", {}).get("dataset") != "digits")
    return _sampling(SamplingRecord.of(part) for part in (each.part("sampling") for each in large) if part)


def _sampling(records: Iterable[SamplingRecord]) -> str:
    """The cached path beside the floor of the machine and beside whole passes."""
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
    records = recorded("peer-sampling")
    clips = recorded("sequence-sampling")
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
    records = recorded("forward")
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
    records = recorded("loading")
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


def diagonal() -> str:
    """How a diagonal layer's time grows with the image, from the record of `benchmarks/diagonal.py`."""
    record = json.loads((RESULTS / "pixelrnn.diagonal.json").read_text(encoding="utf-8"))
    head = ["n", *record["seconds"], "slope over 2n - 1"]
    times = [f"{1000 * seconds:.0f}" for seconds in record["seconds"].values()]
    return table([head, ["ms", *times, f"{record['slope']:.2f}"]])
