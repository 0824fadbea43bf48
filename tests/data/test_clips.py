from collections import Counter

import pytest
import torch

from arzoo.context import Labels
from arzoo.data import Clips, Dataset
from arzoo.data.dataset import split_digest
from arzoo.errors import ConfigError, DataError

SEQUENCES = [[7, 8, 9], [10, 11, 12, 13, 14, 15, 16, 17, 18, 19], [5]]


@pytest.fixture
def clips():
    return Clips.of([torch.tensor(sequence, dtype=torch.uint8) for sequence in SEQUENCES])


@pytest.fixture
def data(clips):
    label = torch.tensor([2, 0, 1])
    return Dataset("hums", "train", clips, 20, context={"label": Labels(3)}, values={"label": label})


def test_clips_come_back_as_they_were_given(clips):
    assert [clip.tolist() for clip in clips.unbind()] == SEQUENCES
    assert (len(clips), clips.shape, clips.starts.tolist()) == (3, (3, None), [0, 3, 13])


def test_shorter_clips_are_padded_behind(clips):
    x, lengths = clips.padded(torch.tensor([2, 0, 2]))
    assert x.tolist() == [[5, 0, 0], [7, 8, 9], [5, 0, 0]]
    assert (lengths.tolist(), x.dtype) == ([1, 3, 1], torch.uint8)


def test_pieces_begin_where_they_are_told(clips):
    x, lengths = clips.padded(torch.tensor([1, 0]), torch.tensor([8, 1]), width=4)
    assert x.tolist() == [[18, 19, 0, 0], [8, 9, 0, 0]]
    assert lengths.tolist() == [2, 2]


def test_a_batch_says_what_counts(data):
    batch = data.batch([0, 2])
    assert batch.lengths.tolist() == [3, 1]
    assert batch.counted.tolist() == [[True, True, True], [True, False, False]]
    assert batch.context["label"].tolist() == [2, 1]
    assert (data.event_shape, data.num_dims, data.lengths.tolist()) == ((None,), None, [3, 10, 1])


def test_all_symbols_of_one_shape_count():
    batch = Dataset("dots", "test", torch.zeros(2, 1, 2, 3, dtype=torch.uint8), 2).batch([0, 1])
    assert batch.lengths is None
    assert batch.counted.expand(batch.x.shape).all()


def test_subsets_keep_their_own_lengths_and_digest(data):
    part = data.subset([2, 1])
    assert part.lengths.tolist() == [1, 10]
    assert part.digest == data.subset([1, 2]).digest != data.digest
    assert data.subset([2]).digest == split_digest(torch.tensor([[5]], dtype=torch.uint8))


def test_crops_are_pieces_of_their_clips(data):
    cropped = data.cropped(4)
    assert len(cropped) == 1 + 3 + 1  # one for each stretch of four
    for epoch in range(20):
        x, context, lengths, _ = cropped.batch(range(len(cropped)), epoch=epoch)
        pieces = [row[:length].tolist() for row, length in zip(x, lengths, strict=True)]
        assert (pieces[0], pieces[4]) == (SEQUENCES[0], SEQUENCES[2])
        for piece in pieces[1:4]:
            begin = piece[0] - 10
            assert piece == SEQUENCES[1][begin : begin + 4] and len(piece) == 4
        assert context["label"].tolist() == [2, 0, 0, 0, 1]
        assert x.shape == (5, 4)


def test_crops_reach_all_of_a_clip_and_its_ends_most(data):
    cropped = data.cropped(4)
    begins = Counter(int(x[0]) - 10 for e in range(500) for x in cropped.batch([1, 2, 3], epoch=e).x)
    assert sorted(begins) == list(range(7))
    # of the 13 places of the window, 4 are pushed to either end and one is each of the 5 others
    assert begins[0] / 1500 == pytest.approx(4 / 13, abs=0.04) and begins[6] / 1500 == pytest.approx(4 / 13, abs=0.04)
    assert begins[3] / 1500 == pytest.approx(1 / 13, abs=0.03)


def test_crops_are_a_function_of_seed_epoch_and_item(data):
    cropped = data.cropped(2)
    whole = cropped.batch(range(len(cropped)), seed=5, epoch=3).x
    alone = torch.cat([cropped.batch([k], seed=5, epoch=3).x for k in range(len(cropped))])
    assert torch.equal(whole, alone)
    assert not torch.equal(whole, cropped.batch(range(len(cropped)), seed=5, epoch=4).x)
    assert not torch.equal(whole, cropped.batch(range(len(cropped)), seed=6, epoch=3).x)


def test_a_lead_in_is_only_the_past_of_a_piece(data):
    cropped = data.cropped(6, lead_in=2)
    assert len(cropped) == 1 + 2 + 1  # of 10 symbols 8 are left, four at a time
    seen = Counter()
    for epoch in range(200):
        batch = cropped.batch([1, 2], epoch=epoch)
        for row, counted in zip(batch.x, batch.counted, strict=True):
            assert counted.tolist() == [bool(row[0] == 10)] * 2 + [True] * 4
            seen.update(row[counted].tolist())
    assert sorted(seen) == SEQUENCES[1]
    assert cropped.batch([0]).counted.tolist() == [[True] * 3 + [False] * 3]


@pytest.mark.parametrize("lead_in", [6, 7])
def test_something_of_a_piece_counts(data, lead_in):
    with pytest.raises(
        ConfigError, match=f"`lead_in` must be less than the crop, 6, got {lead_in}. Use crop={2 * lead_in}"
    ):
        data.cropped(6, lead_in=lead_in)


def test_the_end_of_a_lone_clip_is_held_out(data):
    lone = data.subset([1])
    train, validation = lone.hold_out(3)
    assert [part.batch([0]).x[0].tolist() for part in (train, validation)] == [SEQUENCES[1][:-3], SEQUENCES[1][-3:]]
    assert (train.split, validation.split) == ("train", "validation")
    assert validation.batch([0]).context["label"].tolist() == [0]
    assert validation.digest == split_digest(torch.tensor([SEQUENCES[1][-3:]], dtype=torch.uint8))


@pytest.mark.parametrize("count", [0, 10])
def test_something_of_a_lone_clip_is_left(data, count):
    with pytest.raises(DataError, match=f"of hums, a lone clip, must be 1 to 9 of its 10 symbols, got {count}"):
        data.subset([1]).hold_out(count)


def test_a_crop_has_at_least_one_symbol(data):
    with pytest.raises(ConfigError, match="`crop` must be a whole number of at least 1, got 0"):
        data.cropped(0)


def test_images_are_not_cropped():
    images = Dataset("dots", "test", torch.zeros(2, 1, 2, 3, dtype=torch.uint8), 2)
    with pytest.raises(
        ConfigError, match=r"free length can be cropped, got a crop of 4 for items of \(1, 2, 3\) in dots"
    ):
        images.cropped(4)
