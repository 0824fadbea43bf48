"""Cards as files: written with samples, and every planted disagreement found."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from arzoo import cards

NAME = "fvbn-digits"
REAL = Path(__file__).parents[2]

if NAME not in cards.carded():
    pytest.skip("the plugin of fvbn is not installed", allow_module_level=True)


@pytest.fixture
def results(tmp_path):
    """A copy of the records of one checkpoint."""
    folder = tmp_path / "results"
    folder.mkdir()
    shutil.copy(REAL / f"docs/benchmark/results/{NAME}.likelihood.json", folder)
    return folder


@pytest.fixture
def folder(tmp_path, results):
    """A folder with the card of one checkpoint."""
    cards.write_card(NAME, tmp_path / "cards", results=results)
    return tmp_path / "cards"


def found(folder, results):
    return cards.disagreements(folder, [NAME], results=results)


def test_what_is_written_agrees(folder, results):
    assert found(folder, results) == []
    assert (folder / f"{NAME}.md").read_text() == cards.card(
        cards.checkpoint_subject(NAME, results=results, samples=folder / "pictures")
    )


def test_a_picture_is_small_and_knows_its_weights(folder):
    path = folder / "pictures" / f"{NAME}.png"
    assert path.stat().st_size < 30_000
    with Image.open(path) as image:
        assert image.size == (662, 134)
        assert image.info["weights_sha256"] == cards.checkpoint_subject(NAME).config.weights.sha256


def test_a_figure_changed_on_the_card_is_found(folder, results):
    path = folder / f"{NAME}.md"
    text = path.read_text()
    path.write_text(text.replace("1.9794", "1.9793", 1))
    (sentence,) = found(folder, results)
    assert sentence.startswith(f"{NAME}.md, line ")
    assert "must be '    - type" not in sentence
    assert "1.9794" in sentence
    assert "1.9793" in sentence


def test_a_line_cut_off_is_found(folder, results):
    path = folder / f"{NAME}.md"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    assert "must be '```', got ''" in found(folder, results)[0]


def test_a_record_measured_anew_is_found(folder, results):
    path = results / f"{NAME}.likelihood.json"
    record = json.loads(path.read_text())
    record["likelihood"]["bits_per_dim"] += 0.01
    path.write_text(json.dumps(record))
    assert "make cards" in found(folder, results)[0]


def test_a_record_of_other_weights_is_found(folder, results):
    path = results / f"{NAME}.likelihood.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"weights_sha256": "0" * 64}))
    assert "must be a record of the weights_sha256" in found(folder, results)[0]


def test_another_summary_in_the_registry_is_found(folder, results, monkeypatch):
    from dataclasses import replace

    from arzoo import registry

    real = registry.checkpoint_entry
    monkeypatch.setattr(registry, "checkpoint_entry", lambda id: replace(real(id), summary="Something else."))
    assert "must be 'Something else.'" in found(folder, results)[0]


def test_a_picture_of_other_weights_is_found_and_drawn_anew(folder, results):
    path = folder / "pictures" / f"{NAME}.png"
    with Image.open(path) as image:
        image.save(path)  # without what it said of the weights
    assert "must be drawn by the weights" in found(folder, results)[0]
    cards.write_card(NAME, folder, results=results)
    assert found(folder, results) == []


def test_missing_cards_pictures_and_strays_are_found(folder, results):
    (folder / "pictures" / f"{NAME}.png").unlink()
    assert found(folder, results) == [f"{NAME}.md has no samples: make cards."]
    (folder / f"{NAME}.md").unlink()
    (folder / "nobody-knows.md").touch()
    assert found(folder, results) == [f"{NAME}.md is missing: make cards."]
    assert "nobody-knows.md is the card of no checkpoint: remove it." in cards.disagreements(folder, results=results)
