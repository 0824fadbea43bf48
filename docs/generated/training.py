"""Tables of what training takes."""

from generated.records import NOT_MEASURED, recorded, table


def training() -> str:
    """A step of training, from the records of `benchmarks/training_step.py`."""
    head = ["cell", "precision", "images a second", "batch, threads, torch"]
    records = recorded("training")
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
    records = recorded("peer-training")
    return table([head, *(row for record in records for row in update_rows(record))])


def update_rows(record: dict) -> list[list[str]]:
    """The programs of a comparison, the peer first."""
    faster, where = record["times_faster"], f"{record['batch']}, {record['threads']}, {record['torch']}"
    return [
        [record["title"], name, f"{speed:.1f}", f"{faster[name]:.2f}" if name in faster else NOT_MEASURED, where]
        for name, speed in record["images_per_second"].items()
    ]
