"""Every storage of a state counts once, wherever it is held."""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
import torch
from torch import nn

import arzoo
from arzoo.sampling import state_bytes

ROWS = torch.zeros(2, 3, dtype=torch.float64)  # 48 bytes


class Pair(NamedTuple):
    one: torch.Tensor
    other: object


class Slotted:
    __slots__ = ("rows", "unset")

    def __init__(self):
        self.rows = ROWS


class Ring(list):
    def __init__(self):
        super().__init__([ROWS])
        self.more = torch.zeros(2, dtype=torch.uint8)


@dataclass
class State:
    image: torch.Tensor
    layers: list = field(default_factory=list)
    condition: object = None


def looped():
    state = State(ROWS)
    state.layers.append(state)
    return state


@pytest.mark.parametrize(
    ("state", "size"),
    [
        (None, 0),
        ((), 0),
        (ROWS, 48),
        ([ROWS, ROWS[1], ROWS.T, ROWS.view(-1)[:0]], 48),
        ([ROWS[1:]], 48),  # a view keeps all of its storage
        ({"a": ROWS, "b": {"c": (ROWS.clone(),)}}, 96),
        (State(ROWS, [State(ROWS.clone(), [3, "x", None])], Pair(ROWS, torch.zeros(3, dtype=torch.bfloat16))), 102),
        (Slotted(), 48),
        (Ring(), 50),
        (deque([ROWS, torch.zeros((), dtype=torch.int64)]), 56),
        (looped(), 48),
        (torch.zeros(4, 5, device="meta"), 80),
        ([torch.zeros(2, device="meta"), torch.zeros(3, device="meta")], 20),
        (torch.zeros(4, 5).to_mkldnn(), 80),
        (nn.Linear(2, 3), 36),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else type(value).__name__,
)
def test_every_storage_counts_once(state, size):
    assert state_bytes(state) == size


def test_what_the_model_holds_anyway_can_be_left_out(regression):
    model = regression()
    state = [model.backbone.init_state(5), model.backbone.weight[0], model.backbone.earlier]
    assert state_bytes(state, model) == 5 * 6 * 8
    assert state_bytes(state) == 5 * 6 * 8 + model.backbone.weight.nbytes + model.backbone.earlier.nbytes


@pytest.mark.parametrize("name", ["pixelcnn", "imagegpt", "wavenet"])
def test_the_state_of_an_event_grows_with_the_batch_alone(name):
    backbone = arzoo.create(name, config=next(c for c in arzoo.info(name).configs if c.startswith("tiny"))).backbone
    one, two, three = (state_bytes(backbone.init_state(batch)) for batch in (1, 2, 3))
    assert two - one == three - two > 0
