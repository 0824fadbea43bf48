import json

import pytest
import torch

import arzoo
from arzoo.anomaly import Reference, fit, measure


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
