import pytest

from arzoo.cards import Subject
from arzoo.checkpoints import CheckpointConfig, Weights

SHA = "ab" * 32


@pytest.fixture
def subject():
    """Builder of a subject that needs no files: subject(architecture, dataset=..., records=..., context=...)."""

    def build(architecture="made", dataset="digits", data=None, event_shape=(1, 8, 8), context=None, **fields):
        training = {"steps": 9, "batch_size": 4, "seed": 0}
        recipe = {"name": "mine", "model": {"architecture": architecture}, "data": {"dataset": dataset}}
        config = CheckpointConfig(
            format_version=1,
            architecture=architecture,
            arguments={"event_shape": list(event_shape), "num_levels": 17, "hidden_units": [9]},
            ordering={"name": "raster", "event_shape": list(event_shape)},
            context=context or {},
            data={"kind": "pixels", "num_levels": 17} if data is None else data,
            weights=Weights("model.safetensors", SHA, 1_234_567, "float16"),
            training={"recipe": {**recipe, "training": training}, "seed": 0, "step": 9, "commit": "c" * 40}
            if dataset
            else None,
        )
        return Subject("made-mine", "made-mine", config, "A summary", **fields)

    return build


@pytest.fixture
def likelihood():
    """A record as `arzoo eval` writes it."""
    measured = {"nats": 83.893, "nats_se": 0.2005, "bits_per_dim": 1.54377, "bits_per_dim_se": 0.00369}
    where = {"count": 360, "dims": 64, "symbols": 23040, "dataset": "digits", "split": "test", "digest": "d" * 64}
    about = {"checkpoint": "made-mine", "weights_sha256": SHA, "ordering": "raster", "averaged": True}
    how = {"augmented": False, "dtype": "float32", "machine": "a machine", "torch": "2.13", "commit": "c" * 40}
    more = {"parameters": 1234, "command": "arzoo eval made-mine", "ensemble": None}
    return {"likelihood": measured | where, **about, **how, **more}
