import json
import math
import re
import socket

import numpy as np
import pytest
import soundfile

import arzoo
from arzoo.evaluation import evaluate

pytestmark = pytest.mark.usefixtures("farm")


@pytest.fixture
def measured():
    """What Python measures on the digits."""
    return evaluate(arzoo.load("farm-digits"), arzoo.data.load_dataset("digits", "test"), progress=False)


def test_the_figures_are_those_of_python(run, measured):
    code, out, err = run("eval", "farm-digits")
    assert (code, err) == (0, "")
    assert out.startswith(f"farm-digits: {measured}\n")
    assert measured.digest in out


def test_a_record_says_how_the_figure_came_about(run, here, measured):
    assert run("eval", "farm-digits", "--json", "a b.json", "--batch-size", 50).code == 0
    record = json.loads((here / "a b.json").read_text())
    assert record["likelihood"]["bits_per_dim"] == pytest.approx(measured.bits_per_dim)
    assert record["likelihood"]["digest"] == measured.digest
    assert record["checkpoint"] == "farm-digits"
    assert record["command"] == "arzoo eval farm-digits --json 'a b.json' --batch-size 50"
    assert record["weights_sha256"] == arzoo.info("farm-digits").files["model.safetensors"].sha256
    assert record["parameters"] == 17 * 64
    assert record["augmented"] is False
    assert record["context"] == []
    assert (record["ordering"], record["ensemble"]) == ("raster", None)
    assert {"ordering", "seconds", "dtype", "torch"} <= record.keys()


def test_a_part_of_the_split_is_measured(run):
    assert "36 items)" in run("eval", "farm-digits", "--limit", 36).out
    assert "(digits train, 10 items)" in run("eval", "farm-digits", "--split", "train", "--limit", 10).out


def test_labels_come_from_the_data_set(run):
    assert "360 items" in run("eval", "farm-digits-class", "--dataset", "digits").out


def test_an_array_has_the_levels_of_the_model(run, here):
    np.save(here / "levels.npy", np.full((5, 1, 8, 8), 16, np.uint8))
    assert "5 items" in run("eval", "farm-digits", "--dataset", "levels.npy").out


def test_a_text_is_read_by_the_alphabet_of_the_model_and_told_in_characters(run, sequences, here):
    (here / "in.txt").write_text("to be or not to be\n" * 200)
    code, out, _ = run("eval", "chain-prose", "--dataset", "text:in.txt")
    assert code == 0
    model = arzoo.load("chain-prose")
    nats = -model.log_prob(model.data.encode((here / "in.txt").read_text())[None]).item() / 3800
    (bits, shown) = re.search(
        r"chain-prose: ([\d.]+) ± [\d.]+ bits/character, ([\d.]+) ± [\d.]+ nats/character", out
    ).groups()
    assert float(shown) == pytest.approx(nats, abs=1e-4)
    assert float(bits) == pytest.approx(nats / math.log(2), abs=1e-4)
    assert "(text:in.txt all, 1 item)" in out
    assert ", 3,800 characters in all, in " in out


