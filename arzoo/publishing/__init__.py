"""Checkpoints on the Hub: the zoo's own, and a user's."""

from arzoo.publishing.own import push_to_hub
from arzoo.publishing.zoo import Outcome, publish

__all__ = ["Outcome", "publish", "push_to_hub"]
