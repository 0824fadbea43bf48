import math

import numpy as np
import pytest
import torch
from torchmetrics import MetricCollection

from arzoo.errors import ConfigError, ShapeError
from arzoo.metrics import BitsPerDim, NegativeLogLikelihood, mean_and_standard_error

DIMS = 784


@pytest.fixture
def log_prob():
    return -80 + 15 * torch.randn(1000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def numpy_reference(log_prob, unit=1.0):
    """`numpy.mean` and the textbook standard error, `numpy.std` with one degree of freedom taken."""
    values = -log_prob.double().numpy() / unit
    return np.mean(values), np.std(values, ddof=1) / math.sqrt(len(values))


def filled(metric, *batches):
    for batch in batches:
        metric.update(batch)
    return metric


@pytest.mark.parametrize(
    ("make", "unit"),
    [(NegativeLogLikelihood, 1.0), (lambda: BitsPerDim(DIMS), DIMS * math.log(2))],
    ids=["nats", "bits"],
)
class TestBothMetrics:
    def test_equals_numpy_however_the_items_are_batched(self, make, unit, log_prob):
        value, error = numpy_reference(log_prob, unit)
        for sizes in (1000, 1, 333):
            metric = filled(make(), *log_prob.split(sizes))
            assert metric.compute().item() == pytest.approx(value, rel=1e-12)
            assert metric.standard_error().item() == pytest.approx(error, rel=1e-9)

    def test_merging_adds_the_sums(self, make, unit, log_prob):
        metric = filled(make(), log_prob[:100])
        metric.merge_state(filled(make(), log_prob[100:]))
        value, error = numpy_reference(log_prob, unit)
        assert metric.compute().item() == pytest.approx(value, rel=1e-12)
        assert metric.standard_error().item() == pytest.approx(error, rel=1e-9)

    def test_sums_are_float64_whatever_comes(self, make, unit):
        metric = filled(make().half(), torch.full((3,), -1000.0, dtype=torch.bfloat16))
        assert {value.dtype for value in metric.metric_state.values()} == {torch.float64}
        assert metric.compute().item() == pytest.approx(1000 / unit, rel=1e-12)

    def test_many_small_batches_lose_nothing(self, make, unit):
        metric = filled(
            make(), *torch.tensor([-16777216.0, -1.0]).repeat(500).split(1)
        )  # a float32 sum forgets the ones
        assert metric.compute().item() == pytest.approx(16777217 / 2 / unit, rel=1e-14)

    def test_reset_forgets(self, make, unit, log_prob):
        metric = filled(make(), log_prob)
        metric.reset()
        assert filled(metric, log_prob[:2]).compute().item() == pytest.approx(numpy_reference(log_prob[:2], unit)[0])

    def test_an_impossible_item_is_infinitely_unlikely(self, make, unit):
        assert filled(make(), torch.tensor([-1.0, -math.inf])).compute().item() == math.inf

    def test_no_graph_is_kept(self, make, unit):
        metric = filled(make(), torch.tensor([-1.0, -2.0], requires_grad=True))
        assert not metric.compute().requires_grad

    @pytest.mark.parametrize(
        ("shape", "repair"), [((2, 3), r"flatten\(1\)"), ((2, 1, 4, 4), r"flatten\(1\)"), ((), r"\[None\]")]
    )
    def test_more_or_less_than_one_value_an_item_is_refused(self, make, unit, shape, repair):
        with pytest.raises(ShapeError, match=rf"one value an item, \(B,\), got .*Use log_prob.*{repair}"):
            make().update(torch.zeros(shape))


def test_they_share_one_update_in_a_collection(log_prob):
    both = MetricCollection({"nats": NegativeLogLikelihood(), "bits": BitsPerDim(DIMS)})
    both.update(log_prob)
    found = both.compute()
    assert found["nats"].item() == pytest.approx(found["bits"].item() * DIMS * math.log(2))


def test_bits_per_dim_of_a_uniform_distribution_is_its_number_of_bits():
    uniform_bytes = torch.full((5,), -12 * math.log(256))
    assert filled(BitsPerDim(12), uniform_bytes).compute().item() == pytest.approx(8)


def test_equal_items_have_no_standard_error():
    assert filled(NegativeLogLikelihood(), torch.full((1000,), -0.1)).standard_error().item() == pytest.approx(
        0, abs=1e-9
    )


def test_one_item_leaves_the_standard_error_open():
    sums = torch.tensor([3.0, 9.0, 1.0], dtype=torch.float64)
    mean, error = mean_and_standard_error(*sums)
    assert mean.item() == 3
    assert math.isnan(error.item())


@pytest.mark.parametrize("num_dims", [0, -1])
def test_no_dimensions_are_refused(num_dims):
    with pytest.raises(ConfigError, match=f"`num_dims` must be a whole number of at least 1, got {num_dims}"):
        BitsPerDim(num_dims)


def ratio_by_jackknife(nats, dims):
    """The ratio of the sums, and its standard error from leaving each item out in turn."""
    left_out = (nats.sum() - nats) / (dims.sum() - dims)
    count = len(nats)
    return nats.sum() / dims.sum(), math.sqrt((count - 1) / count * np.sum((left_out - left_out.mean()) ** 2))


def test_items_of_different_sizes_count_by_their_size(log_prob):
    dims = torch.randint(50, 150, (1000,), generator=torch.Generator().manual_seed(1))
    value, error = ratio_by_jackknife(-log_prob.numpy(), dims.numpy())
    for size in (1000, 333):
        metric = BitsPerDim()
        for batch, lengths in zip(log_prob.split(size), dims.split(size), strict=True):
            metric.update(batch, lengths)
        assert metric.compute().item() * math.log(2) == pytest.approx(value, rel=1e-12)
        assert metric.standard_error().item() * math.log(2) == pytest.approx(error, rel=0.01)


@pytest.mark.parametrize(("lengths", "came"), [(None, "none"), (torch.ones(3), r"\(3,\)")])
def test_sizes_that_are_needed_are_asked_for(lengths, came):
    with pytest.raises(ShapeError, match=rf"`lengths` must be the symbols of each item, \(2,\), got {came}"):
        BitsPerDim().update(torch.zeros(2), lengths)
