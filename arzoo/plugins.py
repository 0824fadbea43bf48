"""Find the installed plugins, judge each one behind a guard, and keep what the sound ones register.

pluggy alone would let one broken plugin break the zoo. Here each plugin is imported, registered and asked
by itself, so that whatever goes wrong has a culprit: it is unregistered, listed with its distribution and
the reason (`arzoo plugins`), and warned about once. `ARZOO_STRICT=1` raises instead.

`ARZOO_PLUGINS=a,b` loads these and no others, `ARZOO_DISABLE_PLUGINS=x` all but these; what is not loaded is not
imported either. A plugin may say by `ARZOO_API` which version of the plugin API it is made for.
"""

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path
from traceback import extract_tb
from typing import Any, Literal, TypeVar

import pluggy

from arzoo import hookspecs
from arzoo.entries import DatasetEntry, Entry, HeadEntry, ModelEntry, OrderingEntry
from arzoo.errors import ArzooError, DuplicateModelError, PluginError, did_you_mean
from arzoo.hookcalls import check_api, check_arguments, entries_of

OFF = ("", "0", "false", "no", "off")  # values of ARZOO_STRICT

CORE = "arzoo"  # the plugin name under which the core registers its own data sets, orderings and heads

_E = TypeVar("_E", ModelEntry, DatasetEntry, OrderingEntry, HeadEntry)


class PluginWarning(UserWarning):
    """A plugin was refused; the rest of the zoo is there."""


@dataclass(frozen=True)
class Record:
    """A plugin that was found, and what became of it.

    Args:
        name: Of its entry point.
        load: Imports it.
        distribution: Name of the distribution that installed it; "" for one registered in this process.
        version: Of that distribution.
        status: "loaded"; "refused" with nothing registered; or "disabled" by the environment and not even imported.
        reason: Why it is not loaded.
        entries: What it registers.
    """

    name: str
    load: Callable[[], object] = field(repr=False, compare=False)
    distribution: str = ""
    version: str = ""
    status: Literal["loaded", "refused", "disabled"] = "loaded"
    reason: str = ""
    entries: tuple[Entry, ...] = ()

    @property
    def origin(self) -> str:
        """The plugin as a sentence names it."""
        place = f"{self.distribution} {self.version}" if self.distribution else "registered in this process"
        return f"plugin {self.name!r} ({place})"

    def of(self, kind: type[_E]) -> dict[str, _E]:
        """Return its entries of one kind by id, sorted."""
        return _sorted(entry for entry in self.entries if isinstance(entry, kind))

    def claims(self, entry: Entry) -> bool:
        """Whether it registers an entry of the same kind and id."""
        return any(type(own) is type(entry) and own.id == entry.id for own in self.entries)

    def names(self, reference: str) -> bool:
        """Whether one of its entries is made by the function `reference`, or has it as a converter."""
        converters = [entry.converters for entry in self.entries if isinstance(entry, ModelEntry)]
        named = [*(vars(entry) for entry in self.entries), *converters]
        return any(reference in names.values() for names in named)


class Zoo:
    """Every plugin that was found, and every entry that a sound one registers."""

    def __init__(self) -> None:
        self.manager = pluggy.PluginManager("arzoo")
        self.manager.add_hookspecs(hookspecs)
        self.records: list[Record] = []

    def entries(self, kind: type[_E]) -> dict[str, _E]:
        """Return all entries of one kind by id, sorted: pluggy's own order is last in, first out."""
        return _sorted(entry for record in self.records for entry in record.of(kind).values())

    def owner(self, reference: str) -> Record | None:
        """Return the record of the plugin that has an entry made by the function `reference`."""
        return next((record for record in self.records if record.names(reference)), None)

    def add_found(self, found: Iterable[Record]) -> None:
        """Judge plugins one by one; a contested id goes to the plugin named after it, else to the first by name."""
        found = list(found)
        self.records += [record for record in found if record.status == "disabled"]
        chosen = [record for record in found if record.status != "disabled"]
        sound = [judged for record in chosen if (judged := self._guard(self.judge, record))]
        for record in sorted(sound, key=partial(_precedence, sound)):
            self._guard(self.admit, record)

    def judge(self, record: Record) -> Record:
        """Import and register one plugin, and return its record with its entries.

        Raises:
            PluginError: It breaks a rule of plugins, and is not registered.
        """
        with _blaming(record):
            if self.manager.has_plugin(record.name):  # pluggy would skip the second without a word
                raise ArzooError(f"The name {record.name!r} is taken. Give its entry point another.")
            plugin = record.load()
            check_api(plugin)
            check_arguments(plugin)
            with self._unregistering(record):  # pluggy keeps a plugin that failed its own validation
                self.manager.register(plugin, record.name)
                return replace(record, entries=entries_of(plugin, self.manager))

    def admit(self, record: Record) -> Record:
        """Take the entries of a judged plugin into the zoo.

        Raises:
            DuplicateModelError: Another plugin has one of its ids; none of its entries is taken.
        """
        with self._unregistering(record):
            for entry in record.entries:
                for owner in self.records:
                    if owner.claims(entry):
                        raise _contested(entry, owner, record)
        self.records.append(record)
        return record

    def remove(self, name: str) -> None:
        """Take a plugin and its entries out of the zoo."""
        loaded = [record.name for record in self.records if record.status == "loaded"]
        if name not in loaded:
            raise PluginError(f"No plugin is called {name!r}.{did_you_mean(name, loaded)}")
        self.manager.unregister(name=name)
        self.records = [record for record in self.records if record.name != name or record.status != "loaded"]

    def _guard(self, step: Callable[[Record], Record], record: Record) -> Record | None:
        try:
            return step(record)
        except (PluginError, DuplicateModelError) as error:
            if os.environ.get("ARZOO_STRICT", "").lower() not in OFF:
                raise
            reason = _reason(error.__cause__ or error)
            self.records.append(replace(record, status="refused", reason=reason, entries=()))
            return None

    @contextmanager
    def _unregistering(self, record: Record) -> Iterator[None]:
        try:
            yield
        except BaseException:
            if self.manager.has_plugin(record.name):
                self.manager.unregister(name=record.name)
            raise


