import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import arzoo
from arzoo import spectrograms
from arzoo.context import Latent, Series
from arzoo.data import Alphabet, Clips, Dataset, MuLaw, load_dataset
from arzoo.training.models import build_model
from arzoo.training.sheets import draw_sheet, sheet_context

DIGITS = load_dataset("digits", "train")


def test_a_sheet_is_a_png_of_rows_of_ten(recipe, tmp_path):
    path = tmp_path / "samples" / "one"
    draw_sheet(build_model(recipe(), DIGITS).eval(), DIGITS.with_context([]), 20, path)
    with Image.open(path.with_suffix(".png")) as image:
        assert image.width / image.height > 4


def test_a_sheet_is_the_same_whatever_was_drawn_before(recipe, tmp_path):
    model = build_model(recipe('data.context=["label"]'), DIGITS).eval()
    sheets = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        draw_sheet(model, DIGITS, 10, tmp_path / "one")
        sheets.append((tmp_path / "one.png").read_bytes())
    assert sheets[0] == sheets[1]


class Steady(nn.Module):
    """The same logits everywhere, moved by the mean of each context."""

    def __init__(self, num_levels):
        super().__init__()
        self.logits = nn.Parameter(torch.linspace(-3, 3, num_levels))

    def forward(self, x, context=None):
        moved = sum(value.float().mean() for value in (context or {}).values())
        return (self.logits + moved)[None, :, None].expand(len(x), -1, x.shape[1])

    def init_state(self, batch, context=None):
        return self.logits.expand(batch, -1)

    def step(self, state, previous, position):
        return state


def steady(spec=None, shape=(None,), **options):
    levels = 4 if spec is None else spec.num_levels
    ordering, head = arzoo.orderings.LeftToRight(shape), arzoo.heads.Categorical(levels)
    return arzoo.AutoregressiveModel(ordering, Steady(levels), head, data=spec, **options).eval()


def clips(spec, lengths, **options):
    return Dataset(
        "clips", "train", Clips.of([torch.zeros(n, dtype=torch.uint8) for n in lengths]), 256, spec, **options
    )


def test_clips_become_at_most_eight_spectrograms_of_half_a_second(tmp_path):
    spec = MuLaw(256, 8000)
    draw_sheet(steady(spec), clips(spec, [10, 20]), 40, tmp_path / "one")
    waveforms = spec.decode(steady(spec).sample(8, length=4000, progress=False))
    expected = spectrograms.sheet(list(waveforms), 8000)
    with Image.open(tmp_path / "one.png") as image:
        assert np.array_equal(np.asarray(image), np.asarray(expected))
    assert [path.name for path in tmp_path.iterdir()] == ["one.png"]


def test_a_text_becomes_a_file_of_500_characters(tmp_path):
    spec = Alphabet("ab\n")
    draw_sheet(steady(spec), clips(spec, [10]), 40, tmp_path / "one")
    model = steady(spec)
    expected = spec.decode(model.sample(1, length=500, progress=False)[0])
    assert [path.name for path in tmp_path.iterdir()] == ["one.txt"]
    assert (tmp_path / "one.txt").read_bytes().decode() == expected


def test_a_length_that_is_fixed_stays(tmp_path):
    spec = Alphabet("ab")
    draw_sheet(steady(spec, (7,)), clips(spec, [7]), 40, tmp_path / "one")
    assert len((tmp_path / "one.txt").read_text()) == 7


def test_sequences_that_stand_for_nothing_are_not_drawn(tmp_path):
    draw_sheet(steady(), clips(None, [10]), 40, tmp_path / "samples" / "one")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("length", "frames"), [(7, [0, 1]), (20, [0, 1, 2, 2, 2])])
def test_a_series_is_cut_or_goes_on_with_its_last_frame(length, frames):
    series = torch.arange(6.0).view(2, 1, 3)
    data = clips(None, [12, 12], context={"frames": Series(1, 4)}, values={"frames": series})
    value = sheet_context(data.context, data, 2, length)["frames"]
    assert torch.equal(value, series[..., frames])
    assert Series(1, 4).check(value, 2, length=length).shape == (2, 1, len(frames))


def test_labels_take_turns_and_other_contexts_come_from_the_data():
    assert sheet_context({}, DIGITS, 5) is None
    labels = sheet_context(DIGITS.context, DIGITS, 12)["label"]
    assert labels.tolist() == [*range(10), 0, 1]
    other = sheet_context({"label": Latent((1,))}, DIGITS, 4)["label"]
    assert torch.equal(other, DIGITS.batch(range(4)).context["label"])
