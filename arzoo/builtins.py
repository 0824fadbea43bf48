"""What the core itself brings to the zoo, through the same hooks as any plugin: data sets, orderings and heads."""

from arzoo.entries import DatasetEntry, HeadEntry, OrderingEntry
from arzoo.hookspecs import hookimpl


@hookimpl
def register_datasets() -> list[DatasetEntry]:
    """The data sets that the core can read."""
    return [
        DatasetEntry(
            "digits",
            "arzoo.data.digits:load_digits",
            summary="1,797 handwritten digits of 8x8 pixels and 17 levels, from scikit-learn",
            license="CC BY 4.0",
        ),
        DatasetEntry(
            "mnist",
            "arzoo.data.mnist:load_mnist",
            summary="70,000 handwritten digits of 28x28 pixels and 256 levels",
            license="MIT",
        ),
        DatasetEntry(
            "binarized-mnist",
            "arzoo.data.mnist:load_binarized_mnist",
            summary="MNIST with every pixel drawn black or white by its grey value; the test split is one fixed draw",
            license="MIT",
        ),
        DatasetEntry(
            "cifar10",
            "arzoo.data.cifar10:load_cifar10",
            summary="60,000 photographs of 32x32 pixels in colour, of ten classes of things",
        ),
        DatasetEntry(
            "fsdd",
            "arzoo.data.fsdd:load_fsdd",
            summary="3,000 spoken digits of six speakers at 8 kHz, mu-law companded to 256 levels",
            license="CC BY-SA 4.0",
        ),
        DatasetEntry(
            "fsdd-16bit",
            "arzoo.data.fsdd:load_fsdd_16bit",
            summary="3,000 spoken digits of six speakers at 8 kHz, as recorded, 65,536 levels",
            license="CC BY-SA 4.0",
        ),
        DatasetEntry(
            "tiny-shakespeare",
            "arzoo.data.text:load_tiny_shakespeare",
            summary="1,115,394 characters of Shakespeare's plays, 65 different ones, in one text",
            license="MIT",
        ),
    ]


@hookimpl
def register_orderings() -> list[OrderingEntry]:
    """The orderings of `arzoo.orderings`."""
    return [
        OrderingEntry("raster", "arzoo.orderings:Raster"),
        OrderingEntry("block-raster", "arzoo.orderings:BlockRaster"),
        OrderingEntry("snake", "arzoo.orderings:Snake"),
        OrderingEntry("zigzag", "arzoo.orderings:Zigzag"),
        OrderingEntry("spiral", "arzoo.orderings:Spiral"),
        OrderingEntry("hilbert", "arzoo.orderings:Hilbert"),
        OrderingEntry("subscale", "arzoo.orderings:SubScale"),
        OrderingEntry("random", "arzoo.orderings:RandomOrder"),
        OrderingEntry("left-to-right", "arzoo.orderings:LeftToRight"),
        OrderingEntry("explicit", "arzoo.orderings:Explicit"),
    ]


@hookimpl
def register_heads() -> list[HeadEntry]:
    """The heads of `arzoo.heads`."""
    return [
        HeadEntry("bernoulli", "arzoo.heads:Bernoulli"),
        HeadEntry("categorical", "arzoo.heads:Categorical"),
        HeadEntry("discretized-logistic-mixture", "arzoo.heads:DiscretizedLogisticMixture"),
        HeadEntry("discretized-gaussian-mixture", "arzoo.heads:DiscretizedGaussianMixture"),
    ]
