"""Tables of what others read: samples by a classifier, features by a linear probe; and the likelihood of codes."""

from arzoo import registry
from arzoo.checkpoints import config_of
from arzoo.data import spec_from_config
from generated.records import NOT_MEASURED, likelihood, recorded, table


def of_codes(id: str) -> bool:
    """Whether a likelihood of a checkpoint is one of codes, which stands in no column with one of pixels."""
    data = config_of(id).data
    return bool(data and spec_from_config(data).levels_are)


def codes() -> str:
    """The checkpoints of codes."""
    head = ["checkpoint", "codes of the test split", "nats a map of codes", "bits a code", "file"]
    pinned = [id for id, entry in sorted(registry.checkpoints().items()) if entry.files and of_codes(id)]
    return table([head, *map(codes_row, pinned)])


def codes_row(id: str) -> list[str]:
    """One model of codes."""
    record, weights = likelihood(id), registry.checkpoints()[id].files["model.safetensors"]
    size = f"{weights.size / 1e6:.2f} MB"
    if not record:
        return [f"`{id}`", *[NOT_MEASURED] * 3, size]
    measured = record["likelihood"]
    return [
        f"`{id}`",
        f"{measured['dataset']}, {measured['count']:,} images, {measured['dims']} codes each",
        f"{measured['nats']:.2f} ± {measured['nats_se']:.2f}",
        f"{measured['bits_per_dim']:.4f} ± {measured['bits_per_dim_se']:.4f}",
        size,
    ]


def recognised() -> str:
    """Samples that a classifier of real images takes for what the model was told."""
    head = ["checkpoint", "samples", "recognised", "by class", "real test images", "the same, as codes and back"]
    return table([head, *map(recognised_row, recorded("recognised"))])


def recognised_row(record: dict) -> list[str]:
    """One model."""
    classifier = record["classifier"]
    return [
        f"`{record['checkpoint']}`",
        str(record["samples"]),
        f"**{record['recognised'] / record['samples']:.0%}**",
        " ".join(map(str, record["recognised_by_class"])),
        f"{classifier['test_accuracy']:.2%}",
        f"{classifier['test_accuracy_restored']:.2%}",
    ]


def probes() -> str:
    """Linear probes, layer by layer."""
    head = ["checkpoint", "images, trained on and tested", "parts", "accuracy by layer, from the first", "best"]
    return table([head, *(row for record in recorded("probe") for row in probe_rows(record))])


def probe_rows(record: dict) -> list[list[str]]:
    """One model, a row for each way to pool."""
    items = f"{record['dataset']}, {record['train_items']:,} and {record['test_items']:,}"
    rows = []
    for parts in sorted({row["regions"] for row in record["rows"]}):
        accuracies = [row["accuracy"] for row in record["rows"] if row["regions"] == parts]
        said = " ".join(f"{100 * accuracy:.1f}" for accuracy in accuracies)
        rows.append([f"`{record['checkpoint']}`", items, f"{parts}×{parts}", said, f"{max(accuracies):.2%}"])
    return rows
