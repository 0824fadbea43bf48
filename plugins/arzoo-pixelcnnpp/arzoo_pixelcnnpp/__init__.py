"""PixelCNN++ as a plugin of arzoo."""
