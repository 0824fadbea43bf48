"""What a context says to the layers of a model: one vector an event, and a map with a say at every position.

    labels, vectors --> h (B, D) ----------------------------> V h     the same at every position    (equation 4)
    maps (c, h, w)  --> s = m(h), by transposed convolutions -> V * s  different at every position   (equation 5)
    series (c, frames)  the same in one dimension, or by repeating

Both are biases, added before a nonlinearity. They are known before the first position is drawn, so the incremental form
adds them as a row begins, and nothing is left to do at a position.

References:
    van den Oord et al. 2016b, "Conditional Image Generation with PixelCNN Decoders", section 2.3.
    van den Oord et al. 2016, "WaveNet: A Generative Model for Raw Audio", section 2.5.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise, zip_longest
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from arzoo.context import ContextSpec, Labels, Latent
from arzoo.errors import ConfigError


class Condition(NamedTuple):
    """What the layers are told of a context.

    Attributes:
        vector: h of equation 4, (B, D), or None.
        map: s of equation 5, (B, c, H, W), or (T, B, c) of sequences, or None.
    """

    vector: Tensor | None = None
    map: Tensor | None = None

    def row(self, i: int) -> "Condition":
        """What is told of row `i`: the vector, and the map cut to (B, c, 1, W)."""
        return self if self.map is None else Condition(self.vector, self.map[:, :, i : i + 1])

    def between(self, start: int, stop: int) -> "Condition":
        """What is told of some positions of a sequence: the vector, and the map cut to (stop - start, B, c)."""
        return self if self.map is None else Condition(self.vector, self.map[start:stop])


class ConditionSize(NamedTuple):
    """Numbers of channels of a condition; 0 for a part that it has not.

    Attributes:
        vector: D.
        map: c.
    """

    vector: int = 0
    map: int = 0


class ContextEncoder(nn.Module):
    """Any number of labels and latents as one condition.

    One-hot labels and latents of shape (D,) are laid end to end in the order declared. Every latent of shape (c, h, w)
    has a deconvolutional network of its own; a vector that is to speak differently to each position is declared as
    (D, 1, 1). Labels and vectors need no weights here.

    Args:
        specs: The declared context, by name; empty for an unconditional model.
        image_size: H and W.
        map_channels: Feature maps to which each latent map is brought, at H x W.

    Attributes:
        size: The channels of the condition, by which `ConditionBias` is built.

    Raises:
        ConfigError: If a context is neither labels nor a latent, or a latent cannot be brought to the image's size.

    Example:
        >>> encoder = ContextEncoder({"digit": Labels(10), "thumbnail": Latent((1, 2, 2))}, (8, 8), map_channels=6)
        >>> encoder.size
        ConditionSize(vector=10, map=6)
        >>> encoder({"digit": torch.tensor([7]), "thumbnail": torch.zeros(1, 1, 2, 2)}, torch.float32).map.shape
        torch.Size([1, 6, 8, 8])
    """

    def __init__(self, specs: Mapping[str, ContextSpec], image_size: tuple[int, int], map_channels: int = 32) -> None:
        super().__init__()
        shapes = {name: _shape(name, spec) for name, spec in specs.items()}
        mapped = {name: (c, *size) for name, (c, *size) in shapes.items() if size}
        self.labels = {name: spec.num_classes for name, spec in specs.items() if isinstance(spec, Labels)}
        self.flat, self.mapped = [name for name in specs if name not in mapped], list(mapped)
        self.networks = nn.ModuleList(
            deconvolution(name, shape, image_size, map_channels) for name, shape in mapped.items()
        )
        self.size = ConditionSize(sum(shapes[name][0] for name in self.flat), map_channels * len(mapped))

    def forward(self, context: Mapping[str, Tensor] | None, dtype: torch.dtype) -> Condition:
        """The condition that a context makes.

        Args:
            context: Value of each declared context, (B, ...), as `AutoregressiveModel.check_context` returns it.
            dtype: Of the layers that will be told.
        """
        if not context:
            return Condition()
        vector = laid_end_to_end(self.flat, self.labels, context, dtype)
        maps = [m(context[name].to(dtype)) for m, name in zip(self.networks, self.mapped, strict=True)]
        return Condition(vector, torch.cat(maps, 1) if maps else None)


class ConditionBias(nn.Module):
    """The bias V h + V * s of one layer, from which an unconditional layer hears nothing.

    It belongs before a nonlinearity: in a gated layer, before the gate, with 2p channels.

    Args:
        size: Of the condition, from `ContextEncoder.size`.
        channels: Feature maps that the bias is added to.

    References:
        van den Oord et al. 2016b, equations 4 (vector) and 5 (map, by an unmasked 1x1 convolution).
    """

    def __init__(self, size: ConditionSize, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, size.vector)) if size.vector else None
        self.map_weight = nn.Parameter(torch.empty(channels, size.map, 1, 1)) if size.map else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights uniformly within 1/sqrt(number of inputs)."""
        for weight in self.parameters():
            bound = 1 / math.sqrt(weight.shape[1])
            nn.init.uniform_(weight, -bound, bound)

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        """Add the bias to features (B, channels, H, W), or to one row of them if the condition is that row's."""
        bias = self.bias(condition)
        return x if bias is None else x + bias

    def along(self, condition: Condition) -> Tensor | None:
        """The bias of a sequence, (T or 1, B, channels), time first; None for an unconditional layer."""
        parts = []
        if self.weight is not None and condition.vector is not None:
            parts.append(F.linear(condition.vector, self.weight)[None])
        if self.map_weight is not None and condition.map is not None:
            parts.append(F.linear(condition.map, self.map_weight.flatten(1)))
        return sum(parts[1:], parts[0]) if parts else None

    def bias(self, condition: Condition) -> Tensor | None:
        """The bias alone, (B, channels, H or 1, W or 1); None for an unconditional layer."""
        parts = []
        if self.weight is not None and condition.vector is not None:
            parts.append(F.linear(condition.vector, self.weight)[:, :, None, None])
        if self.map_weight is not None and condition.map is not None:
            parts.append(F.conv2d(condition.map, self.map_weight))
        return sum(parts[1:], parts[0]) if parts else None


