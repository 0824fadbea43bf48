import pickle

import pytest

from arzoo import errors
from arzoo.errors import CheckpointError, ConfigError, PluginError, check_count, did_you_mean, nearest

ZOO = [
    "charrnn-shakespeare",
    "fvbn-mnist",
    "gatedpixelcnn-cifar10-class",
    "gatedpixelcnn-digits-class",
    "gatedpixelcnn-mnist",
    "imagegpt-small-imagenet",
    "imagetransformer-cifar10",
    "made-mnist",
    "pixelcnn-cifar10",
    "pixelcnn-digits",
    "pixelcnn-mnist",
    "pixelcnnpp-cifar10",
    "pixelrnn-mnist-diagonal",
    "pixelrnn-mnist-row",
    "pixelsnail-cifar10",
    "wavenet-fsdd",
]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("pixelcnn++-cifar10", "pixelcnnpp-cifar10"),
        ("PixelCNNpp-CIFAR10", "pixelcnnpp-cifar10"),
        ("pixelcnn_pp-cifar10", "pixelcnnpp-cifar10"),
        ("pixelcnpp-cifar10", "pixelcnnpp-cifar10"),
        ("pixelcnp-cifar10", "pixelcnnpp-cifar10"),
        ("pixelcnnpp_cifar10", "pixelcnnpp-cifar10"),
        ("pixelcnnpp-cifar", "pixelcnnpp-cifar10"),
        ("pixelcnnpp", "pixelcnnpp-cifar10"),
        ("gated-pixelcnn-mnist", "gatedpixelcnn-mnist"),
        ("gatedpixelcn-mnist", "gatedpixelcnn-mnist"),
        ("gated_pixelcnn-mnist", "gatedpixelcnn-mnist"),
        ("pixelsnale-cifar10", "pixelsnail-cifar10"),
        ("pixel-snail-cifar10", "pixelsnail-cifar10"),
        ("wavnet-fsdd", "wavenet-fsdd"),
        ("image-gpt-small-imagenet", "imagegpt-small-imagenet"),
        ("imagegpt-small", "imagegpt-small-imagenet"),
        ("charrnn-shakespear", "charrnn-shakespeare"),
        ("char-rnn-shakespeare", "charrnn-shakespeare"),
        ("made-minst", "made-mnist"),
    ],
)
def test_the_name_that_was_meant_comes_first(typed, meant):
    assert nearest(typed, ZOO)[0] == meant


def test_a_name_that_differs_in_spelling_habits_alone_has_one_suggestion():
    assert nearest("PixelCNN++_CIFAR10", ZOO) == ["pixelcnnpp-cifar10"]


def test_what_was_cut_short_finds_what_it_begins_the_shortest_first():
    assert nearest("pixelcnn", ZOO) == ["pixelcnn-mnist", "pixelcnn-digits", "pixelcnn-cifar10"]
    assert nearest("pi", ZOO) == []


def test_nothing_is_near_to_nonsense_or_among_nothing():
    assert nearest("qqq", ZOO) == []
    assert nearest("made-mnist", []) == []


def test_limit():
    assert len(nearest("pixelcnn", ZOO, limit=1)) == 1


def test_did_you_mean_joins_names_as_a_sentence():
    assert did_you_mean("made-minst", ["made-mnist"]) == " Did you mean 'made-mnist'?"
    assert did_you_mean("heads", ["headb", "heada"]) == " Did you mean 'heada' or 'headb'?"
    assert did_you_mean("head", ["head1", "head2", "head3"]) == " Did you mean 'head1', 'head2' or 'head3'?"
    assert did_you_mean("zzz", ["head1"]) == ""


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("UnknownModelError", LookupError),
        ("ShapeError", ValueError),
        ("ConfigError", ValueError),
        ("ContextError", ValueError),
        ("DataError", LookupError),
        ("DuplicateModelError", Exception),
        ("PluginError", Exception),
        ("CheckpointError", Exception),
    ],
)
def test_every_error_is_arzoos_and_the_builtin_one_that_others_catch(name, builtin):
    kind = getattr(errors, name)
    assert issubclass(kind, errors.ArzooError)
    assert issubclass(kind, builtin)


def test_what_an_error_carries_survives_a_trip_between_processes():
    plugin = pickle.loads(pickle.dumps(PluginError("fault", distribution="arzoo-farm", version="1.0")))
    assert (str(plugin), plugin.distribution, plugin.version) == ("fault", "arzoo-farm", "1.0")
    file = pickle.loads(pickle.dumps(CheckpointError("fault", file="a", expected=1, found=2)))
    assert (str(file), file.file, file.expected, file.found) == ("fault", "a", 1, 2)


@pytest.mark.parametrize("value", [0, -1, 1.5, "a", True, None])
def test_a_count_is_a_whole_number_that_is_large_enough(value):
    with pytest.raises(ConfigError, match=rf"`n` must be a whole number of at least 1, got {value!r}\. Use n=1\."):
        check_count("n", value)
    assert check_count("n", 1) == 1
