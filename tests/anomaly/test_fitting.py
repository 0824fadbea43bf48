import numpy as np
import pytest
import torch

import arzoo
from arzoo.anomaly import fit, measure


def test_a_reference_is_of_images_spread_over_the_split(painter, pictures):
    model = painter()
    data = pictures(model, 60)
    known = fit(model, data, count=20, progress=False, weights_sha256="ab")
    chosen = data.batch(list(range(0, 60, 3)))
    vectors = measure(model, chosen.x).vectors.numpy()
    assert known.means == pytest.approx(vectors.mean(0))
    assert np.allclose(known.covariance, np.cov(vectors.T))
    assert (known.count, known.dataset, known.split, known.weights_sha256) == (20, "own", "train", "ab")
    assert known.digest == data.subset(torch.arange(0, 60, 3)).digest
    assert known.coder[0] == "webp" and "libwebp" in known.coder[1]
    assert {len(values) for values in known.percentiles.values()} == {101}
    assert "ratio" not in known.percentiles


def test_too_few_images_are_refused(painter, pictures):
    model = painter()
    with pytest.raises(arzoo.ConfigError, match=r"`count` must be a whole number of at least 10, got 9"):
        fit(model, pictures(model), count=9)
    with pytest.raises(arzoo.ConfigError, match=r"must be of at least 10 images, got 5 of own"):
        fit(model, pictures(model, 5))
    with pytest.raises(arzoo.ShapeError, match=r"items of shape \(1, 4, 4\) .* got \(1, 8, 8\)"):
        fit(model, arzoo.data.load_dataset("digits", "train"))