def test_sounds_are_told_in_samples_and_resampled_where_that_is_asked_for(run, refused, sequences, here):
    (here / "clips").mkdir()
    for name, length, rate in (("one.wav", 300, 8000), ("two.wav", 500, 8000)):
        soundfile.write(here / "clips" / name, np.sin(np.arange(length) / 5).astype("float32"), rate)
    code, out, _ = run("eval", "chain-hum", "--dataset", "audio:clips")
    assert code == 0
    assert re.search(r"chain-hum: [\d.]+ ± [\d.]+ bits/sample, .* nats/sample \(audio:clips all, 2 items\)", out)
    assert ", 800 samples in all, in " in out
    soundfile.write(here / "clips" / "three.wav", np.zeros(640, "float32"), 16000)
    said = refused("eval", "chain-hum", "--dataset", "audio:clips", "--json", "record.json")
    assert re.search(r"must have 8000 samples a second, and clips/three\.wav has 16000\. .*--resample", said)
    assert "1,120 samples" in run("eval", "chain-hum", "--dataset", "audio:clips", "--resample").out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["chain-prose", "--dataset", "text:missing.txt"], r"missing\.txt is not: No such file"),
        (["chain-prose", "--dataset", "text:greek.txt"], r"got 'ω' at position 4"),
        (["chain-hum", "--dataset", "text:greek.txt"], r"must be read by an alphabet, got MuLaw"),
        (["chain-prose", "--dataset", "audio:."], r"audio:\. "),
        (
            ["chain-prose", "--dataset", "tiny-shakespeare"],
            r"must have items of shape .*28 levels, got .*65|tiny-shakespeare",
        ),
    ],
)
def test_what_is_no_text_or_sound_for_the_model_is_one_sentence(refused, sequences, here, words, sentence):
    (here / "greek.txt").write_text("abcdω")
    assert re.search(sentence, refused("eval", *words))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["farm-digit"], r"Unknown model 'farm-digit'\. Did you mean 'farm-digits'"),
        (
            ["farm-bare"],
            r"farm-bare must say what it was trained on, and has no recipe.* Use arzoo eval farm-bare --dataset ID",
        ),
        (["farm-digits", "--dataset", "digitz"], r"Unknown data set 'digitz'\. Did you mean 'digits'"),
        (["farm-digits", "--split", "valid"], r"must be 'train' or 'test', got 'valid'"),
        (["farm-digits", "--limit", "0"], r"Invalid value for '--limit'"),
        (["farm-digits", "--orderings", "0"], r"Invalid value for '--orderings'"),
        (["farm-digits", "--orderings", "2"], r"farm-digits can follow Raster\(.* alone, got RandomOrder\("),
        (["farm-digits", "--connectivities", "2"], r"farm-digits must have hidden units that are masked at will"),
        (["farm-digits", "--batch-size", "0"], r"Invalid value for '--batch-size'"),
        (["farm-colour"], r"shape \(3, 4, 6\) and 17 levels, got \(1, 8, 8\) and 17 from digits"),
        (["farm-digits-class", "--dataset", "levels.npy"], r"farm-digits-class needs the context label"),
        (["farm-digits", "--dataset", "missing.npy"], r"missing\.npy"),
        (["farm-digits", "--json", "nowhere/record.json"], r"needs a folder 'nowhere'"),
        (["farm-digits", "--json", "."], r"must be a file, got the folder '\.'"),
        (["farm-digits", "--json", "/dev/null"], r"must be a file, got the device '/dev/null'"),
        (["farm-digits", "--device", "cud"], r"Device 'cud' is not here"),
        (["farm-digits", "--label", "3"], r"No such option: --label"),
    ],
)
def test_bad_input_is_one_sentence(refused, here, words, sentence):
    np.save(here / "levels.npy", np.zeros((5, 1, 8, 8), np.uint8))
    assert re.search(sentence, refused("eval", *words))


def test_a_data_root_that_lacks_the_data_set_is_named(refused, here):
    said = refused("eval", "farm-digits", "--dataset", "mnist", "--data-root", here)
    assert re.search(rf"The data root {here} must hold ylecun/mnist/mnist/test-\*\.parquet.* --data-root", said)


def test_offline_a_data_set_that_is_not_here_is_one_sentence(start, farm, here, tmp_path):
    pytest.importorskip("datasets")
    hub = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hub"), "ARZOO_DATA_ROOT": ""}
    process = start("eval", "farm-digits", "--dataset", "mnist", "--json", "record.json", site=farm, **hub)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, "")
    sentence = r"Error: The Hub's ylecun/mnist is not in the local cache .*--data-root .*HF_HUB_OFFLINE[^\n]*\n"
    assert re.fullmatch(sentence, err)
    assert not list(here.iterdir())


