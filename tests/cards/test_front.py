"""The front matter, read back by the Hub's own classes."""

import pytest
from huggingface_hub import ModelCard

from arzoo.cards import card

LABEL = {"label": {"kind": "labels", "num_classes": 10, "names": None}}
SOUND = {"kind": "mulaw", "num_levels": 256, "sample_rate": 8000}
LETTERS = {"kind": "alphabet", "characters": "ab: #\n"}


def front(subject):
    return ModelCard(card(subject)).data


def test_results_are_read_back_as_they_were_measured(subject, likelihood):
    data = front(subject(records={"likelihood": likelihood}))
    assert (data.library_name, data.license, data.model_name) == ("arzoo", "apache-2.0", "made-mine")
    assert data.metrics == ["bits_per_dim", "nats_per_image"]
    bits, nats = data.eval_results
    assert (bits.metric_value, bits.metric_args) == (1.5438, {"standard_error": 0.0037})
    assert (nats.metric_value, nats.metric_args) == (83.893, {"standard_error": 0.2005})
    assert (bits.task_type, bits.dataset_type, bits.dataset_name) == (
        "unconditional-image-generation",
        "digits",
        "digits",
    )
    assert (bits.dataset_split, bits.dataset_args) == ("test", {"items": 360, "digest": "d" * 64})


@pytest.mark.parametrize(
    ("dataset", "hub_id", "license"),
    [
        ("binarized-mnist", ["ylecun/mnist"], "apache-2.0"),
        ("cifar10", ["uoft-cs/cifar10"], "apache-2.0"),
        ("fsdd", ["Jakobovski/free-spoken-digit-dataset"], "cc-by-sa-4.0"),
        ("digits", None, "apache-2.0"),
        ("folder:mine", None, None),
        (None, None, None),
    ],
)
def test_data_and_licence_follow_from_the_data_set(subject, dataset, hub_id, license):
    data = front(subject(dataset=dataset))
    assert (data.datasets, data.license, data.eval_results) == (hub_id, license, None)


@pytest.mark.parametrize(
    ("options", "tag", "task"),
    [
        ({}, "image-generation", "unconditional-image-generation"),
        ({"context": LABEL}, "told-label", None),
        ({"data": SOUND, "event_shape": (None,)}, "audio-generation", None),
        ({"data": LETTERS, "event_shape": (None,)}, "text-generation", "text-generation"),
    ],
)
def test_the_task_is_the_hubs_own_or_none(subject, options, tag, task):
    data = front(subject(**options))
    assert tag in data.tags
    assert data.pipeline_tag == task


def test_a_licence_that_is_given_wins(subject):
    assert front(subject(license="mit")).license == "mit"


def test_sound_is_measured_a_sample(subject, likelihood):
    measured = likelihood["likelihood"] | {"dims": None, "dataset": "fsdd"}
    data = front(subject(data=SOUND, dataset="fsdd", records={"likelihood": likelihood | {"likelihood": measured}}))
    assert [(r.metric_type, r.metric_value) for r in data.eval_results] == [
        ("bits_per_sample", 1.5438),
        ("nats_per_sample", 1.0701),
    ]
