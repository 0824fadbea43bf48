import json

import numpy as np
import pytest
import torch

import arzoo
from arzoo.anomaly import Reference, fit, measure


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


def test_shares_are_those_of_the_training_images(painter, pictures):
    model = painter()
    data = pictures(model, 101)
    known = fit(model, data, count=101, progress=False)
    bits = measure(model, data.batch(range(101)).x).bits
    shares = (bits < bits[:, None]).double().mean(1)
    assert (known.share_below("likelihood", bits) - shares).abs().max() < 0.021
    assert known.share_below("likelihood", torch.tensor([-1.0, 99.0])).tolist() == [0, 1]


def test_a_reference_comes_back_from_its_file(painter, pictures, tmp_path):
    model = painter()
    known = fit(model, pictures(model), count=50, progress=False)
    known.write(tmp_path / "reference.json")
    back = Reference.read(tmp_path / "reference.json")
    assert torch.equal(back.covariance, known.covariance) and torch.equal(back.mean, known.mean)
    events = measure(model, torch.zeros(1, 1, 4, 4).long())
    assert torch.equal(arzoo.anomaly.joint(events, back), arzoo.anomaly.joint(events, known))
    assert back.share_below("joint", torch.tensor([3.0])) == known.share_below("joint", torch.tensor([3.0]))


@pytest.mark.parametrize("name", ["pixelcnnpp-cifar10", "gatedpixelcnn-mnist"])
def test_bundled_references_are_of_the_bundled_weights(name):
    from arzoo.checkpoints.sources import locate

    known = Reference.read(locate(name).folder / arzoo.anomaly.REFERENCE)
    assert known.weights_sha256 == arzoo.checkpoints.config_of(name).weights.sha256
    assert (known.split, known.count) == ("train", 1000)
    assert torch.linalg.eigvalsh(known.covariance).min() > 0


def test_files_that_are_no_reference_are_refused(painter, pictures, tmp_path):
    path = tmp_path / "reference.json"
    sentence = r"reference\.json must hold reference statistics, and cannot be read: "
    for text in ("{", "[]", "{}", '{"means": 1}', json.dumps({"means": [1.0]})):
        path.write_text(text)
        with pytest.raises(arzoo.DataError, match=sentence):
            Reference.read(path)
    with pytest.raises(arzoo.DataError, match=r"cannot be read: .*No such file"):
        Reference.read(tmp_path / "none.json")
    fit(painter(), pictures(painter()), count=10, progress=False).write(path)
    held = json.loads(path.read_text())
    path.write_text(json.dumps({**held, "means": [1.0, 2.0]}))
    with pytest.raises(arzoo.DataError, match=r"must hold means and covariances of 3 figures, got \(1\.0, 2\.0\)"):
        Reference.read(path)


def test_too_few_images_are_refused(painter, pictures):
    model = painter()
    with pytest.raises(arzoo.ConfigError, match=r"`count` must be a whole number of at least 10, got 9"):
        fit(model, pictures(model), count=9)
    with pytest.raises(arzoo.ConfigError, match=r"must be of at least 10 images, got 5 of own"):
        fit(model, pictures(model, 5))
    with pytest.raises(arzoo.ShapeError, match=r"items of shape \(1, 4, 4\) .* got \(1, 8, 8\)"):
        fit(model, arzoo.data.load_dataset("digits", "train"))
