"""Everything arzoo raises, and the one place that guesses what a misspelt name was meant to be.

A message is one sentence of rule and value, and where there is one, a repair that can be copied.
Each class also inherits the built-in exception that a caller without knowledge of arzoo would catch.
"""

from collections.abc import Iterable

_SPELLING = str.maketrans({"-": None, "_": None, " ": None, ".": None, "+": "p"})
_CLOSE = 0.6  # difflib's own threshold for "a typing error away"
_BESIDE = 0.15  # how far below the likeliest name another is still worth offering


class ArzooError(Exception):
    """Base of every error that arzoo raises on purpose."""


class UnknownModelError(ArzooError, LookupError):
    """No architecture or checkpoint of this name is in the zoo."""


class DuplicateModelError(ArzooError):
    """Two plugins claim the same id."""


class PluginError(ArzooError):
    """A plugin cannot be used.

    Args:
        message: What is wrong, with the repair.
        distribution: Name of the installed distribution at fault.
        version: Its version.
    """

    def __init__(self, message: str, *, distribution: str = "", version: str = "") -> None:
        super().__init__(message)
        self.distribution = distribution
        self.version = version


class CheckpointError(ArzooError):
    """A file of a checkpoint is missing, altered, or does not fit its model.

    Args:
        message: What is wrong, with the repair.
        file: The file at fault.
        expected: What the lock file, the config or the model asks for (a digest, a size, a shape).
        found: What the file holds instead.
    """

    def __init__(self, message: str, *, file: object = None, expected: object = None, found: object = None) -> None:
        super().__init__(message)
        self.file = file
        self.expected = expected
        self.found = found


class PublishError(ArzooError):
    """A checkpoint cannot be put on the Hub."""


class ShapeError(ArzooError, ValueError):
    """An array has the wrong shape, dtype, range or layout."""


class ConfigError(ArzooError, ValueError):
    """An argument is unknown, of the wrong type or impossible, or a device is not there."""


class ContextError(ArzooError, ValueError):
    """A context is missing, unknown, not taken or malformed."""


class DataError(ArzooError, LookupError):
    """A data set is missing, unknown or unreadable."""


class ArchiveError(ArzooError, ValueError):
    """An archive is damaged, or cannot be restored to the bit with this model or on this machine."""


class TrainingError(ArzooError, ArithmeticError):
    """A training cannot go on: its loss or its gradient is no number."""


class MemoryLimitError(ArzooError, MemoryError):
    """The memory has no room for the smallest piece of the work."""


def nearest(name: str, candidates: Iterable[str], limit: int = 3) -> list[str]:
    """Return the candidates that `name` was probably meant to be, the likeliest first.

    Spelling habits (case, dashes, underscores, `++` for `pp`) do not count as differences, and a name
    that was cut short finds what it begins.

    Args:
        name: What was typed.
        candidates: The names that exist.
        limit: The most names to return.

    Returns:
        At most `limit` candidates, none where nothing is close.

    Example:
        >>> nearest("PixelCNN++-cifar", ["pixelcnn-mnist", "pixelcnnpp-cifar10", "made-mnist"])
        ['pixelcnnpp-cifar10']
    """
    wanted = _plain(name)
    scores = {candidate: _likeness(wanted, _plain(candidate)) for candidate in candidates}
    best = max(scores.values(), default=0.0)
    close = [candidate for candidate, score in scores.items() if score >= max(_CLOSE, best - _BESIDE)]
    return sorted(close, key=lambda candidate: (-scores[candidate], candidate))[: 1 if best == 1 else limit]


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Return a sentence that offers the nearest candidates, or nothing where none is near.

    Example:
        >>> did_you_mean("hiden_channels", ["hidden_channels", "num_layers"])
        " Did you mean 'hidden_channels'?"
        >>> did_you_mean("x", ["hidden_channels"])
        ''
    """
    names = [repr(candidate) for candidate in nearest(name, candidates)]
    if not names:
        return ""
    *others, last = names
    return f" Did you mean {', '.join(others) + ' or ' if others else ''}{last}?"


def _plain(name: str) -> str:
    return name.lower().translate(_SPELLING)


def _likeness(name: str, candidate: str) -> float:
    from difflib import SequenceMatcher  # only an error needs it

    ratio = SequenceMatcher(None, name, candidate, autojunk=False).ratio()
    cut_short = len(name) >= 3 and candidate.startswith(name)
    return 0.9 + 0.1 * ratio if cut_short else ratio


def check_count(name: str, value: object, least: int = 1) -> int:
    """Return a whole number of at least `least`.

    Args:
        name: Of the argument, for the message.
        value: What was given.
        least: The smallest allowed.

    Raises:
        ConfigError: It is no whole number, or a smaller one.

    Example:
        >>> check_count("num_layers", 3)
        3
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        repair = f"Use {name}={max(least, 1)}."
        raise ConfigError(f"`{name}` must be a whole number of at least {least}, got {value!r}. {repair}")
    return value
