import re

import pytest
import torch

import arzoo

SHED = """
import arzoo


def read(weights, event_shape=(1, 8, 8)):
    weights.check({"logits": (17, *event_shape)})
    tensors = {"backbone.logits": weights.tensors["logits"]}
    return arzoo.checkpoints.Converted({"event_shape": event_shape, "data": {"kind": "pixels", "num_levels": 17}}, tensors)


@arzoo.hookimpl
def register_models():
    converters = {"shed-torch": "arzoo_shed:read"}
    return [arzoo.ModelEntry("shed", "arzoo_farm:build", {"tiny": {}}, converters=converters, title="The [Shed]")]
"""


@pytest.fixture
def shed(farm, install, here):
    """A plugin with a converter, and weights for it in the folder of the command."""
    install("arzoo-shed", "shed", SHED)
    torch.save({"logits": torch.randn(17, 1, 8, 8)}, here / "weights.pt")


@pytest.mark.usefixtures("shed")
def test_a_file_becomes_a_checkpoint(run):
    assert run("convert", "shed-torch", "weights.pt", "a shed") == (
        0,
        "Wrote a shed: load it as local-dir:a shed.\n",
        "",
    )
    assert run("sample", "local-dir:a shed", "-n", 1).code == 0
    assert run("eval", "local-dir:a shed", "--dataset", "digits", "--limit", 5).code == 0


@pytest.mark.usefixtures("shed")
def test_the_event_shape_is_an_option(run, here):
    torch.save({"logits": torch.randn(17, 3, 4, 6)}, here / "weights.pt")
    assert run("convert", "shed-torch", "weights.pt", "out", "--event-shape", "3,4,6").code == 0
    assert arzoo.load("local-dir:out").event_shape == (3, 4, 6)


@pytest.mark.usefixtures("shed")
def test_formats_are_listed(run):
    page = " ".join(run("convert", "--help").out.split())
    assert re.search(r"Formats: .*\bshed-torch \(The \[Shed\]\)", page)
    assert "converter shed-torch: arzoo_shed:read" in " ".join(run("info", "shed").out.split())


def test_help_says_that_there_are_no_formats(run, monkeypatch):
    monkeypatch.setattr(arzoo.registry, "models", dict)
    assert "Formats: none, no installed plugin converts any." in " ".join(run("convert", "--help").out.split())


@pytest.mark.usefixtures("shed")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["shed-trch", "weights.pt", "out"], r"Unknown format 'shed-trch'\. Did you mean 'shed-torch'\?"),
        (["shed-torch", "weihgts.pt", "out"], r"must be a file, got nothing at 'weihgts\.pt'\."),
        (["shed-torch", "weights.pt", "."], r"must be empty, got \. with 'weights\.pt'\. Give a new name\."),
        (
            ["shed-torch", "weights.pt", "out", "--event-shape", "8x8"],
            r"joined by commas, got '8x8'\. Use --event-shape 3",
        ),
        (["shed-torch", "weights.pt", "out", "--event-shape", "1,-8"], r"joined by commas, got '1,-8'\."),
        (["shed-torch", "weights.pt", "out", "--event-shape", "1,4,4"], r"instead of \[17, 1, 4, 4\]\.$"),
        (["shed-torch", "weights.pt"], r"Missing argument 'OUT'\. See arzoo convert --help\.$"),
    ],
)
def test_bad_input_is_one_sentence(refused, words, sentence):
    assert re.search(sentence, refused("convert", *words))
