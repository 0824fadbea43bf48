"""Where on the Hub a checkpoint lies."""

import os
import re
from dataclasses import dataclass

from arzoo.entries import Checkpoint
from arzoo.errors import ConfigError, UnknownModelError

HUB = "hf-hub:"
ORGANISATION = "ARZOO_HUB_ORG"
"""Environment variable that names who publishes the checkpoints whose lock file names no repository yet."""

_WORD = r"[A-Za-z0-9_](?!.*(?:--|\.\.))[A-Za-z0-9_.-]*"
_SPELLING = re.compile(rf"({_WORD}/{_WORD})(?:@([A-Za-z0-9_](?!.*\.\.)[A-Za-z0-9_./-]*))?")
_OWNER = re.compile(_WORD)
_LONGEST = 96  # characters, as the Hub allows


@dataclass(frozen=True)
class Repository:
    """Where on the Hub a checkpoint lies.

    Args:
        name: Of the checkpoint, as it was asked for.
        repo_id: "owner/name".
        revision: A commit, a branch or a reference.
    """

    name: str
    repo_id: str
    revision: str = "main"

    def __str__(self) -> str:
        return f"{self.repo_id}@{self.revision}"


def repository_named(name: str) -> Repository:
    """Return the repository that "hf-hub:owner/repo[@revision]" names.

    Raises:
        UnknownModelError: It is spelt otherwise.

    Example:
        >>> str(repository_named("hf-hub:farm/gated-mnist"))
        'farm/gated-mnist@main'
    """
    found = _SPELLING.fullmatch(name.removeprefix(HUB))
    if found is None or len(found[1]) > _LONGEST:
        rule = f"A repository must be named {HUB}owner/repo or {HUB}owner/repo@revision"
        raise UnknownModelError(f"{rule}, got {name!r}. `arzoo list` shows the checkpoints that need only an id.")
    return Repository(name, found[1], found[2] or "main")


def is_owner(name: str) -> bool:
    """Whether an organisation or a user of the Hub may be called so."""
    return _OWNER.fullmatch(name) is not None


def is_repo_id(name: str) -> bool:
    """Whether it is "owner/name" as the Hub allows it, without a revision."""
    found = _SPELLING.fullmatch(name)
    return found is not None and found[1] == name and len(name) <= _LONGEST


def repository_of(entry: Checkpoint) -> Repository | None:
    """Return where a checkpoint is published: as its lock file says, else with the organisation of `ARZOO_HUB_ORG`.

    Raises:
        ConfigError: The variable cannot be the name of an organisation.
    """
    if entry.repo_id is not None:
        return Repository(entry.id, entry.repo_id, entry.revision or "main")
    owner = os.environ.get(ORGANISATION)
    if not owner:
        return None
    if not is_owner(owner):
        rule = f"{ORGANISATION} must be the name of an organisation on the Hub"
        raise ConfigError(f"{rule}, got {owner!r}. `unset {ORGANISATION}`, or give it another.")
    return Repository(entry.id, f"{owner}/{entry.id}")
