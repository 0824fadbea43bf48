"""Image Transformer as a plugin of arzoo."""

import arzoo

ARZOO_API = "1.0"
_TINY = {"hidden_channels": 8, "num_layers": 2, "num_heads": 2, "ffn_channels": 6}
_ONE = {**_TINY, "query_block": (4,), "memory_block": (3,)}
_TWO = {**_TINY, "query_block": (2, 2), "memory_block": (1, 1)}
_TWO_CLASSES = {"kind": "labels", "num_classes": 2}
_VECTOR = {"kind": "latent", "shape": (2,)}
_MAP = {"kind": "latent", "shape": (2, 1, 2)}


@arzoo.hookimpl
def register_models() -> list[arzoo.ModelEntry]:
    """Image Transformer and its checkpoints."""
    return [
        arzoo.ModelEntry(
            id="imagetransformer",
            title="Image Transformer",
            build="arzoo_imagetransformer.imagetransformer:build",
            configs={
                # Section 5.1, the categorical model of 2.90 bits/dim on CIFAR-10: 12 layers, d = 512, 4 heads, 2048
                # units in the feed-forward networks, dropout 0.3. Blocks and sine coordinates from the authors'
                # `imagetransformer_cifar10_base` in tensor2tensor: 256 positions, and as many before them.
                "paper": {
                    "event_shape": (3, 32, 32),
                    "num_levels": 256,
                    "hidden_channels": 512,
                    "num_layers": 12,
                    "num_heads": 4,
                    "ffn_channels": 2048,
                    "query_block": (256,),
                    "memory_block": (256,),
                    "dropout": 0.3,
                },
                # The same section's mixture (DMOL), as good: 14 layers, d = 256, 8 heads, 512 units, dropout 0.2;
                # ten logistics, learned coordinates and the blocks from `imagetransformer_cifar10_base_dmol`.
                "paper-mixture": {
                    "event_shape": (3, 32, 32),
                    "num_levels": 256,
                    "hidden_channels": 256,
                    "num_layers": 14,
                    "num_heads": 8,
                    "ffn_channels": 512,
                    "query_block": (256,),
                    "memory_block": (256,),
                    "num_mixtures": 10,
                    "positions": "learned",
                    "dropout": 0.2,
                },
                "small": {"hidden_channels": 64, "num_layers": 4, "num_heads": 4, "ffn_channels": 256},
                "tiny-1d": {"event_shape": (1, 3, 4), "num_levels": 2, **_ONE},
                "tiny-2d": {"event_shape": (1, 2, 6), "num_levels": 2, **_TWO},
                "tiny-17": {"event_shape": (1, 4, 4), "num_levels": 17, **_TWO, "positions": "learned"},
                "tiny-rgb": {"event_shape": (3, 2, 4), "num_levels": 3, **_ONE, "memory_block": (5,)},
                "tiny-rgb-2d": {"event_shape": (3, 4, 2), "num_levels": 3, **_TWO, "query_block": (2, 1)},
                "tiny-mixture": {"event_shape": (3, 2, 4), "num_levels": 3, **_ONE, "num_mixtures": 2},
                "tiny-mixture-2d": {"event_shape": (3, 4, 4), "num_levels": 3, **_TWO, "num_mixtures": 2},
                "tiny-dropout": {"event_shape": (1, 2, 4), "num_levels": 2, **_TWO, "dropout": 0.5},
                "tiny-class": {"event_shape": (1, 3, 4), "num_levels": 2, **_ONE, "context": {"label": _TWO_CLASSES}},
                "tiny-map": {"event_shape": (3, 2, 4), "num_levels": 2, **_ONE, "context": {"latent": _MAP}},
                "tiny-2d-context": {
                    "event_shape": (1, 2, 4),
                    "num_levels": 2,
                    **_TWO,
                    "context": {"label": _TWO_CLASSES, "vector": _VECTOR, "map": _MAP},
                },
            },
            paper=arzoo.Paper(
                "Image Transformer",
                2018,
                "arXiv:1802.05751",
                authors="Parmar, Vaswani, Uszkoreit, Kaiser, Shazeer, Ku, Tran",
                results=(arzoo.PublishedResult("cifar10", 2.90, "bits/dim"),),
            ),
            recipes=arzoo.packaged_recipes(__name__),
            checkpoints=arzoo.locked_checkpoints(__name__),
            summary="Self-attention to a local block of earlier positions, in one dimension or two.",
            limits="Within a layer a position attends to its own block and the memory block before it: what lies "
            "farther away arrives through several layers or not at all. The order of positions follows from the "
            "blocks.",
        )
    ]
