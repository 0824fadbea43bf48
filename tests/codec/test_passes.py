import math

import pytest
import torch

import arzoo
from arzoo.codec.coders import Reader, Writer
from arzoo.codec.passes import code_events

HEADS = {"bernoulli": arzoo.heads.Bernoulli(), "mixture": arzoo.heads.DiscretizedLogisticMixture(16, num_channels=3)}
ORDERINGS = {
    "sub-pixels": (arzoo.orderings.Raster((3, 4, 5)), arzoo.heads.Categorical(6)),
    "pixels": (arzoo.orderings.Raster((3, 4, 5), channels_as_positions=False), HEADS["mixture"]),
    "snake": (arzoo.orderings.Snake((1, 4, 5)), HEADS["bernoulli"]),
    "random": (arzoo.orderings.RandomOrder((1, 4, 5), seed=3), HEADS["bernoulli"]),
    "time": (arzoo.orderings.LeftToRight((20,)), HEADS["bernoulli"]),
}


class Recorder:
    """A coder that keeps what it is asked, and writes."""

    def __init__(self):
        self.rows, self.writer = [], Writer()

    def __call__(self, masses, symbols):
        self.rows.append(len(masses))
        return self.writer(masses, symbols)


@pytest.mark.parametrize("name", ORDERINGS)
def test_whole_events_take_minus_log2_of_their_probability(regression, name):
    ordering, head = ORDERINGS[name]
    model = regression(ordering, head)
    x = model.sample(30, progress=False)
    writer = Writer()
    assert torch.equal(code_events(model, writer, torch.ones_like(x, dtype=torch.bool), None, x), x)
    bits = -model.log_prob(x).sum().item() / math.log(2)
    assert bits - 64 <= 8 * len(writer.words()) <= 1.001 * bits + 64
    assert torch.equal(code_events(model, Reader(writer.words()), torch.ones_like(x, dtype=torch.bool), None), x)


@pytest.mark.parametrize("name", ORDERINGS)
def test_what_is_outside_is_not_coded_and_steps_end_with_the_last_inside(regression, name):
    ordering, head = ORDERINGS[name]
    model = regression(ordering, head)
    inside = torch.zeros(4, *ordering.event_shape, dtype=torch.bool)
    for k, event in enumerate(inside):
        event[..., : k + 1] = True
    x = model.sample(4, progress=False) * inside
    coder = Recorder()
    assert torch.equal(code_events(model, coder, inside, None, x), x)

    assert sum(coder.rows) == inside.sum()
    assert torch.equal(code_events(model, Reader(coder.writer.words()), inside, None), x)


def test_a_row_goes_on_beyond_its_end_with_its_last_pixel_in_each_channel(regression):
    """The model is shown, where nothing is coded, the pixel before; so the code is that of the image so continued."""
    model = regression(arzoo.orderings.Raster((2, 3, 4)), arzoo.heads.Categorical(5))
    narrow = torch.randint(0, 5, (1, 2, 3, 2), generator=torch.Generator().manual_seed(0))
    shown = torch.cat([narrow, narrow[..., 1:], narrow[..., 1:]], -1)
    inside = torch.zeros(1, 2, 3, 4, dtype=torch.bool)
    inside[..., :2] = True
    writer = Writer()
    code_events(model, writer, inside, None, torch.where(inside, shown, 0).repeat(1, 1, 1, 1))
    expected = -(model.position_log_prob(shown) * inside).sum().item() / math.log(2)
    assert expected <= 8 * len(writer.words()) <= expected + 64
    many = torch.cat([inside] * 200)
    writer = Writer()
    code_events(model, writer, many, None, shown.expand(200, -1, -1, -1) * many)
    assert 8 * len(writer.words()) == pytest.approx(200 * expected, rel=1e-3)


def test_dropout_is_off_and_the_mode_is_kept(regression):
    model = regression().train()
    x = torch.ones(2, *model.event_shape, dtype=torch.int64)
    code_events(model, Writer(), x.bool(), None, x)
    assert model.training
