"""One repository and the files that belong into it: what differs there, and the one commit that mends it."""

import hashlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from arzoo.pins import digest

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile


@dataclass(frozen=True)
class Upload:
    """Files for a repository.

    Args:
        repo_id: "owner/name".
        files: Name there, to the file here or its content.
    """

    repo_id: str
    files: Mapping[str, Path | bytes]

    def differing(self, api: "HfApi") -> list[str] | None:
        """Return the names of the files that the repository has not, or not as they are; None where it does not exist.

        Nothing is downloaded: the Hub tells the digest of every file.
        """
        from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError
        from huggingface_hub.hf_api import RepoFile

        try:
            rows = list(api.list_repo_tree(self.repo_id, recursive=True))
        except RepositoryNotFoundError:
            return None
        except (RevisionNotFoundError, EntryNotFoundError):  # made, and nothing in it yet
            rows = []
        there = {row.path: row for row in rows if isinstance(row, RepoFile)}
        return [name for name, file in self.files.items() if name not in there or not _same(file, there[name])]

    def send(self, api: "HfApi", names: list[str], message: str) -> str:
        """Upload some of the files in one commit, and return it."""
        from huggingface_hub import CommitOperationAdd

        operations = [CommitOperationAdd(name, self.files[name]) for name in names]
        with _bars_on_terminals_only():
            return api.create_commit(self.repo_id, operations, commit_message=message).oid


@contextmanager
def _bars_on_terminals_only() -> Iterator[None]:
    """Keep the client's progress bars out of log files."""
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    if sys.stderr.isatty() or are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


def _same(file: Path | bytes, row: "RepoFile") -> bool:
    """Compare a file with what the Hub tells of one: sha256 of a large one, git's id of the others."""
    if row.lfs is not None:
        found = digest(file).sha256 if isinstance(file, Path) else hashlib.sha256(file).hexdigest()
        return found == row.lfs.sha256
    content = file.read_bytes() if isinstance(file, Path) else file
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest() == row.blob_id
