"""Fully visible belief networks as a plugin of arzoo."""

import arzoo

ARZOO_API = "1.0"
_TWO_CLASSES = {"label": {"kind": "labels", "num_classes": 2}}


@arzoo.hookimpl
def register_models() -> list[arzoo.ModelEntry]:
    """FVBN and its checkpoints."""
    return [
        arzoo.ModelEntry(
            id="fvbn",
            title="FVBN",
            build="arzoo_fvbn.fvbn:build",
            configs={
                # One logistic regression a pixel, on those before it: 784 * 783 / 2 weights and 784 biases.
                "paper": {"event_shape": (1, 28, 28), "num_levels": 2, "packed": True},
                "small": {},
                "tiny-binary": {"event_shape": (1, 3, 4), "num_levels": 2},
                "tiny-17": {"event_shape": (1, 3, 3), "num_levels": 17, "input_features": 3},
                "tiny-one-hot": {"event_shape": (1, 3, 2), "num_levels": 4, "input_features": 3},
                "tiny-smooth": {"event_shape": (1, 3, 3), "num_levels": 17, "input_features": 2, "output_features": 3},
                "tiny-rgb": {"event_shape": (3, 2, 2), "num_levels": 3},
                "tiny-random": {
                    "event_shape": (3, 2, 2),
                    "num_levels": 3,
                    "input_features": 2,
                    "output_features": 1,
                    "ordering": {"name": "random", "event_shape": (3, 2, 2), "seed": 1},
                },
                "tiny-packed": {
                    "event_shape": (1, 3, 4),
                    "num_levels": 2,
                    "packed": True,
                    "ordering": {"name": "spiral", "event_shape": (1, 3, 4)},
                },
                "tiny-sequence": {"event_shape": (7,), "num_levels": 3},
                "tiny-class": {"event_shape": (1, 3, 3), "num_levels": 2, "context": _TWO_CLASSES},
                "tiny-latent": {
                    "event_shape": (1, 2, 3),
                    "num_levels": 3,
                    "context": {"latent": {"kind": "latent", "shape": (1, 2)}},
                },
            },
            paper=arzoo.Paper(
                "Graphical Models for Machine Learning and Digital Communication",
                1998,
                "ISBN 978-0-262-06202-2",
                authors="Frey",
            ),
            recipes=arzoo.packaged_recipes(__name__),
            checkpoints=arzoo.locked_checkpoints(__name__),
            summary="One logistic or softmax regression a position; any ordering.",
            limits="The logits of a position are a sum over the positions before it, so it knows which pixels go "
            "together and not which shapes do: strokes break and samples fray. Weights grow with the square of the "
            "number of positions and fit one size of event.",
        )
    ]
