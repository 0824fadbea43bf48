import pytest
import torch
import torch.nn.functional as F
from torch import nn

from arzoo.roofline import count_work


@pytest.fixture(autouse=True)
def _as_when_sampling():
    with torch.inference_mode():
        yield


def work(step, steps=2):
    return count_work(step, range(steps))


def test_a_linear_layer_reads_weight_and_bias_and_multiplies_each_weight_for_each_event():
    layer, read = nn.Linear(8, 4), 4 * (8 * 4 + 4)
    assert work(lambda _: layer(torch.ones(3, 8))) == (2 * 3 * 8 * 4, read, read)


def test_a_row_of_a_convolution():
    layer = nn.Conv2d(3, 5, (1, 3), padding=(0, 1), bias=False)
    counted = work(lambda _: layer(torch.ones(2, 3, 1, 7)))
    assert counted.operations == 2 * (2 * 7) * 5 * (3 * 3)
    assert counted.weight_bytes == counted.working_set == 4 * 5 * 3 * 3


def test_what_is_done_once_a_row_counts_by_the_steps_of_the_row():
    row, pixel = nn.Linear(8, 8, bias=False), nn.Linear(8, 2, bias=False)
    counted = work(lambda j: (row(torch.ones(1, 8)) if j == 0 else None, pixel(torch.ones(1, 8))), steps=4)
    assert counted.operations == 2 * (64 / 4 + 16)
    assert counted.weight_bytes == 4 * (64 / 4 + 16)
    assert counted.working_set == 4 * (64 + 16)


def test_a_table_is_read_a_line_an_event():
    table = nn.Embedding(1000, 6)
    assert work(lambda _: table(torch.tensor([1, 2]))).weight_bytes == 4 * 2 * 6


def test_a_part_of_a_weight_counts_as_much_as_it_is():
    weight = torch.ones(8, 8)
    counted = work(lambda step: torch.ones(1, 8) @ weight[:, 4 * step : 4 * step + 4])
    assert counted.weight_bytes == 4 * 8 * 4
    assert counted.working_set == 4 * 8 * 8


def test_a_cache_that_steps_write_is_no_weight():
    weight, cache = torch.ones(8, 8), torch.zeros(5, 8)

    def step(position):
        cache[position] = (torch.ones(1, 8) @ weight)[0]
        return cache.sum(0)

    assert work(step, 5).weight_bytes == 4 * 64


def test_a_result_written_into_the_state_is_no_weight():
    weight, out = torch.ones(8, 8), torch.zeros(1, 8)
    counted = work(lambda _: (torch.mm(torch.ones(1, 8), weight, out=out), out + 1))
    assert counted == (2 * 64, 4 * 64, 4 * 64)


def test_views_read_nothing_and_what_is_expanded_counts_once():
    bias = torch.ones(4)
    assert work(lambda _: bias.view(2, 2).T).weight_bytes == 0
    assert work(lambda _: bias.expand(100, 4) + 1).weight_bytes == 16


@pytest.mark.parametrize(
    ("product", "operations"),
    [
        (lambda a, x: torch.mv(a, x[0]), 2 * 6 * 4),
        (lambda a, x: torch.addmv(torch.ones(6), a, x[0]), 2 * 6 * 4),
        (lambda a, x: F.linear(x, a), 2 * 3 * 6 * 4),
        (lambda a, x: torch.baddbmm(torch.ones(1, 3, 6), x[None], a.T[None]), 2 * 3 * 6 * 4),
    ],
)
def test_every_kind_of_product_is_counted(product, operations):
    matrix, x = torch.ones(6, 4), torch.ones(3, 4)
    assert work(lambda _: product(matrix, x)).operations == operations


def test_attention_multiplies_queries_with_keys_and_weights_with_values():
    query, key, value = (torch.ones(2, 3, length, 8) for length in (1, 5, 5))
    counted = work(lambda _: F.scaled_dot_product_attention(query, key, value))
    assert counted.operations == 2 * (2 * 3) * 1 * 5 * (8 + 8)


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch was built without oneDNN")
def test_weights_packed_for_onednn_count_as_others():
    packed = torch.ones(6, 4).to_mkldnn()
    product = torch.ops.mkldnn._linear_pointwise
    assert work(lambda _: product(torch.ones(3, 4), packed, None, "none", [], "")) == (2 * 3 * 6 * 4, 96, 96)


@pytest.fixture
def learning():
    with torch.inference_mode(False), torch.enable_grad():
        yield


@pytest.mark.usefixtures("learning")
def test_the_gradient_of_attention_is_five_products():
    query, key, value = (torch.ones(2, 3, 64, 16, requires_grad=True) for _ in range(3))
    product = 2 * 2 * 3 * 64 * 64 * 16
    forward = count_work(lambda _: F.scaled_dot_product_attention(query, key, value), [0])
    both = count_work(lambda _: F.scaled_dot_product_attention(query, key, value).sum().backward(), [0])
    assert (forward.operations, both.operations) == (2 * product, 7 * product)


@pytest.mark.usefixtures("learning")
def test_an_lstm_multiplies_by_all_of_its_weights_at_each_place():
    lstm, x = nn.LSTM(8, 16), torch.ones(5, 2, 8)
    once = 2 * 5 * 2 * (8 + 16) * 64
    assert count_work(lambda _: lstm(x), [0]).operations == once
    assert count_work(lambda _: lstm(x)[0].sum().backward(), [0]).operations == 3 * once
