"""Gated PixelCNN as a plugin of arzoo."""

import arzoo

ARZOO_API = "1.0"
_TINY = {
    "hidden_channels": 3,
    "num_layers": 3,
    "kernel_size": 3,
    "input_kernel_size": 3,
    "output_channels": 4,
}
_TWO_CLASSES = {"kind": "labels", "num_classes": 2}
_VECTOR = {"kind": "latent", "shape": (3,)}
_MAP = {"kind": "latent", "shape": (2, 2, 1)}


@arzoo.hookimpl
def register_models() -> list[arzoo.ModelEntry]:
    """Gated PixelCNN and its checkpoints."""
    return [
        arzoo.ModelEntry(
            id="gatedpixelcnn",
            title="Gated PixelCNN",
            build="arzoo_gatedpixelcnn.gatedpixelcnn:build",
            configs={
                # Section 3.1: 20 layers of 384 feature maps with 5x5 filters, on ImageNet 32x32.
                "paper": {
                    "event_shape": (3, 32, 32),
                    "num_levels": 256,
                    "hidden_channels": 384,
                    "num_layers": 20,
                    "kernel_size": 5,
                    "output_channels": 1024,
                },
                "small": {"hidden_channels": 48, "num_layers": 8, "output_channels": 64},
                "tiny-binary": {"event_shape": (1, 4, 4), "num_levels": 2, **_TINY},
                "tiny-17": {"event_shape": (1, 5, 4), "num_levels": 17, **_TINY},
                "tiny-rgb": {"event_shape": (3, 3, 4), "num_levels": 3, **_TINY, "hidden_channels": 4},
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
                "Conditional Image Generation with PixelCNN Decoders",
                2016,
                "arXiv:1606.05328",
                authors="van den Oord, Kalchbrenner, Vinyals, Espeholt, Graves, Kavukcuoglu",
                results=(arzoo.PublishedResult("cifar10", 3.03, "bits/dim"),),
            ),
            recipes=arzoo.packaged_recipes(__name__),
            checkpoints=arzoo.locked_checkpoints(__name__),
            summary="Two stacks of gated convolutions, no blind spot; conditional on classes, vectors and maps.",
            limits="A position sees as far as its stacked kernels reach and no farther; within that reach there is "
            "no blind spot. What lies farther apart, such as the two ends of a long stroke, agrees only as far as "
            "what lies between carries it.",
        )
    ]
