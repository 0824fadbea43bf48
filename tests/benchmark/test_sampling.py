import pytest
import torch

from arzoo.benchmark import Measuring, SamplingRecord, Subject, measure_sampling, sampling
from arzoo.errors import ConfigError
from arzoo.heads import Categorical
from arzoo.orderings import Raster
from arzoo.roofline import Rate


@pytest.fixture(autouse=True)
def _rates(monkeypatch):
    """A machine whose speed is known."""
    monkeypatch.setattr(sampling, "bandwidth", lambda size, device: Rate(1e9, f"told, {size} bytes"))
    monkeypatch.setattr(sampling, "peak", lambda dtype, device: Rate(1e10, f"told, {dtype}"))


@pytest.fixture
def record(regression):
    model = regression(Raster((1, 8, 4)), Categorical(3))
    done = []
    found = measure_sampling(
        Subject("regression", model, model.ordering), Measuring((1, 4), rounds=2), command="arzoo", done=done.append
    )
    assert done == [1, 4]
    return found


def test_the_figures_of_a_step_hang_together(record):
    for row in record.rows:
        assert row.floor_seconds == pytest.approx(max(row.weight_bytes / 1e9, row.operations / 1e10), rel=1e-3)
        assert row.times_floor == pytest.approx(row.step_seconds / row.floor_seconds, rel=1e-2)
        assert row.times_faster == pytest.approx(row.pass_seconds / row.step_seconds, rel=1e-2)
        assert row.events_per_second == pytest.approx(row.batch / (32 * row.step_seconds), rel=1e-2)
        assert row.symbols_per_second == pytest.approx(32 * row.events_per_second, rel=1e-2)
        assert (row.first, row.steps, row.rounds) == (16, 16, 2)
        assert row.peak_bytes > 0


def test_bytes_and_operations_are_those_of_the_network(record):
    one, four = record.rows
    assert one.operations == 2 * 3 * 32  # three logits, each a product with 32 symbols
    assert four.operations == 4 * one.operations
    assert one.weight_bytes == four.weight_bytes == 8 * (3 * 32 + 3 + 3)  # and of the ordering, where they stand
    assert (one.activation_bytes, four.activation_bytes) == (8 * 32, 4 * 8 * 32)
    assert four.state_bytes == 4 * 8 * 32


def test_a_record_says_where_and_of_what_it_is(record, tmp_path):
    assert (record.model, record.dtype, record.parameters) == ("regression", "float64", 3 * 32 * 32 + 3 * 32)
    assert record.threads == torch.get_num_threads()
    assert record.bandwidth_how == f"told, {16 * 8 * (3 * 32 + 3 + 2)} bytes"  # one place is read twice
    assert (record.command, record.torch) == ("arzoo", torch.__version__)
    assert SamplingRecord.read(record.write(tmp_path)) == record


def test_the_allocator_is_recorded(regression, monkeypatch):
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "8000000")
    model = regression()
    found = measure_sampling(Subject("regression", model, model.ordering), Measuring((1,), rounds=1))
    assert found.allocator["MALLOC_TRIM_THRESHOLD_"] == "8000000"


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"batches": (1, 0)}, "`batch` must be a whole number of at least 1, got 0. Use batch=1."),
        ({"steps": 0}, "`steps` must be a whole number of at least 1, got 0. Use steps=1."),
        ({"rounds": -1}, "`rounds` must be a whole number of at least 1, got -1. Use rounds=1."),
    ],
)
def test_numbers_out_of_range_are_refused(numbers, message):
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        Measuring(**numbers)
