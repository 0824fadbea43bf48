"""Multi-scale PixelRNN: a coarse image first, by a network of its own, then the rest given it.

References:
    van den Oord, Kalchbrenner, Kavukcuoglu, "Pixel Recurrent Neural Networks", 2016, arXiv:1601.06759: section 3.6.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

import arzoo
from arzoo.context import ContextSpec
from arzoo.nn import Condition, ConditionSize, ContextEncoder, RasterBackbone, RasterState


class CoarseEncoder(nn.Module):
    """What the layers of the fine network are told: the context, and the coarse image.

    Transposed convolutions bring the coarse image to the size of the fine one, a bias at every position. Their mean
    over the image is a bias that is the same everywhere: by it every pixel knows of the coarse image as a whole, though
    the transposed convolutions reach but a few pixels far.

    Args:
        specs: The declared context, by name.
        coarse_shape: Feature maps, height and width of the coarse image.
        image_size: H and W.
        map_channels: Feature maps of the upsampled image, and of each latent that is a map.

    Attributes:
        size: The channels of the condition.

    References:
        van den Oord et al. 2016a, section 3.6: upsampling and biasing.
    """

    def __init__(
        self,
        specs: Mapping[str, ContextSpec],
        coarse_shape: tuple[int, int, int],
        image_size: tuple[int, int],
        map_channels: int,
    ) -> None:
        super().__init__()
        self.upsampling = ContextEncoder({"coarse": arzoo.context.Latent(coarse_shape)}, image_size, map_channels)
        self.context = ContextEncoder(specs, image_size, map_channels)
        vector, maps = self.context.size
        self.size = ConditionSize(vector + map_channels, maps + map_channels)

    def forward(self, context: dict[str, Tensor], dtype: torch.dtype) -> Condition:
        """The condition of a context that holds the encoded coarse image under the name "coarse"."""
        told = self.context({name: value for name, value in context.items() if name != "coarse"}, dtype)
        coarse = self.upsampling({"coarse": context["coarse"]}, dtype).map
        vectors, maps = ([] if part is None else [part] for part in told)
        return Condition(torch.cat([*vectors, coarse.mean((2, 3))], 1), torch.cat([*maps, coarse], 1))


@dataclass
class ScaleState:
    """What a multi-scale network keeps between positions; the caller's.

    Attributes:
        levels: The image so far, by its raster positions, (B, P).
        network: State of the network at work: of the coarse one first, then of the fine one.
        context: What the model is conditioned on.
        next: The raster position that the fine network has not yet been at.
    """

    levels: Tensor
    network: RasterState
    context: dict[str, Tensor]
    next: int = 0


class MultiScalePixelRNN(nn.Module):
    """Two PixelRNNs as one model: every `scale`-th pixel of every `scale`-th row, then the rest given these.

        C o o o C o o o      C: drawn first, in raster order, by the coarse network, which sees C alone
        o o o o o o o o      o: drawn then, in raster order, by the fine network, which is told of all C, and whose
        o o o o o o o o         input is the image before the pixel, C and o
        o o o o o o o o

    A pixel is predicted by one network alone, so the model is exactly normalised.

    Args:
        ordering: Sub-scale, with colours as positions.
        coarse: The network of the coarse image, (C, H / factor, W / factor).
        fine: The network of the whole image, told by a `CoarseEncoder`.

    References:
        van den Oord et al. 2016a, section 3.6.
    """

    def __init__(self, ordering: arzoo.orderings.SubScale, coarse: RasterBackbone, fine: RasterBackbone) -> None:
        super().__init__()
        self.coarse, self.fine, self.scale = coarse, fine, ordering.factor
        colours, height, width = fine.event_shape
        places = torch.tensor(ordering.permutation.tolist(), device="cpu")
        channels, pixels = places // (height * width), places % (height * width)
        self.raster = (pixels * colours + channels).tolist()

    def forward(self, x: Tensor, context: dict[str, Tensor] | None = None) -> Tensor:
        """Params (B, num_params, C, H, W) of levels (B, C, H, W)."""
        coarse = x[:, :, :: self.scale, :: self.scale]
        params = self.fine(x, {**(context or {}), "coarse": self.coarse.encoded(coarse)})
        first = torch.zeros(x.shape[2:], dtype=torch.bool, device=x.device)
        first[:: self.scale, :: self.scale] = True
        return params.masked_scatter(first, self.coarse(coarse, context).to(params.dtype))

    def dependence(self, ordering: arzoo.orderings.Ordering) -> Tensor:
        """Which symbols the params at each position depend on, booleans (C*H*W, C*H*W).

        Of a coarse pixel, what the coarse network sees; of any other, all coarse pixels and what the fine network sees
        of those before it.
        """
        coarse = torch.zeros(self.fine.event_shape, dtype=torch.bool)
        coarse[:, :: self.scale, :: self.scale] = True
        places = torch.nonzero(coarse.flatten()).flatten()
        seen = self.fine.dependence(ordering) | coarse.flatten()
        seen[places] = False
        seen[places[:, None], places] = self.coarse.dependence(ordering)
        return seen

    def init_state(self, batch: int, context: dict[str, Tensor] | None = None) -> ScaleState:
        """A state before the first position, for `batch` images.

        The weights are packed into it, so it must be made anew after they have changed.
        """
        weight = next(self.parameters())
        levels = torch.zeros(batch, len(self.raster), dtype=torch.long, device=weight.device)
        return ScaleState(levels, self.coarse.init_state(batch, context), context or {})

    def step(self, state: ScaleState, previous: Tensor, position: int) -> Tensor:
        """Params at one position, from the values before it.

        Args:
            state: From `init_state`; updated in place.
            previous: Levels at the position before, (B, 1); ignored at position 0.
            position: 0 ... C*H*W - 1 of the sub-scale ordering; must rise by one from call to call.

        Returns:
            Params (B, num_params).
        """
        if position:
            state.levels[:, self.raster[position - 1]] = previous[:, 0]
        first = len(self.raster) // self.scale**2
        if position < first:
            return self.coarse.step(state.network, previous, position)
        if position == first:
            state.network = self._fine_state(state)
        return self._fine_step(state, self.raster[position])

    def _fine_state(self, state: ScaleState) -> RasterState:
        """A state of the fine network, told of the coarse image."""
        colours, height, width = self.fine.event_shape
        image = state.levels.view(-1, height, width, colours)[:, :: self.scale, :: self.scale].permute(0, 3, 1, 2)
        context = {**state.context, "coarse": self.coarse.encoded(image)}
        return self.fine.init_state(len(image), context)

    def _fine_step(self, state: ScaleState, target: int) -> Tensor:
        """Take the fine network to a raster position, past the coarse pixels that lie before it."""
        for place in range(state.next, target + 1):
            params = self.fine.step(state.network, state.levels[:, place - 1 : place], place)
        state.next = target + 1
        return params
