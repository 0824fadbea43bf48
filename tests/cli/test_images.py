"""Images of a data set for the command line, with what they are told by."""

from types import SimpleNamespace

import torch
from PIL import Image

from arzoo.cli.images import first_of, read_images
from arzoo.context import Latent
from arzoo.data import Palette, load_dataset
from arzoo.data.derived import thumbnail


def test_a_data_set_computes_the_context_that_the_model_takes():
    model = SimpleNamespace(context={"thumbnail": Latent((1, 2, 2))})
    given = first_of(load_dataset("digits", "test"), model, 3)
    assert list(given.context) == ["thumbnail"]
    assert torch.equal(given.context["thumbnail"], thumbnail(given.x, 17))
    assert given.captions == ["test 0", "test 1", "test 2"]


def test_an_image_of_palette_colours_is_read_in_rgb(tmp_path):
    Image.new("RGB", (4, 3), (250, 10, 10)).save(tmp_path / "red.png")
    spec = Palette.of(torch.tensor([[-1.0, -1.0, -1.0], [1.0, -1.0, -1.0]]))
    model = SimpleNamespace(event_shape=(1, 3, 4), data=spec, title="red")
    assert torch.equal(read_images([tmp_path / "red.png"], model).x, torch.ones(1, 1, 3, 4, dtype=torch.int64))
