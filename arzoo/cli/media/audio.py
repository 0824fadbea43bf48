"""Audio: clips as 16-bit WAV, or as a sheet of spectrograms."""

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
import typer
from torch import Tensor

from arzoo import audio, pictures, spectrograms
from arzoo.classification import likeliest
from arzoo.cli.contexts import context_of
from arzoo.cli.media import Drawing, duration
from arzoo.cli.output import PNG, output_path, writable
from arzoo.errors import ConfigError
from arzoo.processes import is_first

if TYPE_CHECKING:
    from arzoo.data.waveforms import Waveform
    from arzoo.model import AutoregressiveModel

WAV = ".wav"


def sample(
    drawing: Drawing,
    n: int = 1,
    seconds: float = 1.0,
    columns: int | None = None,
    max_batch: int | None = None,
) -> None:
    """Draw clips; write each as WAV, or all as a sheet of spectrograms.

    Raises:
        ConfigError: The length is no sample, or a file cannot be written.
        ContextError: A context is missing, unknown or out of range.
    """
    model, rate = drawing.model, _spec(drawing.model).sample_rate
    context = context_of(drawing.ctx, model, n)
    paths = _paths(drawing, n, columns)
    length = _samples(seconds, rate)
    start = time.perf_counter()
    levels = model.sample(n, context or None, length=length, max_batch=max_batch, **drawing.options)
    took = time.perf_counter() - start
    if not is_first():
        return
    _write(paths, _decoded(model, levels), rate, columns, _captions(model, context, n))
    clips = f"{f'{n} x ' if n > 1 else ''}{length / rate:g} s"
    what = f"{clips} of {drawing.name} at {rate:,} Hz, seed {drawing.options['seed']}"
    typer.echo(f"Wrote {_listed(paths)}: {what}, in {took:.1f} s ({n * length / took:,.0f} samples/s).")


def complete(drawing: Drawing, prefix: Path | None = None, seconds: float = 1.0, resample: bool = False) -> None:
    """Continue a clip: write it, and what was drawn behind it.

    Raises:
        ConfigError: No clip is given, or one that is shorter than the receptive field, or the file cannot be written.
        DataError: It is no clip of one channel at the model's rate.
        ContextError: A context is missing, unknown or out of range.
    """
    if prefix is None:
        raise ConfigError(f"Continuing audio needs --prefix, got none. Use --prefix IN{WAV}.")
    model, rate = drawing.model, _spec(drawing.model).sample_rate
    labels = [name for name, spec in model.context.items() if spec.kind == "labels"]
    told = context_of(drawing.ctx, model, 1, brought=labels)
    paths = [output_path(drawing.out, drawing.name, [WAV, PNG], "-completion")]
    length = _samples(seconds, rate)
    given = _given(prefix, model, resample=resample)
    context = {**told, **_heard(model, given, told)}
    known = torch.cat([given, given.new_zeros(length)])
    start = time.perf_counter()
    levels = model.complete(known[None], torch.arange(len(known)) < len(given), context or None, **drawing.options)
    took = time.perf_counter() - start
    if not is_first():
        return
    _write(paths, _decoded(model, levels), rate, None, [])
    what = f"{len(given) / rate:g} s of {prefix} and {length / rate:g} s of {drawing.name} at {rate:,} Hz"
    seed = drawing.options["seed"]
    typer.echo(f"Wrote {_listed(paths)}: {what}, seed {seed}, in {took:.1f} s ({length / took:,.0f} samples/s).")


def _samples(seconds: float, rate: int) -> int:
    """Return a length in samples."""
    if not math.isfinite(seconds) or round(seconds * rate) < 1:
        rule = f"`--seconds` must be at least one sample, {1 / rate:g} at {rate:,} Hz"
        raise ConfigError(f"{rule}, got {seconds:g}. Use --seconds 1.")
    return round(seconds * rate)


def _paths(drawing: Drawing, n: int, columns: int | None) -> list[Path]:
    """Return the sheet, or a file for each clip."""
    path = output_path(drawing.out, drawing.name, [WAV, PNG])
    if path.suffix.lower() == PNG:
        return [path]
    if columns is not None:
        repair = f"Use --out {path.with_suffix(PNG)}"
        raise ConfigError(f"`--columns` of audio is for a sheet of spectrograms, got {columns} for {path}. {repair}.")
    return [path] if n == 1 else [writable(path.with_stem(f"{path.stem}-{k + 1}")) for k in range(n)]


def _given(prefix: Path, model: "AutoregressiveModel", *, resample: bool) -> Tensor:
    """Return the levels (T,) of a clip that the model can continue, int64."""
    rate = _spec(model).sample_rate
    waveform = audio.read(prefix, rate, resample=resample)
    least = getattr(model.backbone, "receptive_field", 0)
    if len(waveform) < least:
        rule = f"A clip for {model.title} to continue must fill its receptive field, {duration(least, rate)}"
        came = f"{duration(len(waveform), rate)} in {prefix}"
        raise ConfigError(f"{rule}, got {came}. Use a longer clip, or `arzoo sample`, which starts from nothing.")
    found = audio.rate_of(prefix)
    if found != rate:
        typer.echo(f"Note: {prefix} was resampled from {found:,} Hz to {rate:,} Hz.", err=True)
    return _spec(model).encode(waveform).long()


def _heard(model: "AutoregressiveModel", given: Tensor, told: Mapping[str, Any]) -> dict[str, int]:
    """Return the labels that nobody gave, as the clip itself says them."""
    left_out = [name for name in model.context if name not in told]
    if not left_out:
        return {}
    found = likeliest(model, given[None], told)
    names = {name: model.context[name].to_config()["names"] or range(classes + 1) for name, classes in found.items()}
    said = " ".join(f"--{name} {names[name][number]}" for name, number in found.items())
    typer.echo(f"Note: the clip is the most likely under {said}, which it is continued under.", err=True)
    return found


def _decoded(model: "AutoregressiveModel", levels: Tensor) -> list[Tensor]:
    return list(_spec(model).decode(levels))


def _spec(model: "AutoregressiveModel") -> "Waveform":
    return cast("Waveform", model.data)  # `draw` chose this module by its medium


def _write(
    paths: Sequence[Path], waveforms: Sequence[Tensor], rate: int, columns: int | None, captions: Sequence[str]
) -> None:
    if paths[0].suffix.lower() == PNG:
        pictures.save(spectrograms.sheet(waveforms, rate, columns, captions=captions), paths[0])
        return
    for path, waveform in zip(paths, waveforms, strict=True):
        audio.write(path, waveform, rate)


def _captions(model: "AutoregressiveModel", context: Mapping[str, Any], n: int) -> list[str]:
    """Name each clip by its labels; none where the model has none."""
    told = [(context[name], spec.to_config()) for name, spec in model.context.items() if spec.kind == "labels"]
    names = [[str((spec["names"] or range(spec["num_classes"]))[label]) for label in labels] for labels, spec in told]
    return [", ".join(words) for words in zip(*names, strict=True)]


def _listed(paths: Sequence[Path]) -> str:
    return str(paths[0]) if len(paths) == 1 else f"{paths[0]} ... {paths[-1].name}"
