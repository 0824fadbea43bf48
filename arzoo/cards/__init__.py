"""Model cards: what a checkpoint is, how to use it, what was measured, where it comes from, what it cannot do."""

from arzoo.cards.body import card
from arzoo.cards.drawing import draw_sample
from arzoo.cards.records import RESULTS, recorded
from arzoo.cards.samples import CARDS, PICTURES, Sample, sample_in
from arzoo.cards.subject import Subject, checkpoint_subject
from arzoo.cards.writing import carded, disagreements, write_card

__all__ = [
    "CARDS",
    "PICTURES",
    "RESULTS",
    "Sample",
    "Subject",
    "card",
    "carded",
    "checkpoint_subject",
    "disagreements",
    "draw_sample",
    "recorded",
    "sample_in",
    "write_card",
]
