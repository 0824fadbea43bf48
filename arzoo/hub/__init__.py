"""The Hub: repositories by name, and their files, verified whenever they are used."""

from arzoo.hub.fetching import cache_folder, cached, note_verified, obtain, verified_at
from arzoo.hub.repositories import HUB, ORGANISATION, Repository, repository_named, repository_of

__all__ = [
    "HUB",
    "ORGANISATION",
    "Repository",
    "cache_folder",
    "cached",
    "note_verified",
    "obtain",
    "repository_named",
    "repository_of",
    "verified_at",
]
