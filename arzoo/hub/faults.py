"""What goes wrong between here and the Hub, in one sentence that ends with what to do about it."""

import errno

from arzoo.errors import CheckpointError
from arzoo.hub.repositories import HUB, Repository

_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_UNKNOWN = (401, 403, 404)  # the Hub does not tell a stranger which of its repositories are private


def may_pass(error: Exception) -> bool:
    """Whether to ask again is worth it: the Hub is busy, or an answer was cut short."""
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

    if isinstance(error, HfHubHTTPError):
        return _status(error) in _PASSING
    transport = HfHubHTTPError.__bases__[0]
    told = isinstance(error, EntryNotFoundError) or getattr(error, "errno", None) is not None
    return isinstance(error, transport | OSError) and not told


def explained(repository: Repository, file: str, error: Exception, *, damaged: bool) -> CheckpointError:
    """Return the error for a file that could not be fetched.

    Args:
        repository: Where it should lie.
        file: Its name.
        error: What the Hub's client raised.
        damaged: Whether a copy was found and removed before.
    """
    why = ", since a damaged copy was removed," if damaged else ""
    found, repair = _told(repository, error)
    message = f"{file} of {repository.name} must come from {repository}{why} but {found}. {repair}"
    return CheckpointError(message, file=file, expected=str(repository), found=str(error))


def altered_on_the_hub(repository: Repository, file: str, fault: CheckpointError | None) -> CheckpointError:
    """Return the error for a file that was fetched again and still is not what it must be."""
    expected, found = getattr(fault, "expected", None), getattr(fault, "found", None)
    rule = f"{file} of {repository.name} must be what is pinned ({expected}), got another ({found}) from {repository}"
    repair = f"It was removed: try again with `arzoo pull {repository.name}`, or update the plugin that pins it."
    return CheckpointError(f"{rule}, twice. {repair}", file=file, expected=expected, found=found)


def _told(repository: Repository, error: Exception) -> tuple[str, str]:
    """Return what came instead of the file, and the repair."""
    from huggingface_hub import errors

    pull = f"`arzoo pull {repository.name}`"
    if isinstance(error, errors.RevisionNotFoundError):
        other = f"or take what is there now with arzoo.load({HUB + repository.repo_id!r})"
        return "there is no such revision, it was moved or removed", f"Update the plugin that pins it, {other}."
    if isinstance(error, errors.LocalEntryNotFoundError):
        return _unreachable(error, pull)
    if isinstance(error, errors.EntryNotFoundError):
        return "there is no such file", "Publish it again, or take another revision; a pickle is never read."
    if isinstance(error, errors.HfHubHTTPError) and _status(error) in _UNKNOWN:
        repair = f"Check the name, or give a token that may read it: HF_TOKEN=hf_... or `hf auth login`, then {pull}."
        return f"the Hub shows no such repository ({_status(error)}), it is private or does not exist", repair
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        repair = f"Free some, or set HF_HOME to a folder on another disk, then {pull}."
        return f"the disk of the cache has no room ({error.strerror})", repair
    return f"the download failed ({_first_line(error)})", f"Try again with {pull}."


def _unreachable(error: Exception, pull: str) -> tuple[str, str]:
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return "it is not in the cache and HF_HUB_OFFLINE forbids to ask", f"`unset HF_HUB_OFFLINE`, then {pull}."
    cause = error.__cause__ or error
    return f"it is not in the cache and the Hub does not answer ({_first_line(cause)})", f"Connect, then {pull}."


def _status(error: Exception) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:200].rstrip(".: ")
