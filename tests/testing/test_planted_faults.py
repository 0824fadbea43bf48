"""The test of the tests: every fault is named by the check meant for it, and by no other."""

import pytest
from planted import (
    architectures,
    batches,
    conditioned,
    heads,
    leaks,
    precision,
    registered,
    settings,
    steps,
    training,
    variants,
)
from planted.fault import Fault
from planted.mistakes import OTHERS
from planted.toys import Dense, Recurrent

import arzoo
from arzoo import plugins
from arzoo.testing import CHECKS, check_model, run_all

MODULES = (leaks, batches, heads, steps, training, conditioned, precision, settings, variants)
FAULTS = [fault for module in MODULES for fault in module.FAULTS]
MISTAKES = [(name, mistake) for mistake in architectures.MISTAKES for name in mistake.architectures]
BUILDERS = [(check, build) for check, builds in registered.FAULTS.items() for build in builds]


def named(report):
    return sorted({failure.check for failure in report.failures})


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_in_a_toy(fault: Fault):
    report = check_model(fault.build)
    assert named(report) == [fault.check], str(report)


@pytest.mark.parametrize(("name", "mistake"), MISTAKES, ids=str)
def test_a_fault_in_an_architecture(name, mistake):
    if name not in arzoo.list_models():
        pytest.skip(f"{name} is not installed")

    def build():
        model = arzoo.create(name, mistake.config, event_shape=(1, 3, 3))
        mistake.change(model)
        model.architecture, model.arguments = None, {}  # what its name and arguments build is another model now
        return model

    report = check_model(build)
    assert named(report) == [mistake.check], str(report)


@pytest.mark.parametrize(("check", "build"), BUILDERS, ids=lambda part: getattr(part, "__name__", part))
def test_a_fault_in_a_config(check, build):
    class Faulty:
        @arzoo.hookimpl
        def register_models():
            return [registered.entry("toyfaulty", build, registered.configs_of(build))]

    plugins.register(Faulty, "faulty")
    try:
        report = run_all("toyfaulty")
    finally:
        plugins.unregister("faulty")
    assert named(report) == [check], str(report)
    assert len(report.failures) == len(registered.BACKBONES)


MISTAKES_OF_AUTHORS = {
    "mask off by one": (leaks, {"causality", "dependence"}),
    "future leak through normalisation over positions": (leaks, {"causality"}),
    "batch leak": (batches, {"batch-independence"}),
    "head without normalisation": (heads, {"head-normalisation"}),
    "wrong num_params": (heads, {"interface", "num-params"}),
    "step that forgets state": (steps, {"cached-step"}),
    "non-determinism": (batches, {"determinism"}),
    "context ignored": (training, {"context"}),
    "parameter without gradient": (training, {"gradient"}),
}


@pytest.mark.parametrize(("module", "checks"), MISTAKES_OF_AUTHORS.values(), ids=MISTAKES_OF_AUTHORS)
@pytest.mark.parametrize("toy", [Dense, Recurrent])
def test_every_mistake_is_planted_in_three_variants_in_either_toy(module, checks, toy):
    assert len([fault for fault in module.FAULTS if fault.check in checks and fault.toy is toy]) >= 3


@pytest.mark.parametrize("check", [check.name for check in CHECKS if not check.deep])
def test_every_check_has_a_fault_to_catch(check):
    redundant = {
        "normalisation",
        "factorisation",
        "sampling",
        "known-symbols",
    }  # stand behind others; see test_backstops.py
    caught = {fault.check for fault in FAULTS} | {check for check, _ in BUILDERS} | {check for *_, check in OTHERS}
    assert (check in caught) != (check in redundant)
