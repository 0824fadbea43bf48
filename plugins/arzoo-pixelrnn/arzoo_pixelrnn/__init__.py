"""PixelRNN as a plugin of arzoo."""