def deconvolution(name: str, shape: tuple[int, ...], image_size: tuple[int, int], channels: int) -> nn.Sequential:
    """The network m of equation 5, which brings a latent to the height and width of the image.

    One transposed convolution for every prime factor of the ratio of the sizes, the largest first, each with an ELU
    behind it. A kernel is two wider than its stride, so that neighbours overlap and no checkerboard shows; with one
    pixel cut off on either side, sizes are multiplied exactly.

    Args:
        name: Of the context, for the message.
        shape: (c, h, w) of the latent.
        image_size: H and W.
        channels: Feature maps of every layer.

    Raises:
        ConfigError: If h does not divide H, or w does not divide W.

    Example:
        >>> m = deconvolution("code", (3, 1, 2), (6, 8), channels=5)
        >>> [layer.stride for layer in m if isinstance(layer, nn.ConvTranspose2d)], m(torch.zeros(1, 3, 1, 2)).shape
        ([(3, 2), (2, 2)], torch.Size([1, 5, 6, 8]))
    """
    inputs, *size = shape
    if any(large % small for large, small in zip(image_size, size, strict=True)):
        reached = tuple(nearest_divisor(large, small) for large, small in zip(image_size, size, strict=True))
        raise ConfigError(
            f"The height and width of the latent {name!r} must divide those of the image, {image_size}, to be brought "
            f"there by strides, got {tuple(size)}. Use Latent({(inputs, *reached)})."
        )
    rows, columns = (prime_factors(large // small) for large, small in zip(image_size, size, strict=True))
    return upsampled(inputs, channels, list(zip_longest(rows, columns, fillvalue=1)) or [(1, 1)])


def upsampled(inputs: int, channels: int, strides: Sequence[tuple[int, ...]]) -> nn.Sequential:
    """Transposed convolutions of one or two dimensions that multiply sizes by their strides, an ELU behind each.

    Args:
        inputs: Feature maps that come.
        channels: Feature maps of every layer.
        strides: Of each layer, one number a dimension.
    """
    widths = [inputs, *[channels] * len(strides)]
    layers = [(_upsampling(*pair, stride), nn.ELU()) for pair, stride in zip(pairwise(widths), strides, strict=True)]
    return nn.Sequential(*chain.from_iterable(layers))


def laid_end_to_end(
    names: Sequence[str], labels: Mapping[str, int], context: Mapping[str, Tensor], dtype: torch.dtype
) -> Tensor | None:
    """Labels, one-hot, and vectors as one vector an event, (B, D); None where there are none.

    Args:
        names: Of both.
        labels: Number of classes of the labels among them.
        context: Value of each.
        dtype: Of the vector.
    """
    values = [F.one_hot(context[name], labels[name]) if name in labels else context[name] for name in names]
    return torch.cat([value.to(dtype) for value in values], 1) if values else None


def prime_factors(number: int) -> list[int]:
    """The prime factors of a number, the largest first; none of 1.

    Example:
        >>> prime_factors(28)
        [7, 2, 2]
    """
    found = []
    for factor in range(2, number + 1):
        while number % factor == 0:
            found.append(factor)
            number //= factor
    return found[::-1]


def nearest_divisor(number: int, wanted: int) -> int:
    """The divisor of a number that is nearest to another, the smaller of two.

    Example:
        >>> nearest_divisor(8, 3)
        2
    """
    return min((d for d in range(1, number + 1) if number % d == 0), key=lambda d: abs(d - wanted))


def _upsampling(inputs: int, channels: int, stride: tuple[int, ...]) -> nn.Module:
    """A transposed convolution whose kernel is two wider than its stride, with one place cut off on either side."""
    layer = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d}[len(stride)]
    return layer(inputs, channels, tuple(size + 2 for size in stride), stride, padding=1)  # type: ignore[arg-type]


def _shape(name: str, spec: ContextSpec) -> tuple[int, ...]:
    """(D,) of labels and vectors, (c, h, w) of maps."""
    if isinstance(spec, Labels):
        return (spec.num_classes,)
    if isinstance(spec, Latent) and len(spec.shape) in (1, 3):
        return tuple(spec.shape)
    raise ConfigError(
        f"A context of an image model must be labels, or a latent of shape (D,) or (c, h, w), got {spec!r} for "
        f"{name!r}. Use arzoo.context.Latent((D,))."
    )
