"""A prior over a user's own integer codes: from a file to samples, by the recipe that the plugin ships."""

import math

import numpy as np
import pytest
import torch

import arzoo
from arzoo.data import load_dataset
from arzoo.evaluation import evaluate
from arzoo.training import load_recipe, train

QUICK = [
    *(f"model.arguments.{key}" for key in ("hidden_channels=16", "num_layers=2", "input_kernel_size=3")),
    *(f"model.arguments.{key}" for key in ("output_channels=32", "embedding_channels=8")),
    *(
        f"training.{key}"
        for key in ("steps=150", "batch_size=32", "warmup_steps=10", "learning_rate=1e-2", "ema_decay=0.9")
    ),
]


@pytest.fixture(scope="module")
def codes(tmp_path_factory):
    """Maps of one code each: of 16 codes that stand far apart among 512, even labels have eight and odd ones the rest."""
    folder, generator = tmp_path_factory.mktemp("codes"), np.random.default_rng(0)
    labels = generator.integers(0, 2, 256)
    chosen = generator.permutation(512)[:16].reshape(2, 8)[labels, generator.integers(0, 8, 256)]
    np.save(folder / "codes.npy", np.broadcast_to(chosen[:, None, None], (256, 3, 4)))
    (folder / "codes.context").mkdir()
    np.save(folder / "codes.context/label.npy", labels)
    return folder / "codes.npy"


def trained(codes, out, *more):
    recipe = load_recipe("gatedpixelcnn-codes", [f"data.dataset=npy:{codes}", *QUICK, *more])
    return arzoo.load(f"local-dir:{train(recipe, out=out, progress=False)}")


def test_the_recipe_learns_maps_of_codes(codes, tmp_path):
    model, data = trained(codes, tmp_path / "run"), load_dataset(f"npy:{codes}", "all", num_levels=512)
    assert (model.event_shape, model.num_levels) == ((1, 3, 4), 512)
    # Which of 16 codes it is costs ln 16; the other eleven places follow. Without a past each would cost ln 16.
    assert evaluate(model, data, progress=False).nats < 3 * math.log(16)
    drawn = model.sample(20, progress=False)
    assert (drawn == drawn[:, :, :1, :1]).flatten(1).float().mean() > 0.8


def test_codes_are_drawn_by_class(codes, tmp_path):
    model = trained(codes, tmp_path / "run", 'data.context=["label"]')
    x, context, *_ = load_dataset(f"npy:{codes}", "all", num_levels=512).batch(range(256))
    for label in (0, 1):
        theirs = set(x[context["label"] == label].flatten().tolist())
        drawn = model.sample(40, {"label": label}, progress=False)[:, 0, 0, 0].tolist()
        assert sum(code in theirs for code in drawn) >= 30


def test_codes_beyond_the_levels_of_the_recipe_are_refused(codes, tmp_path):
    with pytest.raises(arzoo.DataError, match=r"The levels in .*codes.npy must be 0 to 99, got \d+ to \d+"):
        trained(codes, tmp_path / "run", "data.num_levels=100")


def test_the_input_of_a_code_is_a_vector_of_its_own():
    """Swapping two codes, and their rows in the table and in the head, makes the same model."""
    torch.manual_seed(0)
    model = arzoo.create("gatedpixelcnn", "tiny-codes").double()
    x = torch.randint(0, 7, (4, *model.event_shape))
    before, swap = model.log_prob(x), torch.tensor([0, 5, 2, 3, 4, 1, 6])
    with torch.no_grad():
        for weight in (model.backbone.embedding.weight[0], *model.backbone.output[3].parameters()):
            weight.copy_(weight[swap])
    torch.testing.assert_close(model.log_prob(swap[x]), before, rtol=0, atol=1e-12)
