"""`arzoo compress`: files into an archive, without loss, in about as many bits as a model gives them."""

import time
from pathlib import Path
from typing import Annotated

import typer

from arzoo.cli.contexts import ContextCommand
from arzoo.cli.options import Device, Dtype

app = typer.Typer(add_completion=False)


@app.command(cls=ContextCommand)
def compress(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="IMAGES", help="Images of any size, sounds or texts.")],
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", metavar="NAME", help="A checkpoint; else what suits the first file."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The .arz to write; else named after the model.")
    ] = None,
    convert: Annotated[
        bool, typer.Option("--convert", help="Convert images of another mode than the model's.")
    ] = False,
    batch_size: Annotated[int, typer.Option(help="Tiles coded side by side.", min=1)] = 64,
    device: Device = None,
    dtype: Dtype = None,
) -> None:
    """Compress images, sounds or texts without loss.

    What an image shows is kept to the bit, not how its file said it. An archive is read with the very same weights, and
    for sure only on the same kind of processor with the same version of torch; elsewhere it may end in an error, and
    never in another image.

    A model with context takes it by name: --label 7, or --label 0,1,2 to deal the values out in turn.
    """
    import arzoo
    from arzoo import codec
    from arzoo.cli import archives
    from arzoo.cli.contexts import context_of
    from arzoo.cli.media import MEDIA, medium_of
    from arzoo.cli.output import output_path
    from arzoo.files import replacing

    output_path(out, model or "archive", [codec.ENDING])
    name = model or archives.suited(files[0], convert=convert)
    path = output_path(out, name, [codec.ENDING])
    loaded = arzoo.load(name, device=device, dtype=dtype)
    context = context_of(ctx, loaded, len(files))
    items, about = archives.read(files, loaded, convert=convert)
    start = time.perf_counter()
    blob = codec.compress(loaded, items, context or None, batch_size=batch_size, files=about)
    seconds = time.perf_counter() - start
    with replacing(path) as temporary:
        temporary.write_bytes(blob)
    symbols, before = sum(item.numel() for item in items), sum(file.stat().st_size for file in files)
    bits = f"{8 * len(blob) / symbols:.4g} bits/{MEDIA[medium_of(loaded)].symbol}"
    typer.echo(
        f"Wrote {path}: {len(files)} files of {before:,} bytes in {len(blob):,} bytes by {name}, {bits}, "
        f"in {seconds:.1f} s ({symbols / seconds:,.0f} symbols/s)."
    )
