import json

import pytest

from arzoo.cards import disagreements


@pytest.fixture
def results(here):
    (here / "results").mkdir()
    return here / "results"


def test_a_card_is_printed(run, farm):
    code, out, err = run("card", "farm-digits")
    assert (code, err) == (0, "")
    assert out.startswith("---\n")
    assert "\n# farm-digits\n" in out
    assert 'arzoo.load("farm-digits")' in out


def test_cards_are_written_with_pictures_and_checked(run, farm, here, results):
    words = ["card", "farm-digits", "farm-digits-class", "--out", "cards", "--results", results]
    assert run(*words).out == "Wrote cards/farm-digits.md.\nWrote cards/farm-digits-class.md.\n"
    assert sorted(path.name for path in (here / "cards/pictures").iterdir()) == [
        "farm-digits-class.png",
        "farm-digits.png",
    ]
    assert run(*words, "--check") == (0, "", "")
    card = here / "cards/farm-digits.md"
    card.write_text(card.read_text().replace("bits/dim, exact", "bits/dim, about"))
    code, out, err = run(*words, "--check")
    assert (code, err) == (1, "")
    assert out.startswith("farm-digits.md, line ")
    assert out.count("\n") == 1


def test_all_are_checked_at_once(run, farm, here, results):
    code, out, _ = run("card", "--all", "--check", "--out", "cards", "--results", results)
    assert code == 1
    assert out.splitlines() == disagreements(here / "cards", results=results)
    assert "farm-digits.md is missing: make cards." in out


def test_what_cannot_be_done_is_a_sentence(refused, farm, results):
    assert refused("card") == "Give either names of checkpoints or --all, got neither."
    assert refused("card", "farm-digits", "--all").startswith(
        "Give either names of checkpoints or --all, got farm-digits"
    )
    assert refused("card", "farm-digits", "--check").endswith("got none. Use --out model_cards.")
    assert "Did you mean 'farm-digits'" in refused("card", "farm-digit")
    (results / "farm-digits.likelihood.json").write_text(json.dumps({"checkpoint": "x", "weights_sha256": "y"}))
    assert "must be a record of the checkpoint 'farm-digits'" in refused("card", "farm-digits", "--results", results)
