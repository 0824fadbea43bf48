"""`arzoo train`: from a recipe to a checkpoint."""

from pathlib import Path
from typing import Annotated

import typer

from arzoo.cli.options import DataRoot

app = typer.Typer(add_completion=False)


@app.command()
def train(
    ctx: typer.Context,
    recipe: Annotated[str, typer.Argument(help="A recipe of the zoo, or a .toml file.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run.", show_default=False)],
    data_root: DataRoot = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
    init_from: Annotated[
        str | None, typer.Option(help="Start from the weights of this checkpoint; a new context is heard afresh.")
    ] = None,
    overrides: Annotated[list[str] | None, typer.Option("--set", help="Change the recipe: training.steps=100.")] = None,
) -> None:
    """Train a model by a recipe; a run that was stopped or killed goes on with --resume.

    Several processes, on one machine or more, share the work: torchrun --nproc-per-node 2 -m arzoo train ...
    """
    import torch

    from arzoo import training
    from arzoo.checkpoints import config_of
    from arzoo.processes import is_first, launched
    from arzoo.training.throughput import told

    chosen = training.load_recipe(recipe, overrides or ())
    with launched(accelerator=torch.cuda.is_available()):
        try:
            folder = training.train(chosen, out=out, data_root=data_root, resume=resume, init_from=init_from)
        except KeyboardInterrupt:
            typer.echo(f"Go on from the last snapshot with: {ctx.obj}{'' if resume else ' --resume'}", err=True)
            raise
        if is_first():
            typer.echo(f"Trained on {told(config_of(f'local-dir:{folder}').training or {})}.")
            typer.echo(f"Wrote {folder}: load it as local-dir:{folder}.")
