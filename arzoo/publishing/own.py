"""A user's own model on the Hub."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from arzoo.cards import Subject, card
from arzoo.checkpoints import CheckpointConfig, config_of, save
from arzoo.checkpoints.config import CONFIG, WEIGHTS, read
from arzoo.errors import ArzooError, ConfigError
from arzoo.hub import HUB, is_repo_id
from arzoo.model import AutoregressiveModel
from arzoo.publishing.faults import explained, require_token
from arzoo.publishing.uploads import Upload
from arzoo.publishing.zoo import CARD


def push_to_hub(
    model: AutoregressiveModel,
    repo_id: str,
    *,
    private: bool = False,
    token: str | None = None,
    training: Mapping[str, Any] | None = None,
    summary: str = "",
    license: str | None = None,
) -> str:
    """Put a model on the Hub, with its config and a card of what is known of it, in one commit.

    Args:
        model: Made by `arzoo.create` or `arzoo.load`, so that it can be built again by name.
        repo_id: "owner/name"; made where it does not exist.
        private: Make a new repository private.
        token: Of the Hub; by default the one that `hf auth login` or HF_TOKEN gives.
        training: Where the weights come from. By default what the checkpoint says that the model was loaded from, as
            long as the weights are still the same.
        summary: One sentence for the card.
        license: Of the weights, as the Hub spells licences ("apache-2.0"); by default what the data set's entry says.

    Returns:
        What `arzoo.load` takes to get this very commit: "hf-hub:owner/name@<commit>".

    Raises:
        ConfigError: `repo_id` is spelt otherwise, the model was not made by name, or JSON cannot hold `training`.
        PublishError: There is no token, it may not write there, or the Hub does not answer.
    """
    if not is_repo_id(repo_id):
        raise ConfigError(f'`repo_id` must be "owner/name", got {repo_id!r}. Use your name on the Hub for the owner.')
    require_token(token)
    from huggingface_hub import HfApi

    api = HfApi(token=token)
    with tempfile.TemporaryDirectory() as name, explained(repo_id):
        folder = save(model, Path(name), training=training)
        config = read(folder / CONFIG)
        if training is None:
            config = replace(config, training=_known(model, config))
            config.write(folder / CONFIG)
        about = Subject(repo_id.partition("/")[2], f"{HUB}{repo_id}", config, summary, license=license)
        files: dict[str, Path | bytes] = {file: folder / file for file in (WEIGHTS, CONFIG)}
        upload = Upload(repo_id, {**files, CARD: card(about).encode()})
        api.create_repo(repo_id, private=private, exist_ok=True)
        return f"{HUB}{repo_id}@{upload.send(api, list(upload.files), f'Add {about.id}')}"


def _known(model: AutoregressiveModel, saved: CheckpointConfig) -> dict[str, Any] | None:
    """Return the provenance of the checkpoint that a model was loaded from, if its weights are still those."""
    try:
        source = config_of(model.name) if model.name else None
    except ArzooError:
        return None
    return source.training if source and source.weights.sha256 == saved.weights.sha256 else None
