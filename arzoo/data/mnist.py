"""MNIST as two tasks whose numbers never share a column: `mnist` (256 levels) and `binarized-mnist` (2 levels)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from arzoo.context import Labels
from arzoo.data.dataset import Dataset
from arzoo.data.derived import image_contexts
from arzoo.data.digits import NAMES
from arzoo.data.images import HubImages
from arzoo.data.sources import HubTable
from arzoo.data.specs import Pixels
from arzoo.randomness import item_uniforms

MNIST = HubImages(HubTable("ylecun/mnist", "mnist", "image"), (1, 28, 28))

BINARIZED_TEST_DIGEST = "07b6dcbc7f328b7f6a1b2f9b853188729b8022839ec6e4ad082ac859649090dd"
"""Digest of the one draw that every `binarized-mnist` figure is measured on."""

_TEST_SEED = 0


def load_mnist(split: str, root: str | Path | None = None) -> Dataset:
    """Load a split of MNIST, 8-bit grey images of handwritten digits.

    Args:
        split: "train" (60,000 images) or "test" (10,000).
        root: A data root instead of the Hub.

    Returns:
        Levels (1, 28, 28), 0 to 255, with the context `label`, and `thumbnail` where asked for.

    Raises:
        DataError: There is no such split, or it cannot be found or read.

    References:
        Y. LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998.
    """
    images, labels = MNIST.read(split, root)
    context, derived = {"label": Labels(10, NAMES)}, image_contexts(images.shape[1:])
    return Dataset("mnist", split, images, 256, Pixels(256), context, {"label": labels}, derived)


def load_binarized_mnist(split: str, root: str | Path | None = None) -> Dataset:
    """Load a split of dynamically binarised MNIST: a pixel is 1 with the probability of its intensity.

    A training image is drawn anew each epoch, from (seed, epoch, image index). The test split is drawn once
    for all, so that figures compare; `BINARIZED_TEST_DIGEST` identifies that draw.

    Args:
        split: "train" (60,000 images) or "test" (10,000).
        root: A data root instead of the Hub.

    Returns:
        Levels (1, 28, 28), 0 and 1, with the context `label`, and `thumbnail` where asked for.

    Raises:
        DataError: There is no such split, or it cannot be found or read.

    References:
        R. Salakhutdinov, I. Murray, "On the Quantitative Analysis of Deep Belief Networks", 2008.
    """
    grey = replace(load_mnist(split, root), id="binarized-mnist", num_levels=2, spec=Pixels(2))
    if split == "train":
        return replace(grey, draw=binarize)
    return replace(grey, items=binarize(grey.batch(range(len(grey))).x, np.arange(len(grey)), _TEST_SEED, 0))


def binarize(images: Tensor, indices: np.ndarray, seed: int, epoch: int) -> Tensor:
    """Draw each pixel as 1 with probability intensity / 255, the same in whatever batch an image comes.

    Args:
        images: 8-bit grey images, uint8 (B, 1, H, W).
        indices: The images' positions in their split, (B,).
        seed: Key of the draw.
        epoch: The pass over the data.

    Returns:
        uint8 (B, 1, H, W), 0 and 1.
    """
    uniforms = torch.from_numpy(item_uniforms(seed, epoch, indices, images[0].numel() if len(images) else 0))
    return (uniforms.reshape(images.shape) < images.double() / 255).to(torch.uint8)
