"""Drawing samples for the card, by medium."""

import pytest
import torch
from PIL import Image

import arzoo
from arzoo.cards import Subject, draw_sample, sample_in
from arzoo.cards.drawing import told
from arzoo.cards.samples import LARGEST, save_text
from arzoo.checkpoints import config_of
from arzoo.errors import CheckpointError

CHAIN = """
import arzoo


def build(event_shape=(None,), num_levels=256, context=None):
    import torch
    from torch import nn

    class Noise(nn.Module):
        def __init__(self):
            super().__init__()
            self.logits = nn.Parameter(torch.zeros(num_levels))

        def forward(self, x, context=None):
            return self.logits[None, :, None].expand(len(x), num_levels, x.shape[1])

        def init_state(self, batch, context=None):
            return self.logits.expand(batch, num_levels)

        def step(self, state, previous, position):
            return state

    ordering, head = arzoo.orderings.LeftToRight(event_shape), arzoo.heads.Categorical(num_levels)
    return arzoo.AutoregressiveModel(ordering, Noise(), head, context=context)


@arzoo.hookimpl
def register_models():
    return [arzoo.ModelEntry("chain", "arzoo_chain:build", {"tiny": {}})]
"""
SPEAKERS = {"speaker": {"kind": "labels", "num_classes": 2, "names": ["ann", "bob"]}}
SOUND = {"kind": "mulaw", "num_levels": 256, "sample_rate": 4000}


@pytest.fixture
def chain(install, tmp_path):
    """Builder of a subject of sequences."""
    install("arzoo-chain", "chain", CHAIN)

    def build(**arguments):
        name = f"local-dir:{arzoo.save(arzoo.create('chain', **arguments), tmp_path / 'chain')}"
        return Subject("chain-mine", name, config_of(name))

    return build


def test_a_text_is_a_passage_that_is_found_again(chain, tmp_path):
    subject = chain(num_levels=3, data={"kind": "alphabet", "characters": "ab\n"})
    drawn = draw_sample(subject, tmp_path / "pictures")
    assert len(drawn.text) == 600
    assert set(drawn.text) == set("ab\n")
    assert sample_in(tmp_path / "pictures", "chain-mine", subject.config.weights.sha256) == drawn


def test_sound_is_a_sheet_that_stays_small_even_of_noise(chain, tmp_path):
    torch.manual_seed(0)
    drawn = draw_sample(chain(data=SOUND, context=SPEAKERS), tmp_path)
    with Image.open(drawn.path) as image:
        assert image.width == 800
    assert drawn.path.stat().st_size < 1.5 * LARGEST  # noise is what a picture can be worst of


def test_a_model_whose_levels_stand_for_nothing_cannot_be_drawn(chain, tmp_path):
    with pytest.raises(CheckpointError, match=r"chain-mine must have a data spec to be drawn from, got none"):
        draw_sample(chain(event_shape=(4,)), tmp_path)


def test_a_model_that_cannot_be_drawn_leaves_the_sample_that_there_was(chain, tmp_path):
    old = save_text("said before", "0" * 64, tmp_path / "chain-mine.txt")
    with pytest.raises(CheckpointError, match="must have a data spec"):
        draw_sample(chain(event_shape=(4,)), tmp_path)
    assert sample_in(tmp_path, "chain-mine", "0" * 64) == old


def test_a_picture_takes_the_place_of_a_passage(chain, tmp_path):
    save_text("said before", "0" * 64, tmp_path / "chain-mine.txt")
    drawn = draw_sample(chain(data=SOUND, context=SPEAKERS), tmp_path)
    assert [*tmp_path.glob("chain-mine.*")] == [drawn.path]


def test_what_stands_in_one_column_is_told_the_same(subject):
    labels = {"label": {"kind": "labels", "num_classes": 3, "names": None}}
    assert told(subject(context=labels), 12) == {"label": [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 0, 1]}
    assert told(subject(), 4) == {}
    thumbnails = told(subject(context={"thumbnail": {"kind": "latent", "shape": [1, 2, 2]}}), 20)["thumbnail"]
    assert torch.equal(thumbnails[:10], thumbnails[10:])
