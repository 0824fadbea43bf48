"""Image GPT as a plugin of arzoo."""

import arzoo

ARZOO_API = "1.0"
_TINY = {"hidden_channels": 4, "num_layers": 2, "num_heads": 2}
_TWO_CLASSES = {"kind": "labels", "num_classes": 2}
_VECTOR = {"kind": "latent", "shape": (2,)}
_MAP = {"kind": "latent", "shape": (2, 1, 2)}

# Table 1 of the paper and its section 3.3: 32x32 images of 512 colours; d features, L layers, and the heads.
_PALETTE = {"event_shape": (1, 32, 32), "num_levels": 512}
_LARGE = {**_PALETTE, "hidden_channels": 1536, "num_layers": 48, "num_heads": 16}


def _openai(size: str, revision: str | None = None) -> arzoo.Checkpoint:
    """Weights that OpenAI published, as transformers keeps them."""
    return arzoo.Checkpoint(
        f"imagegpt-{size}-imagenet",
        repo_id=f"openai/imagegpt-{size}",
        revision=revision,
        format="transformers-imagegpt",
        summary=f"OpenAI's iGPT, {size}: ImageNet at 32x32 in 512 colours.",
    )


@arzoo.hookimpl
def register_models() -> list[arzoo.ModelEntry]:
    """Image GPT and its checkpoints."""
    return [
        arzoo.ModelEntry(
            id="imagegpt",
            title="ImageGPT",
            build="arzoo_imagegpt.imagegpt:build",
            configs={
                "paper": _LARGE,
                "large": _LARGE,
                "medium": {**_PALETTE, "hidden_channels": 1024, "num_layers": 36, "num_heads": 8},
                "small": {**_PALETTE, "hidden_channels": 512, "num_layers": 24, "num_heads": 8},
                "tiny-binary": {"event_shape": (1, 3, 4), "num_levels": 2, **_TINY},
                "tiny-17": {"event_shape": (1, 3, 3), "num_levels": 17, **_TINY},
                "tiny-rgb": {"event_shape": (3, 2, 2), "num_levels": 3, **_TINY},
                "tiny-palette": {
                    "event_shape": (1, 2, 3),
                    "num_levels": 5,
                    "data": {"kind": "palette", "num_levels": 5, "known": True},
                    **_TINY,
                },
                "tiny-gelu": {
                    "event_shape": (1, 3, 3),
                    "num_levels": 2,
                    "hidden_channels": 6,
                    "num_layers": 1,
                    "num_heads": 3,
                    "mlp_channels": 5,
                    "activation": "gelu",
                    "epsilon": 1e-3,
                    "dropout": 0.2,
                },
                "tiny-random": {
                    "event_shape": (3, 2, 2),
                    "num_levels": 3,
                    "ordering": {"name": "random", "event_shape": (3, 2, 2), "seed": 1},
                    **_TINY,
                },
                "tiny-sequence": {"event_shape": (7,), "num_levels": 3, **_TINY},
                "tiny-class": {"event_shape": (1, 3, 3), "num_levels": 2, **_TINY, "context": {"label": _TWO_CLASSES}},
                "tiny-latent": {
                    "event_shape": (3, 2, 2),
                    "num_levels": 2,
                    **_TINY,
                    "context": {"vector": _VECTOR, "map": _MAP},
                },
                "tiny-random-map": {
                    "event_shape": (1, 2, 4),
                    "num_levels": 3,
                    "ordering": {"name": "random", "event_shape": (1, 2, 4), "seed": 2},
                    **_TINY,
                    "context": {"label": _TWO_CLASSES, "map": _MAP},
                },
            },
            paper=arzoo.Paper(
                "Generative Pretraining from Pixels",
                2020,
                "proceedings.mlr.press/v119/chen20s",
                authors="Chen, Radford, Child, Wu, Jun, Luan, Sutskever",
                results=(arzoo.PublishedResult("imagenet", 2.0466, "nats a colour", "32x32, palette of 512, iGPT-L"),),
            ),
            recipes=arzoo.packaged_recipes(__name__),
            converters={"transformers-imagegpt": "arzoo_imagegpt.conversion:transformers_imagegpt"},
            checkpoints=[
                *arzoo.locked_checkpoints(__name__),
                _openai("small", revision="refs/pr/2"),  # the only one there with safetensors
                _openai("medium"),
                _openai("large"),
            ],
            summary="A transformer over the symbols or palette colours of an image; features from any layer.",
            limits="Every position has an embedding of its own, so a model is for one size of event alone. Attention "
            "compares all pairs of positions: memory grows with the square of their number, and the time of a step "
            "with the past.",
        )
    ]
