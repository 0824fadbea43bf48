"""Files that go into an archive as a model's levels, and come out of one again: images, sounds and texts.

Lossless means that the levels say all there is: what has no level of its own is refused, never rounded.
"""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from arzoo import audio, codec, pictures, registry
from arzoo.checkpoints import config_of, load
from arzoo.checkpoints.sources import bundled_folder
from arzoo.cli.images import MODES, data_spec, image_shape, opened
from arzoo.cli.media import medium_of
from arzoo.errors import ArchiveError, ArzooError, ConfigError, DataError, ShapeError
from arzoo.files import replacing

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

BILEVEL = "1"
"""Pillow's mode of one bit a pixel, which a grey model takes as black and white."""

LETTERS = {mode[0] for mode in (BILEVEL, *MODES.values())}
"""What an archive keeps of a mode."""

ENDINGS = {"image": ".png", "audio": ".wav", "text": ".txt"}
"""Of what comes out, by medium."""


class Files(NamedTuple):
    """What goes into an archive.

    Attributes:
        items: Levels of each file, of any size.
        about: Names and modes, as the archive keeps them.
    """

    items: list[Tensor]
    about: dict[str, str]


def suited(path: Path, *, convert: bool = False) -> str:
    """Return the bundled model that writes a file smallest, of those that need not be told anything.

    Raises:
        ConfigError: None has a level for each of its values.
        OSError: It is missing.
    """
    path.stat()  # a missing file suits nobody, and should hear why
    fitting = {}
    for name, entry in registry.checkpoints().items():
        folder = bundled_folder(entry)
        with contextlib.suppress(ArzooError):  # one that cannot be loaded is not in the way of the others
            if folder is not None and folder.is_dir() and not config_of(name).context:
                model = load(name)
                fitting[name] = model, read([path], model, convert=convert).items
    if not fitting:
        rule = "Without --model a bundled model must have a level for each value of the first file"
        raise ConfigError(f"{rule}, got {path}. Use --model NAME of one that does, or --convert.")
    if len(fitting) == 1:
        return next(iter(fitting))
    return min(fitting, key=lambda name: len(codec.compress(*fitting[name], progress=False)))


def read(paths: Sequence[Path], model: "AutoregressiveModel", *, convert: bool = False) -> Files:
    """Read files as a model's levels, exactly.

    Args:
        paths: Images, sounds or texts, whichever the model is one of.
        model: With a data spec.
        convert: Whether images of another mode than the model's are converted to it.

    Raises:
        DataError: A file is missing or of another kind, or two have one name.
        ShapeError: An image is of another mode than the model, or a file has a value that no level stands for.
    """
    names, medium = [path.stem for path in paths], medium_of(model)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"The files of an archive must have different names, got {twice!r} twice. Rename one.")
    if medium == "image":
        modes, items = zip(*(_image(path, model, convert) for path in paths), strict=True)
        return Files(list(items), {"names": joined(names), "modes": "".join(mode[0] for mode in modes)})
    heard = _sound if medium == "audio" else _text
    return Files([heard(path, model) for path in paths], {"names": joined(names)})


def write(items: Iterable[Tensor], about: Mapping[str, str], model: "AutoregressiveModel", folder: Path) -> list[Path]:
    """Write the files of an archive into a folder: images as PNG, sounds as 16-bit WAV, texts as UTF-8.

    Returns:
        Their paths.

    Raises:
        ArchiveError: What the archive says of its files is not of these items.
        OSError: A file cannot be written.
    """
    items, medium = list(items), medium_of(model)
    paths = [folder / f"{name}{ENDINGS[medium]}" for name in _names(about, len(items))]
    modes = about.get("modes", "")
    if medium == "image" and (len(modes) != len(items) or set(modes) - LETTERS):
        raise ArchiveError(f"An archive of images must say the mode of each of {len(items)}, got {modes!r:.40}.")
    folder.mkdir(parents=True, exist_ok=True)
    for number, (path, item) in enumerate(zip(paths, items, strict=True)):
        if medium == "image":
            _write_image(path, data_spec(model).decode(item[None])[0], modes[number])
        elif medium == "audio":
            audio.write(path, _spec(model).decode(item), _spec(model).sample_rate)
        else:
            with replacing(path) as temporary:
                temporary.write_text(_spec(model).decode(item), encoding="utf-8", newline="")
    return paths


