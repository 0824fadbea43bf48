"""Tables of what a likelihood is good for: compression, outliers."""

from generated.records import NOT_MEASURED, figures, recorded, table


def compression() -> str:
    """Archives beside the likelihood and other lossless formats, from the records of `benchmarks/compression.py`."""
    head = ["model and images", "-log2 p", "archive", "other formats, a file each", "all on one sheet"]
    ratio = "decompress / sample, median of rounds (quartiles)"
    speeds = ["images a second: compress", "decompress", "sample", ratio, "batch, threads, torch"]
    records = recorded("compression")
    return table([[*head, *speeds], *map(compression_row, records)])


def compression_row(record: dict) -> list[str]:
    """One checkpoint, in bits a dimension."""
    others = record["other_bytes"].items()
    speed, (lower, median, upper) = record["images_per_second"], record["decompressed_per_sampled"]
    return [
        f"`{record['checkpoint']}`, {record['images']:,} of {record['dataset']}",
        f"{record['model_bits'] / record['dims']:.4f}",
        f"{8 * record['archive_bytes'] / record['dims']:.4f}",
        *(
            ", ".join(f"{name} {8 * sizes[how] / record['dims']:.3f}" for name, sizes in others)
            for how in ("each", "sheet")
        ),
        *(figures(speed[way]) for way in ("compress", "decompress", "sample")),
        f"{median:.3f} ({lower:.3f} to {upper:.3f})",
        f"{record['batch']}, {record['threads']}, {record['torch']}",
    ]


SCORES = {
    "joint": "joint",
    "likelihood": "likelihood",
    "typicality": "typicality",
    "complexity": "complexity-corrected",
    "ratio": "likelihood ratio",
}


def outliers() -> str:
    """How well each score tells outliers, from the records of `benchmarks/outliers.py`."""
    return _pairs("table", "reported")


def outlier_choice() -> str:
    """The pairs on which the score was chosen, none of which is in the table of outliers."""
    return _pairs("development")


def _pairs(*parts: str) -> str:
    head = ["model", "outliers", *SCORES.values(), "bits/dim, of usual images", "complexity, of usual images"]
    records = recorded("outliers")
    rows = [pair_row(record, part, pair) for record in records for part in parts for pair in record[part]["pairs"]]
    return table([head, *rows])


def pair_row(record: dict, part: str, title: str) -> list[str]:
    """AUROC of each score on one pair, the score that was named beforehand in bold."""
    usual, found = record[part]["inliers"], record[part]["pairs"][title]
    areas = {name: f"{found['auroc'][name]:.3f}" if name in found["auroc"] else NOT_MEASURED for name in SCORES}
    areas[record["score"]] = f"**{areas[record['score']]}**"
    return [
        f"`{record['checkpoint']}`",
        f"{title} (only reported)" if part == "reported" else title,
        *areas.values(),
        *(f"{found[figure]:.2f}, {usual[figure]:.2f}" for figure in ("bits", "complexity")),
    ]
