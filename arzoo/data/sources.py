"""Where data come from: a data root on disk, or the Hub."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arzoo.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pyarrow

DATA_ROOT = "ARZOO_DATA_ROOT"
"""Environment variable that names a folder laid out like the Hub: OWNER/NAME/CONFIG/SPLIT-*.parquet."""

_MISSING = 'Reading data sets needs the extra "data". Run: pip install "arzoo[data]"'


@dataclass(frozen=True)
class HubTable:
    """A data set of the Hub whose rows hold a small file each, an image or a sound, and what is said of it.

    Args:
        repo: "OWNER/NAME" on the Hub.
        config: The configuration's name.
        encoded: Column of the files.
        others: Columns of what is said of them.
        folder: Where the configuration's tables lie in the repository; under its name where not given.
        splits: The splits it has.
    """

    repo: str
    config: str
    encoded: str
    others: tuple[str, ...] = ("label",)
    folder: str | None = None
    splits: tuple[str, ...] = ("train", "test")

    def read(self, split: str, root: str | Path | None = None) -> tuple[list[bytes], dict[str, list[Any]]]:
        """Read one split.

        Args:
            split: One of `splits`.
            root: The data root; where not given, `ARZOO_DATA_ROOT`, and without that the Hub.

        Returns:
            The files, N of them, as they were stored, and the N values of each other column, by name.

        Raises:
            DataError: The split does not exist, or cannot be found or read.
        """
        check_split(self.repo, split, self.splits)
        folder = data_root(root)
        table = self._from_root(split, folder) if folder else self._from_hub(split)
        self._check_columns(table)
        files = table.column(self.encoded).combine_chunks().field("bytes").to_pylist()
        return files, {name: table.column(name).to_pylist() for name in self.others}

    def _check_columns(self, table: "pyarrow.Table") -> None:
        if not {self.encoded, *self.others} <= set(table.column_names):
            wanted, came = ", ".join((self.encoded, *self.others)), ", ".join(table.column_names)
            raise DataError(f"The tables of {self.repo} must have the columns {wanted}, got {came}.")

    def _from_root(self, split: str, root: Path) -> "pyarrow.Table":
        where = f"{self.repo}/{self.folder or self.config}"
        folder = root / where
        files = sorted(folder.glob(f"{split}-*.parquet"))
        if not files:
            raise DataError(
                f"The data root {root} must hold {where}/{split}-*.parquet, and does not. "
                f"Give another --data-root, or unset {DATA_ROOT} to use the Hub's {self.repo}."
            )
        try:
            import pyarrow.parquet
        except ImportError as error:
            raise DataError(_MISSING) from error
        try:
            return pyarrow.concat_tables(pyarrow.parquet.read_table(file) for file in files)
        except (OSError, pyarrow.ArrowException) as error:
            raise DataError(f"The files {folder}/{split}-*.parquet must be parquet tables: {error}.") from error

    def _from_hub(self, split: str) -> "pyarrow.Table":
        try:
            import datasets
        except ImportError as error:
            raise DataError(_MISSING) from error
        try:
            rows = datasets.load_dataset(self.repo, self.config, split=split)
        except (OSError, ValueError) as error:  # what `datasets` raises for no network, no cache, no such repository
            raise DataError(_unreachable(self.repo, error)) from error
        return rows.with_format("arrow")[:]  # the files as they are: `datasets` would need more packages to decode them


def hub_file(repo: str, file: str, root: str | Path | None = None) -> Path:
    """Return where one file of a data set lies.

    Args:
        repo: "OWNER/NAME" on the Hub.
        file: Its path in the repository.
        root: The data root; where not given, `ARZOO_DATA_ROOT`, and without that the Hub.

    Raises:
        DataError: It is not there, or cannot be fetched.
    """
    folder = data_root(root)
    if folder is None:
        return _fetched(repo, file)
    if not (folder / repo / file).is_file():
        raise DataError(
            f"The data root {folder} must hold {repo}/{file}, and does not. "
            f"Give another --data-root, or unset {DATA_ROOT} to use the Hub's {repo}."
        )
    return folder / repo / file


def data_root(root: str | Path | None) -> Path | None:
    """Return the data root that was given, or that the environment names, or none."""
    folder = root or os.environ.get(DATA_ROOT)
    return Path(folder) if folder else None


def _fetched(repo: str, file: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

    try:
        return Path(hf_hub_download(repo, file, repo_type="dataset"))
    except (EntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise DataError(_unreachable(repo, error)) from error


def _unreachable(repo: str, error: Exception) -> str:
    return (
        f"The Hub's {repo} is not in the local cache and cannot be fetched ({type(error).__name__}). "
        f"Give a folder in the Hub's layout with --data-root or {DATA_ROOT}, or unset HF_HUB_OFFLINE."
    )


def check_split(name: str, split: str, splits: Iterable[str]) -> None:
    """Refuse a split that a data set does not have.

    Raises:
        DataError: `split` is not among `splits`.
    """
    known = list(splits)
    if split not in known:
        hint = did_you_mean(split, known)
        raise DataError(f"The split of {name} must be {' or '.join(map(repr, known))}, got {split!r}.{hint}")
