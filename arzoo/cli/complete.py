"""`arzoo complete`: fill in what is missing of an image, or go on with a clip or a text."""

from pathlib import Path
from typing import Annotated

import typer

from arzoo.cli.contexts import ContextCommand
from arzoo.cli.options import (
    Compile,
    DataRoot,
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
def complete(
    ctx: typer.Context,
    name: Name,
    images: Annotated[list[Path] | None, typer.Argument(help="Images of the model's size; or give --dataset.")] = None,
    out: Out = None,
    known: Annotated[
        str | None,
        typer.Option(
            help="What is given of an image: top (where left out), bottom, left, right, center, a mask image, whose "
            "white is known, or a .npy of booleans, which may differ by colour and by image."
        ),
    ] = None,
    completions: Annotated[int | None, typer.Option(help="Completions of each image (3).", min=1)] = None,
    dataset: Annotated[str | None, typer.Option(help="Take the images from this data set.")] = None,
    split: Annotated[str | None, typer.Option(help="Which split of the data set (test).")] = None,
    first: Annotated[int | None, typer.Option(help="How many images of the data set (10).", min=1)] = None,
    data_root: DataRoot = None,
    convert: Annotated[
        bool | None, typer.Option("--convert", help="Bring images of another mode or size to the model's.")
    ] = None,
    reorder: Annotated[
        bool | None,
        typer.Option(
            "--reorder/--own-order",
            help="Draw what is known first, even where the weights were not trained for that; or never.",
        ),
    ] = None,
    prefix: Annotated[Path | None, typer.Option(help="The clip, or the text, to go on with.")] = None,
    prompt: Prompt = None,
    resample: Annotated[
        bool | None, typer.Option("--resample", help="Bring a clip of another sample rate to the model's.")
    ] = None,
    seconds: Seconds = None,
    n: Annotated[int | None, typer.Option("-n", help="How many characters of a text to draw (500).", min=1)] = None,
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
    """Complete what is known in part.

    Images: a sheet of what was given, what is known, the completions and the truth. Audio and text: what was given,
    and what was drawn behind it.

    A model with context takes it by name: --label 7, or --label 0,1,2 to deal the values out in turn; a data set
    brings its own. `arzoo info NAME` tells which there are.
    """
    import arzoo
    from arzoo.cli.media import Drawing, draw
    from arzoo.processes import launched

    with launched(accelerator=str(device).startswith("cuda")):
        model = arzoo.load(name, device=device, dtype=dtype)
        how = {"seed": seed, "temperature": temperature, "top_k": top_k, "top_p": top_p}
        how |= {"cached": not uncached, "compile": compile}
        of_images = {"images": images, "known": known, "completions": completions, "first": first}
        of_images |= {"convert": convert, "reorder": reorder}
        of_sets = {"dataset": dataset, "split": split, "data_root": data_root}
        of_sequences = {"prefix": prefix, "prompt": prompt, "resample": resample, "seconds": seconds, "n": n}
        options = {**of_images, **of_sets, **of_sequences, "max_batch": max_batch}
        draw("complete", Drawing(ctx, name, model, out, how), options)
