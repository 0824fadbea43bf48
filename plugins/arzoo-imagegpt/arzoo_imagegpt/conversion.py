"""Weights of transformers' ImageGPTForCausalImageModeling, among them OpenAI's own, read into ours.

Both are the same network. What differs is how weights are named, that a projection there is kept (in, out), and that
two options of its attention are factors of the queries, which we write into the weights that make them.

    theirs, under transformer.                      ours, under backbone.
    wte.weight (levels + 1, d), the start last      tokens.weight
    wpe.weight (P, d)                               positions
    h.{i}.ln_1.weight, h.{i}.ln_2.weight            blocks.{i}.attention_norm.weight, blocks.{i}.mlp_norm.weight
    h.{i}.attn.c_attn, queries, keys, values        blocks.{i}.attention.input
    h.{i}.attn.c_proj                               blocks.{i}.attention.output
    h.{i}.mlp.c_fc, h.{i}.mlp.c_proj                blocks.{i}.mlp.input, blocks.{i}.mlp.output
    ln_f.weight                                     norm.weight
    lm_head.weight (levels, d), beside them         output.weight
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

import arzoo
from arzoo.checkpoints import Converted, ForeignWeights
from arzoo.data import Palette
from arzoo.errors import ShapeError

CONFIG, PALETTE = "config.json", "preprocessor_config.json"
MASKS = re.compile(r"transformer\.h\.\d+\.attn\.(bias|masked_bias)")  # buffers that old files hold
BLOCK = re.compile(r"transformer\.h\.(\d{1,4})\.")
DEFAULTS: Mapping[str, Any] = {  # of ImageGPTConfig; a file may leave out what is as usual
    "n_head": 8,
    "activation_function": "quick_gelu",
    "layer_norm_epsilon": 1e-5,
    "resid_pdrop": 0.1,
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "tie_word_embeddings": False,
    "add_cross_attention": False,
}
OTHER_NAMES = {
    "hidden_size": "n_embd",
    "max_position_embeddings": "n_positions",
    "num_attention_heads": "n_head",
    "num_hidden_layers": "n_layer",
}
ACTIVATIONS = {
    "quick_gelu": "quick_gelu",
    "gelu": "gelu",
    "gelu_python": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
}


@dataclass(frozen=True)
class Size:
    """What the shapes in a file tell of the network.

    Attributes:
        levels: Of a symbol; the table of tokens has one row more.
        positions: P.
        channels: Features of a position, d.
        layers: Blocks.
        inner: Units inside an MLP.
    """

    levels: int
    positions: int
    channels: int
    layers: int
    inner: int

    def told(self) -> dict[str, int]:
        """The same by the names in a config."""
        return {
            "vocab_size": self.levels + 1,
            "n_positions": self.positions,
            "n_embd": self.channels,
            "n_layer": self.layers,
            "n_inner": self.inner,
        }


@dataclass(frozen=True)
class Layer:
    """A tensor of both networks.

    Attributes:
        theirs: Its name there.
        ours: Its name here, without "backbone.".
        shape: Its shape there.
        transposed: Whether ours is (out, in) where theirs is (in, out).
        block: The index of the block whose queries it makes, or None.
    """

    theirs: str
    ours: str
    shape: tuple[int, ...]
    transposed: bool = False
    block: int | None = None


def transformers_imagegpt(weights: ForeignWeights, event_shape: Sequence[int] | None = None) -> Converted:
    """Map a state dict of transformers' ImageGPTForCausalImageModeling to an Image GPT.

    `config.json` must lie beside the file, for the number of heads is in no shape; `preprocessor_config.json` may, and
    gives the palette.

    Args:
        weights: Names as above.
        event_shape: Of as many symbols as the file has positions; left out, a square of palette colours, or a sequence
            where their number is no square.

    Returns:
        Arguments and tensors of ours.

    Raises:
        ConfigError: The event shape has another number of symbols.
        CheckpointError: A tensor is missing, unexpected, mis-shaped or not finite, the config is missing, describes
            other weights or a network that ours is not, or the palette has another size.
    """
    weights = without_masks(weights)
    size = size_of(weights)
    layers = list(layers_of(size))
    weights.check({layer.theirs: layer.shape for layer in layers})
    config = config_of(weights, size)
    palette = palette_of(weights, size)
    arguments = {
        "event_shape": shape_of(event_shape, size, weights),
        "num_levels": size.levels,
        "hidden_channels": size.channels,
        "num_layers": size.layers,
        "num_heads": config["n_head"],
        "mlp_channels": size.inner,
        "activation": ACTIVATIONS[config["activation_function"]],
        "epsilon": config["layer_norm_epsilon"],
        "dropout": config["resid_pdrop"],
        "data": {"kind": Palette.kind, "num_levels": size.levels, "known": palette is not None},
    }
    tensors = {f"backbone.{layer.ours}": tensor_of(layer, weights, size, config) for layer in layers}
    return Converted(arguments, tensors if palette is None else {**tensors, "data.colours": palette})


def without_masks(weights: ForeignWeights) -> ForeignWeights:
    """The same weights without the masks that old files hold.

    Raises:
        CheckpointError: They are those of ImageGPTModel, which has no output.
    """
    kept = {name: tensor for name, tensor in weights.tensors.items() if not MASKS.fullmatch(name)}
    if "wte.weight" in kept or ("transformer.wte.weight" in kept and "lm_head.weight" not in kept):
        raise weights.refusal(
            f"{weights.path} must hold an ImageGPTForCausalImageModeling with its lm_head.weight, got a transformer "
            "without it. Save the whole model with model.save_pretrained(folder)."
        )
    return replace(weights, tensors=kept)


def size_of(weights: ForeignWeights) -> Size:
    """What the shapes tell; what is missing counts as 1, to be named when all are compared."""
    shapes = {name: tuple(tensor.shape) for name, tensor in weights.tensors.items()}

    def length(name: str, axis: int) -> int:
        shape = shapes.get(f"transformer.{name}", ())
        return max(1, shape[axis]) if len(shape) > axis else 1

    blocks = {match[1] for name in shapes if (match := BLOCK.match(name))}
    return Size(
        levels=max(1, length("wte.weight", 0) - 1),
        positions=length("wpe.weight", 0),
        channels=length("wte.weight", 1),
        layers=max(1, len(blocks)),
        inner=length("h.0.mlp.c_fc.weight", 1),
    )


def layers_of(size: Size) -> Iterator[Layer]:
    """Every tensor of the network."""
    d = size.channels
    yield Layer("transformer.wte.weight", "tokens.weight", (size.levels + 1, d))
    yield Layer("transformer.wpe.weight", "positions", (size.positions, d))
    for i in range(size.layers):
        theirs, ours = f"transformer.h.{i}", f"blocks.{i}"
        yield Layer(f"{theirs}.ln_1.weight", f"{ours}.attention_norm.weight", (d,))
        yield from projection(f"{theirs}.attn.c_attn", f"{ours}.attention.input", d, 3 * d, i)
        yield from projection(f"{theirs}.attn.c_proj", f"{ours}.attention.output", d, d)
        yield Layer(f"{theirs}.ln_2.weight", f"{ours}.mlp_norm.weight", (d,))
        yield from projection(f"{theirs}.mlp.c_fc", f"{ours}.mlp.input", d, size.inner)
        yield from projection(f"{theirs}.mlp.c_proj", f"{ours}.mlp.output", size.inner, d)
    yield Layer("transformer.ln_f.weight", "norm.weight", (d,))
    yield Layer("lm_head.weight", "output.weight", (size.levels, d))


def projection(theirs: str, ours: str, inputs: int, outputs: int, block: int | None = None) -> Iterator[Layer]:
    """Weight and bias of a linear layer."""
    yield Layer(f"{theirs}.weight", f"{ours}.weight", (inputs, outputs), transposed=True, block=block)
    yield Layer(f"{theirs}.bias", f"{ours}.bias", (outputs,), block=block)


def tensor_of(layer: Layer, weights: ForeignWeights, size: Size, config: Mapping[str, Any]) -> Tensor:
    """Our tensor of a layer, float32 or better.

    Raises:
        CheckpointError: A weight is no number.
    """
    tensor = weights.tensors[layer.theirs]
    tensor = tensor if tensor.dtype == torch.float64 else tensor.float()
    if not tensor.isfinite().all():
        raise weights.refusal(f"{weights.path} must hold finite weights, got a {layer.theirs} that is not.")
    tensor = tensor.T if layer.transposed else tensor
    factor = 1.0 if layer.block is None else query_factor(layer.block, size, config)
    if factor == 1:
        return tensor.contiguous()
    return torch.cat([tensor[: size.channels] * factor, tensor[size.channels :]])


def query_factor(block: int, size: Size, config: Mapping[str, Any]) -> float:
    """What the queries of a block are multiplied by there, over the 1/sqrt(D) that ours always has."""
    unscaled = 1.0 if config["scale_attn_weights"] else math.sqrt(size.channels / config["n_head"])
    return unscaled / (block + 1 if config["scale_attn_by_inverse_layer_idx"] else 1)


def config_of(weights: ForeignWeights, size: Size) -> dict[str, Any]:
    """The config beside a file, with defaults for what it leaves out.

    Raises:
        CheckpointError: It is missing, is of other weights, or of a network that ours is not.
    """
    found = beside(weights, CONFIG)
    if found is None:
        raise weights.refusal(
            f"{CONFIG} must lie beside {weights.path}, for the number of heads is in no shape, got none. Copy it there."
        )
    config = {**DEFAULTS, **{OTHER_NAMES.get(name, name): value for name, value in found.items()}}
    for name, value in size.told().items():
        if config.get(name) not in (None, value):
            raise config_refusal(weights, f"describe its weights, with {name}={value}", name, config)
    if config.get("model_type", "imagegpt") != "imagegpt":
        raise config_refusal(weights, "be of an imagegpt", "model_type", config)
    heads = config["n_head"]
    if type(heads) is not int or heads < 1 or size.channels % heads:
        raise config_refusal(weights, f"have heads that divide {size.channels} features", "n_head", config)
    if config["activation_function"] not in ACTIVATIONS:
        raise config_refusal(weights, f"have one of {', '.join(ACTIVATIONS)}", "activation_function", config)
    if not is_between(config["layer_norm_epsilon"], 0, 1):
        raise config_refusal(weights, "have a number from 0 to 1", "layer_norm_epsilon", config)
    if not is_between(config["resid_pdrop"], 0, 1):
        raise config_refusal(weights, "have a probability", "resid_pdrop", config)
    for name in ("tie_word_embeddings", "add_cross_attention"):
        if config[name]:
            raise config_refusal(weights, f"be of a network without {name}", name, config)
    return config


def is_between(value: object, low: float, high: float) -> bool:
    """Whether a value is a number in a range, ends included."""
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def config_refusal(
    weights: ForeignWeights, rule: str, name: str, config: Mapping[str, Any]
) -> arzoo.errors.CheckpointError:
    """The error for a config that does not go with its weights or with our network."""
    return weights.refusal(
        f"{CONFIG} beside {weights.path} must {rule}, got {name}={config[name]!r:.80}. "
        "Put the config that was saved with these weights there."
    )


def palette_of(weights: ForeignWeights, size: Size) -> Tensor | None:
    """The colours that the levels stand for, (levels, 3), or None where nothing tells them.

    Raises:
        CheckpointError: They are no palette, or one of another size.
    """
    clusters = (beside(weights, PALETTE) or {}).get("clusters")
    if clusters is None:
        return None
    try:
        colours = Palette.of(torch.tensor(clusters)).colours
    except (ShapeError, TypeError, ValueError) as error:
        raise weights.refusal(f"{PALETTE} beside {weights.path} must hold a palette: {error}") from error
    if colours is None or len(colours) != size.levels:
        found = None if colours is None else len(colours)
        raise weights.refusal(
            f"{PALETTE} beside {weights.path} must hold a palette of {size.levels} colours, one a level, got {found}. "
            "Put the one that was saved with these weights there."
        )
    return colours


def beside(weights: ForeignWeights, name: str) -> dict[str, Any] | None:
    """The JSON object in a file beside the weights, or None where there is no such file.

    Raises:
        CheckpointError: It is no JSON object.
    """
    path = weights.path.with_name(name)
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise weights.refusal(f"{path} must be JSON, got: {error}.") from error
    if not isinstance(content, dict):
        raise weights.refusal(f"{path} must hold a JSON object, got {content!r:.80}.")
    return content


def shape_of(event_shape: Sequence[int] | None, size: Size, weights: ForeignWeights) -> tuple[int, ...]:
    """The event shape, held against the number of positions."""
    side = math.isqrt(size.positions)
    usual = (1, side, side) if side * side == size.positions else (size.positions,)
    came = usual if event_shape is None else tuple(event_shape)
    if math.prod(came) != size.positions:
        text = ",".join(map(str, usual))
        raise arzoo.ConfigError(
            f"`event_shape` must have {size.positions} symbols, one a position in {weights.path}, got {came}. "
            f"Use --event-shape {text} or event_shape={usual}."
        )
    return came
