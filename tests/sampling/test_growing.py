"""Images larger than a model: every window is drawn given what is there, and no edge shows where one began."""

import pytest
import torch
from torch import nn

import arzoo
from arzoo import ConfigError, ContextError, ShapeError
from arzoo.context import Labels
from arzoo.heads import Categorical
from arzoo.orderings import Raster, Snake
from arzoo.sampling import grow, wavefronts

LEVELS, WINDOW = 6, (4, 5)
SURE = 40.0


class Copying(nn.Module):
    """Each pixel is the one to its left plus the one above it (0 outside), modulo the levels: seams would show."""

    def __init__(self, told=False):
        super().__init__()
        self.sure, self.told = nn.Parameter(torch.tensor(SURE)), told

    def forward(self, x, context=None):
        padded = nn.functional.pad(x.long(), (1, 0, 1, 0))
        wanted = padded[..., 1:, :-1] + padded[..., :-1, 1:] + (context["label"].view(-1, 1, 1, 1) if context else 0)
        return (self.sure * nn.functional.one_hot(wanted % LEVELS, LEVELS)).movedim(-1, 1)


class Alone(Copying):
    """The planted fault: a window that hears nothing but itself."""

    def forward(self, x, context=None):
        return super().forward(torch.zeros_like(x), context) + self.sure


def model_of(backbone, ordering=None, context=None):
    return arzoo.AutoregressiveModel(ordering or Raster((1, *WINDOW)), backbone, Categorical(LEVELS), context=context)


def continued(corner, size, more=0):
    """What the rule makes of a corner, pixel by pixel in raster order, without any window."""
    canvas = torch.full(size, -1)
    canvas[: corner.shape[0], : corner.shape[1]] = corner
    for i in range(size[0]):
        for j in range(size[1]):
            if canvas[i, j] < 0:
                above, left = (canvas[i - 1, j] if i else 0), (canvas[i, j - 1] if j else 0)
                canvas[i, j] = (above + left + more) % LEVELS
    return canvas


def corner(*shape, seed=0):
    return torch.randint(0, LEVELS, shape, generator=torch.Generator().manual_seed(seed))


def grown(model, x, size, *context, **options):
    return grow(model, x, size, *context, cached=False, progress=False, **options)


@pytest.mark.parametrize("step", [None, 1, (3, 2), (1, 4)])
def test_every_window_goes_on_with_what_is_there(step):
    x = corner(2, 1, *WINDOW)
    found = grown(model_of(Copying()), x, (11, 14), step=step)
    for image in range(2):
        assert torch.equal(found[image, 0], continued(x[image, 0], (11, 14)))


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (4, 5), (9, 3), (11, 14)])
def test_what_is_given_may_be_of_any_size_and_is_kept(shape):
    x = corner(1, 1, *shape)
    found = grown(model_of(Copying()), x, (11, 14))
    assert torch.equal(found[0, 0], continued(x[0, 0], (11, 14)))
    assert torch.equal(found[..., : shape[0], : shape[1]], x)


def test_a_window_that_hears_nothing_is_caught():
    x = corner(1, 1, *WINDOW)
    assert not torch.equal(grown(model_of(Alone()), x, (11, 14))[0, 0], continued(x[0, 0], (11, 14)))


def test_each_image_keeps_its_context():
    model, x = model_of(Copying(), context={"label": Labels(3)}), corner(2, 1, *WINDOW)
    found = grown(model, x, (7, 9), {"label": [1, 2]})
    assert torch.equal(found[0, 0], continued(x[0, 0], (7, 9), 1))
    assert torch.equal(found[1, 0], continued(x[1, 0], (7, 9), 2))
    with pytest.raises(ContextError, match="label"):
        grown(model, x, (7, 9))


class Coin(Copying):
    def forward(self, x, context=None):
        return torch.zeros(len(x), LEVELS, *x.shape[1:]) * self.sure


def test_windows_draw_by_numbers_of_their_own():
    x = corner(3, 1, *WINDOW)
    model = model_of(Coin())
    found = grown(model, x, (12, 15), seed=3)
    assert torch.equal(grown(model, x[:1], (12, 15), seed=3), found[:1])
    assert not torch.equal(grown(model, x, (12, 15), seed=4), found)
    new = found[:, 0, 4:, :]
    assert torch.bincount(new.flatten(), minlength=LEVELS).min() > 30
    parts = [part for image in new for part in image.split(5, dim=1)]
    assert all(not torch.equal(a, b) for n, a in enumerate(parts) for b in parts[:n])


@pytest.mark.parametrize("step", [None, 1, (1, 4), (3, 1), (2, 3)])
def test_together_are_windows_that_do_not_need_each_other(step):
    """What a window draws in row order, one after the other, lies in no other of its front."""
    fronts = wavefronts((13, 17), WINDOW, step)
    front_of = {place.number: number for number, front in enumerate(fronts) for place in front}
    owner = torch.full((13, 17), -1)
    for place in sorted(place for front in fronts for place in front):
        view = owner[place.slices(WINDOW)]
        for earlier in set(view.unique().tolist()) - {-1}:
            assert front_of[earlier] < front_of[place.number]
        view[view < 0] = place.number
    assert (owner >= 0).all()


@pytest.mark.parametrize(
    ("size", "options", "error", "sentence"),
    [
        ((3, 14), {}, ConfigError, r"`size` must be at least \(4, 7\), \(H, W\) of image and window, got \(3, 14\)"),
        ((11, 6), {}, ConfigError, r"`size` must be at least \(4, 7\), .*got \(11, 6\)"),
        ((11, 14), {"step": 4}, ConfigError, r"`step` must be less than the 4 pixels of a window, got 4. Use 2"),
        ((11, 14), {"step": 0}, ConfigError, r"`step` must be a whole number of at least 1, got 0"),
    ],
)
def test_sizes_and_steps_out_of_range(size, options, error, sentence):
    with pytest.raises(error, match=sentence):
        grown(model_of(Copying()), corner(1, 1, 2, 7), size, **options)


def test_what_is_no_level_of_the_model():
    with pytest.raises(ShapeError, match=r"`x` must lie in 0 ... 5 .*, got values from 9 to 9"):
        grown(model_of(Copying()), torch.full((1, 1, 4, 5), 9), (8, 9))


def test_other_orderings_are_refused():
    model = model_of(Copying(), Snake((1, *WINDOW)))
    with pytest.raises(ConfigError, match=r"A model must draw images in raster order to grow them, got Snake"):
        grown(model, corner(1, 1, *WINDOW), (8, 9))
