"""A tiny plugin, registered while these tests run, and recipes for it."""

import importlib
import sys
from pathlib import Path

import pytest
import torch

from arzoo import plugins
from arzoo.training import load_recipe, train

collect_ignore = ["killing.py"]  # a program


@pytest.fixture(autouse=True)
def one_thread():
    """Equal bits need equal threads, and on busy cores two threads wait for each other most of the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def toyfarm():
    """The plugin of `toy_farm.py`, as an installed one would be found."""
    folder = str(Path(__file__).parent)
    sys.path.insert(0, folder)
    plugins.register(importlib.import_module("toy_farm"), "toyfarm")
    yield folder
    plugins.unregister("toyfarm")
    sys.path.remove(folder)


@pytest.fixture
def recipe(toyfarm):
    """Function from overrides to the toy recipe."""
    return lambda *overrides: load_recipe("toyfarm-digits", overrides)


@pytest.fixture
def trained(recipe, tmp_path):
    """Function that trains the toy recipe in a folder of this name, and returns the folder."""

    def run(name, *overrides, **options):
        return train(recipe(*overrides), out=tmp_path / name, progress=False, **options)

    return run
