"""`cifar10`: 60,000 natural images of ten classes, 32 x 32 pixels, 256 levels a channel."""

from pathlib import Path

from arzoo.context import Labels
from arzoo.data.dataset import Dataset
from arzoo.data.derived import image_contexts
from arzoo.data.images import HubImages
from arzoo.data.sources import HubTable
from arzoo.data.specs import Pixels

CIFAR10 = HubImages(HubTable("uoft-cs/cifar10", "plain_text", "img"), (3, 32, 32))
NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def load_cifar10(split: str, root: str | Path | None = None) -> Dataset:
    """Load a split of CIFAR-10.

    Args:
        split: "train" (50,000 images) or "test" (10,000).
        root: A data root instead of the Hub.

    Returns:
        Levels (3, 32, 32), 0 to 255, with the context `label`, and `thumbnail` where asked for.

    Raises:
        DataError: There is no such split, or it cannot be found or read.

    References:
        A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
    """
    images, labels = CIFAR10.read(split, root)
    context, derived = {"label": Labels(10, NAMES)}, image_contexts(images.shape[1:])
    return Dataset("cifar10", split, images, 256, Pixels(256), context, {"label": labels}, derived)
