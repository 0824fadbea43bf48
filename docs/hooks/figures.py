"""The pictures of the site, each drawn from the networks themselves."""

from collections.abc import Callable
from typing import Any

import torch
from probes import probes
from sights import by_lag, by_layer, by_network, measured
from svg import bars, figure, matrix, numbers, pictures

import arzoo
from arzoo.nn import DownRightShiftedConv2d, MaskedConv2d, VerticalConv2d
from arzoo.nn.masks import centre_mask

WIDE, CENTRE = (7, 15), (5, 7)
LEGEND = (
    '<span class="key seen"></span> seen, <span class="key blind"></span> earlier and never seen, '
    '<span class="key later"></span> later, <span class="key self"></span> the position.'
)
MEASURED = (
    "Measured on {}: how far the distribution of the marked pixel moves, in total variation over test digits, "
    "where another pixel is replaced; by the root of its share of the strongest."
)


def fvbn() -> str:
    """The mask of the regressions."""
    model = arzoo.create("fvbn", event_shape=(1, 3, 3), num_levels=2)
    seen = matrix("weights, pixel by pixel", model.backbone.dependence(model.ordering))
    return figure(
        [seen, _digits("fvbn")], f"Left: the mask of the regressions, 3×3 pixels. Right: {_of('fvbn-digits')}"
    )


def made() -> str:
    """The masks of two hidden layers, and their product."""
    ordering = arzoo.orderings.Explicit((1, 1, 3), places=(1, 2, 0))
    model = arzoo.create("made", event_shape=(1, 1, 3), num_levels=2, hidden_units=(4, 4), ordering=ordering)
    first, second = model.backbone.hidden
    panels = [
        matrix("first layer", first.mask),
        matrix("second layer", second.mask),
        matrix("output", model.backbone.output.mask),
        matrix("direct", model.backbone.direct.mask),
        matrix("who sees whom", model.backbone.dependence(ordering)),
        _digits("made"),
    ]
    return figure(
        panels, f"Masks of a network for three symbols in the order 2 3 1, a row an output. Right: {_of('made-digits')}"
    )


def pixelcnn() -> str:
    """Masks A and B, of pixels and of colours, and the blind spot."""
    colours = torch.arange(3)
    kernels = [by_layer(f"5×5 “{kind}”", MaskedConv2d(1, 1, 5, kind), (5, 5), (2, 2)) for kind in ("A", "B")]
    groups = [matrix(f"colours “{kind}”", centre_mask(colours, colours, kind)) for kind in ("A", "B")]
    six = by_network("six blocks", "pixelcnn", WIDE, CENTRE, num_blocks=6, hidden_channels=2, output_channels=2)
    return figure([*kernels, *groups, six, _digits("pixelcnn")], f"{LEGEND} {_of('pixelcnn-digits')}")


def gatedpixelcnn() -> str:
    """The kernels of the two stacks, and how their sight grows."""
    layers = [
        by_layer("vertical", VerticalConv2d(1, 1, 3), (3, 3), (1, 1)),
        by_layer("horizontal “A”", MaskedConv2d(1, 1, (1, 3), "A"), (3, 3), (1, 1)),
        by_layer("horizontal “B”", MaskedConv2d(1, 1, (1, 3), "B"), (3, 3), (1, 1)),
    ]
    depths = [
        by_network(f"{depth} layers", "gatedpixelcnn", WIDE, CENTRE, num_layers=depth, hidden_channels=2, **_SMALL)
        for depth in (3, 12)
    ]
    return figure([*layers, *depths, _digits("gatedpixelcnn")], f"{LEGEND} {_of('gatedpixelcnn-digits')}")


_SMALL = {"output_channels": 2, "kernel_size": 3, "input_kernel_size": 3}


def pixelcnnpp() -> str:
    """The kernels of the two streams, and what a scale more adds."""
    layers = [
        by_layer("vertical 2×3", VerticalConv2d(1, 1, 3), (3, 3), (1, 1)),
        by_layer("horizontal 2×2", DownRightShiftedConv2d(1, 1), (3, 3), (1, 1)),
    ]
    small = {"hidden_channels": 2, "num_blocks": 1, "num_mixtures": 1, "dropout": 0.0}
    scales = [
        by_network(f"{many} scale{'s' * (many > 1)}", "pixelcnnpp", (8, 16), (6, 8), num_scales=many, **small)
        for many in (1, 2, 3)
    ]
    return figure([*layers, *scales, _digits("pixelcnnpp")], f"One block a scale. {LEGEND} {_of('pixelcnnpp-digits')}")


def pixelrnn() -> str:
    """A triangle, and everything."""
    cells = [
        by_network(title, "pixelrnn", WIDE, CENTRE, cell=cell, num_layers=1, hidden_channels=2, input_kernel_size=3)
        for title, cell in (("Row LSTM", "row"), ("Diagonal BiLSTM", "diagonal"))
    ]
    return figure(
        [*cells, _digits("pixelrnn")], f"One layer behind a 3×3 convolution. {LEGEND} {_of('pixelrnn-digits')}"
    )


