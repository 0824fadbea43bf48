"""Images as small maps of codes: a VQ-VAE, whose encoder names the nearest entry of a codebook for every patch.

    8-bit image --> encoder --> vectors --> nearest entry --> codes (levels)
    (B, C, H, W)                (B, D, h, w)                  (B, 1, h, w)      h = H / patch, w = W / patch

    codes --> entries --> decoder --> 8-bit image

A model of codes is a prior over them.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from arzoo.data.specs import DataSpec, check_decodable
from arzoo.errors import ConfigError, ShapeError, check_count

CHUNK = 250  # images at a time
RESIDUAL_BLOCKS = 2


class Residual(nn.Module):
    """ReLU, 3x3, ReLU, 1x1 beside a connection that leaves the input as it is: a block of section 4.1.

    Args:
        channels: Feature maps.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow, mix = nn.Conv2d(channels, channels, 3, padding=1), nn.Conv2d(channels, channels, 1)
        self.change = nn.Sequential(nn.ReLU(), narrow, nn.ReLU(), mix)

    def forward(self, x: Tensor) -> Tensor:
        """Features (B, channels, h, w) to the same."""
        return x + self.change(x)


def encoder(channels: int, hidden_channels: int, code_channels: int, halvings: int) -> nn.Sequential:
    """Strided 4x4 convolutions, residual blocks, and vectors of the codebook's length."""
    widths = [channels, *[hidden_channels] * halvings]
    halve = [nn.Sequential(nn.Conv2d(m, n, 4, 2, 1), nn.ReLU()) for m, n in pairwise(widths)]
    blocks = [Residual(hidden_channels) for _ in range(RESIDUAL_BLOCKS)]
    return nn.Sequential(*halve, *blocks, nn.ReLU(), nn.Conv2d(hidden_channels, code_channels, 1))


def decoder(channels: int, hidden_channels: int, code_channels: int, halvings: int) -> nn.Sequential:
    """The encoder the other way round, with transposed convolutions."""
    widths = [*[hidden_channels] * halvings, channels]
    blocks = [Residual(hidden_channels) for _ in range(RESIDUAL_BLOCKS)]
    double = [nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(m, n, 4, 2, 1)) for m, n in pairwise(widths)]
    return nn.Sequential(nn.Conv2d(code_channels, hidden_channels, 3, padding=1), *blocks, *double)


