"""FVBN as a plugin of arzoo."""
