"""Weights of the public PyTorch copy of PixelCNN++ (pclucas14/pixel-cnn-pp), read into ours.

Both are the network of figure 2 at three scales. What differs is how weights are named, in which order a layer keeps
its inputs and outputs, and over which axis a transposed convolution is normalised.

    theirs                                        ours, at scale s (0 is the outermost)
    u_init, ul_init.0, ul_init.1                  vertical_input, above_input, left_input
    up_layers.{s}.{u,ul}_stream                   up_vertical, up_horizontal
    downsize_{u,ul}_stream.{s}                    vertical_down, horizontal_down
    upsize_{u,ul}_stream.{1 - s}                  vertical_up, horizontal_up
    down_layers.{2 - s}.{u,ul}_stream             down_vertical, down_horizontal
    nin_out                                       output
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import mode

import torch
from torch import Tensor

import arzoo
from arzoo.checkpoints import Converted, ForeignWeights

SCALES = 3
STREAMS = {"u": ("vertical", (2, 3)), "ul": ("horizontal", (2, 2))}  # theirs: ours and its kernel
KINDS = {1: 2, 3: 3}  # channels: params of each in a mixture, which are mean, log-scale and, in colour, coefficient
MODERN = {".parametrizations.weight.original0": ".weight_g", ".parametrizations.weight.original1": ".weight_v"}
PARTS = ("weight_g", "weight_v", "bias")


@dataclass(frozen=True)
class Size:
    """What the shapes in a file tell of the network.

    Attributes:
        channels: Of the image, C.
        filters: F.
        blocks: Of each stream at each scale on the way up.
        mixtures: Logistics, M.
    """

    channels: int
    filters: int
    blocks: int
    mixtures: int

    @property
    def num_params(self) -> int:
        """Params of a pixel: 3M in grey, 10M in colour."""
        return self.mixtures * (1 + self.channels * KINDS[self.channels])


@dataclass(frozen=True)
class Layer:
    """A layer of both networks.

    Attributes:
        theirs: Its name there.
        ours: Its name here.
        weight: Shape of its weight there.
        output_axis: Axis of the output channels in the weight, over which ours is normalised; theirs always over 0.
        outputs: Makes our output channels, as indices into theirs, once the shapes are known to be true; None where
            they are in one order.
        inputs: The same of the input channels.
    """

    theirs: str
    ours: str
    weight: tuple[int, ...]
    output_axis: int = 0
    outputs: Callable[[], Tensor] | None = None
    inputs: Callable[[], Tensor] | None = None

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of their tensors by name."""
        length = (self.weight[0], *(1 for _ in self.weight[1:]))
        shapes = length, self.weight, (self.weight[self.output_axis],)
        return {f"{self.theirs}.{part}": shape for part, shape in zip(PARTS, shapes, strict=True)}


def pixelcnnpp_torch(weights: ForeignWeights, event_shape: Sequence[int] | None = None) -> Converted:
    """Map a state dict of pclucas14/pixel-cnn-pp to a PixelCNN++ for 8-bit images.

    Number of blocks, filters, mixtures and channels follow from the shapes; the size of the image does not, as every
    layer is a convolution.

    Args:
        weights: `u_init`, `ul_init`, `up_layers` and so on, each with `weight_g`, `weight_v` and `bias`, or with the
            names that torch's newer weight normalisation gives the first two.
        event_shape: (C, H, W) of the image, H and W multiples of 4; left out, (3, 32, 32).

    Returns:
        Arguments and tensors of ours.

    Raises:
        ConfigError: The event shape is none of an image, or has other channels than the file.
        CheckpointError: A tensor is missing, unexpected, mis-shaped or not finite.
    """
    weights = with_old_names(weights)
    size = size_of(weights)
    layers = list(layers_of(size))
    weights.check({name: shape for layer in layers for name, shape in layer.shapes.items()})
    arguments = {
        "event_shape": image_shape(event_shape, size.channels, weights),
        "num_levels": 256,
        "hidden_channels": size.filters,
        "num_blocks": size.blocks,
        "num_scales": SCALES,
        "num_mixtures": size.mixtures,
        "dropout": 0.5,
        "data": {"kind": "pixels", "num_levels": 256},
    }
    return Converted(arguments, {name: tensor for layer in layers for name, tensor in tensors_of(layer, weights)})


