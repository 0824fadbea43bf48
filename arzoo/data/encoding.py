"""Images in the levels of another data spec: the colours of a palette, the codes of a VQ-VAE."""

from dataclasses import replace

import torch
from torch import Tensor

from arzoo.data.dataset import Dataset
from arzoo.data.specs import DataSpec
from arzoo.errors import DataError

CHUNK = 1000  # images at a time


def encoded(dataset: Dataset, spec: DataSpec) -> Dataset:
    """Return the images of a data set as levels of `spec`.

    Labels and other values of the items stay; contexts that are computed from pixels do not. The id says what the
    levels are, so that no figure of codes stands among those of pixels.

    Args:
        dataset: Images whose levels stand for pixels.
        spec: Made for images of their size and colours.

    Raises:
        DataError: They are no images, or drawn anew each time they are looked at.
        ShapeError: The images are of another shape than `spec` takes.
    """
    items, pixels = dataset.items, dataset.spec
    if not isinstance(items, Tensor) or items.ndim != 4 or pixels is None or dataset.draw is not None:
        rule = f"Only images that stay as they are can become {spec.levels_are}"
        raise DataError(f"{rule}, got {dataset!r}. Use mnist or cifar10, or a folder of images.")
    levels = torch.cat([_smallest(spec.encode(pixels.decode(part)), spec.num_levels) for part in items.split(CHUNK)])
    id = f"{dataset.id} as {spec.levels_are}"
    return replace(dataset, id=id, items=levels, num_levels=spec.num_levels, spec=spec, derived={})


def _smallest(levels: Tensor, num_levels: int) -> Tensor:
    return levels.to(torch.uint8 if num_levels <= 256 else torch.int32).cpu()