@cache
def zoo() -> Zoo:
    """Return the zoo of this process: the core and every installed plugin, judged at the first call.

    Raises:
        PluginError: `ARZOO_PLUGINS` or `ARZOO_DISABLE_PLUGINS` names a plugin that is not installed.
    """
    found = Zoo()
    found.add_found([_core(), *_chosen(_installed())])
    for record in found.records:
        if record.status == "refused":
            warnings.warn(f"The {record.origin} is refused. {record.reason}", PluginWarning, stacklevel=2)
    return found


def records() -> list[Record]:
    """Return every plugin that was found, sound or refused, sorted by name."""
    return sorted(zoo().records, key=lambda record: (record.name, record.distribution))


def register(plugin: object, name: str) -> Record:
    """Register a plugin of this process: a class, a module or an object whose functions bear `@arzoo.hookimpl`.

    Raises:
        PluginError: It breaks a rule of plugins.
        DuplicateModelError: It claims an id that is taken.
    """
    return zoo().admit(zoo().judge(Record(name, lambda: plugin)))


def unregister(name: str) -> None:
    """Take a plugin out of the zoo of this process, with all that it registers.

    Raises:
        PluginError: None is called `name`.
    """
    zoo().remove(name)


def reload() -> None:
    """Forget the zoo of this process: the next look-up finds the installed plugins anew."""
    zoo.cache_clear()


def _core() -> Record:
    return Record(CORE, partial(import_module, "arzoo.builtins"), "arzoo", version("arzoo"))


def _installed() -> list[Record]:
    found = [_installed_record(entry_point) for entry_point in entry_points(group="arzoo")]
    return sorted(found, key=lambda record: (record.name, record.distribution))


def _installed_record(entry_point: EntryPoint) -> Record:
    metadata: Any = getattr(entry_point.dist, "metadata", None) or {}  # a damaged installation has none
    name, version = metadata.get("Name", "unknown"), metadata.get("Version", "unknown")
    return Record(entry_point.name, entry_point.load, name, version)


def _chosen(installed: list[Record]) -> list[Record]:
    """Disable what the environment does not choose; of a name that two distributions bear, both."""
    only, never = (_names_in(variable, installed) for variable in ("ARZOO_PLUGINS", "ARZOO_DISABLE_PLUGINS"))
    return [_disabled(record, only, never) for record in installed]


def _names_in(variable: str, installed: list[Record]) -> list[str]:
    names = [name for part in os.environ.get(variable, "").split(",") if (name := part.strip())]
    known = [record.name for record in installed]
    for name in names:
        if name not in known:
            repair = "`arzoo plugins` without it shows what is installed."
            rule = f"`{variable}` must name installed plugins, got {name!r}"
            raise PluginError(f"{rule}.{did_you_mean(name, known)} {repair}")
    return names


def _disabled(record: Record, only: list[str], never: list[str]) -> Record:
    if record.name in never:
        return replace(record, status="disabled", reason="ARZOO_DISABLE_PLUGINS names it.")
    if only and record.name not in only:
        return replace(record, status="disabled", reason="ARZOO_PLUGINS does not name it.")
    return record


def _precedence(sound: list[Record], record: Record) -> tuple[bool, bool, str]:
    """Sort the core first, and a plugin that claims an id which is another claimant's own name last."""
    rivals = [rival for rival in sound if rival is not record]
    yields = any(entry.id == rival.name and rival.claims(entry) for entry in record.entries for rival in rivals)
    return record.name != CORE, yields, record.name


def _contested(entry: Entry, owner: Record, record: Record) -> DuplicateModelError:
    message = f"The id {entry.id!r} is claimed by {owner.origin} and by {record.origin}. Uninstall one of the two."
    return DuplicateModelError(message)


@contextmanager
def _blaming(record: Record) -> Iterator[None]:
    """Turn whatever a plugin raises into a PluginError that names its distribution; it may even exit on import."""
    try:
        yield
    except (Exception, SystemExit) as error:
        message = f"The {record.origin} is refused. {_reason(error)}"
        raise PluginError(message, distribution=record.distribution, version=record.version) from error


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())  # pluggy and compilers write paragraphs
    if isinstance(error, ArzooError | pluggy.PluginValidationError):
        return text
    exits = "It must not exit where it is imported or asked. " if isinstance(error, SystemExit) else ""
    return f"{exits}{type(error).__name__}: {text}{_line(error)}"


def _line(error: BaseException) -> str:
    """The line of the plugin that raised, if it is one of the plugin's own."""
    frames = [frame for frame in extract_tb(error.__traceback__) if not frame.filename.startswith("<")]
    raised = Path(frames[-1].filename)
    foreign = raised.is_relative_to(Path(__file__).parent) or raised.parent.name in ("importlib", "metadata")
    return "" if foreign or isinstance(error, SyntaxError) else f" ({raised.name}, line {frames[-1].lineno})"


def _sorted(entries: Iterable[_E]) -> dict[str, _E]:
    return {entry.id: entry for entry in sorted(entries, key=lambda entry: entry.id)}
