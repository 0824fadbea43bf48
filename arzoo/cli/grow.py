"""`arzoo grow`: an image larger than a model's own, from a piece of it."""

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arzoo.cli.contexts import ContextCommand, context_of
from arzoo.cli.options import Compile, Device, Dtype, MaxBatch, Name, Seed, Temperature, TopK, TopP, Uncached
from arzoo.errors import ConfigError, ShapeError

if TYPE_CHECKING:
    from torch import Tensor

    from arzoo.model import AutoregressiveModel

app = typer.Typer(add_completion=False)


@app.command(cls=ContextCommand)
def grow(
    ctx: typer.Context,
    name: Name,
    image: Annotated[
        Path, typer.Argument(help="The upper left corner of what is made, of any size.", show_default=False)
    ],
    size: Annotated[str, typer.Option(help="Pixels to grow to, WIDTHxHEIGHT.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The .png to write; else named after IMAGE.")] = None,
    step: Annotated[
        int | None,
        typer.Option(
            help="Pixels between windows (half a window); fewer show each more of what is there, and take longer.",
            min=1,
        ),
    ] = None,
    seed: Seed = 0,
    temperature: Temperature = 1.0,
    top_k: TopK = None,
    top_p: TopP = None,
    device: Device = None,
    dtype: Dtype = None,
    uncached: Uncached = False,
    compile: Compile = False,
    max_batch: MaxBatch = None,
) -> None:
    """Grow an image to the right and downwards, beyond the size of a model's own.

    Windows of that size overlap what is there already, which each is given: so no edge shows where one began.

    A model with context takes it by name, one value for the whole image: --label 7.
    """
    import arzoo
    from arzoo import pictures, sampling
    from arzoo.cli.images import data_spec
    from arzoo.cli.output import PNG, output_path
    from arzoo.processes import is_first, launched

    with launched(accelerator=str(device).startswith("cuda")):
        model = arzoo.load(name, device=device, dtype=dtype)
        path, spec = output_path(out, image.stem, [PNG], "-grown"), data_spec(model)
        x, sides = levels_of(image, model), _sides(size, spec.patch)
        how: dict[str, Any] = {
            "seed": seed,
            "temperature": temperature,
            "top_k": top_k,
            "top_p": top_p,
            "max_batch": max_batch,
        }
        how |= {"cached": not uncached, "compile": compile}
        apart = max(1, step // spec.patch) if step else None
        start = time.perf_counter()
        grown = sampling.grow(model, x, sides, context_of(ctx, model, 1) or None, step=apart, **how)
        if is_first():
            pictures.save(pictures.image(spec.decode(grown)[0]), path)
            seconds = time.perf_counter() - start
            typer.echo(f"Wrote {path}: {image} grown to {size} by {name}, seed {seed}, in {seconds:.1f} s.")


def levels_of(path: Path, model: "AutoregressiveModel") -> "Tensor":
    """Return the levels (1, C, h, w) of an image of any size.

    Raises:
        DataError: The file is missing or no image.
        ShapeError: It is of another mode than the model.
    """
    import numpy as np
    import torch

    from arzoo.cli.images import MODES, data_spec, image_shape, opened

    spec, picture = data_spec(model), opened(path)
    mode = MODES[spec.raw_channels or image_shape(model)[0]]
    if picture.mode != mode:
        rule = f"{path} must be an image of mode {mode} for {model.title}, got mode {picture.mode}"
        raise ShapeError(f"{rule}. Use Image.open({path.name!r}).convert({mode!r}).")
    raw = torch.from_numpy(np.array(picture)).view(picture.height, picture.width, -1).movedim(-1, 0)
    return spec.encode(raw[None])


def _sides(size: str, patch: int) -> tuple[int, int]:
    """Return (H, W) in levels of what is written WIDTHxHEIGHT in pixels."""
    found = re.fullmatch(r"(\d+)x(\d+)", size)
    if not found:
        raise ConfigError(f"`--size` must read WIDTHxHEIGHT, got {size!r}. Use --size 96x96.")
    width, height = (int(side) for side in found.groups())
    if width % patch or height % patch:
        repair = f"Use --size {width // patch * patch}x{height // patch * patch}."
        raise ConfigError(f"`--size` must be multiples of {patch} pixels, got {size!r}. {repair}")
    return height // patch, width // patch
