"""`arzoo <verb>`: the command line."""

from arzoo.cli.app import app, main

__all__ = ["app", "main"]
