"""Image Transformer as a plugin of arzoo."""
