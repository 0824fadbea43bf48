"""PixelCNN++ as a plugin of arzoo."""

import arzoo

ARZOO_API = "1.0"
_TINY = {"hidden_channels": 3, "num_blocks": 1, "num_scales": 2, "num_mixtures": 2, "dropout": 0.0}
_TWO_CLASSES = {"kind": "labels", "num_classes": 2}
_MAP = {"kind": "latent", "shape": (2, 1, 2)}


@arzoo.hookimpl
def register_models() -> list[arzoo.ModelEntry]:
    """PixelCNN++ and its checkpoints."""
    return [
        arzoo.ModelEntry(
            id="pixelcnnpp",
            title="PixelCNN++",
            build="arzoo_pixelcnnpp.pixelcnnpp:build",
            configs={
                # Section 3.1 and the authors' code: 160 filters, 5 blocks a scale, 10 logistics, on CIFAR-10.
                "paper": {
                    "event_shape": (3, 32, 32),
                    "num_levels": 256,
                    "hidden_channels": 160,
                    "num_blocks": 5,
                    "num_scales": 3,
                    "num_mixtures": 10,
                    "dropout": 0.5,
                },
                "small": {"hidden_channels": 40, "num_blocks": 2, "dropout": 0.0},
                "tiny-binary": {"event_shape": (1, 4, 4), "num_levels": 2, **_TINY},
                "tiny-17": {"event_shape": (1, 6, 4), "num_levels": 17, **_TINY},
                "tiny-rgb": {"event_shape": (3, 2, 4), "num_levels": 3, **_TINY},
                "tiny-scales": {"event_shape": (1, 4, 8), "num_levels": 2, **_TINY, "num_scales": 3},
                "tiny-dropout": {"event_shape": (1, 4, 4), "num_levels": 2, **_TINY, "dropout": 0.5},
                "tiny-class": {"event_shape": (1, 4, 4), "num_levels": 2, **_TINY, "context": {"label": _TWO_CLASSES}},
                "tiny-map": {"event_shape": (1, 4, 4), "num_levels": 2, **_TINY, "context": {"latent": _MAP}},
            },
            paper=arzoo.Paper(
                "PixelCNN++: Improving the PixelCNN with Discretized Logistic Mixture Likelihood "
                "and Other Modifications",
                2017,
                "arXiv:1701.05517",
                authors="Salimans, Karpathy, Chen, Kingma",
                results=(arzoo.PublishedResult("cifar10", 2.92, "bits/dim"),),
            ),
            recipes=arzoo.packaged_recipes(__name__),
            converters={"pixelcnnpp-torch": "arzoo_pixelcnnpp.conversion:pixelcnnpp_torch"},
            checkpoints=arzoo.locked_checkpoints(__name__),
            summary="Two streams of gated residual blocks at several scales, under a mixture of discretized logistics.",
            limits="The levels of a pixel lie under a mixture of a few smooth bumps, which spends probability beside "
            "a level that is always the same, such as a plain background. Colours of a pixel depend on each other "
            "linearly.",
        )
    ]
