import numpy as np
import pytest
import torch
from PIL import Image

from arzoo import ShapeError, pictures

RAMP = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1) * 50  # six images of one pixel each


def grey(*values):
    """Images of one pixel with these values."""
    return np.array(values, np.uint8).reshape(-1, 1, 1, 1)


def tile(picture, row, column, size):
    """The middle pixel of a tile."""
    step = size + pictures.GUTTER
    return picture.getpixel((pictures.GUTTER + column * step + size // 2, pictures.GUTTER + row * step + size // 2))


def lowest_row(picture, columns):
    """The middle pixels of the tiles of the last row, captions above or not."""
    y = picture.height - pictures.GUTTER - pictures.TILE // 2
    step = pictures.TILE + pictures.GUTTER
    return [picture.getpixel((pictures.GUTTER + k * step + pictures.TILE // 2, y)) for k in range(columns)]


def test_images_stand_in_rows_and_a_place_without_one_is_background():
    picture = pictures.sheet(RAMP, columns=4, scale=3)
    assert picture.size == (2 + 4 * 5, 2 + 2 * 5)
    values = [tile(picture, row, column, 3) for row in range(2) for column in range(4)]
    assert values == [(v,) * 3 for v in (0, 50, 100, 150, 200, 250)] + [pictures.BACKGROUND] * 2


def test_each_pixel_is_a_square_without_smoothing():
    image = np.array([[0, 255], [128, 64]], np.uint8)[None, None]
    pixels = np.asarray(pictures.sheet(image, scale=4))[2:-2, 2:-2, 0]
    assert np.array_equal(pixels, image[0, 0].repeat(4, 0).repeat(4, 1))


def test_colours_keep_their_channels():
    red = torch.tensor([255, 10, 20], dtype=torch.uint8).view(1, 3, 1, 1)
    assert tile(pictures.sheet(red, scale=1), 0, 0, 1) == (255, 10, 20)


@pytest.mark.parametrize(
    ("shape", "columns", "size"),
    [
        ((1, 1, 8, 8), None, (68, 68)),  # a tile is at least 64 wide
        ((40, 1, 8, 8), None, (2 + 6 * 66, 2 + 7 * 66)),
        ((4, 3, 100, 200), None, (2 + 202, 2 + 4 * 102)),  # wide images stand in one column; no enlargement
        ((3, 1, 8, 8), 10, (2 + 3 * 66, 68)),  # no more columns than images
        ((1000, 1, 8, 8), None, (2 + 32 * 66, 2 + 32 * 66)),
    ],
)
def test_without_columns_a_sheet_is_about_as_wide_as_high(shape, columns, size):
    assert pictures.sheet(np.zeros(shape, np.uint8), columns).size == size


def test_captions_stand_in_a_margin_and_leave_the_images_alone():
    plain = pictures.sheet(RAMP, columns=3)
    captioned = pictures.sheet(RAMP, columns=3, row_captions=["one", "two"], column_captions=["a", "b", "c" * 50])
    left, top = captioned.width - plain.width, captioned.height - plain.height
    assert left > 0
    assert top > 0
    below = captioned.crop((left, top, captioned.width, captioned.height))
    assert np.array_equal(np.asarray(below), np.asarray(plain))
    assert len(captioned.crop((0, 0, captioned.width, top)).getcolors()) > 1


def test_a_long_caption_is_cut_to_its_column():
    font = pictures.ImageFont.load_default(size=pictures.TEXT)
    cut = pictures._fitting("a caption that is much too long", 64, font)
    assert cut.endswith("…")
    assert font.getlength(cut) <= 64
    assert pictures._fitting("short", 64, font) == "short"


def test_a_row_of_completions_shows_what_was_given_the_mask_the_completions_and_the_truth():
    truth, drawn = grey(100, 200), np.stack([grey(10, 20), grey(30, 40)], axis=1)
    known = np.array([True, False]).reshape(2, 1, 1, 1)
    picture = pictures.completion_sheet(truth, known, drawn)
    assert lowest_row(picture, 5) == [pictures.UNKNOWN, (0,) * 3, (20,) * 3, (40,) * 3, (200,) * 3]
    upper = picture.crop((0, 0, picture.width, picture.height - pictures.TILE - pictures.GUTTER))
    assert lowest_row(upper, 5) == [(100,) * 3, (255,) * 3, (10,) * 3, (30,) * 3, (100,) * 3]


def test_one_mask_holds_for_all_images_and_a_colour_may_be_known_alone():
    truth = torch.full((2, 3, 1, 1), 200, dtype=torch.uint8)
    known = torch.tensor([True, False, False]).view(3, 1, 1)
    picture = pictures.completion_sheet(truth, known, truth[:, None])
    given, mask, *_ = lowest_row(picture, 4)
    assert given == (200, *pictures.UNKNOWN[1:])
    assert mask == (255, 0, 0)


@pytest.mark.parametrize(
    ("images", "came"),
    [
        (np.zeros((2, 1, 4, 4), np.float32), r"float32 of shape \(2, 1, 4, 4\)"),
        (np.zeros((1, 4, 4), np.uint8), r"uint8 of shape \(1, 4, 4\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), r"uint8 of shape \(2, 4, 4, 3\)"),
        (np.zeros((0, 1, 4, 4), np.uint8), r"uint8 of shape \(0, 1, 4, 4\)"),
    ],
)
def test_what_is_no_batch_of_8_bit_images_is_refused(images, came):
    with pytest.raises(ShapeError, match=rf"`images` must be uint8 of shape .* got {came}. Use model.data.decode"):
        pictures.sheet(images)


def test_a_mask_of_another_size_is_refused():
    with pytest.raises(ShapeError, match=r"`known` must broadcast to the images' shape \(6, 1, 1, 1\), got \(2, 2\)"):
        pictures.completion_sheet(RAMP, np.ones((2, 2), bool), RAMP[:, None])


@pytest.mark.parametrize("shape", [(6, 1, 1, 1), (5, 2, 1, 1, 1), (6, 2, 1, 2, 2)])
def test_completions_of_other_images_are_refused(shape):
    came = str(shape).replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(ShapeError, match=rf"`completions` must have shape \(N, K, C, H, W\).* got {came}"):
        pictures.completion_sheet(RAMP, np.ones(1, bool), np.zeros(shape, np.uint8))


def test_a_picture_replaces_the_file_that_stood_there(tmp_path):
    path = tmp_path / "sheet.png"
    path.write_bytes(b"x" * 100_000)
    pictures.save(pictures.sheet(RAMP), path)
    with Image.open(path) as image:
        assert image.format == "PNG"
    assert path.stat().st_size < 100_000
    assert [file.name for file in tmp_path.iterdir()] == ["sheet.png"]


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    def fail(self, path, **options):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="No space left on device"):
        pictures.save(pictures.sheet(RAMP), tmp_path / "sheet.png")
    assert not list(tmp_path.iterdir())
