"""Ten mistakes of authors in three variants each, and others, in a convolutional network and in one of attention."""

import pytest
from planted import mistakes

import arzoo
from arzoo import plugins
from arzoo.testing import check_model, run_all

ARCHITECTURES = ("pixelcnn", "imagegpt")
SHAPES = {"tiny-rgb": (3, 2, 2)}
THREE_CLASSES = {"label": {"kind": "labels", "num_classes": 3}}
VARIANTS = [
    pytest.param(change, config, check, id=f"{kind}: {change.__name__}")
    for kind, (config, variants) in mistakes.KINDS.items()
    for change, check in variants.items()
]
OTHERS = [pytest.param(*other, id=other[0].__name__) for other in mistakes.OTHERS]


def named(report):
    return sorted({failure.check for failure in report.failures})


@pytest.fixture(params=ARCHITECTURES)
def architecture(request):
    if request.param not in arzoo.list_models():
        pytest.skip(f"{request.param} is not installed")
    return request.param


@pytest.mark.parametrize(("change", "config", "check"), VARIANTS + OTHERS)
def test_a_mistake_is_named_by_the_check_that_is_meant_for_it(architecture, change, config, check, monkeypatch):
    arguments = {"event_shape": SHAPES.get(config, (1, 3, 3))}
    if config == "tiny-class":
        arguments["context"] = THREE_CLASSES

    def build():
        model = arzoo.create(architecture, config, **arguments)
        change(model)
        model.architecture, model.arguments = None, {}  # what its name and arguments build is another model now
        return model

    report = check_model(build)
    assert named(report) == [check], str(report)
    assert report.failures[0].cause


@pytest.mark.parametrize(("make", "extra", "check"), mistakes.CONFIGS, ids=lambda part: getattr(part, "__name__", ""))
@pytest.mark.usefixtures("own_zoo")
def test_a_config_that_does_not_come_back_is_named(architecture, make, extra, check, monkeypatch):
    monkeypatch.setattr(mistakes, "build_faulty", mistakes.builder(make, architecture), raising=False)
    config = {"event_shape": (1, 3, 3), "num_levels": 2, **extra}

    class Faulty:
        @arzoo.hookimpl
        def register_models():
            return [arzoo.ModelEntry("faulty", "planted.mistakes:build_faulty", {"tiny": config})]

    plugins.register(Faulty, "faulty")
    report = run_all("faulty")
    assert named(report) == [check], str(report)


def test_there_are_ten_kinds_in_three_variants():
    assert len(mistakes.KINDS) + 1 == 10 and len(mistakes.CONFIGS) >= 3
    assert all(len(variants) >= 3 for _, variants in mistakes.KINDS.values())
