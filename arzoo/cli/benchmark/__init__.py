"""`arzoo benchmark`: what models are worth and how fast they are on this machine, the records, and the page of them."""

import typer

from arzoo.cli.benchmark.curve import curve
from arzoo.cli.benchmark.page import page
from arzoo.cli.benchmark.run import run
from arzoo.cli.benchmark.sampling import sampling

app = typer.Typer(name="benchmark", add_completion=False)


@app.callback()
def benchmark() -> None:
    """Measure models, and show what was measured."""


for verb in (run, page, sampling, curve):
    app.command()(verb)
