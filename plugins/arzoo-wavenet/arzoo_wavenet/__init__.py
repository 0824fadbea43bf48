"""WaveNet as a plugin of arzoo."""

import arzoo

ARZOO_API = "1.0"
_TINY = {"num_stacks": 2, "layers_per_stack": 2, "residual_channels": 4, "gate_channels": 6, "skip_channels": 5}
_LABEL = {"kind": "labels", "num_classes": 2}
_SPEAKER = {"kind": "labels", "num_classes": 3}
_SERIES = {"kind": "series", "channels": 2, "hop": 4}


@arzoo.hookimpl
def register_models() -> list[arzoo.ModelEntry]:
    """WaveNet and its checkpoints."""
    return [
        arzoo.ModelEntry(
            id="wavenet",
            title="WaveNet",
            build="arzoo_wavenet.wavenet:build",
            configs={
                # The paper gives dilations up to 512 and no widths: these are its authors' own for Parallel WaveNet.
                "paper": {
                    "num_stacks": 3,
                    "layers_per_stack": 10,
                    "residual_channels": 512,
                    "gate_channels": 512,
                    "skip_channels": 256,
                },
                "small": {"num_stacks": 3, "layers_per_stack": 8},
                "tiny-binary": {"num_levels": 2, **_TINY},
                "tiny-17": {"event_shape": (9,), "num_levels": 17, **_TINY, "layers_per_stack": 3},
                "tiny-kernel": {"num_levels": 3, **_TINY, "num_stacks": 1, "kernel_size": 3},
                "tiny-16bit": {"event_shape": (6,), "num_levels": 65536, "num_mixtures": 2, **_TINY},
                "tiny-class": {"num_levels": 2, **_TINY, "context": {"label": _LABEL}},
                "tiny-speaker": {
                    "event_shape": (8,),
                    "num_levels": 3,
                    **_TINY,
                    "context": {"label": _LABEL, "speaker": _SPEAKER},
                },
                "tiny-vector": {
                    "num_levels": 2,
                    **_TINY,
                    "num_mixtures": 2,
                    "context": {"vector": {"kind": "latent", "shape": (2,)}},
                },
                "tiny-series": {
                    "num_levels": 2,
                    **_TINY,
                    "series_channels": 3,
                    "context": {"local": {**_SERIES, "hop": 6}},
                },
                "tiny-repeat": {
                    "num_levels": 2,
                    **_TINY,
                    "upsampling": "repeat",
                    "context": {"local": {**_SERIES, "hop": 5}},
                },
                "tiny-class-series": {
                    "num_levels": 3,
                    "event_shape": (7,),
                    **_TINY,
                    "kernel_size": 3,
                    "series_channels": 3,
                    "context": {"label": _LABEL, "local": _SERIES},
                },
                "tiny-dropout": {"num_levels": 2, **_TINY, "dropout": 0.2},
            },
            paper=arzoo.Paper(
                "WaveNet: A Generative Model for Raw Audio",
                2016,
                "arXiv:1609.03499",
                authors="van den Oord, Dieleman, Zen, Simonyan, Vinyals, Graves, Kalchbrenner, Senior, Kavukcuoglu",
            ),
            recipes=arzoo.packaged_recipes(__name__),
            checkpoints=arzoo.locked_checkpoints(__name__),
            summary="Dilated causal convolutions over raw audio; told who speaks, what, and how it sounds over time.",
            limits="A sample of sound depends on a fraction of a second before it and on what the model is told, and "
            "on nothing else: there is no plan of a word or a melody beyond that reach unless a context brings it.",
        )
    ]
