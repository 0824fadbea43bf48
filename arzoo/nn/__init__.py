"""Masked and causal layers, each with a whole-grid `forward` and an incremental form."""

from arzoo.nn.attention import PastAttention, PastState
from arzoo.nn.chain import CausalResidual, CausalSequential
from arzoo.nn.conditioning import Condition, ConditionBias, ConditionSize, ContextEncoder
from arzoo.nn.convolution import MaskedConv2d, WindowState
from arzoo.nn.degrees import hidden_degrees, symbol_degrees
from arzoo.nn.dilated import DilatedGate, DilatedState
from arzoo.nn.dropout import Dropout
from arzoo.nn.embedding import LevelEmbedding
from arzoo.nn.gates import concat_elu, gated
from arzoo.nn.linear import LinearState, MaskedLinear
from arzoo.nn.local_attention import LocalAttention, LocalState, QueryBlocks, blocks_1d, blocks_2d
from arzoo.nn.lstm import LSTM, LSTMState
from arzoo.nn.masks import (
    MaskType,
    above_dependence,
    causal_mask,
    centre_mask,
    channel_groups,
    left_dependence,
    through,
)
from arzoo.nn.ordered import OrderedBackbone, OrderedState, level_features, ordering_for, sharing
from arzoo.nn.packed import PackedLinear, PackedProduct
from arzoo.nn.raster import RasterBackbone, RasterState, as_params
from arzoo.nn.recurrent import DiagonalBiLSTM, DiagonalState, RowLSTM, RowState, channels_last
from arzoo.nn.series import SequenceEncoder, Upsampling
from arzoo.nn.shifted import (
    CornerState,
    DownRightShiftedConv2d,
    DownRightShiftedConvTranspose2d,
    SpreadState,
    shifted_right,
    with_ones,
)
from arzoo.nn.tapping import normalised, tapped
from arzoo.nn.transformer import CausalSelfAttention, KeyValueState
from arzoo.nn.vertical import (
    RowsState,
    SpreadRowsState,
    VerticalConv2d,
    VerticalConvTranspose2d,
    add_shifted_down,
    shifted_down,
)
from arzoo.nn.weight_norm import init_from_data, weight_normalised

__all__ = [
    "LSTM",
    "CausalResidual",
    "CausalSelfAttention",
    "CausalSequential",
    "Condition",
    "ConditionBias",
    "ConditionSize",
    "ContextEncoder",
    "CornerState",
    "DiagonalBiLSTM",
    "DiagonalState",
    "DilatedGate",
    "DilatedState",
    "DownRightShiftedConv2d",
    "DownRightShiftedConvTranspose2d",
    "Dropout",
    "KeyValueState",
    "LSTMState",
    "LevelEmbedding",
    "LinearState",
    "LocalAttention",
    "LocalState",
    "MaskType",
    "MaskedConv2d",
    "MaskedLinear",
    "OrderedBackbone",
    "OrderedState",
    "PackedLinear",
    "PackedProduct",
    "PastAttention",
    "PastState",
    "QueryBlocks",
    "RasterBackbone",
    "RasterState",
    "RowLSTM",
    "RowState",
    "RowsState",
    "SequenceEncoder",
    "SpreadRowsState",
    "SpreadState",
    "Upsampling",
    "VerticalConv2d",
    "VerticalConvTranspose2d",
    "WindowState",
    "above_dependence",
    "add_shifted_down",
    "as_params",
    "blocks_1d",
    "blocks_2d",
    "causal_mask",
    "centre_mask",
    "channel_groups",
    "channels_last",
    "concat_elu",
    "gated",
    "hidden_degrees",
    "init_from_data",
    "left_dependence",
    "level_features",
    "normalised",
    "ordering_for",
    "sharing",
    "shifted_down",
    "shifted_right",
    "symbol_degrees",
    "tapped",
    "through",
    "weight_normalised",
    "with_ones",
]
