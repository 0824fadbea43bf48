import torch
from PIL import Image

from arzoo.context import Latent
from arzoo.data import load_dataset
from arzoo.training.models import build_model
from arzoo.training.sheets import draw_sheet, sheet_context

DIGITS = load_dataset("digits", "train")


def test_a_sheet_is_a_png_of_rows_of_ten(recipe, tmp_path):
    path = tmp_path / "samples" / "one.png"
    draw_sheet(build_model(recipe(), DIGITS).eval(), DIGITS.with_context([]), 20, path)
    with Image.open(path) as image:
        assert image.width / image.height > 4


def test_a_sheet_is_the_same_whatever_was_drawn_before(recipe, tmp_path):
    model = build_model(recipe('data.context=["label"]'), DIGITS).eval()
    sheets = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        draw_sheet(model, DIGITS, 10, tmp_path / "one.png")
        sheets.append((tmp_path / "one.png").read_bytes())
    assert sheets[0] == sheets[1]


def test_labels_take_turns_and_other_contexts_come_from_the_data():
    assert sheet_context({}, DIGITS, 5) is None
    labels = sheet_context(DIGITS.context, DIGITS, 12)["label"]
    assert labels.tolist() == [*range(10), 0, 1]
    other = sheet_context({"label": Latent((1,))}, DIGITS, 4)["label"]
    assert torch.equal(other, DIGITS.batch(range(4)).context["label"])
