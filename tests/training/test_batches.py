import pytest
import torch

from arzoo.data import Dataset
from arzoo.training.batches import Batches, ahead


def numbered(count=10):
    """A data set whose item k is the level k, and which a draw marks with the epoch."""
    items = torch.arange(count, dtype=torch.uint8).reshape(count, 1, 1, 1)
    return Dataset("numbers", "train", items, 100)


def seen(batches):
    return [batch.x.flatten().tolist() for batch in batches]


def test_a_step_is_a_function_of_seed_and_step_alone():
    forward, backward = Batches(numbered(), 3, seed=1), Batches(numbered(), 3, seed=1)
    steps = [seen(forward.step(step)) for step in range(8)]
    assert [seen(backward.step(step)) for step in reversed(range(8))] == steps[::-1]
    assert [seen(Batches(numbered(), 3, seed=2).step(step)) for step in range(8)] != steps


def test_an_epoch_shows_every_item_once_and_the_next_in_another_order():
    batches = Batches(numbered(), 4)
    flat = [level for step in range(5) for level in seen(batches.step(step))[0]]
    assert sorted(flat[:10]) == sorted(flat[10:]) == list(range(10))
    assert flat[:10] != flat[10:]


def test_a_batch_larger_than_the_data_takes_several_epochs():
    assert sorted(seen(Batches(numbered(), 25).step(0))[0][:20]) == sorted([*range(10)] * 2)


def test_the_start_is_the_first_step_however_it_is_shared():
    whole = seen(Batches(numbered(), 8).step(0))
    for rank in (0, 1):
        assert seen([Batches(numbered(), 2, accumulate=2, processes=2, rank=rank).start()]) == whole


def test_processes_and_forward_passes_share_what_one_batch_would_hold():
    whole = Batches(numbered(), 8)
    for step in range(5):
        shares = [Batches(numbered(), 2, accumulate=2, processes=2, rank=rank).step(step) for rank in (0, 1)]
        together = [level for part in (0, 1) for rank in (0, 1) for level in seen(shares[rank])[part]]
        assert together == seen(whole.step(step))[0]
    assert Batches(numbered(), 2, accumulate=2, processes=2).items_per_step == whole.items_per_step == 8


def test_the_draw_is_keyed_by_seed_and_epoch():
    calls = []

    def draw(items, rows, seed, epoch):
        calls.append((seed, epoch, len(rows)))
        return items

    data = Dataset("numbers", "train", numbered().items, 100, draw=draw)
    Batches(data, 6, seed=9).step(1)
    assert calls == [(9, 0, 4), (9, 1, 2)]


def test_working_ahead_keeps_the_order_and_hands_on_errors():
    assert list(ahead(lambda n: 10 // n, [5, 2, 1], depth=1)) == [2, 5, 10]
    results = ahead(lambda n: 10 // n, [5, 0, 1])
    assert next(results) == 2
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_a_reader_that_stops_early_leaves_no_thread_waiting():
    results = ahead(lambda n: n, range(100))
    assert next(results) == 0
    results.close()
    assert list(results) == []
