"""`arzoo decompress`: the files of an archive, to the bit."""

import time
from pathlib import Path
from typing import Annotated

import typer

from arzoo.cli.options import Device
from arzoo.errors import ArchiveError, DataError

app = typer.Typer(add_completion=False)


@app.command()
def decompress(
    archive: Annotated[Path, typer.Argument(metavar="ARCHIVE", help="What `arzoo compress` wrote, .arz.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The folder to write into.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="NAME", help="Where the same weights are now, if elsewhere.")
    ] = None,
    device: Device = None,
) -> None:
    """Restore the files of an archive: images as PNG, sounds as 16-bit WAV, texts as UTF-8.

    Nothing is written before all of it has been read and its checksum has come out.
    """
    import arzoo
    from arzoo import codec
    from arzoo.cli import archives

    blob = _bytes(archive)
    header = codec.header(blob)
    name = model or header.model
    if not name:
        raise ArchiveError(f"{archive} must say which model wrote it, got none. Use --model NAME.")
    loaded = arzoo.load(name, device=device, dtype=header.surroundings["dtype"])
    start = time.perf_counter()
    items = codec.decompress(loaded, blob)
    seconds = time.perf_counter() - start
    folder, symbols = out or archive.with_name(f"{archive.stem}-restored"), sum(item.numel() for item in items)
    archives.write(items, header.files, loaded, folder)
    typer.echo(f"Wrote {len(items)} files into {folder}, in {seconds:.1f} s ({symbols / seconds:,.0f} symbols/s).")


def _bytes(archive: Path) -> bytes:
    try:
        return archive.read_bytes()
    except OSError as error:
        rule = f"An archive must be a file that can be read, got {archive}"
        raise DataError(f"{rule}: {error.strerror}. Name one that `arzoo compress` wrote.") from error
