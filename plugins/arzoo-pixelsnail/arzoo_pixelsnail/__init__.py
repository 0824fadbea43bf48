"""PixelSNAIL as a plugin of arzoo."""
