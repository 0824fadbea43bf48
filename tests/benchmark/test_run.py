import dataclasses

import pytest

import arzoo
from arzoo.benchmark import Plan, Result, run
from arzoo.benchmark import run as run_function
from arzoo.errors import ConfigError, DataError, UnknownModelError

MODULE = __import__("sys").modules["arzoo.benchmark.run"]


@pytest.fixture
def parts(monkeypatch):
    """Parts that count how often they are measured; one of them fails while `parts.broken` is true."""

    class Parts:
        broken, counts = True, {"good": 0, "bad": 0}

    def good(name, plan):
        Parts.counts["good"] += 1
        return {"figure": 1}

    def bad(name, plan):
        Parts.counts["bad"] += 1
        if Parts.broken:
            raise RuntimeError("the network is on fire")
        return {"figure": 2}

    Parts.counts = dict.fromkeys(Parts.counts, 0)
    monkeypatch.setattr(MODULE, "PARTS", {"good": good, "bad": bad})
    return Parts


def test_what_is_finished_is_not_measured_again_and_what_failed_is(parts, tmp_path):
    plan = Plan(tmp_path, ("good", "bad"))
    (first,) = run(["fvbn-digits"], plan)
    assert first.part("good")["figure"] == 1
    assert first.failures() == {"bad": "RuntimeError: the network is on fire"}
    parts.broken = False
    (second,) = run(["fvbn-digits"], plan)
    assert second.failures() == {} and second.part("bad")["figure"] == 2
    assert parts.counts == {"good": 1, "bad": 2}
    assert Result.read(tmp_path / second.filename) == second


def test_again_measures_what_is_finished(parts, tmp_path):
    plan = Plan(tmp_path, ("good",))
    run(["fvbn-digits"], plan)
    run(["fvbn-digits"], dataclasses.replace(plan, again=True))
    assert parts.counts["good"] == 2


def test_a_part_says_how_it_is_repeated_and_by_which_commit(parts, tmp_path):
    (result,) = run(["fvbn-digits"], Plan(tmp_path, ("good",), options=" --threads 1"))
    part = result.part("good")
    assert part["command"] == "arzoo benchmark run fvbn-digits --part good --again --threads 1"
    assert part["commit"] == arzoo.provenance.commit()


def test_an_error_of_ours_is_told_as_it_is_and_the_next_model_has_its_turn(parts, tmp_path, monkeypatch):
    def bad(name, plan):
        raise DataError("cifar10 is not here.")

    monkeypatch.setitem(MODULE.PARTS, "bad", bad)
    first, second = run(["fvbn-digits", "made-digits"], Plan(tmp_path, ("bad",)))
    assert first.failures() == second.failures() == {"bad": "cifar10 is not here."}


def test_a_model_that_does_not_load_is_a_result_with_reasons(tmp_path, monkeypatch):
    def load(*_, **__):
        raise ArithmeticError("no such layer")

    monkeypatch.setattr(MODULE, "load", load)
    monkeypatch.setattr("arzoo.benchmark.measures.load", load)
    monkeypatch.setattr("arzoo.benchmark.subjects.load", load)
    monkeypatch.setattr("arzoo.benchmark.training.load", load)
    (result,) = run(["fvbn-digits"], Plan(tmp_path, ("likelihood", "sampling", "training", "field")))
    assert result.parameters is None
    assert result.failures() == dict.fromkeys(result.parts, "ArithmeticError: no such layer") and len(result.parts) == 4


def test_a_truncated_record_is_measured_anew(parts, tmp_path):
    plan = Plan(tmp_path, ("good",))
    (result,) = run(["fvbn-digits"], plan)
    (tmp_path / result.filename).write_text("{")
    run(["fvbn-digits"], plan)
    assert parts.counts["good"] == 2 and Result.read(tmp_path / result.filename) == result


def test_each_part_is_announced(parts, tmp_path):
    told = []
    run_function(["fvbn-digits"], Plan(tmp_path, ("good", "bad")), told.append)
    assert told == ["fvbn-digits: good", "", "fvbn-digits: bad", ""]


def test_a_name_that_nobody_registers_is_refused_before_anything_is_measured(parts, tmp_path):
    with pytest.raises(UnknownModelError, match="Unknown model 'fvbn-digit'"):
        run(["made-digits", "fvbn-digit"], Plan(tmp_path, ("good",)))
    assert parts.counts["good"] == 0


def test_weights_that_nobody_pinned_are_refused(tmp_path):
    loose = next(id for id, entry in arzoo.registry.checkpoints().items() if not entry.files)
    with pytest.raises(ConfigError, match=f"pinned weights, got {loose}, which pins no file"):
        run([loose], Plan(tmp_path, ("field",)))
