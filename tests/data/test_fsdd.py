import io

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
import torch

from arzoo.context import Labels
from arzoo.data.fsdd import SPEAKERS, load_fsdd, load_fsdd_16bit
from arzoo.errors import DataError

DIGESTS = {
    ("fsdd", "train"): "aea48c109e3db87a00e5cac887054a4a271240a1059e8c14a424c498f1452f8e",
    ("fsdd", "test"): "ffa24de8c17d0276994738bfcf367b578ea846f91d7f06d814a85be8556e679a",
    ("fsdd-16bit", "train"): "5bf5a82f71d7ee95603ddcb109008ee1915b47257dc16b0ac6d30fa1f15584b7",
    ("fsdd-16bit", "test"): "e8f33ee87a0e478d0c5bb1343fb4c69c6d4beb7db0d5193e312c324e37e030f0",
}
LOADERS = {"fsdd": load_fsdd, "fsdd-16bit": load_fsdd_16bit}
SAMPLES = [np.arange(-length, length, 7, dtype=np.int16) for length in (700, 100, 32000)]


def wav(samples, rate=8000):
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, format="WAV")
    return stream.getvalue()


@pytest.fixture
def write(tmp_path):
    """Function that writes a split in FSDD's layout and returns the data root."""

    def write(files, speakers=("theo", "george", "yweweler"), order=(0, 1, 2), split="test"):
        folder = tmp_path / "root/Jakobovski/free-spoken-digit-dataset/data"
        folder.mkdir(parents=True, exist_ok=True)
        rows = [{"bytes": files[row], "path": f"{row}.wav"} for row in order]
        table = {
            "audio": pa.array(rows, pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            "label": pa.array([7 + row for row in order], pa.int64()),
            "speaker": pa.array([speakers[row] for row in order]),
        }
        pq.write_table(pa.table(table), folder / f"{split}-00000-of-00001.parquet")
        return tmp_path / "root"

    return write


@pytest.fixture
def root(write):
    return write([wav(samples) for samples in SAMPLES])


def test_16_bit_clips_are_the_samples_of_the_files(root):
    data = load_fsdd_16bit("test", root)
    x, context, lengths, _ = data.batch(range(3))
    assert (data.id, data.num_levels, data.event_shape) == ("fsdd-16bit", 65536, (None,))
    assert lengths.tolist() == [len(samples) for samples in SAMPLES]
    for row, samples in enumerate(SAMPLES):
        assert torch.equal(x[row, : lengths[row]] - 32768, torch.from_numpy(samples).int())
    assert {name: value.tolist() for name, value in context.items()} == {"label": [7, 8, 9], "speaker": [4, 0, 5]}


def test_mu_law_clips_are_the_same_sounds_companded(root):
    data = load_fsdd("test", root)
    expected = data.spec.encode(torch.from_numpy(SAMPLES[2]).float() / 32768)
    assert torch.equal(data.batch([2]).x[0], expected)
    assert (data.num_levels, data.spec.sample_rate, expected.dtype) == (256, 8000, torch.uint8)
    assert data.context == {"label": Labels(10, tuple("0123456789")), "speaker": Labels(6, SPEAKERS)}
    assert list(data.available) == ["label", "speaker", "mel"]


@pytest.mark.parametrize("id", LOADERS)
def test_the_digest_does_not_depend_on_the_order_of_rows(write, id):
    files = [wav(samples) for samples in SAMPLES]
    assert LOADERS[id]("test", write(files)).digest == LOADERS[id]("test", write(files, order=(2, 0, 1))).digest


def test_an_unknown_split_is_refused(root):
    with pytest.raises(DataError, match="must be 'train' or 'test', got 'valid'"):
        load_fsdd("valid", root)


def test_a_root_without_it_names_what_it_must_hold(tmp_path):
    with pytest.raises(DataError, match=r"must hold Jakobovski/free-spoken-digit-dataset/data/train-\*.parquet"):
        load_fsdd("train", tmp_path)


def test_a_sound_at_another_rate_is_named_by_its_row(write):
    root = write([wav(SAMPLES[0]), wav(SAMPLES[1], 16000), wav(SAMPLES[2])])
    with pytest.raises(DataError, match="must have 8000 samples a second, and clip 1 of fsdd has 16000"):
        load_fsdd("test", root)


def test_an_unknown_speaker_is_refused_with_the_known_ones(write):
    root = write([wav(samples) for samples in SAMPLES], speakers=("theo", "nobody", "lucas"))
    with pytest.raises(DataError, match=r"must be one of george, jackson, lucas, .*, got 'nobody'"):
        load_fsdd("test", root)


def test_from_the_hub_the_files_come_as_they_are_and_nothing_decodes_them(root, monkeypatch):
    def load(repo, config, split):
        assert (repo, config) == ("Jakobovski/free-spoken-digit-dataset", "default")
        table = pq.read_table(root / repo / "data" / f"{split}-00000-of-00001.parquet")
        return datasets.Dataset(table).cast_column("audio", datasets.Audio(8000))

    monkeypatch.delenv("ARZOO_DATA_ROOT", raising=False)
    monkeypatch.setattr(datasets, "load_dataset", load)
    assert load_fsdd("test").digest == load_fsdd("test", root).digest


@pytest.mark.parametrize(("id", "split"), DIGESTS)
def test_the_real_clips_are_the_known_ones(data_root, id, split):
    data = LOADERS[id](split, data_root)
    count, symbols = {"train": (2700, 9464394), "test": (300, 1034030)}[split]
    assert (len(data), int(data.lengths.sum()), data.digest) == (count, symbols, DIGESTS[id, split])
    assert torch.bincount(data.values["label"]).tolist() == [count // 10] * 10
    assert torch.bincount(data.values["speaker"]).tolist() == [count // 6] * 6
