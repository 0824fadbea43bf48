import pytest
import torch

import arzoo
from arzoo.benchmark.training import measure_training, random_batch, recipe_of
from arzoo.checkpoints import config_of
from arzoo.errors import ConfigError
from arzoo.training.recipes import recipe_from_config


def test_an_update_is_timed_by_the_recipe_of_the_checkpoint():
    found = measure_training("fvbn-digits", rounds=2)
    training = config_of("fvbn-digits").training
    recipe = recipe_from_config(training["recipe"])
    assert (found["recipe"], found["batch"], found["rounds"]) == ("fvbn-digits", recipe.training.batch_size, 2)
    assert found["items_per_second"] == pytest.approx(found["batch"] / found["update_seconds"], rel=0.01)
    seen = training.get("items_seen") or training["images_seen"]
    assert found["training_flops"] == pytest.approx(found["flops_per_item"] * seen, rel=1e-3)
    # a linear layer: forward one product, backward two, of two operations a weight, none where an input has no gradient
    assert found["flops_per_item"] > 2 * sum(p.numel() for p in arzoo.load("fvbn-digits").parameters() if p.ndim > 1)
    assert found["peak_bytes"] > 1e6


def test_a_batch_has_a_context_for_every_item():
    name = "gatedpixelcnn-digits-class"
    batch = random_batch(arzoo.load(name), recipe_of(name))
    assert batch.context["label"].shape == batch.x.shape[:1]
    assert batch.x.max() == 16


def test_clips_are_as_long_as_the_pieces_of_the_recipe():
    recipe = recipe_of("charrnn-shakespeare")
    assert random_batch(arzoo.load("charrnn-shakespeare"), recipe).x.shape[1] == recipe.data.crop


def test_without_a_recipe_there_is_nothing_to_time(tmp_path):
    model = arzoo.create("fvbn", "tiny-17")
    arzoo.save(model, tmp_path / "mine")
    with pytest.raises(ConfigError, match=r"must have a recipe in its config .*, got None"):
        recipe_of(f"local-dir:{tmp_path / 'mine'}")


@pytest.mark.skipif(torch.accelerator.is_available(), reason="accelerate trains on the accelerator here")
def test_another_device_than_that_of_training_is_refused(monkeypatch):
    load = arzoo.load
    monkeypatch.setattr("arzoo.benchmark.training.load", lambda name, device, dtype: load(name, dtype=dtype))
    with pytest.raises(ConfigError, match="where accelerate trains, cpu, got meta"):
        measure_training("fvbn-digits", device="meta")
