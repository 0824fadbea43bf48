"""Training on sequences of different lengths: pieces of them, of which padding counts for nothing."""

import json
import re

import pytest
import torch

import arzoo
from arzoo.data import Clips, Dataset
from arzoo.errors import ConfigError
from arzoo.training import load_recipe, train
from arzoo.training.batches import Batches
from arzoo.training.learner import NatsPerDim

LENGTHS = [5, 9, 2, 14]


@pytest.fixture
def hums():
    generator = torch.Generator().manual_seed(0)
    items = Clips.of([torch.randint(17, (length,), dtype=torch.uint8, generator=generator) for length in LENGTHS])
    return Dataset("hums", "train", items, 17)


@pytest.fixture
def reader(toyfarm):
    torch.manual_seed(0)
    return arzoo.create("toyreader").double()


def test_padding_counts_for_nothing(hums, reader):
    batch = hums.batch(range(4))
    found = NatsPerDim(reader)(batch.x, None, batch.counted, 0)
    nats = [-reader.log_prob(clip[None]) for clip in hums.items.unbind()]
    assert found.item() == pytest.approx(sum(nats).item() / sum(LENGTHS), rel=1e-9)
    other = batch.x.where(batch.counted, 16)
    assert NatsPerDim(reader)(other, None, batch.counted, 0).item() == pytest.approx(found.item(), rel=1e-12)


def test_batches_over_the_end_of_an_epoch_know_what_counts(hums):
    batches = Batches(hums.cropped(4), batch_size=6)  # of nine pieces
    for step in range(6):
        batch = batches.step(step)[0]
        assert batch.x.shape == (6, 4)
        assert batch.lengths.shape == (6,) and batch.lengths.min() >= 1
        assert (batch.x[~batch.counted] == 0).all()


def recipe(path, *overrides):
    base = ["model.architecture=toyreader", f"data.dataset=text:{path}", "data.crop=16", "training.steps=60"]
    rates = ["training.learning_rate=0.03", "training.ema_decay=0.0", "training.evaluate_every=60"]
    return load_recipe(
        "toyfarm-digits", [*base, *rates, "data.validation=40", "training.checkpoint_every=60", *overrides]
    )


@pytest.fixture
def text(tmp_path, toyfarm):
    path = tmp_path / "rhyme.txt"
    path.write_text("round and round the garden " * 30, encoding="utf-8")
    return path


def test_a_text_is_learned_in_pieces_and_its_end_held_out(text, tmp_path):
    out = train(recipe(text), out=tmp_path / "run", progress=False)
    log = [json.loads(line) for line in (out / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    bits = [line["train_bits_per_dim"] for line in log if line["event"] == "step"]
    assert bits[-1] < 0.7 * bits[0]
    assert [line["validation_items"] for line in log if line["event"] == "validation"] == [1]
    model = arzoo.load(f"local-dir:{out}")
    assert (model.event_shape, model.num_levels) == ((None,), model.data.num_levels)
    assert model.data.decode(model.data.encode("garden")) == "garden"


def test_clips_need_a_crop(text, tmp_path):
    with pytest.raises(
        ConfigError, match=re.escape(f"as those of text:{text}, are trained on in pieces, got data.crop = 0.")
    ):
        train(recipe(text, "data.crop=0"), out=tmp_path / "run", progress=False)


def test_images_take_no_crop(text, tmp_path):
    asked = recipe(text, "model.architecture=toyfarm", "data.dataset=digits", "data.crop=4")
    with pytest.raises(ConfigError, match=r"cropped, got a crop of 4 for items of \(1, 8, 8\) in digits"):
        train(asked, out=tmp_path / "run", progress=False)
