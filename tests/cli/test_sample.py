import re

import numpy as np
import pytest
import torch
from PIL import Image

import arzoo
from arzoo import ConfigError
from arzoo.cli.images import data_spec
from arzoo.cli.output import output_path, writable
from arzoo.pins import digest

pytestmark = pytest.mark.usefixtures("farm")


def pixels(path):
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image)


def drawn(name, n, context=None, **options):
    """The sheet that Python draws."""
    model = arzoo.load(name)
    levels = model.sample(n, context, progress=False, **options)
    return np.asarray(arzoo.pictures.sheet(model.data.decode(levels)))


def test_the_sheet_shows_what_python_draws(run, here):
    code, out, err = run("sample", "farm-digits", "-n", 5, "--seed", 3)
    assert (code, err) == (0, "")
    assert re.match(r"Wrote farm-digits\.png: 5 samples of farm-digits, seed 3, in ", out)
    assert np.array_equal(pixels(here / "farm-digits.png"), drawn("farm-digits", 5, seed=3))


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["--temperature", "0"], {"temperature": 0.0}),
        (["--top-k", "2"], {"top_k": 2}),
        (["--top-p", "0.3"], {"top_p": 0.3}),
        (["--uncached"], {}),
        (["--device", "cpu", "--dtype", "float32"], {}),
    ],
)
def test_options_mean_what_they_mean_in_python(run, here, words, options):
    assert run("sample", "farm-digits", "-n", 3, *words).code == 0
    assert np.array_equal(pixels(here / "farm-digits.png"), drawn("farm-digits", 3, **options))


@pytest.mark.parametrize(
    ("n", "columns", "size"), [(1, [], (68, 68)), (7, ["--columns", 3], (200, 200)), (1000, [], (2114, 2114))]
)
def test_one_some_and_very_many_fill_a_sheet(run, here, n, columns, size):
    assert run("sample", "farm-digits", "-n", n, *columns).code == 0
    with Image.open(here / "farm-digits.png") as image:
        assert image.size == size


@pytest.mark.parametrize(
    ("words", "labels"),
    [
        (["--label", "7"], [7] * 4),
        (["--label=7"], [7] * 4),
        (["--label", "class7"], [7] * 4),
        (["--label", "0,1,2"], [0, 1, 2, 0]),
        (["--label", "1", "--label", "class4"], [1, 4, 1, 4]),
    ],
)
def test_a_context_is_given_by_its_name_and_dealt_out_in_turn(run, here, words, labels):
    assert run("sample", "farm-digits-class", "-n", 4, *words).code == 0
    assert np.array_equal(pixels(here / "farm-digits-class.png"), drawn("farm-digits-class", 4, {"label": labels}))


def test_columns_of_one_class_say_so(run, here):
    words = ["sample", "farm-digits-class", "-n", 6, "--label", "0,1,2"]
    assert run(*words, "--columns", 3).code == 0
    assert run(*words, "--columns", 2, "-o", "mixed.png").code == 0
    assert pixels(here / "farm-digits-class.png").shape[0] == 2 * 66 + 2 + arzoo.pictures.TEXT + 6
    assert pixels(here / "mixed.png").shape[0] == 3 * 66 + 2


def test_a_colour_model_makes_a_colour_sheet(run, here):
    assert run("sample", "farm-colour").code == 0
    sheet = pixels(here / "farm-colour.png")
    assert (sheet[..., 0] != sheet[..., 2]).any()


@pytest.mark.parametrize("name", ["a b.png", "ü [red].PNG", "-.png", "sub/../sheet.png"])
def test_any_name_that_ends_in_png_will_do(run, here, name):
    (here / "sub").mkdir()
    code, out, _ = run("sample", "farm-digits", "-n", 1, f"--out={name}")
    assert code == 0
    assert f"Wrote {name}:" in out
    assert (here / name).is_file()


def test_an_existing_file_is_replaced_whole(run, here):
    (here / "sheet.png").write_bytes(b"x" * 100_000)
    assert run("sample", "farm-digits", "-o", "sheet.png").code == 0
    assert np.array_equal(pixels(here / "sheet.png"), drawn("farm-digits", 40))
    assert [path.name for path in here.iterdir()] == ["sheet.png"]


def test_a_full_disk_is_said_with_the_file_and_leaves_what_stood_there(start, farm, here):
    (here / "sheet.png").write_bytes(b"before")
    process = start("sample", "farm-digits", "-o", "sheet.png", site=farm, largest_file=1000)
    out, err = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert err == "Error: sheet.png: File too large.\n"
    assert [(path.name, path.read_bytes()) for path in here.iterdir()] == [("sheet.png", b"before")]


