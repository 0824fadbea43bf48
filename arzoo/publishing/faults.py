"""What goes wrong while publishing, in one sentence that ends with what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager

from arzoo.errors import ArzooError, PublishError

TOKEN = "Give one that may write: HF_TOKEN=hf_... or `hf auth login`"


@contextmanager
def explained(repo_id: str) -> Iterator[None]:
    """Turn whatever the Hub's client raises in the block into one sentence about a repository.

    Raises:
        PublishError: The block failed.
    """
    try:
        yield
    except ArzooError:  # says already what is wrong
        raise
    except _failures() as error:
        raise PublishError(f"{repo_id} cannot be published: {_reason(repo_id, error)}") from error


def _failures() -> tuple[type[Exception], ...]:
    """Return what the Hub's client raises: `OSError`, `ValueError`, and the base of the errors of its own client."""
    from huggingface_hub.errors import HfHubHTTPError

    return (HfHubHTTPError.__mro__[1], OSError, ValueError)


def require_token(token: str | None) -> None:
    """Refuse to begin without a token.

    Raises:
        PublishError: None is given, and the Hub's client knows none.
    """
    from huggingface_hub import get_token

    if token is None and get_token() is None:
        raise PublishError(f"Publishing needs a token of the Hub, got none. {TOKEN}.")


def _reason(repo_id: str, error: Exception) -> str:
    from huggingface_hub.errors import OfflineModeIsEnabled

    owner = repo_id.partition("/")[0]
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE forbids it. `unset HF_HUB_OFFLINE`."
    if status == 401:
        return f"the Hub does not know the token (401). {TOKEN}."
    if status == 403:
        return f"the token may not write to {owner} (403). Ask {owner} for the right to, or take another --org."
    if status == 404:
        return f"the Hub shows no {owner} in which you may publish (404). Check the name, or make it on the Hub's site."
    if status is None and not isinstance(error, ValueError):
        return f"the Hub does not answer ({_first_line(error)}). Connect and publish again."
    return f"the Hub refused ({_first_line(error)}). Publish again."


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:200].rstrip(".: ")
