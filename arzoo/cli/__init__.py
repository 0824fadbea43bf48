"""`arzoo <verb>`: the command line."""

from arzoo.cli.app import app
from arzoo.cli.ending import main

__all__ = ["app", "main"]
