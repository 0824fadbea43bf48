"""What a context says to the layers of an image model: one vector an image, and a map with a say at every position.

    labels, vectors --> h (B, D) ----------------------------> V h     the same at every position    (equation 4)
    maps (c, h, w)  --> s = m(h), by transposed convolutions -> V * s  different at every position   (equation 5)

Both are biases, added before a nonlinearity. They are known before the first position is drawn, so that the incremental
form adds them as a row begins and nothing is left to do at a position.

References:
    van den Oord et al. 2016b, "Conditional Image Generation with PixelCNN Decoders", section 2.3.
"""

import math
from collections.abc import Mapping
from itertools import zip_longest
from typing import NamedTuple

import torch
from torch import Tensor, nn

from arzoo.context import ContextSpec, Labels, Latent
from arzoo.errors import ConfigError


class Condition(NamedTuple):
    """What the layers are told of a context.

    Attributes:
        vector: h of equation 4, (B, D), or None.
        map: s of equation 5, (B, c, H, W), or None.
    """

    vector: Tensor | None = None
    map: Tensor | None = None

    def row(self, i: int) -> "Condition":
        """What is told of row `i`: the vector, and the map cut to (B, c, 1, W)."""
        return self if self.map is None else Condition(self.vector, self.map[:, :, i : i + 1])


class ConditionSize(NamedTuple):
    """Numbers of channels of a condition; 0 where it has no such part.

    Attributes:
        vector: D.
        map: c.
    """

    vector: int = 0
    map: int = 0


class ContextEncoder(nn.Module):
    """Any number of labels and latents as one condition.

    Labels become one-hot vectors and are laid end to end with the latents of shape (D,), in the order declared. Every
    latent of shape (c, h, w) has a deconvolutional network of its own; a vector that shall speak to each position
    differently is declared as (D, 1, 1). With labels alone there are no weights.

    Args:
        specs: The declared context, by name; may be empty.
        image_size: H and W.
        map_channels: Feature maps that each latent map is brought to at H x W.

    Attributes:
        size: The channels of the condition, from which `condition_bias` builds the layers that hear of it.

    Raises:
        ConfigError: If a context is neither labels nor a latent, or a latent cannot be brought to the image's size.

    Example:
        >>> encoder = ContextEncoder({"digit": Labels(10), "thumbnail": Latent((1, 2, 2))}, (8, 8), map_channels=6)
        >>> encoder.size
        ConditionSize(vector=10, map=6)
    """

    def __init__(self, specs: Mapping[str, ContextSpec], image_size: tuple[int, int], map_channels: int = 32) -> None:
        super().__init__()
        self.classes: dict[str, int] = {}
        self.vectors: list[str] = []
        maps = {}
        length = 0
        for name, spec in specs.items():
            if isinstance(spec, Labels):
                self.classes[name] = spec.num_classes
                length += spec.num_classes
            else:
                shape = _latent_shape(name, spec)
                if len(shape) == 3:
                    maps[name] = Upsampling(name, (shape[0], shape[1], shape[2]), image_size, map_channels)
                else:
                    self.vectors.append(name)
                    length += shape[0]
        self.maps = nn.ModuleDict(maps)
        self.size = ConditionSize(length, map_channels * len(maps))
