"""Image GPT as a plugin of arzoo."""
