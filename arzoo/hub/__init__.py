"""The Hub: repositories by name, and their files, verified whenever they are used."""

from arzoo.hub.fetching import cached, obtain, verified_at
from arzoo.hub.repositories import HUB, ORGANISATION, Repository, repository_named, repository_of

__all__ = [
    "HUB",
    "ORGANISATION",
    "Repository",
    "cached",
    "obtain",
    "repository_named",
    "repository_of",
    "verified_at",
]