@pytest.fixture
def records(run, here):
    """Folder with the record of `farm-digits`, as `make records` writes it; and a function that changes a figure of it."""
    folder = here / "records"
    folder.mkdir()
    path = folder / "farm-digits.likelihood.json"
    assert run("eval", "farm-digits", "--json", path).code == 0

    def change(part, **values):
        record = json.loads(path.read_text())
        path.write_text(json.dumps({**record, part: {**record[part], **values}}))

    return folder, change


def test_a_record_has_the_figure_of_a_few_items_too(records):
    record = json.loads((records[0] / "farm-digits.likelihood.json").read_text())
    data = arzoo.data.load_dataset("digits", "test")
    few = evaluate(arzoo.load("farm-digits"), data, limit=16, progress=False)
    assert record["subset"] == pytest.approx(json.loads(few.to_json()))
    assert record["likelihood"]["count"] == len(data)


@pytest.mark.parametrize("words", [[], ["--limit", 16], ["--limit", 360], ["--limit", 1000]])
def test_a_check_measures_what_was_recorded_again(run, records, words):
    code, out, err = run("eval", "farm-digits", "--check", "--results", records[0], *words)
    assert (code, err) == (0, "")
    assert re.search(r"\n  as recorded, \d\.\d{6} bits/dim\n$", out)


@pytest.mark.parametrize(("part", "words"), [("likelihood", []), ("subset", ["--limit", 16])])
def test_a_check_that_fails_says_both_figures_and_the_command(run, records, part, words):
    folder, change = records
    change(part, bits_per_dim=3.25)
    code, _, err = run("eval", "farm-digits", "--check", "--results", folder, *words)
    assert code == 1
    rule = r"farm-digits must be within 0\.001 bits/dim of its record, 3\.250000 over (16|360) items, got \d\.\d{6}; "
    assert re.fullmatch(rf"{rule}it was recorded by `arzoo eval farm-digits --json [^`]+`\.\n", err)
    measured = float(re.search(r"got ([\d.]+);", err)[1])
    for distance, expected in ((0.0009, 0), (0.0011, 1)):
        change(part, bits_per_dim=measured + distance)
        assert run("eval", "farm-digits", "--check", "--results", folder, *words).code == expected


def test_a_check_is_of_the_recorded_items_and_weights(refused, records):
    folder, _ = records
    check = ("eval", "farm-digits", "--check", "--results", folder)
    rule = r"of digits test with digest [0-9a-f]{64}, got digits train with digest [0-9a-f]{64}\."
    assert re.search(rf"must measure the items that were recorded, {rule}", refused(*check, "--split", "train"))
    said = refused(*check, "--limit", 17)
    assert said.endswith("whose figure was recorded, 360 and 16, got 17. Use --limit 16.")
    path = folder / "farm-digits.likelihood.json"
    path.write_text(path.read_text().replace('"weights_sha256": "', '"weights_sha256": "0'))
    assert "must be a record of the weights_sha256" in refused(*check)


def test_a_check_needs_a_record(refused, here):
    said = refused("eval", "farm-digits", "--check", "--results", here / "nowhere")
    assert re.search(
        r"needs a record of its likelihood in \S*nowhere, and there is none\. .*use --results FOLDER", said
    )


def test_two_processes_measure_and_record_once(start, run, here, farm, measured):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    group = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}  # as a launcher sets it
    words = ["eval", "farm-digits", "--json", "record.json"]
    running = [start(*words, site=farm, RANK=str(rank), LOCAL_RANK=str(rank), **group) for rank in range(2)]
    first, second = (process.communicate(timeout=120) for process in running)
    assert first[0].startswith(f"farm-digits: {measured}\n"), first[1]
    assert second[0] == ""
    record = json.loads((here / "record.json").read_text())
    assert record["likelihood"]["bits_per_dim"] == pytest.approx(measured.bits_per_dim, abs=1e-6)
    assert record["likelihood"]["digest"] == measured.digest
    assert record["machine"].startswith("2 processes, each ")
