"""A prior over a user's own integer codes, by the recipe that the plugin ships."""

import math

import numpy as np
import torch

import arzoo
from arzoo.data import load_dataset
from arzoo.evaluation import evaluate
from arzoo.training import load_recipe, train

QUICK = [
    *(f"model.arguments.{key}" for key in ("hidden_channels=16", "num_blocks=2", "output_channels=32")),
    *(
        f"training.{key}"
        for key in ("steps=120", "batch_size=32", "warmup_steps=10", "learning_rate=1e-2", "ema_decay=0.9")
    ),
]


def test_the_recipe_learns_maps_of_codes(tmp_path):
    """Maps of one code each, one of 16 that stand far apart among 512."""
    generator, codes = np.random.default_rng(0), tmp_path / "codes.npy"
    chosen = generator.permutation(512)[:16][generator.integers(0, 16, 256)]
    np.save(codes, np.broadcast_to(chosen[:, None, None], (256, 3, 4)))
    recipe = load_recipe("pixelcnn-codes", [f"data.dataset=npy:{codes}", *QUICK])
    model = arzoo.load(f"local-dir:{train(recipe, out=tmp_path / 'run', progress=False)}")
    data = load_dataset(f"npy:{codes}", "all", num_levels=512)
    # Which code it is costs ln 16; the other eleven places follow. Without a past each would cost ln 16.
    assert evaluate(model, data, progress=False).nats < 4 * math.log(16)


def test_the_input_of_a_code_is_a_vector_of_its_own():
    """Swapping two codes, and their rows in the table and in the head, makes the same model."""
    torch.manual_seed(0)
    model = arzoo.create("pixelcnn", "tiny-codes").double()
    x = torch.randint(0, 7, (4, *model.event_shape))
    before, swap = model.log_prob(x), torch.tensor([0, 5, 2, 3, 4, 1, 6])
    with torch.no_grad():
        for weight in (model.backbone.embedding.weight[0], *model.backbone.output[3].parameters()):
            weight.copy_(weight[swap])
    torch.testing.assert_close(model.log_prob(swap[x]), before, rtol=0, atol=1e-12)
