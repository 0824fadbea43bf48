"""Configs of the checkpoints that are here, in which many numbers were raised at once: each is refused, and soon."""

import copy
import json
import random
import shutil
import time

import pytest
import torch

import arzoo
from arzoo import ArzooError
from arzoo.checkpoints.sources import bundled_folder

FOLDERS = {
    name: folder
    for name in arzoo.list_models(pretrained=True)
    if (folder := bundled_folder(arzoo.info(name))) and folder.is_dir()
}
FACTORS = (2, 3, 4, 8, 16, 64, 256, 1000, 10**4)
PARTS = ("arguments", "ordering", "context", "data")
SEEDS = {"few": range(12), "many": range(12, 100)}
SECONDS = 1.0

if not FOLDERS:
    pytest.skip("no plugin with weights is installed", allow_module_level=True)


def inflated(config, draw):
    """Return a config with some of its numbers raised: all by one factor, or each by its own; those of the ordering too."""
    config = copy.deepcopy(config)
    factor, share, alike = draw.choice(FACTORS), draw.choice((0.3, 0.7, 1.0)), draw.random() < 0.5
    for part in PARTS[: draw.choice((1, 2, 4))]:
        for place, key in list(numbers(config[part])):
            if draw.random() < share:
                place[key] *= factor if alike else draw.choice(FACTORS)
    return config


def numbers(value):
    """Yield the place of every whole number in a JSON value as its container and key; a seed is no size."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if type(item) is int and key != "seed":
            yield value, key
        yield from numbers(item)


@pytest.fixture
def inflatable(tmp_path):
    """Function from the name of a checkpoint to a copy of its folder, loaded once: imports are no part of a wait."""

    def inflatable(name):
        folder = shutil.copytree(FOLDERS[name], tmp_path / name)
        arzoo.load(f"local-dir:{folder}")
        return folder

    return inflatable


@pytest.mark.parametrize("seeds", [SEEDS["few"], pytest.param(SEEDS["many"], marks=pytest.mark.slow)], ids=list(SEEDS))
@pytest.mark.parametrize("name", FOLDERS)
def test_many_numbers_raised_at_once_are_refused_soon(inflatable, name, seeds):
    folder, late = inflatable(name), {}
    config, weights = json.loads((folder / "config.json").read_text()), dict(arzoo.load(name).state_dict())
    for seed in seeds:
        changed = inflated(config, random.Random(seed))
        (folder / "config.json").write_text(json.dumps(changed))
        start = time.process_time()
        try:
            loaded = arzoo.load(f"local-dir:{folder}").state_dict()
        except ArzooError as error:
            assert str(error)
        else:  # a number that takes no weights, such as the size of an event that layers slide over
            assert all(torch.equal(loaded[key], value) for key, value in weights.items()), (seed, changed)
        if (passed := time.process_time() - start) > SECONDS:
            late[seed] = passed
    assert not late
