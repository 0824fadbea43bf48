"""The character RNN as a plugin of arzoo."""

import arzoo

ARZOO_API = "1.0"
_TINY = {"embedding_channels": 3, "hidden_channels": 4, "num_layers": 1}


@arzoo.hookimpl
def register_models() -> list[arzoo.ModelEntry]:
    """The character RNN and its checkpoints."""
    return [
        arzoo.ModelEntry(
            id="charrnn",
            title="CharRNN",
            build="arzoo_charrnn.charrnn:build",
            configs={
                # Section 3.1 of Graves: the characters of the Penn Treebank, one-hot, and one layer.
                "paper": {"num_levels": 49, "embedding_channels": 49, "hidden_channels": 1000, "num_layers": 1},
                "small": {"num_levels": 65, "embedding_channels": 32, "hidden_channels": 400, "num_layers": 1},
                "tiny-binary": {"num_levels": 2, **_TINY},
                "tiny-17": {"num_levels": 17, **_TINY},
                "tiny-layers": {"num_levels": 3, **_TINY, "num_layers": 3},
                "tiny-fixed": {"event_shape": (7,), "num_levels": 3, **_TINY},
                "tiny-dropout": {"num_levels": 2, **_TINY, "num_layers": 2, "dropout": 0.3},
            },
            paper=arzoo.Paper(
                "Generating Sequences With Recurrent Neural Networks", 2013, "arXiv:1308.0850", authors="Graves"
            ),
            recipes=arzoo.packaged_recipes(__name__),
            checkpoints=arzoo.locked_checkpoints(__name__),
            summary="LSTM layers over the symbols of a text, and a softmax over the next one.",
            limits="Everything it remembers of a text fits in the state of its LSTM layers: spelling, metre and the "
            "layout of a page hold, a speech forgets what it began with after some hundred characters. Symbols come "
            "one by one, and nothing of a step can be done before the last.",
        )
    ]
