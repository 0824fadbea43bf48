"""A data spec in a folder of its own: what a spec that was trained is between its training and that of its prior."""

import json
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from arzoo.data.kinds import spec_from_config
from arzoo.data.specs import DataSpec
from arzoo.errors import CheckpointError, DataError
from arzoo.files import replacing

SPEC, TENSORS = "spec.json", "spec.safetensors"


def save_spec(spec: DataSpec, folder: str | Path) -> Path:
    """Write a data spec with its tensors, which `load_spec` reads.

    Args:
        spec: Any.
        folder: Made where it does not exist.

    Returns:
        The folder.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / SPEC) as config, replacing(folder / TENSORS) as tensors:
        save_file({name: tensor.contiguous() for name, tensor in spec.state_dict().items()}, tensors)
        config.write_text(json.dumps(spec.to_config(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder


def load_spec(folder: str | Path) -> DataSpec:
    """Read a data spec.

    Args:
        folder: As `save_spec` wrote it.

    Raises:
        DataError: There is none.
        ConfigError: It is of a kind or of arguments that nobody knows.
        CheckpointError: Its tensors are not those of such a spec.

    Example:
        >>> import tempfile
        >>> from arzoo.data import Pixels
        >>> load_spec(save_spec(Pixels(17), tempfile.mkdtemp()))
        Pixels(17)
    """
    file = Path(folder) / TENSORS
    try:
        config = json.loads((Path(folder) / SPEC).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        came = f"got {error}" if isinstance(error, OSError) else f"got a {SPEC} that is no JSON ({error})"
        raise DataError(f"A data spec must lie in {folder}, {came}. Train one: arzoo train vqvae-mnist.") from error
    spec = spec_from_config(config)
    try:
        spec.load_state_dict(load_file(file))
    except (OSError, SafetensorError, RuntimeError) as error:
        message = f"{file} must hold the tensors of {spec.kind!r}, got {str(error).splitlines()[-1].strip()}."
        raise CheckpointError(f"{message} Train it anew.", file=file) from error
    return spec
