import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from arzoo import ConfigError, ContextError
from arzoo.cli.contexts import SET_ASIDE, context_of, described, split
from arzoo.context import Labels, Latent, Series


@pytest.fixture
def read(regression):
    """Function from contexts and words to what is read of them."""

    def read(specs, words, n=3, brought=()):
        model = regression(backbone=regression.labelled, context=specs)
        options = [SimpleNamespace(opts=["--seed"], secondary_opts=[])]
        command = SimpleNamespace(params=options)
        set_aside = split(words, ["--seed"])[1]
        ctx = SimpleNamespace(meta={SET_ASIDE: set_aside}, command=command, help_option_names=["--help"])
        return context_of(ctx, model, n, brought)

    return read


@pytest.mark.parametrize(
    ("words", "own", "others"),
    [
        (["m", "a.png", "--label", "7", "b.png"], ["m", "a.png", "b.png"], [("label", "7")]),
        (["--label=a=b"], [], [("label", "a=b")]),
        (["--label", "-1"], [], [("label", "-1")]),
        (["--label", "-o", "x.png"], ["-o", "x.png"], [("label", None)]),
        (["--label"], [], [("label", None)]),
        (["--seed", "1", "-n", "3"], ["--seed", "1", "-n", "3"], []),
        (["--seed=1"], ["--seed=1"], []),
    ],
)
def test_undeclared_options_are_set_aside(words, own, others):
    assert split(words, ["--seed", "-n", "-o"]) == (own, others)


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (Labels(10), "--label 0 ... 9"),
        (Labels(2, ("cat", "dog")), "--label 0 ... 1, or cat, dog"),
        (Labels(13, tuple("abcdefghijklm")), "--label 0 ... 12, or a, b, c, d, e, f, g, h, i, j, k, l, ..."),
        (Series(2, 4), "--label FILE.npy (channels 2, hop 4)"),
    ],
)
def test_a_context_says_which_values_it_takes(spec, text):
    assert described("label", spec) == text


def test_several_contexts_are_dealt_each_in_its_turn(read):
    specs = {"label": Labels(3, ("a", "b", "c")), "speaker": Labels(6)}
    assert read(specs, ["--label", "a,b", "--speaker", "5"]) == {"label": [0, 1, 0], "speaker": [5, 5, 5]}


def test_a_name_with_a_comma_is_one_name(read):
    assert read({"label": Labels(2, ("cat, large", "dog"))}, ["--label", "cat, large"]) == {"label": [0, 0, 0]}


def test_other_contexts_are_read_from_a_file(read, tmp_path):
    np.save(tmp_path / "latent.npy", np.ones(2, np.float32))
    given = read({"latent": Latent((2,))}, ["--latent", str(tmp_path / "latent.npy")])
    assert torch.equal(given["latent"], torch.ones(2))


def test_what_a_data_set_brings_need_not_be_given(read):
    assert read({"label": Labels(2)}, [], brought=["label"]) == {}


@pytest.mark.parametrize(
    ("words", "error", "sentence"),
    [
        ([], ContextError, r"needs --label, --latent, got none\. Add --label 0 --latent FILE\.npy\."),
        (["--label", "1"], ContextError, r"needs --latent, got --label\. Add --latent FILE\.npy\."),
        (["--label", "1", "--latent", "no.npy"], ContextError, r"path of a \.npy file of floats, got 'no\.npy'"),
        (["--latent", "a", "--latent", "b", "--label", "1"], ConfigError, r"--latent must be given once, got 2 files"),
        (["--latent"], ContextError, r"--latent must have a value, got none\. Use --latent FILE\.npy\."),
        (["--laten", "a"], ContextError, r"Unknown option --laten: .* takes --label, --latent .* Did you mean '--latent'"),
        (["--sead", "1"], ContextError, r"Unknown option --sead: .* Did you mean '--seed'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(read, words, error, sentence):
    with pytest.raises(error) as caught:
        read({"label": Labels(2), "latent": Latent((2,))}, words)
    assert re.search(sentence, str(caught.value))