def pixelsnail() -> str:
    """A convolution, and two orderings with attention to all of the past."""
    zigzag = arzoo.orderings.Zigzag((1, 5, 5), channels_as_positions=False)
    small = {"num_blocks": 1, "num_residual_blocks": 1, "hidden_channels": 2, "key_channels": 1, "value_channels": 1}
    panels = [
        by_layer("2×2", DownRightShiftedConv2d(1, 1), (3, 3), (1, 1)),
        by_network("raster", "pixelsnail", (5, 5), (2, 2), num_mixtures=0, **small),
        by_network("zigzag", "pixelsnail", (5, 5), (2, 2), num_mixtures=0, ordering=zigzag, **small),
        numbers("zigzag, step by step", _steps(zigzag)),
        _digits("pixelsnail"),
    ]
    return figure(panels, f"{LEGEND} {_of('pixelsnail-digits')}")


def imagetransformer() -> str:
    """Blocks in one dimension and in two, a layer and three."""
    small = {"hidden_channels": 4, "num_heads": 1, "ffn_channels": 2}
    along = {"query_block": (8,), "memory_block": (8,)}
    around = {"query_block": (2, 2), "memory_block": (2, 2)}
    panels = [
        by_network(
            f"{many} layer{'s' * (many > 1)}, {way}",
            "imagetransformer",
            (8, 8),
            here,
            num_layers=many,
            **small,
            **blocks,
        )
        for way, blocks, here in (("1D", along, (5, 4)), ("2D", around, (7, 7)))
        for many in (1, 3)
    ]
    return figure(
        [*panels, _digits("imagetransformer")],
        f"Blocks of 8 with as much memory, and of 2×2 with a frame of 2. {LEGEND} {_of('imagetransformer-digits')}",
    )


def imagegpt() -> str:
    """The triangle of attention."""
    attention = torch.ones(9, 9).tril().bool()
    panels = [
        matrix("queries by inputs", attention),
        by_network("one block", "imagegpt", WIDE, CENTRE, hidden_channels=2, num_heads=1, num_layers=1),
        _digits("imagegpt"),
    ]
    return figure(panels, f"Input k is the symbol before position k. {LEGEND} {_of('imagegpt-digits')}")


def charrnn() -> str:
    """How far back a character is heard."""
    moved = by_lag("charrnn-shakespeare", range(1, 33), length=200)
    panel = bars("distance of the next character's distribution", moved, _every(4))
    return figure(
        [panel],
        "Measured on samples of charrnn-shakespeare: how far the distribution of the next character moves, in total "
        f"variation ({moved[0]:.2f} at the first bar, heights by the root), where the one so far back is another.",
    )


def wavenet() -> str:
    """Dilations, and where the receptive field ends."""
    edges = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 766, 767, 800]
    moved = by_lag("wavenet-fsdd", edges, length=800, context={"label": 7, "speaker": 4})
    panel = bars("distance of the next sample's distribution", moved, lambda k: str(edges[k]))
    small = arzoo.create(
        "wavenet", num_stacks=1, layers_per_stack=3, residual_channels=2, gate_channels=2, skip_channels=2
    )
    ordering = arzoo.orderings.LeftToRight((12,))
    return figure(
        [matrix("three layers: who sees whom", small.backbone.dependence(ordering)), panel],
        "Left: 12 positions, a row each; dilations 1, 2, 4 reach eight symbols back. Right, measured on samples of "
        "wavenet-fsdd: how far the distribution of the next sample moves where the one so far back is another, heights "
        "by the root; its receptive field ends at 766.",
    )


def orderings() -> str:
    """The steps of every ordering."""
    shape = (1, 8, 8)
    paths = arzoo.orderings
    drawn = [
        ("raster", paths.Raster(shape)),
        ("block-raster", paths.BlockRaster(shape, block=(2, 4))),
        ("snake", paths.Snake(shape)),
        ("zigzag", paths.Zigzag(shape)),
        ("spiral", paths.Spiral(shape)),
        ("Hilbert", paths.Hilbert(shape)),
        ("sub-scale", paths.SubScale(shape, factor=2)),
        ("random", paths.RandomOrder(shape, seed=0)),
    ]
    return figure([numbers(title, _steps(path)) for title, path in drawn], "At which step each pixel of 8×8 is drawn.")


def surprise() -> str:
    """Images, and what each of their pixels cost."""
    model = arzoo.load("gatedpixelcnn-digits").eval()
    x = arzoo.data.load_dataset("digits", "test").batch(range(10)).x
    with torch.no_grad():
        bits = -model.position_log_prob(x) / torch.log(torch.tensor(2.0))
    panel = pictures("test digits, and what each of their pixels cost", [x[:, 0] / 16, bits[:, 0] / 5])
    return figure([panel], "Each pixel given those before it, row by row.")


def _digits(architecture: str) -> Any:
    return measured("measured", f"{architecture}-digits")


def _of(checkpoint: str) -> str:
    return MEASURED.format(checkpoint)


def _steps(ordering: arzoo.orderings.Ordering) -> torch.Tensor:
    return ordering.permutation.argsort().view(ordering.grid[-2:])


def _every(step: int) -> Callable[[int], str]:
    return lambda bar: str(bar + 1) if bar == 0 or (bar + 1) % step == 0 else ""


FIGURES: dict[str, Callable[[], str]] = {
    each.__name__: each
    for each in (
        *(
            charrnn,
            fvbn,
            gatedpixelcnn,
            imagegpt,
            imagetransformer,
            made,
            pixelcnn,
            pixelcnnpp,
            pixelrnn,
            pixelsnail,
            wavenet,
        ),
        *(orderings, probes, surprise),
    )
}
