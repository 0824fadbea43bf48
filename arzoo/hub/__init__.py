"""The Hub: repositories by name, and their files, verified whenever they are used."""

from arzoo.hub.fetching import cache_folder, cached, note_verified, obtain, obtain_if_there, verified_at
from arzoo.hub.repositories import HUB, ORGANISATION, Repository, is_owner, is_repo_id, repository_named, repository_of

__all__ = [
    "HUB",
    "ORGANISATION",
    "Repository",
    "cache_folder",
    "cached",
    "is_owner",
    "is_repo_id",
    "note_verified",
    "obtain",
    "obtain_if_there",
    "repository_named",
    "repository_of",
    "verified_at",
]
