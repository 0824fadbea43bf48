"""Begin a plugin: a distribution that installs, trains and passes the conformance suite before a line is changed."""

from arzoo.scaffold.new import new_plugin

__all__ = ["new_plugin"]
