"""Publish checkpoints of the zoo: a repository each, named after it, in one commit, and its place in the lock file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from arzoo import registry
from arzoo.cards import CARDS, PICTURES, RESULTS, card, checkpoint_subject
from arzoo.errors import ConfigError, PublishError
from arzoo.hub import is_owner
from arzoo.pins import verify
from arzoo.publishing.faults import explained, require_token
from arzoo.publishing.locks import publishable_folder, writable_lock, write_place
from arzoo.publishing.uploads import Upload

if TYPE_CHECKING:
    from huggingface_hub import HfApi

CARD = "README.md"


@dataclass(frozen=True)
class Outcome:
    """What became of a checkpoint, or would.

    Attributes:
        id: The checkpoint's.
        repo_id: Where it lies.
        created: Whether the repository was made.
        sent: Files that were uploaded, none where all of them were there as they are.
        revision: The commit; None of a dry run that would make one.
    """

    id: str
    repo_id: str
    created: bool
    sent: tuple[str, ...]
    revision: str | None


@dataclass(frozen=True)
class _Plan:
    id: str
    lock: Path
    upload: Upload


def publish(
    names: Sequence[str],
    org: str,
    *,
    dry_run: bool = False,
    private: bool = False,
    token: str | None = None,
    cards: Path = CARDS,
    results: Path = RESULTS,
) -> Iterator[Outcome]:
    """Publish bundled checkpoints, and write where each lies into the lock file of its plugin as soon as it does.

    Every checkpoint is looked at before the first is sent: a record of other weights or a lock file that cannot be
    written is found while nothing has changed.

    Args:
        names: Ids of checkpoints.
        org: Who owns the repositories, `org/<id>`.
        dry_run: Say what would be done; nothing is written, here or there.
        private: Make new repositories private.
        token: Of the Hub; by default the one that `hf auth login` or HF_TOKEN gives.
        cards: Where the samples lie, in its folder `pictures`.
        results: Where the recorded results lie.

    Yields:
        An outcome each, in the order of the names.

    Raises:
        UnknownModelError: No checkpoint is called so.
        ConfigError: `org` is no name of an owner.
        CheckpointError: A file is not what is pinned, or a record is of other weights.
        PublishError: One cannot be published; it says which were.
    """
    if not is_owner(org):
        raise ConfigError(f"`org` must be the name of an organisation or a user, got {org!r}. Use --org NAME.")
    plans = [_plan(name, org, cards, results) for name in names]
    if not dry_run:
        require_token(token)
    from huggingface_hub import HfApi

    api = HfApi(token=token)
    for done, plan in enumerate(plans):
        try:
            with explained(plan.upload.repo_id):
                outcome = _looked_at(plan, api) if dry_run else _published(plan, api, private=private)
        except PublishError as error:
            raise PublishError(f"{error}{_so_far(names, done, dry_run=dry_run)}") from error
        yield outcome


def _plan(name: str, org: str, cards: Path, results: Path) -> _Plan:
    entry = registry.checkpoint_entry(name)
    folder = publishable_folder(entry)
    lock = writable_lock(name, folder)
    for file, pin in entry.files.items():
        verify(folder / file, pin)
    subject = checkpoint_subject(name, results=results, samples=cards / PICTURES)
    sent: dict[str, Path | bytes] = {file: folder / file for file in entry.files}
    sent[CARD] = card(subject).encode()
    if subject.sample and subject.sample.text is None:
        sent[f"{PICTURES}/{subject.sample.path.name}"] = subject.sample.path
    return _Plan(name, lock, Upload(f"{org}/{name}", sent))


def _looked_at(plan: _Plan, api: "HfApi") -> Outcome:
    """Return what publishing would do, from reading alone."""
    differing = plan.upload.differing(api)
    revision = None if differing or differing is None else api.model_info(plan.upload.repo_id).sha
    sent = tuple(plan.upload.files if differing is None else differing)
    return Outcome(plan.id, plan.upload.repo_id, differing is None, sent, revision)


def _published(plan: _Plan, api: "HfApi", *, private: bool) -> Outcome:
    outcome = _looked_at(plan, api)
    if outcome.created:
        api.create_repo(outcome.repo_id, private=private, exist_ok=True)
    revision = outcome.revision or plan.upload.send(api, list(outcome.sent), f"Publish {plan.id}")
    write_place(plan.lock, plan.id, outcome.repo_id, revision)
    return Outcome(outcome.id, outcome.repo_id, outcome.created, outcome.sent, revision)


def _so_far(names: Sequence[str], done: int, *, dry_run: bool) -> str:
    """Say what of a longer list was published before a failure, and what was not."""
    if dry_run or len(names) == 1:
        return ""
    before = f" Published before it: {', '.join(names[:done])}." if done else " Nothing was published before it."
    after = f" Not published: {', '.join(names[done:])}."
    return before + after
