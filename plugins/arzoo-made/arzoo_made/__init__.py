"""MADE as a plugin of arzoo."""

import arzoo

ARZOO_API = "1.0"
_TINY = {"hidden_units": (9,)}
_TWO_CLASSES = {"label": {"kind": "labels", "num_classes": 2}}


@arzoo.hookimpl
def register_models() -> list[arzoo.ModelEntry]:
    """MADE and its checkpoints."""
    return [
        arzoo.ModelEntry(
            id="made",
            title="MADE",
            build="arzoo_made.made:build",
            configs={
                # Section 6.2: the best network on binarised MNIST has two hidden layers of 8,000 units, trained on
                # 32 masks; connectivity 1 is the first of those that are drawn.
                "paper": {
                    "event_shape": (1, 28, 28),
                    "num_levels": 2,
                    "hidden_units": (8000, 8000),
                    "connectivity": 1,
                },
                "small": {"hidden_units": (500,)},
                "tiny-binary": {"event_shape": (1, 3, 4), "num_levels": 2, "hidden_units": (14,)},
                "tiny-17": {"event_shape": (1, 3, 3), "num_levels": 17, "input_features": 3, **_TINY},
                "tiny-smooth": {
                    "event_shape": (1, 3, 3),
                    "num_levels": 17,
                    "hidden_units": (9,),
                    "input_features": 2,
                    "output_features": 3,
                },
                "tiny-rgb": {"event_shape": (3, 2, 2), "num_levels": 3, **_TINY},
                "tiny-deep": {"event_shape": (1, 3, 3), "num_levels": 2, "hidden_units": (9, 8, 10)},
                "tiny-no-direct": {"event_shape": (1, 3, 3), "num_levels": 2, "hidden_units": (8, 5), "direct": False},
                "tiny-span": {"event_shape": (1, 3, 4), "num_levels": 2, "hidden_units": (9, 8), "span": (3, 9)},
                "tiny-drawn": {
                    "event_shape": (1, 3, 3),
                    "num_levels": 2,
                    "hidden_units": (6, 5),
                    "direct": False,
                    "connectivity": 1,
                },
                "tiny-random": {
                    "event_shape": (3, 2, 2),
                    "num_levels": 3,
                    "input_features": 2,
                    "output_features": 1,
                    "ordering": {"name": "random", "event_shape": (3, 2, 2), "seed": 1},
                    **_TINY,
                },
                "tiny-packed": {
                    "event_shape": (1, 3, 4),
                    "num_levels": 2,
                    "hidden_units": (9, 8),
                    "packed": True,
                    "ordering": {"name": "spiral", "event_shape": (1, 3, 4)},
                },
                "tiny-sequence": {"event_shape": (7,), "num_levels": 3, **_TINY},
                "tiny-class": {"event_shape": (1, 3, 3), "num_levels": 2, "context": _TWO_CLASSES, **_TINY},
                "tiny-latent": {
                    "event_shape": (1, 2, 3),
                    "num_levels": 3,
                    "hidden_units": (8, 6),
                    "context": {"latent": {"kind": "latent", "shape": (1, 2)}},
                },
            },
            paper=arzoo.Paper(
                "MADE: Masked Autoencoder for Distribution Estimation",
                2015,
                "arXiv:1502.03509",
                authors="Germain, Gregor, Murray, Larochelle",
                results=(arzoo.PublishedResult("static-binarized-mnist", 86.64, "nats", "ensemble of 32 masks"),),
            ),
            recipes=arzoo.packaged_recipes(__name__),
            checkpoints=arzoo.locked_checkpoints(__name__),
            summary="An autoencoder masked by degrees; any ordering, one network for many orderings.",
            limits="It does not know that pixels are neighbours: what it learns of a stroke here says nothing of the "
            "same stroke a pixel lower. Weights fit one size of event. Several orderings or masks averaged say data "
            "better than one, and are then no longer one model to sample from position by position.",
        )
    ]
