"""What may be asked of the sampling loop, and what is refused."""

import pytest
import torch

import arzoo


def draw(model, n=6, **options):
    return model.sample(n, progress=False, **options)


@pytest.mark.parametrize(
    ("indices", "rule"),
    [([0, 1], r"`indices` must be one number a sample, 3, got 2\. Use n=2"), ([2, -1, 0], r"at least 0, got -1")],
)
def test_samples_that_there_are_not_are_refused(regression, indices, rule):
    with pytest.raises(arzoo.ConfigError, match=rule):
        regression().sample(3, indices=indices, progress=False)


BAD_REQUESTS = [
    ({"n": -1}, r"`n` must be a whole number of at least 0, got -1"),
    ({"seed": -1}, r"`seed` must be a whole number from 0 to 2\^64 - 1, got -1"),
    ({"max_batch": 0}, r"`max_batch` must be a whole number of at least 1, got 0"),
    ({"temperature": -0.5}, r"temperature.*-0\.5"),
    ({"top_k": 0}, r"top_k.*0"),
    ({"top_p": 1.5}, r"top_p.*1\.5"),
]


@pytest.mark.parametrize(("options", "message"), BAD_REQUESTS)
def test_options_out_of_range_are_refused(regression, options, message):
    with pytest.raises(arzoo.ConfigError, match=message):
        draw(regression(), **options)


BAD_KNOWN = [
    (torch.zeros(6, 1, 2, 3).long(), None, r"belong together, got one of them"),
    (torch.zeros(5, 1, 2, 3).long(), torch.ones(2, 3).bool(), r"one event a sample, 6, got 5\. Use n=5"),
    (
        torch.zeros(6, 1, 2, 3).long(),
        torch.ones(2, 3),
        r"must be boolean, got torch\.float32\. Use known_mask\.bool\(\)",
    ),
    (torch.zeros(6, 1, 2, 3).long(), torch.ones(2, 4).bool(), r"must broadcast to \(B, 1, 2, 3\), got \(2, 4\)"),
    (torch.zeros(6, 1, 3, 2).long(), torch.ones(2, 3).bool(), r"`known` must have shape \(B, 1, 2, 3\)"),
]


@pytest.mark.parametrize(("known", "mask", "message"), BAD_KNOWN)
def test_known_symbols_that_do_not_fit_are_refused(regression, known, mask, message):
    with pytest.raises(arzoo.ShapeError, match=message):
        draw(regression(), known=known, known_mask=mask)
