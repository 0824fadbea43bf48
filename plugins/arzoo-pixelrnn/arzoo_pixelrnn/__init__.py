"""PixelRNN as a plugin of arzoo."""

import arzoo

ARZOO_API = "1.0"
_TINY = {"hidden_channels": 3, "num_layers": 2, "input_kernel_size": 3, "output_channels": 4}
_TWO_CLASSES = {"kind": "labels", "num_classes": 2}
_VECTOR = {"kind": "latent", "shape": (3,)}
_MAP = {"kind": "latent", "shape": (2, 2, 2)}
_CIFAR10 = {
    "event_shape": (3, 32, 32),
    "num_levels": 256,
    "hidden_channels": 128,
    "num_layers": 12,
    "output_channels": 1024,
}
_SCALES = {**_TINY, "scale": 2, "map_channels": 3}


@arzoo.hookimpl
def register_models() -> list[arzoo.ModelEntry]:
    """PixelRNN and its checkpoints."""
    return [
        arzoo.ModelEntry(
            id="pixelrnn",
            title="PixelRNN",
            build="arzoo_pixelrnn.pixelrnn:build",
            configs={
                # Table 1 and section 5.3: twelve layers of h = 128 on CIFAR-10, seven of h = 16 on MNIST.
                "paper": {**_CIFAR10, "cell": "diagonal"},
                "paper-row": {**_CIFAR10, "cell": "row"},
                "small": {"hidden_channels": 16, "num_layers": 7, "output_channels": 32},
                "tiny-diagonal": {"event_shape": (1, 3, 4), "num_levels": 2, **_TINY},
                "tiny-row": {"event_shape": (1, 3, 4), "num_levels": 2, **_TINY, "cell": "row"},
                "tiny-wide": {"event_shape": (1, 2, 7), "num_levels": 2, **_TINY, "num_layers": 1},
                "tiny-wide-row": {"event_shape": (1, 2, 7), "num_levels": 2, **_TINY, "cell": "row", "num_layers": 1},
                "tiny-17": {"event_shape": (1, 5, 4), "num_levels": 17, **_TINY, "skips": True},
                "tiny-17-row": {"event_shape": (1, 5, 4), "num_levels": 17, **_TINY, "cell": "row", "skips": True},
                "tiny-rgb": {"event_shape": (3, 3, 2), "num_levels": 3, **_TINY, "hidden_channels": 4},
                "tiny-rgb-row": {"event_shape": (3, 2, 3), "num_levels": 3, **_TINY, "cell": "row", "skips": True},
                "tiny-class": {"event_shape": (1, 3, 3), "num_levels": 2, **_TINY, "context": {"label": _TWO_CLASSES}},
                "tiny-vector-row": {
                    "event_shape": (1, 3, 3),
                    "num_levels": 2,
                    **_TINY,
                    "cell": "row",
                    "context": {"latent": _VECTOR},
                },
                "tiny-class-map": {
                    "event_shape": (3, 2, 2),
                    "num_levels": 2,
                    **_TINY,
                    "context": {"label": _TWO_CLASSES, "latent": _MAP},
                    "map_channels": 3,
                },
                "tiny-scales": {"event_shape": (1, 4, 4), "num_levels": 2, **_SCALES, "coarse_layers": 1},
                "tiny-scales-row": {"event_shape": (1, 4, 2), "num_levels": 3, **_SCALES, "cell": "row"},
                "tiny-scales-rgb-class": {
                    "event_shape": (3, 4, 2),
                    "num_levels": 2,
                    **_SCALES,
                    "coarse_hidden_channels": 4,
                    "context": {"label": _TWO_CLASSES},
                },
                "tiny-codes": {"event_shape": (1, 3, 3), "num_levels": 7, **_TINY, "embedding_channels": 3},
            },
            paper=arzoo.Paper(
                "Pixel Recurrent Neural Networks",
                2016,
                "arXiv:1601.06759",
                authors="van den Oord, Kalchbrenner, Kavukcuoglu",
                results=(arzoo.PublishedResult("cifar10", 3.0, "bits/dim"),),
            ),
            recipes=arzoo.packaged_recipes(__name__),
            checkpoints=arzoo.locked_checkpoints(__name__),
            summary="Two-dimensional LSTMs, by rows or by diagonals with all of the past in view; at one scale or two.",
            limits="A state passes along every row or diagonal, so training cannot do all positions at once: a step "
            "of training takes several times that of a convolutional network of the same size.",
        )
    ]
