"""`arzoo sample`: draw from a model, in the medium of its data."""

from pathlib import Path
from typing import Annotated

import typer

from arzoo.cli.contexts import ContextCommand
from arzoo.cli.options import (
    Compile,
    Device,
    Dtype,
    MaxBatch,
    Name,
    Out,
    Prompt,
    Seconds,
    Seed,
    Temperature,
    TopK,
    TopP,
    Uncached,
)

app = typer.Typer(add_completion=False)


@app.command(cls=ContextCommand)
def sample(
    ctx: typer.Context,
    name: Name,
    n: Annotated[
        int | None,
        typer.Option("-n", help="How many images (40) or clips (1); of a text, how many characters (500).", min=1),
    ] = None,
    out: Out = None,
    seed: Seed = 0,
    seconds: Seconds = None,
    prompt: Prompt = None,
    columns: Annotated[
        int | None, typer.Option(help="Images, or spectrograms, in a row of the sheet.", min=1, show_default=False)
    ] = None,
    animate: Annotated[
        Path | None, typer.Option(help="Also write a .gif of the images while they are drawn.", show_default=False)
    ] = None,
    temperature: Temperature = 1.0,
    top_k: TopK = None,
    top_p: TopP = None,
    device: Device = None,
    dtype: Dtype = None,
    uncached: Uncached = False,
    compile: Compile = False,
    max_batch: MaxBatch = None,
) -> None:
    """Draw samples: images as a PNG sheet, audio as WAV or a sheet of spectrograms, text to standard output.

    Under torchrun or `accelerate launch` each process draws its share: torchrun --nproc-per-node 2 -m arzoo sample ...

    A model with context takes it by name: --label 7, or --label 0,1,2 to deal the values out in turn.
    `arzoo info NAME` tells which there are.
    """
    import arzoo
    from arzoo.cli.media import Drawing, draw
    from arzoo.processes import launched

    with launched(accelerator=str(device).startswith("cuda")):
        model = arzoo.load(name, device=device, dtype=dtype)
        how = {"seed": seed, "temperature": temperature, "top_k": top_k, "top_p": top_p}
        how |= {"cached": not uncached, "compile": compile}
        of_images = {"columns": columns, "animate": animate}
        of_sequences = {"seconds": seconds, "prompt": prompt}
        draw(
            "sample", Drawing(ctx, name, model, out, how), {"n": n, "max_batch": max_batch, **of_images, **of_sequences}
        )
