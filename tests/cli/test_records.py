"""Every bundled checkpoint is still worth what was recorded of it."""

import json
import os
import shlex

import pytest

from arzoo import cards
from arzoo.benchmark.data import trained_on
from arzoo.cards import carded
from arzoo.checkpoints import config_of


def bundled():
    """The checkpoints that are pinned, those of other data than the embedded digits only where data are."""
    for id in carded():
        rooted = trained_on(id, config_of(id)) == "digits" or os.environ.get("ARZOO_DATA_ROOT")
        yield pytest.param(id, marks=[] if rooted else pytest.mark.skip(reason="ARZOO_DATA_ROOT names no folder"))


@pytest.mark.parametrize("id", [*bundled()])
def test_a_few_items_are_worth_what_was_recorded(run, id):
    code, out, err = run("eval", id, "--check", "--limit", 16)
    assert code == 0, err
    assert "\n  as recorded, " in out


@pytest.mark.slow
@pytest.mark.parametrize("id", [*bundled()])
def test_the_whole_split_is_worth_what_was_recorded(run, id):
    code, _, err = run("eval", id, "--check")
    assert code == 0, err


@pytest.mark.parametrize("path", sorted(cards.RESULTS.glob("*.ensemble.json")), ids=lambda path: path.name)
def test_ensembles_are_checked_against_records_of_their_own(run, path):
    _, *words = shlex.split(json.loads(path.read_text())["command"])
    place = words.index("--json")
    code, _, err = run(*words[:place], *words[place + 2 :], "--check")
    assert code == 0, err
