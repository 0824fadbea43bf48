"""`digits`: 1,797 handwritten digits of 8 x 8 pixels and 17 levels, embedded in scikit-learn.

The demo, the default tests and the scaffold run on it: real data without network.
"""

from pathlib import Path

import torch

from arzoo.context import Labels
from arzoo.data.dataset import Dataset
from arzoo.data.derived import image_contexts
from arzoo.data.sources import check_split
from arzoo.data.specs import Pixels
from arzoo.errors import DataError
from arzoo.randomness import shuffled

NAMES = tuple(str(digit) for digit in range(10))
_NUM_TEST = 360
_SPLIT_SEED = 0


def load_digits(split: str, root: str | Path | None = None) -> Dataset:
    """Load a split of `digits`; scikit-learn has none, so a fixed seeded one is made.

    Args:
        split: "train" (1,437 images) or "test" (360).
        root: Not needed; the images are in scikit-learn.

    Returns:
        Levels (1, 8, 8), 0 to 16, with the context `label`, and `thumbnail` where asked for.

    Raises:
        DataError: There is no such split, or scikit-learn is not installed.

    Example:
        >>> load_digits("test")
        Dataset('digits', 'test', 360 items of shape (1, 8, 8), 17 levels, context: label)

    References:
        E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998.
    """
    check_split("digits", split, ("train", "test"))
    try:
        from sklearn import datasets
    except ImportError as error:
        raise DataError('The data set digits needs scikit-learn. Run: pip install "arzoo[data]"') from error
    images, labels = datasets.load_digits(return_X_y=True)
    levels = torch.from_numpy(images).to(torch.uint8).reshape(-1, 1, 8, 8)
    values = {"label": torch.from_numpy(labels).to(torch.int64)}
    context, derived = {"label": Labels(10, NAMES)}, image_contexts(levels.shape[1:])
    whole = Dataset("digits", split, levels, 17, Pixels(17), context, values, derived)
    order = torch.from_numpy(shuffled(len(whole), _SPLIT_SEED))
    return whole.subset(order[_NUM_TEST:] if split == "train" else order[:_NUM_TEST])
