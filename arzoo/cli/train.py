"""`arzoo train`: from a recipe to a checkpoint."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arzoo.cli.options import DataRoot
from arzoo.errors import ConfigError

if TYPE_CHECKING:
    from arzoo.training import SpecRecipe

app = typer.Typer(add_completion=False)


@app.command()
def train(
    ctx: typer.Context,
    recipe: Annotated[str, typer.Argument(help="A recipe of the zoo, or a .toml file.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run.", show_default=False)],
    data: Annotated[
        str | None, typer.Option(help="Another data set than the recipe's: its id, codes.npy, folder:PATH ...")
    ] = None,
    num_levels: Annotated[int | None, typer.Option(help="Levels of that data set: 512 for codes 0 to 511.")] = None,
    data_root: DataRoot = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
    init_from: Annotated[
        str | None, typer.Option(help="Start from the weights of this checkpoint; a new context is heard afresh.")
    ] = None,
    overrides: Annotated[list[str] | None, typer.Option("--set", help="Change the recipe: training.steps=100.")] = None,
) -> None:
    """Train a model by a recipe; a run that was stopped or killed goes on with --resume.

    Several processes, on one machine or more, share the work: torchrun --nproc-per-node 2 -m arzoo train ...

    A recipe of a data spec, such as vqvae-mnist, leaves a folder that the recipe of a model of its codes names:
    --set data.spec=FOLDER.
    """
    import torch

    from arzoo import training
    from arzoo.checkpoints import config_of
    from arzoo.processes import is_first, launched
    from arzoo.training.throughput import told

    of_data = {"data.dataset": data, "data.num_levels": num_levels}
    named = [f"{key}={json.dumps(value)}" for key, value in of_data.items() if value is not None]
    chosen = training.load_recipe(recipe, [*named, *(overrides or ())])
    if isinstance(chosen, training.SpecRecipe):
        _train_spec(chosen, out, data_root, started={"--resume": resume, "--init-from": init_from})
        return
    with launched(accelerator=torch.cuda.is_available()):
        try:
            folder = training.train(chosen, out=out, data_root=data_root, resume=resume, init_from=init_from)
        except KeyboardInterrupt:
            typer.echo(f"Go on from the last snapshot with: {ctx.obj}{'' if resume else ' --resume'}", err=True)
            raise
        if is_first():
            typer.echo(f"Trained on {told(config_of(f'local-dir:{folder}').training or {})}.")
            typer.echo(f"Wrote {folder}: load it as local-dir:{folder}.")


def _train_spec(recipe: "SpecRecipe", out: Path, data_root: Path | None, started: Mapping[str, Any]) -> None:
    """Train a data spec, which takes minutes and begins at its beginning."""
    from arzoo.training import train_spec

    for option, value in started.items():
        if value:
            rule = f"{option} is for recipes of models, got it for {recipe.name}, which trains a data spec in one go"
            raise ConfigError(f"{rule}. Leave it out.")
    folder = train_spec(recipe, out=out, data_root=data_root)
    typer.echo(f"Wrote {folder}: train a model of its levels with --set data.spec={folder}.")
