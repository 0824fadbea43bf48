"""Put the result of a training into a plugin, as float16, and pin it in the plugin's lock file.

    python tools/bundle.py runs/pixelcnn-mnist pixelcnn-mnist "Binarised MNIST, ..."

The plugin is the one that registers the architecture of the checkpoint's name.
"""

import argparse
from pathlib import Path

import torch

import arzoo
from arzoo.checkpoints import config_of, save, write_lock


def main() -> None:
    """Bundle one training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder that `arzoo train` wrote")
    parser.add_argument("checkpoint", help="id: <architecture>-<tag>")
    parser.add_argument("summary", help="one sentence for tables and cards")
    asked = parser.parse_args()
    source = f"local-dir:{asked.run}"
    model, architecture = arzoo.load(source), asked.checkpoint.split("-", 1)[0]
    if model.architecture != architecture:
        parser.error(f"{asked.run} holds a {model.architecture}, so it cannot be named {asked.checkpoint}.")
    weights = Path(f"plugins/arzoo-{architecture}/arzoo_{architecture}/weights")
    save(model, weights / asked.checkpoint, training=config_of(source).training, dtype=torch.float16)
    write_lock(weights, {asked.checkpoint: asked.summary})


if __name__ == "__main__":
    main()
