"""An extension of griffe, which reads docstrings for the API pages: `Example:` is a section like `Examples:`."""

from typing import Any

import griffe


class Examples(griffe.Extension):
    """Our docstrings have one example, and say so; griffe knows the plural alone and would show code as prose."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Spell the heading as griffe does."""
        if obj.docstring:
            obj.docstring.value = obj.docstring.value.replace("\nExample:\n", "\nExamples:\n")