def test_a_local_folder_gives_the_sheet_its_name(run, here, tmp_path):
    arzoo.save(arzoo.load("farm-digits"), tmp_path / "my model")
    assert run("sample", f"local-dir:{tmp_path / 'my model'}/", "-n", 1).code == 0
    assert [path.name for path in here.iterdir()] == ["my model.png"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["farm-digit"], r"Unknown model 'farm-digit'\. Did you mean 'farm-digits'.*arzoo list"),
        (["farm"], r"'farm' is an architecture, not a checkpoint"),
        (["elsewhere:farm"], r"got 'elsewhere:farm'"),
        (["local-dir:nowhere"], r"nowhere/config\.json must .* No such file"),
        (["farm-digits-class"], r"farm-digits-class needs --label, got none\. Add --label 0\."),
        (["farm-digits-class", "--label"], r"--label must have a value, got none\. Use --label 0\."),
        (["farm-digits-class", "--label", "--seed", "1"], r"--label must have a value, got none"),
        (["farm-digits-class", "--label", "10"], r"0 to 9 \(class0, .*class9\), got \[10\]"),
        (["farm-digits-class", "--label", "-1"], r"one of class0, .*, got '-1'"),
        (["farm-digits-class", "--label", "clas7"], r"got 'clas7'\. Did you mean 'class"),
        (["farm-digits-class", "--label", "1,,2"], r"got ''"),
        (["farm-digits-class", "--lable", "1"], r"Unknown option --lable: .*takes --label.* Did you mean '--label'"),
        (["farm-digits", "--label", "1"], r"Unknown option --label: farm-digits takes no context"),
        (["farm-digits", "--zebra", "1"], r"Unknown option --zebra: .*no context\. --help shows the other options"),
        (["farm-digits", "--sed", "1"], r"Unknown option --sed.* Did you mean '--seed'"),
        (["farm-digits", "--seed", "-1"], r"`seed` must be .*2\^64 - 1, got -1"),
        (["farm-digits", "--temperature", "-1"], r"`temperature` must be .* got -1\.0"),
        (["farm-digits", "--top-k", "0"], r"`top_k` must be at least 1, got 0"),
        (["farm-digits", "--top-p", "1.5"], r"`top_p` must .* got 1\.5"),
        (["farm-digits", "--columns", "0"], r"Invalid value for '--columns'"),
        (["farm-digits", "--device", "cud"], r"Device 'cud' is not here"),
        (["farm-digits", "--dtype", "float31"], r"`dtype` must be one of .* got 'float31'\. Did you mean .*'float32'"),
        (["farm-bare"], r"A sheet must show images, farm-bare .*None"),
    ],
)
def test_bad_input_is_one_sentence(refused, words, sentence):
    assert re.search(sentence, refused("sample", *words))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a device")
def test_a_device_that_is_not_there_is_refused(refused):
    assert re.match(r"Device 'cuda' is not here: .*\. Use ", refused("sample", "farm-digits", "--device", "cuda"))


def test_a_model_of_sequences_has_no_sheet(regression):
    model = regression(arzoo.orderings.LeftToRight((8,)))
    with pytest.raises(ConfigError, match=r"A sheet must show images, .* has events \(8,\).*model.sample\(n\)"):
        data_spec(model)


@pytest.fixture
def copy(tmp_path, farm):
    """A copy of a checkpoint's folder."""
    return arzoo.save(arzoo.load("farm-digits"), tmp_path / "copy")


def test_a_truncated_file_is_refused(refused, copy):
    weights = copy / "model.safetensors"
    size = weights.stat().st_size
    weights.write_bytes(weights.read_bytes()[:-9])
    said = refused("sample", f"local-dir:{copy}")
    assert re.search(rf"model\.safetensors must hold {size} bytes, got {size - 9}\..* copy it again", said)


def test_an_altered_file_is_refused(refused, copy):
    weights = copy / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    said = refused("sample", f"local-dir:{copy}")
    assert re.search(r"model\.safetensors must have sha256 [0-9a-f]{64}, got [0-9a-f]{64}\..* copy it again", said)


def test_what_is_no_safetensors_file_is_refused(refused, copy):
    weights = copy / "model.safetensors"
    torch.save({"a": torch.zeros(1)}, weights)
    pin = digest(weights)
    config = (copy / "config.json").read_text()
    config = re.sub(r'"sha256": "\w+"', f'"sha256": "{pin.sha256}"', config)
    (copy / "config.json").write_text(re.sub(r'"size": \d+', f'"size": {pin.size}', config))
    assert re.search(r"must be a safetensors file, got a pickle", refused("sample", f"local-dir:{copy}"))


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("sheet.jpg", r"`--out` must end in \.png, got 'sheet\.jpg'\. Use --out sheet\.png"),
        ("sheet", r"`--out` must end in \.png, got 'sheet'\. Use --out sheet\.png"),
        ("a b/sheet.png", r"needs a folder 'a b'\. .*mkdir -p 'a b'"),
        ("folder.png", r"must be a file, got the folder 'folder\.png'"),
        ("/", r"`--out` must end in \.png, got '/'\. Use --out farm-digits\.png"),
        ("", r"`--out` must end in \.png, got '\.'\. Use --out farm-digits\.png"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_the_work(refused, here, out, sentence):
    (here / "folder.png").mkdir()
    assert re.search(sentence, refused("sample", "farm-digits", "-o", out))


def test_a_folder_that_may_not_be_written_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(ConfigError, match=rf"must be in a folder that you may write, '{tmp_path}' is none"):
        output_path(tmp_path / "sheet.png", "farm", [".png"])


def test_what_is_no_file_is_not_written_over():
    with pytest.raises(ConfigError, match="must be a file, got the device '/dev/null'"):
        writable(arzoo.cli.output.Path("/dev/null"))


def test_a_failure_while_writing_leaves_what_stood_there(refused, here, monkeypatch):
    def fail(self, path, **options):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device", str(path))

    (here / "sheet.png").write_text("before")
    monkeypatch.setattr(Image.Image, "save", fail)
    assert "No space left on device" in refused("sample", "farm-digits", "-n", 1, "-o", "sheet.png")
    assert (here / "sheet.png").read_text() == "before"
