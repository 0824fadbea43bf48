"""PixelSNAIL as a plugin of arzoo."""

from typing import Any

import arzoo

ARZOO_API = "1.0"
_TINY = {
    "hidden_channels": 3,
    "num_blocks": 2,
    "num_residual_blocks": 1,
    "key_channels": 2,
    "value_channels": 3,
    "num_mixtures": 2,
}
_TWO_CLASSES = {"kind": "labels", "num_classes": 2}
_VECTOR = {"kind": "latent", "shape": (2,)}
_MAP = {"kind": "latent", "shape": (2, 1, 2)}


def _zigzag(*event_shape: int) -> dict[str, Any]:
    ordering = {"name": "zigzag", "event_shape": event_shape, "channels_as_positions": False}
    return {"event_shape": event_shape, "ordering": ordering}


@arzoo.hookimpl
def register_models() -> list[arzoo.ModelEntry]:
    """PixelSNAIL and its checkpoints."""
    return [
        arzoo.ModelEntry(
            id="pixelsnail",
            title="PixelSNAIL",
            build="arzoo_pixelsnail.pixelsnail:build",
            configs={
                # Section 3: 12 blocks, 256 filters, keys of 16, values of 128, 10 logistics, dropout of one half, on
                # CIFAR-10; four residual blocks in each and plain ELUs, from the defaults of the authors' train.py.
                "paper": {
                    "event_shape": (3, 32, 32),
                    "num_levels": 256,
                    "hidden_channels": 256,
                    "num_blocks": 12,
                    "num_residual_blocks": 4,
                    "key_channels": 16,
                    "value_channels": 128,
                    "num_mixtures": 10,
                    "dropout": 0.5,
                },
                "small": {"hidden_channels": 32, "num_blocks": 3, "num_residual_blocks": 2, "num_mixtures": 5},
                "tiny-binary": {"event_shape": (1, 4, 4), "num_levels": 2, **_TINY, "num_mixtures": 0},
                "tiny-17": {"event_shape": (1, 5, 4), "num_levels": 17, **_TINY},
                "tiny-softmax": {"event_shape": (1, 3, 3), "num_levels": 5, **_TINY, "num_mixtures": 0},
                "tiny-rgb": {"event_shape": (3, 2, 3), "num_levels": 3, **_TINY},
                "tiny-zigzag": {**_zigzag(3, 3, 2), "num_levels": 3, **_TINY},
                "tiny-dropout": {
                    "event_shape": (1, 4, 3),
                    "num_levels": 2,
                    **_TINY,
                    "activation": "concat_elu",
                    "dropout": 0.5,
                },
                "tiny-class": {"event_shape": (1, 4, 3), "num_levels": 2, **_TINY, "context": {"label": _TWO_CLASSES}},
                "tiny-map": {"event_shape": (1, 3, 4), "num_levels": 2, **_TINY, "context": {"latent": _MAP}},
                "tiny-zigzag-context": {
                    **_zigzag(1, 3, 4),
                    "num_levels": 2,
                    **_TINY,
                    "context": {"label": _TWO_CLASSES, "vector": _VECTOR, "map": _MAP},
                },
            },
            paper=arzoo.Paper(
                "PixelSNAIL: An Improved Autoregressive Generative Model",
                2018,
                "arXiv:1712.09763",
                authors="Chen, Mishra, Rohaninejad, Abbeel",
                results=(arzoo.PublishedResult("cifar10", 2.85, "bits/dim"),),
            ),
            recipes=arzoo.packaged_recipes(__name__),
            checkpoints=arzoo.locked_checkpoints(__name__),
            summary="Gated residual blocks by turns with attention over the whole past; raster or zigzag.",
            limits="Attention compares every pair of pixels: memory grows with the square of their number and the "
            "time of a step with the past, which holds it to small images.",
        )
    ]
