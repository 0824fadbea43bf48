"""What the core itself brings to the zoo, through the same hooks as any plugin: data sets, orderings and heads."""

from arzoo.entries import DatasetEntry, HeadEntry, OrderingEntry
from arzoo.hookspecs import hookimpl

_MNIST = (
    "Digits of American census clerks and high-school students, one to an image, scaled to a box of 20x20 pixels and "
    "centred by their mass: a digit of another size, place or thickness is improbable to the model."
)
_FSDD = (
    "Six people say single English digits into their own microphones, and all six are in both splits: no other word, "
    "no other voice, no sentence. Samples are in the voices of people who can be recognised: do not pass them off as "
    "theirs."
)


@hookimpl
def register_datasets() -> list[DatasetEntry]:
    """The data sets that the core can read."""
    return [
        DatasetEntry(
            "digits",
            "arzoo.data.digits:load_digits",
            summary="1,797 handwritten digits of 8x8 pixels and 17 levels, from scikit-learn",
            license="CC BY 4.0",
            limits="Thirteen writers wrote all of it (the test part of UCI's Optical Recognition of Handwritten "
            "Digits), and the split is by image: the same hands are in training and test. A pixel counts the ink in a "
            "block of 4x4; a photograph or scan of a digit that was not prepared so is nothing the model has seen.",
        ),
        DatasetEntry(
            "mnist",
            "arzoo.data.mnist:load_mnist",
            summary="70,000 handwritten digits of 28x28 pixels and 256 levels",
            license="MIT",
            hub_id="ylecun/mnist",
            limits=_MNIST,
        ),
        DatasetEntry(
            "binarized-mnist",
            "arzoo.data.mnist:load_binarized_mnist",
            summary="MNIST with every pixel drawn black or white by its grey value; the test split is one fixed draw",
            license="MIT",
            hub_id="ylecun/mnist",
            limits=f"{_MNIST} A pixel is drawn black or white by its grey value, so strokes have ragged edges, and so "
            "have the samples.",
            unlike={
                "static-binarized-mnist": "Papers measure the static binarisation, one draw of every image that was "
                "published; here the training images are drawn anew each epoch, and the test split is another draw."
            },
        ),
        DatasetEntry(
            "cifar10",
            "arzoo.data.cifar10:load_cifar10",
            summary="60,000 photographs of 32x32 pixels in colour, of ten classes of things",
            hub_id="uoft-cs/cifar10",
            limits="Photographs from the web, whose owners nobody asked, cut down from the Tiny Images collection, "
            "which its makers withdrew in 2020 for the offensive words and pictures in it. Six animals and four "
            "vehicles, one in the middle of each picture; at 32x32 pixels a sample has the textures of things more "
            "often than things. About three in a hundred test images have a near copy in the training split, which "
            "flatters a likelihood.",
        ),
        DatasetEntry(
            "fsdd",
            "arzoo.data.fsdd:load_fsdd",
            summary="3,000 spoken digits of six speakers at 8 kHz, mu-law companded to 256 levels",
            hub_id="Jakobovski/free-spoken-digit-dataset",
            license="CC BY-SA 4.0",
            weights_license="cc-by-sa-4.0",
            limits=_FSDD,
        ),
        DatasetEntry(
            "fsdd-16bit",
            "arzoo.data.fsdd:load_fsdd_16bit",
            summary="3,000 spoken digits of six speakers at 8 kHz, as recorded, 65,536 levels",
            hub_id="Jakobovski/free-spoken-digit-dataset",
            license="CC BY-SA 4.0",
            weights_license="cc-by-sa-4.0",
            limits=_FSDD,
        ),
        DatasetEntry(
            "tiny-shakespeare",
            "arzoo.data.text:load_tiny_shakespeare",
            summary="1,115,394 characters of Shakespeare's plays, 65 different ones, in one text",
            license="MIT",
            hub_id="karpathy/tiny-shakespeare",
            limits="English of about 1600, in speeches under a name: no other language, no digit but 3, and the "
            "manners and prejudices of those plays towards women, Jews, Moors and the poor. The test split is the "
            "last tenth of the file, other scenes than the training split has.",
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
