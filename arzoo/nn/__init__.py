"""Masked and causal layers, each with a whole-grid `forward` and an incremental form."""

from arzoo.nn.chain import CausalResidual, CausalSequential
from arzoo.nn.convolution import MaskedConv2d, VerticalConv2d, WindowState, add_shifted_down
from arzoo.nn.gates import gated
from arzoo.nn.masks import MaskType, above_dependence, causal_mask, centre_mask, channel_groups, through
from arzoo.nn.raster import RasterBackbone, RasterState, as_params, class_embedding

__all__ = [
    "CausalResidual",
    "CausalSequential",
    "MaskType",
    "MaskedConv2d",
    "RasterBackbone",
    "RasterState",
    "VerticalConv2d",
    "WindowState",
    "above_dependence",
    "add_shifted_down",
    "as_params",
    "causal_mask",
    "centre_mask",
    "channel_groups",
    "class_embedding",
    "gated",
    "through",
]
