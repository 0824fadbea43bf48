"""What a sampler keeps of an event, held against what no sampler could do without.

Needed are, of every convolution, the rows of its input that its kernel reaches, the current one among them; what a
vertical stream hands to a horizontal one along a row; of attention, keys and values of the past; of recurrence, the
states that are heard of; of a network without windows, what its units have summed up.
"""

import pytest
import torch

import arzoo
from arzoo.benchmark import Subject
from arzoo.nn import DownRightShiftedConv2d, MaskedConv2d, VerticalConv2d
from arzoo.sampling import evaluating, state_bytes

MOST = 1.5  # times what is needed
CONVOLUTIONS = (DownRightShiftedConv2d, MaskedConv2d, VerticalConv2d)
BLOCKS_BY_WIDTH = (
    5 * 32,
    5 * 16,
    4 * 8,
)  # of each stream of a PixelCNN++ of two blocks, times the width of their scale


def kept(model, ordering, positions):
    """Bytes of an event in the state after some positions: what two have more than one."""

    def state(events):
        steps = Subject("", model, ordering).steps(events)
        for position in range(positions):
            steps(position, torch.zeros(events, ordering.num_symbols, dtype=torch.int64))
        return state_bytes(steps.state, model)

    with torch.inference_mode(), evaluating(model):
        return state(2) - state(1)


def windows(model, width):
    """Numbers in the rows that kernels reach, a 1x1 kernel none; all layers at the width of the image."""
    layers = [module for module in model.modules() if isinstance(module, CONVOLUTIONS)]
    reaching = [layer for layer in layers if layer.weight[0, 0].numel() > 1]
    return sum(layer.weight.shape[1] * (layer.above + 1) * width for layer in reaching)


# The numbers that an event needs at each architecture's `small` size, by arithmetic.
NEEDED = {
    "pixelcnn": lambda model: windows(model, 28),
    "gatedpixelcnn": lambda model: windows(model, 28) + 8 * 2 * 48 * 28,  # a row of 2p from above in each of 8 layers
    # Two convolutions a block, of 2 rows of 2F each, in both streams; F handed on; two rows beside each stride.
    "pixelcnnpp": lambda model: 40 * (17 * sum(BLOCKS_BY_WIDTH) + 6 * (32 + 16)),
    "pixelsnail": lambda model: windows(model, 28) + 3 * 784 * (16 + 32),
    # The input of a layer along a row, which the direction from the right meets whole, and the hidden states of both.
    "pixelrnn": lambda model: windows(model, 28) + 7 * 28 * (2 * 16 + 2 * 16),
    "imagetransformer": lambda model: 4 * 784 * 2 * 64,
    "imagegpt": lambda model: 24 * 1024 * 2 * 512,
    # The inputs that the farthest tap of each layer has not met yet, and what its gate hears at a position.
    "wavenet": lambda model: sum(
        gate.reach * gate.weight.shape[1] + len(gate.bias) for gate in (layer.gate for layer in model.backbone.layers)
    ),
    "charrnn": lambda model: 2 * 400,
    "made": lambda model: 784 + 500,
    "fvbn": lambda model: 784,
}
SLOW = {"imagegpt"}


@pytest.mark.parametrize("id", [pytest.param(id, marks=pytest.mark.slow) if id in SLOW else id for id in NEEDED])
def test_a_state_keeps_little_more_than_the_mathematics_needs(id):
    model = arzoo.create(id, "small").eval()
    free = None in model.event_shape
    ordering = model.ordering.with_length(100) if free else model.ordering
    rows = min(ordering.num_positions, 5 * ordering.grid[-1] if len(ordering.grid) > 1 else 100)
    ratio = kept(model, ordering, rows) / (4 * NEEDED[id](model))
    assert 0.4 < ratio <= MOST


def test_every_architecture_is_held_to_it():
    assert sorted(NEEDED) == sorted(arzoo.list_models())
