"""Images larger than a model's own: windows that overlap what is there already, each conditioned on it.

+-------+---+     A window of the model's size stands on the canvas one step right of the one before, or one step
| known | 1 |     below. What it finds there is known to it, the rest is drawn: windows 1 and 2 at once, then 3,
|       |   |     whose left and upper parts they have drawn. In raster order every new pixel is drawn given those
+-------+---+     above it and to the left in its window, so that no edge shows where a window began.
|   2   | 3 |
+-------+---+
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from arzoo.errors import ConfigError, check_count
from arzoo.events import check_levels
from arzoo.orderings import Raster

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel


UNKNOWN = -1
"""Where nothing was drawn yet."""


class Window(NamedTuple):
    """Where a window stands.

    Attributes:
        number: Of all windows, row by row.
        top: Its first row on the canvas.
        left: Its first column.
    """

    number: int
    top: int
    left: int

    def slices(self, size: tuple[int, int]) -> tuple[slice, slice]:
        """Its rows and columns, of (h, w) many."""
        return slice(self.top, self.top + size[0]), slice(self.left, self.left + size[1])


def grow(
    model: "AutoregressiveModel",
    x: Tensor,
    size: tuple[int, int],
    context: Mapping[str, Any] | None = None,
    *,
    step: int | tuple[int, int] | None = None,
    seed: int = 0,
    **options: Any,
) -> Tensor:
    """Grow images to the right and downwards, beyond the size of a model's events.

    A smaller step shows every window more of what is there, and costs as many windows more.

    Args:
        model: Of images, in raster order.
        x: Levels (B, C, h, w), the upper left corners of what is made; of any size.
        size: (H, W) to grow to, at least the model's and that of `x`.
        context: Value of each declared context, by name; the same for all windows of an image.
        step: Pixels between windows, downwards and to the right; less than their size. Half of it where not given.
        seed: As in `model.sample`; window k of image b is the same whatever else is grown.
        **options: As in `model.sample`.

    Returns:
        Levels (B, C, H, W), int64, on the CPU.

    Raises:
        ConfigError: The model is not one of images in raster order, or size or step is out of range.
        ShapeError: `x` are no levels of it.

    References:
        Image quilting places overlapping windows in raster order likewise, and copies what here is drawn: Efros,
        Freeman, "Image Quilting for Texture Synthesis and Transfer", 2001.
    """
    canvas, window = _begun(model, x, size), _window_of(model)
    told = model.check_context(context, len(x)) or {}
    fronts = wavefronts(size, window, step)
    count = sum(map(len, fronts))
    for front in fronts:
        views = {place.number: (..., *place.slices(window)) for place in front}
        views = {number: view for number, view in views.items() if (canvas[view] == UNKNOWN).any()}
        if views:
            given = torch.cat([canvas[view] for view in views.values()])
            values = {name: value.repeat(len(views), *[1] * (value.ndim - 1)) for name, value in told.items()}
            own = [image * count + number for number in views for image in range(len(x))]
            how: dict[str, Any] = {"known": given.clamp(min=0), "known_mask": given != UNKNOWN, "indices": own}
            drawn = model.sample(len(given), values or None, seed=seed, **how, **options)
            for view, part in zip(views.values(), drawn.split(len(x)), strict=True):
                canvas[view] = part
    return canvas


def wavefronts(
    size: tuple[int, int], window: tuple[int, int], step: int | tuple[int, int] | None = None
) -> list[list[Window]]:
    """Return the windows in the order in which they are drawn, together those of which none needs another.

    Such windows stand on an anti-diagonal: what one of them draws lies right of the next one down.

    Args:
        size: (H, W) of the canvas.
        window: (h, w) of an event.
        step: Pixels between windows; the last one in a row or column stands at the edge.

    Raises:
        ConfigError: A step is less than 1, or leaves no overlap.

    Example:
        >>> [[window.number for window in front] for front in wavefronts((6, 6), (4, 4))]
        [[0], [1, 2], [3]]
    """
    steps = tuple(max(1, side // 2) for side in window) if step is None else step
    down, right = steps if isinstance(steps, tuple) else (steps, steps)
    tops, lefts = (_starts(*each) for each in zip(size, window, (down, right), strict=True))
    fronts: list[list[Window]] = [[] for _ in range(len(tops) + len(lefts) - 1)]
    for row, top in enumerate(tops):
        for column, left in enumerate(lefts):
            fronts[row + column].append(Window(row * len(lefts) + column, top, left))
    return fronts


def _starts(size: int, window: int, step: int) -> list[int]:
    if check_count("step", step) >= window > 1:
        raise ConfigError(f"`step` must be less than the {window} pixels of a window, got {step}. Use {window // 2}.")
    return [*range(0, size - window, step), size - window]


def _window_of(model: "AutoregressiveModel") -> tuple[int, int]:
    """Return (h, w) of the events of a model in raster order."""
    if not isinstance(model.ordering, Raster) or len(model.event_shape) != 3:
        rule = "A model must draw images in raster order to grow them"
        raise ConfigError(f"{rule}, got {model.ordering!r} of {model.title}. Use one such as pixelcnnpp-cifar10.")
    _, height, width = (int(side or 0) for side in model.event_shape)
    return height, width


def _begun(model: "AutoregressiveModel", x: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the canvas, with `x` in its corner and `UNKNOWN` elsewhere."""
    any_size = (model.event_shape[0], None, None)
    least = tuple(map(max, _window_of(model), check_levels(x, any_size, model.num_levels, model.title).shape[2:]))
    if len(size) != 2 or any(map(int.__lt__, size, least)):
        raise ConfigError(f"`size` must be at least {least}, (H, W) of image and window, got {size}. Use (96, 96).")
    canvas = torch.full((*x.shape[:2], *size), UNKNOWN)
    canvas[..., : x.shape[2], : x.shape[3]] = x
    return canvas