def with_old_names(weights: ForeignWeights) -> ForeignWeights:
    """The same weights by the names of torch's older weight normalisation, where all names are of the newer one."""
    if any(name.endswith(tuple(MODERN.values())) for name in weights.tensors):
        return weights
    renamed = {}
    for name, tensor in weights.tensors.items():
        ending = next((ending for ending in MODERN if name.endswith(ending)), "")
        renamed[name.removesuffix(ending) + MODERN.get(ending, "")] = tensor
    return replace(weights, tensors=renamed)


def size_of(weights: ForeignWeights) -> Size:
    """What most tensors agree on, so that one that is missing or mis-shaped is the one to be named.

    Raises:
        CheckpointError: They agree on channels that the network cannot have.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in weights.tensors.items()}
    first = ("u_init.conv", "ul_init.0.conv", "ul_init.1.conv")
    channels = told(shapes, [f"{name}.weight_v" for name in first], 1, default=4) - 1
    if channels not in KINDS:
        raise weights.refusal(f"{weights.path} must hold a network of 1 or 3 channels, got one of {channels}.")
    filters = told(shapes, [name for name in shapes if name.endswith("conv_input.conv.bias")], 0, default=1)
    params = told(shapes, [f"nin_out.lin_a.{part}" for part in PARTS], 0, default=1)
    streams = [f"up_layers.{scale}.{stream}_stream." for scale in range(SCALES) for stream in STREAMS]
    blocks = mode(len({name.split(".")[3] for name in shapes if name.startswith(stream)}) for stream in streams)
    return Size(channels, filters, max(1, blocks), max(1, params // Size(channels, 1, 1, 1).num_params))


def told(shapes: Mapping[str, tuple[int, ...]], names: Sequence[str], axis: int, default: int) -> int:
    """The length of an axis that most of these tensors have, at least 1."""
    lengths = [shapes[name][axis] for name in names if len(shapes.get(name, ())) > axis]
    return max(1, mode(lengths)) if lengths else default


def image_shape(event_shape: Sequence[int] | None, channels: int, weights: ForeignWeights) -> tuple[int, ...]:
    """The event shape, held against the channels of the file."""
    if event_shape is None and channels == 3:
        return (3, 32, 32)
    came = () if event_shape is None else tuple(event_shape)
    if len(came) != 3 or came[0] != channels:
        rule = f"`event_shape` must be (C, H, W) with C = {channels}, as in {weights.path}"
        example = (channels, *came[1:]) if len(came) == 3 else ((1, 28, 28) if channels == 1 else (3, 32, 32))
        text = ",".join(map(str, example))
        raise arzoo.ConfigError(f"{rule}, got {came or None}. Use --event-shape {text} or event_shape={example}.")
    return came


def layers_of(size: Size) -> Iterator[Layer]:
    """Every layer of the network."""
    seen, filters = size.channels + 1, size.filters
    yield Layer("u_init.conv", "backbone.vertical_input", (filters, seen, 2, 3))
    yield Layer("ul_init.0.conv", "backbone.above_input", (filters, seen, 1, 3))
    yield Layer("ul_init.1.conv", "backbone.left_input", (filters, seen, 2, 1))
    for scale in range(SCALES):
        yield from scale_layers(scale, size)
    yield Layer("nin_out.lin_a", "backbone.output", (size.num_params, filters), outputs=partial(param_order, size))


def scale_layers(scale: int, size: Size) -> Iterator[Layer]:
    """The layers of a scale, without those of the scales inside it."""
    ours, square = f"backbone.scale{'.inner' * scale}", (size.filters, size.filters)
    outer = scale < SCALES - 1
    for beside, (stream, (name, kernel)) in enumerate(STREAMS.items()):
        for j in range(size.blocks):
            theirs = f"up_layers.{scale}.{stream}_stream.{j}"
            yield from block_layers(theirs, f"{ours}.up_{name}.{j}", size.filters, kernel, beside)
        for j in range(size.blocks + outer):
            theirs = f"down_layers.{SCALES - 1 - scale}.{stream}_stream.{j}"
            yield from block_layers(theirs, f"{ours}.down_{name}.{j}", size.filters, kernel, beside + 1)
        if outer:
            weight, way = (*square, *kernel), f"{ours}.resampling.{name}"
            yield Layer(f"downsize_{stream}_stream.{scale}.conv", f"{way}_down", weight)
            theirs = f"upsize_{stream}_stream.{SCALES - 2 - scale}.deconv"
            yield Layer(theirs, f"{way}_up", weight, output_axis=1)


def block_layers(theirs: str, ours: str, filters: int, kernel: tuple[int, int], shortcuts: int) -> Iterator[Layer]:
    """The layers of a gated block whose short-cut reads so many streams."""
    two = 2 * filters
    yield Layer(f"{theirs}.conv_input.conv", f"{ours}.input", (filters, two, *kernel))
    yield Layer(f"{theirs}.conv_out.conv", f"{ours}.output", (two, two, *kernel))
    if shortcuts:
        columns = partial(shortcut_order, filters, shortcuts)
        yield Layer(f"{theirs}.nin_skip.lin_a", f"{ours}.shortcut", (filters, two * shortcuts), inputs=columns)


def shortcut_order(filters: int, streams: int) -> Tensor:
    """Inputs of a short-cut: theirs are elu(u, l, -u, -l), ours elu(u, -u, l, -l)."""
    return torch.arange(2 * streams * filters).view(2, streams, filters).transpose(0, 1).flatten()


def param_order(size: Size) -> Tensor:
    """Params after the logits: theirs are grouped by channel and then by kind, ours by kind and then by channel."""
    logits, others = torch.arange(size.num_params).tensor_split([size.mixtures])
    by_channel = others.view(size.channels, KINDS[size.channels], size.mixtures)
    return torch.cat([logits, by_channel.transpose(0, 1).flatten()])


def tensors_of(layer: Layer, weights: ForeignWeights) -> Iterator[tuple[str, Tensor]]:
    """Our tensors of a layer by name, computed in float64."""
    g, v, bias = (weights.tensors[f"{layer.theirs}.{part}"] for part in PARTS)
    dtype = torch.float64 if v.dtype == torch.float64 else torch.float32
    weight = fused(g.double(), v.double())
    if layer.outputs is not None:
        rows = layer.outputs()
        weight, bias = weight[rows], bias[rows]
    if layer.inputs is not None:
        weight = weight[:, layer.inputs()]
    weight = weight.view(*weight.shape, *[1] * (4 - weight.ndim))  # a linear layer there is a 1x1 convolution here
    length = torch.norm_except_dim(weight, 2, layer.output_axis)
    direction = torch.where(length == 0, torch.ones_like(weight), weight)  # a weight of zero has no direction
    names = "parametrizations.weight.original0", "parametrizations.weight.original1", "bias"
    for name, tensor in zip(names, (length.to(dtype), direction.to(dtype), bias.to(dtype)), strict=True):
        if not tensor.isfinite().all():
            raise weights.refusal(f"{weights.path} must hold finite weights, got a {layer.theirs} that is not.")
        yield f"{layer.ours}.{name}", tensor.contiguous()


def fused(g: Tensor, v: Tensor) -> Tensor:
    """The weight that a length and a direction stand for, w = g v / |v|, normalised over axis 0."""
    return g * v / torch.norm_except_dim(v, 2, 0)
