import re

import pytest

import arzoo

pytestmark = pytest.mark.usefixtures("farm")


def rows(out):
    """Each line of the page as words."""
    return [" ".join(line.split()) for line in out.splitlines()]


def test_an_architecture_shows_all_that_its_entry_holds(run):
    code, out, err = run("info", "farm")
    assert (code, err) == (0, "")
    for row in (
        "architecture farm Farm",
        "what it is Tables, [one] a place.",
        "paper On [Tables], 2024, arXiv:0000.00000",
        "published 9 nats on digits",
        "config tiny: event_shape=[1, 2, 2], num_levels=2",
        "recipe farm-digits",
    ):
        assert row in rows(out)
    assert re.search(r"checkpoint +farm-digits +\d\.\d\d MB, bundled", out)


def test_a_checkpoint_shows_its_files_and_the_contexts_it_takes(run):
    code, out, _ = run("info", "farm-digits-class")
    assert code == 0
    flat = "".join(out.split())
    for file in arzoo.info("farm-digits-class").files.values():
        assert file.sha256 in flat
    assert "--label0...9,orclass0,class1" in flat


def test_a_value_stays_on_one_line_to_be_copied(run):
    digest = arzoo.info("farm-digits").files["model.safetensors"].sha256
    assert re.search(rf"(?m)^file +model\.safetensors: [\d,]+ bytes, sha256 {digest}$", run("info", "farm-digits").out)


def test_files_that_are_missing_are_said_and_the_rest_is_shown(run, farm):
    (farm / "arzoo_farm_weights" / "weights" / "farm-digits" / "config.json").unlink()
    code, out, _ = run("info", "farm-digits")
    assert code == 0
    assert "config.jsonismissing" in "".join(out.split())


def test_sequences_say_what_they_read_and_how_far_back_they_look(run, sequences):
    shown = rows(run("info", "chain-hum").out)
    assert "medium audio at 8,000 Hz, 256 levels a sample" in shown
    assert "receptive field 200 samples (25 ms)" in shown
    shown = rows(run("info", "chain-prose").out)
    assert "medium text, 28 levels a character" in shown
    assert r"data kind=alphabet, characters='abcdefghijklmnopqrstuvwxyz \n'" in shown
    assert not [row for row in shown if row.startswith("receptive field")]
    assert "receptive field 3 characters" in rows(run("info", "chain-near").out)


def test_an_architecture_says_how_far_back_each_config_of_sequences_looks(run, sequences):
    shown = rows(run("info", "chain").out)
    assert [row for row in shown if row.startswith("receptive field")] == ["receptive field wide: 1,000 symbols"]


def test_images_and_codes_have_neither(run, sequences):
    for name in ("farm-digits", "farm", "chain-codes"):
        assert not re.search(r"(?m)^(medium|receptive field)", run("info", name).out)


def test_an_unknown_name_is_refused_with_the_nearest(refused):
    assert re.match(r"Unknown model 'farm-digit'\. Did you mean 'farm-digits'", refused("info", "farm-digit"))
