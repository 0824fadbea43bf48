"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A checkpoint of the zoo, or local-dir:PATH.", show_default=False)
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        help="The file to write, .png, .wav or .txt; else named after the model, here, and text is shown.",
    ),
]
Seconds = Annotated[float | None, typer.Option(help="How much audio to draw (1).")]
Prompt = Annotated[str | None, typer.Option(help="The text to go on with; it comes first.")]
Seed = Annotated[int, typer.Option(help="Seed of the samples; sample k of a seed is the same whatever else is drawn.")]
Temperature = Annotated[float, typer.Option(help="Draw from pmf^(1/T); 0 takes the most probable level.")]
TopK = Annotated[int | None, typer.Option(help="Draw from the K most probable levels alone.")]
TopP = Annotated[float | None, typer.Option(help="Draw from the fewest levels that hold this much probability.")]
Device = Annotated[str | None, typer.Option(help="Where to run: cpu, cuda, cuda:1, mps ...")]
Dtype = Annotated[str | None, typer.Option(help="Arithmetic of the weights: float32, float64, bfloat16, float16.")]
DataRoot = Annotated[Path | None, typer.Option(help="Folder of data sets in the Hub's layout; else ARZOO_DATA_ROOT.")]
Split = Annotated[str, typer.Option(help="Which split of the data set.")]
Uncached = Annotated[bool, typer.Option("--uncached", help="Draw by whole passes, to compare.")]
Compile = Annotated[
    bool, typer.Option("--compile", help="Compile the step first: takes minutes, and may pay on a GPU.")
]
MaxBatch = Annotated[
    int | None, typer.Option(help="Draw at most so many at a time; halved where the memory is too small.", min=1)
]