def joined(names: Sequence[str]) -> str:
    r"""Return names letter by letter, shorter ones filled up with NUL: where names count up, that deflates to little.

    Example:
        >>> joined(["a1", "a2", "b"])
        'aab12\x00'
    """
    width = max(map(len, names))
    return "".join("".join(letters) for letters in zip(*(name.ljust(width, "\0") for name in names), strict=True))


def parted(text: str, count: int) -> list[str]:
    r"""Return the names that `joined` joined.

    Example:
        >>> parted("aab12\x00", 3)
        ['a1', 'a2', 'b']
    """
    return [text[k::count].rstrip("\0") for k in range(count)]


def _names(about: Mapping[str, str], count: int) -> list[str]:
    """Return the names in an archive, none of which leads out of the folder.

    Raises:
        ArchiveError: They are not as many as the items, or no names of files.
    """
    text = about.get("names")
    names = parted(text, count) if isinstance(text, str) and len(text) % count == 0 else []
    if len(set(names)) < count or not all(name and name == Path(name).name and "\0" not in name for name in names):
        raise ArchiveError(f"An archive must hold {count} different names of files, got {names[:3]}. Write it anew.")
    return names


def _image(path: Path, model: "AutoregressiveModel", convert: bool) -> tuple[str, Tensor]:
    """Return the mode of an image, and its levels (C, H, W)."""
    spec = data_spec(model)
    mode, image = MODES[spec.raw_channels or image_shape(model)[0]], opened(path)
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and not convert:
        raise ShapeError(f"{path} must hold one image, got {frames}. Use --convert, which keeps the first alone.")
    bilevel = image.mode == BILEVEL and mode == "L"
    if image.mode != mode and not bilevel and not convert:
        rule = f"{path} must be an image of mode {mode} for {model.title}, got mode {image.mode}"
        raise ShapeError(f"{rule}. Use --convert, which gives up what {mode} cannot say, or another model.")
    raw = torch.from_numpy(np.array(image.convert(mode))).view(image.height, image.width, -1).movedim(-1, 0)
    levels = spec.encode(raw[None])
    _check_exact(path, model, raw, spec.decode(levels)[0])
    return BILEVEL if bilevel else mode, levels[0]


def _sound(path: Path, model: "AutoregressiveModel") -> Tensor:
    """Return the levels (T,) of a sound."""
    samples = audio.read(path, _spec(model).sample_rate)
    levels = _spec(model).encode(samples)
    restored = (_spec(model).decode(levels).double() * 32768).round().clamp(max=32767)  # as a file of it will say
    _check_exact(path, model, samples.double() * 32768, restored)
    return levels


def _text(path: Path, model: "AutoregressiveModel") -> Tensor:
    """Return the levels (T,) of a text.

    Raises:
        DataError: It is missing, or no UTF-8, or has a character that is not in the alphabet.
    """
    try:
        return _spec(model).encode(path.read_bytes().decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} must be a text in UTF-8, and cannot be read: {error}.") from error


def _check_exact(path: Path, model: "AutoregressiveModel", raw: Tensor, restored: Tensor) -> None:
    """Refuse to round.

    Raises:
        ShapeError: Levels do not say all of a file.
    """
    places = (raw != restored).nonzero()
    if len(places):
        place = tuple(places[0].tolist())
        rule = f"Lossless means that every value of {path} has a level of {model.title}, one of {model.num_levels}"
        came = f"got {raw[place].item():g} at {place}, which would come out as {restored[place].item():g}"
        raise ShapeError(f"{rule}, {came}. Use a model of as many levels as the file.")


def _write_image(path: Path, pixels: Tensor, mode: str) -> None:
    image = Image.fromarray(pixels.movedim(0, -1).squeeze(-1).contiguous().numpy())
    pictures.save(image.convert(BILEVEL) if mode == BILEVEL else image, path)


def _spec(model: "AutoregressiveModel") -> Any:
    """Return the data spec, which the medium says is there."""
    return model.data
