"""MADE as a plugin of arzoo."""
