"""PixelCNN as a plugin of arzoo."""

import arzoo

ARZOO_API = "1.0"
_TINY = {"hidden_channels": 3, "num_blocks": 1, "output_channels": 4}
_TWO_CLASSES = {"kind": "labels", "num_classes": 2}
_VECTOR = {"kind": "latent", "shape": (3,)}
_MAP = {"kind": "latent", "shape": (2, 2, 1)}


@arzoo.hookimpl
def register_models() -> list[arzoo.ModelEntry]:
    """PixelCNN and its checkpoints."""
    return [
        arzoo.ModelEntry(
            id="pixelcnn",
            title="PixelCNN",
            build="arzoo_pixelcnn.pixelcnn:build",
            configs={
                # Table 1 and section 5.1: 15 layers of h = 128 and 1,024 feature maps before the softmax, on CIFAR-10.
                "paper": {
                    "event_shape": (3, 32, 32),
                    "num_levels": 256,
                    "hidden_channels": 128,
                    "num_blocks": 15,
                    "output_channels": 1024,
                },
                "small": {"hidden_channels": 32, "num_blocks": 7, "output_channels": 64},
                "tiny-binary": {"event_shape": (1, 4, 4), "num_levels": 2, **_TINY},
                "tiny-17": {"event_shape": (1, 5, 4), "num_levels": 17, **_TINY},
                "tiny-rgb": {"event_shape": (3, 3, 4), "num_levels": 3, **_TINY, "hidden_channels": 4},
                "tiny-blind": {"event_shape": (1, 6, 12), "num_levels": 2, **_TINY},
                "tiny-mixture": {"event_shape": (3, 2, 4), "num_levels": 3, **_TINY, "num_mixtures": 2},
                "tiny-class": {"event_shape": (1, 4, 4), "num_levels": 2, **_TINY, "context": {"label": _TWO_CLASSES}},
                "tiny-rgb-class": {
                    "event_shape": (3, 2, 2),
                    "num_levels": 2,
                    **_TINY,
                    "context": {"label": _TWO_CLASSES},
                },
                "tiny-vector": {"event_shape": (1, 4, 3), "num_levels": 2, **_TINY, "context": {"latent": _VECTOR}},
                "tiny-map": {
                    "event_shape": (1, 4, 3),
                    "num_levels": 2,
                    **_TINY,
                    "context": {"latent": _MAP},
                    "map_channels": 3,
                },
                "tiny-class-map": {
                    "event_shape": (3, 2, 2),
                    "num_levels": 2,
                    **_TINY,
                    "context": {"label": _TWO_CLASSES, "latent": _MAP},
                    "map_channels": 3,
                },
                "tiny-codes": {"event_shape": (1, 3, 4), "num_levels": 7, **_TINY, "embedding_channels": 3},
                "tiny-rgb-codes": {"event_shape": (3, 2, 2), "num_levels": 3, **_TINY, "embedding_channels": 2},
            },
            paper=arzoo.Paper(
                "Pixel Recurrent Neural Networks",
                2016,
                "arXiv:1601.06759",
                authors="van den Oord, Kalchbrenner, Kavukcuoglu",
                results=(
                    arzoo.PublishedResult("cifar10", 3.14, "bits/dim"),
                    arzoo.PublishedResult("static-binarized-mnist", 81.30, "nats"),
                ),
            ),
            recipes=arzoo.packaged_recipes(__name__),
            checkpoints=arzoo.locked_checkpoints(__name__),
            summary="Masked convolutions in residual blocks; a blind spot; conditional on classes, vectors and maps.",
            limits="It has a blind spot: pixels above and to the right lie within its reach, and no position sees "
            "them, however many layers there are. A stroke that comes down from there surprises it.",
        )
    ]