class VQVAE(DataSpec):
    """A codebook with the encoder and the decoder that were learned with it.

    A model of codes draws maps of them, which the decoder turns into images. Its `log_prob` is that of codes: they do
    not give an image back exactly, so it bounds no likelihood of pixels and compares with none.

    Which code a patch gets is worked out in float64, so that it does not hang on the order in which a machine adds.

    Args:
        num_levels: Entries of the codebook, K.
        channels: C of the images, 1 or 3.
        hidden_channels: Feature maps of encoder and decoder.
        code_channels: Length of an entry, D.
        halvings: How often the encoder halves the sides of an image.
        training: Where the weights come from, as JSON; None for fresh ones.

    Attributes:
        codebook: (K, D) float32.

    Raises:
        ConfigError: A number is out of range.

    References:
        van den Oord, Vinyals, Kavukcuoglu, "Neural Discrete Representation Learning", 2017, arXiv:1711.00937: section
        3 and 4.1.

    Example:
        >>> spec = VQVAE(8, hidden_channels=4, code_channels=2)
        >>> codes = spec.encode(torch.zeros(5, 1, 28, 28, dtype=torch.uint8))
        >>> codes.shape, spec.decode(codes).shape
        (torch.Size([5, 1, 7, 7]), torch.Size([5, 1, 28, 28]))
    """

    kind = "vqvae"
    levels_are = "codes of a VQ-VAE"
    codebook: Tensor

    def __init__(
        self,
        num_levels: int = 512,
        channels: int = 1,
        hidden_channels: int = 128,
        code_channels: int = 64,
        halvings: int = 2,
        training: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if channels not in (1, 3):
            raise ConfigError(f"`channels` of a VQVAE must be 1 or 3, got {channels}. Use channels=3 for RGB.")
        sizes = {"hidden_channels": hidden_channels, "code_channels": code_channels, "halvings": halvings}
        for name, size in sizes.items():
            check_count(name, size)
        self.num_levels, self.raw_channels = check_count("num_levels", num_levels, least=2), channels
        self.patch, self.training_of, self._sizes = 2**halvings, training, sizes
        self.encoder = encoder(channels, **sizes)
        self.register_buffer("codebook", torch.randn(num_levels, code_channels))
        self.decoder = decoder(channels, **sizes)
        self.requires_grad_(False)  # a prior learns the codes as they are

    def check_images(self, raw: Tensor) -> None:
        """Refuse what cannot be encoded.

        Raises:
            ShapeError: `raw` is not uint8 (B, C, H, W), or its sides are no multiples of `patch`.
        """
        rule = f"`raw` must be torch.uint8 of shape (B, {self.raw_channels}, H, W), sides multiples of {self.patch}"
        fits = raw.ndim == 4 and raw.shape[1] == self.raw_channels and not any(s % self.patch for s in raw.shape[2:])
        if raw.dtype != torch.uint8 or not fits:
            raise ShapeError(f"{rule}, got {raw.dtype} of shape {tuple(raw.shape)}. Use images of 0 to 255.")

    def vectors(self, images: Tensor) -> Tensor:
        """What the encoder makes of images.

        Args:
            images: Floats (B, C, H, W) in [-1, 1].

        Returns:
            (B, D, h, w).
        """
        return self.encoder(images)

    def nearest(self, vectors: Tensor) -> Tensor:
        """The entry nearest to each vector, equation 1; of two as near as each other, the first.

        Args:
            vectors: (B, D, h, w).

        Returns:
            Codes (B, h, w), int64.
        """
        flat, entries = vectors.movedim(1, -1), self.codebook.to(vectors.dtype)
        return (entries.square().sum(1) - 2 * flat @ entries.T).argmin(-1)

    def entries(self, codes: Tensor) -> Tensor:
        """The entries (B, D, h, w) of codes (B, h, w)."""
        return self.codebook[codes].movedim(-1, 1)

    @torch.no_grad()
    def encode(self, raw: Tensor) -> Tensor:
        """Return the code of each patch.

        Args:
            raw: uint8 (B, C, H, W), sides multiples of `patch`.

        Returns:
            int64 levels (B, 1, h, w).

        Raises:
            ShapeError: `raw` are no such images.
        """
        self.check_images(raw)
        found = [self.nearest(_exactly(self.encoder, as_floats(part.double()))) for part in raw.split(CHUNK)]
        return torch.cat(found).unsqueeze(1)

    @torch.no_grad()
    def decode(self, levels: Tensor) -> Tensor:
        """Return the image that the decoder makes of codes.

        Args:
            levels: Integers 0 ... K - 1, (B, 1, h, w).

        Returns:
            uint8 (B, C, H, W).

        Raises:
            ShapeError: A level is out of range, or `levels` are no integers (B, 1, h, w).
        """
        check_decodable(levels, self.num_levels)
        if levels.ndim != 4 or levels.shape[1] != 1:
            raise ShapeError(
                f"`levels` must have shape (B, 1, h, w), got {tuple(levels.shape)}. Decode what `sample` returns."
            )
        codes = levels[:, 0].long().to(self.codebook.device)
        shown = [_exactly(self.decoder, self.entries(part).double()) for part in codes.split(CHUNK)]
        return (127.5 * (torch.cat(shown) + 1)).round().clamp(0, 255).to(torch.uint8)

    def to_config(self) -> dict[str, Any]:
        """Return the JSON-able arguments that rebuild this spec, `kind` among them; tensors lie with the weights."""
        sizes = {"num_levels": self.num_levels, "channels": self.raw_channels, **self._sizes}
        return {"kind": self.kind, **sizes, "training": self.training_of}

    def extra_repr(self) -> str:
        """Return what `repr` shows before the layers."""
        return f"{self.num_levels}, patch={self.patch}"


def as_floats(pixels: Tensor) -> Tensor:
    """Bring 0 ... 255 to [-1, 1]."""
    return pixels / 127.5 - 1


def _exactly(network: nn.Module, x: Tensor) -> Tensor:
    """What a network makes of float64, with its weights in float64."""
    weights = {name: weight.double() for name, weight in network.named_parameters()}
    return functional_call(network, weights, (x.to(next(network.parameters()).device),))
