"""The front matter of a card, as the Hub reads it: what can be searched, and the results in its `model-index`."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from arzoo.cards.subject import Subject

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

LIBRARY = "arzoo"
APACHE = "apache-2.0"
TASKS = {"image": "unconditional-image-generation", "text": "text-generation"}
"""The Hub's own names, for models that are told nothing; it has none for the others."""

OTHER = "other"
DIGITS = 4  # decimals of a figure; a standard error has seldom more than two of them


def front_matter(subject: Subject) -> str:
    """Return the YAML between the dashes."""
    from huggingface_hub import ModelCardData

    results = list(_results(subject))
    dataset = subject.dataset
    task = task_of(subject)
    return ModelCardData(
        model_name=subject.id,
        library_name=LIBRARY,
        license=license_of(subject),
        pipeline_tag=None if task == OTHER else task,
        tags=list(_tags(subject)),
        datasets=[dataset.hub_id] if dataset and dataset.hub_id else None,
        metrics=list(dict.fromkeys(result.metric_type for result in results)) or None,
        eval_results=results or None,
    ).to_yaml()


def license_of(subject: Subject) -> str | None:
    """Return the licence of the weights: as given, else what the data allow; None where nobody knows the data."""
    return subject.license or (subject.dataset.weights_license if subject.dataset else None)


def task_of(subject: Subject) -> str:
    """Return what the Hub calls the task."""
    return OTHER if subject.context else TASKS.get(subject.medium, OTHER)


def _tags(subject: Subject) -> Iterator[str]:
    yield from (LIBRARY, "pytorch", "autoregressive", "density-estimation", subject.config.architecture)
    yield f"{subject.medium}-generation"
    if subject.dataset:
        yield subject.dataset.id
    yield from (f"told-{name}" for name in subject.context)


def _results(subject: Subject) -> Iterator["EvalResult"]:
    """Return the exact likelihood of the model; that of an ensemble is another model's."""
    if "likelihood" not in subject.records:
        return
    measured = subject.records["likelihood"]["likelihood"]
    bits, error = measured["bits_per_dim"], measured["bits_per_dim_se"]
    yield _result(subject, measured, f"bits_per_{subject.symbol}", f"bits/{subject.symbol}", bits, error)
    if measured["dims"] is None:
        nats = (f"nats_per_{subject.symbol}", f"nats/{subject.symbol}", bits * math.log(2), error * math.log(2))
    else:
        nats = (f"nats_per_{subject.medium}", f"nats an {subject.medium}", measured["nats"], measured["nats_se"])
    yield _result(subject, measured, *nats)


def _result(subject: Subject, measured: Any, metric: str, name: str, value: float, error: float) -> "EvalResult":
    from huggingface_hub import EvalResult

    dataset, told = subject.dataset, subject.told
    return EvalResult(
        task_type=task_of(subject),
        task_name=f"Density estimation{f', told {told}' if told else ''}",
        dataset_type=(dataset.hub_id if dataset else "") or measured["dataset"],
        dataset_name=measured["dataset"],
        dataset_split=measured["split"],
        dataset_args={"items": measured["count"], "digest": measured["digest"]},
        metric_type=metric,
        metric_name=name,
        metric_value=round(value, DIGITS),
        metric_args={"standard_error": round(error, DIGITS)},
    )
