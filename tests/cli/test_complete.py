import re

import numpy as np
import pytest
import torch
from PIL import Image

import arzoo
from arzoo.cli.regions import REGIONS, known_region
from arzoo.pictures import GUTTER, TEXT, TILE

IGNORED = "default:.*known symbols of each event come after unknown ones"
pytestmark = [pytest.mark.usefixtures("farm"), pytest.mark.filterwarnings(IGNORED)]
STEP = TILE + GUTTER


def tiles(path, rows, columns):
    """(rows, columns, TILE, TILE, 3): the images on a completion sheet, counted from its lower right corner."""
    with Image.open(path) as image:
        pixels = np.asarray(image)
    pixels = pixels[-rows * STEP :, -columns * STEP :]
    return pixels.reshape(rows, STEP, columns, STEP, 3).swapaxes(1, 2)[:, :, :TILE, :TILE]


@pytest.fixture
def write(here):
    """Function that writes an image of random pixels, and returns its name."""

    def write(name, shape=(8, 8), mode="L", fill=None):
        pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        image = Image.fromarray(pixels if fill is None else np.full(shape, fill, np.uint8)).convert(mode)
        image.save(here / name, format="PNG")
        return name

    return write


def test_the_sheet_shows_what_was_given_the_mask_the_completions_and_the_truth(run, here):
    words = ["--dataset", "digits", "--first", 4, "--completions", 2, "--seed", 5]
    code, out, err = run("complete", "farm-digits", *words)
    assert (code, err) == (0, "")
    assert re.match(r"Wrote farm-digits-completions\.png: 4 images, top known, 2 completions each.* seed 5", out)
    given, mask, *drawn, truth = tiles(here / "farm-digits-completions.png", 4, 5).swapaxes(0, 1)
    half = TILE // 2
    assert (mask[:, :half] == 255).all()
    assert (mask[:, half:] == 0).all()
    assert (given[:, half:] == arzoo.pictures.UNKNOWN).all()
    for kept in (given, *drawn):
        assert np.array_equal(kept[:, :half], truth[:, :half])
    assert not np.array_equal(drawn[0], drawn[1])


def test_the_first_images_of_the_split_are_taken_and_named(run, here):
    assert run("complete", "farm-digits", "--dataset", "digits", "--first", 3).code == 0
    data = arzoo.data.load_dataset("digits", "test")
    truth = tiles(here / "farm-digits-completions.png", 3, 6)[:, -1, ::8, ::8, 0]
    assert np.array_equal(truth, data.spec.decode(data.batch(range(3)).x)[:, 0].numpy())


def test_one_completion_is_what_python_draws(run, here):
    words = ["--dataset", "digits", "--first", 2, "--completions", 1, "--seed", 9, "--temperature", "0.5"]
    assert run("complete", "farm-digits", *words, "--known", "left").code == 0
    model = arzoo.load("farm-digits")
    x = arzoo.data.load_dataset("digits", "test").batch(range(2)).x
    mask = known_region("left", model)
    levels = model.sample(2, known=x, known_mask=mask, seed=9, temperature=0.5, progress=False)
    drawn = tiles(here / "farm-digits-completions.png", 2, 4)[:, 2, ::8, ::8, 0]
    assert np.array_equal(drawn, model.data.decode(levels)[:, 0].numpy())


def test_a_data_set_brings_its_labels_and_an_option_replaces_them(run, here):
    words = ["complete", "farm-digits-class", "--dataset", "digits", "--first", 6, "-o"]
    for out, label in {"own.png": [], "all.png": ["--label", "0"]}.items():
        assert run(*words, out, *label).code == 0
    assert not np.array_equal(tiles(here / "own.png", 6, 6), tiles(here / "all.png", 6, 6))


def test_files_are_completed_in_their_order(run, here, write):
    names = [write("one.png"), write("a b.png", fill=255)]
    code, out, _ = run("complete", "farm-digits", *names, "--known", "right", "-o", "sheet.png")
    assert code == 0
    assert "2 images, right known" in out
    truth = tiles(here / "sheet.png", 2, 6)[:, -1]
    assert (truth[1] == 255).all()
    assert len(np.unique(truth[0])) > 8


def test_files_come_with_a_context_by_option(run, write):
    names = [write("one.png"), write("two.png")]
    assert run("complete", "farm-digits-class", *names, "--label", "3,4").code == 0


def test_colour_images_are_read_as_colours(run, here, write):
    name = write("colour.png", (4, 6, 3), "RGB")
    assert run("complete", "farm-colour", name, "-o", "sheet.png").code == 0
    with Image.open(here / "sheet.png") as image:
        assert len(set(map(tuple, np.asarray(image)[TEXT:, -TILE:].reshape(-1, 3)))) > 3


@pytest.mark.parametrize("known", REGIONS)
def test_regions_are_halves_or_the_centre_of_any_image(known):
    for height, width in [(8, 8), (5, 7), (4, 6)]:
        model = arzoo.create("farm", event_shape=(1, height, width))
        mask = known_region(known, model)
        assert mask.shape == (1, height, width)
        rows, columns = mask[0].any(1).nonzero().flatten(), mask[0].any(0).nonzero().flatten()
        assert mask.sum() == len(rows) * len(columns)  # a rectangle
        edges = (rows[0] == 0, rows[-1] == height - 1, columns[0] == 0, columns[-1] == width - 1)
        missed = {"top": [1], "bottom": [0], "left": [3], "right": [2], "center": [0, 1, 2, 3]}[known]
        assert [bool(edge) for edge in edges] == [k not in missed for k in range(4)]


def test_the_white_of_a_mask_image_is_known(run, here):
    grey = np.zeros((8, 8), np.uint8)
    grey[:2], grey[2:4] = 255, 127
    Image.fromarray(grey).save(here / "mask.png")
    mask = known_region("mask.png", arzoo.load("farm-digits"))
    assert torch.equal(mask, (torch.arange(8) < 2).view(1, 8, 1).expand(1, 8, 8))
    assert run("complete", "farm-digits", "--dataset", "digits", "--known", "mask.png").code == 0


def test_an_array_says_what_is_known_of_each_colour_and_image(run, here):
    lower = np.arange(8)[:, None].repeat(8, 1) < 4
    arrays = {
        "rows": lower,
        "event": lower[None],
        "numbers": lower.astype(np.int64),
        "two": np.stack([lower, ~lower])[:, None],
    }
    for name, mask in arrays.items():
        np.save(here / f"{name}.npy", mask)
    whole = known_region("top", arzoo.load("farm-digits"))
    for name in ("rows", "event", "numbers"):
        assert torch.equal(known_region(f"{name}.npy", arzoo.load("farm-digits")), whole)
    words = ["--dataset", "digits", "--first", 2, "--completions", 1, "-o", "sheet.png"]
    assert run("complete", "farm-digits", *words, "--known", "two.npy").code == 0
    mask = tiles(here / "sheet.png", 2, 4)[:, 1, ::8, ::8, 0] > 0
    assert np.array_equal(mask, arrays["two"][:, 0])
    np.save(here / "red.npy", np.array([1, 0, 0], bool).reshape(3, 1, 1) & np.ones((4, 6), bool))
    assert known_region("red.npy", arzoo.load("farm-colour")).shape == (3, 4, 6)


def test_what_is_known_too_late_is_said(run):
    code, _, err = run("complete", "farm-digits", "--dataset", "digits", "--known", "bottom", "--first", 1)
    assert code == 0
    assert re.fullmatch(r"Warning: 32 known symbols of each event come after unknown ones .* were ignored .*\n", err)


def test_a_model_of_several_orderings_puts_what_is_known_first(run, here):
    words = ["complete", "made-digits-orderings", "--dataset", "digits", "--first", 2, "--completions", 1]
    assert run(*words, "--known", "bottom", "-o", "first.png").err == ""
    assert "32 known symbols" in run(*words, "--known", "bottom", "--own-order", "-o", "own.png").err
    assert not np.array_equal(*(tiles(here / name, 2, 4)[:, 2] for name in ("first.png", "own.png")))


def test_images_are_converted_when_that_is_asked_for(run, here, write):
    name = write("large.png", (12, 24), "RGB")
    code, _, err = run("complete", "farm-digits", name, "--convert", "-o", "sheet.png")
    assert (code, err) == (0, "Note: large.png, a 24x12 image of mode RGB, was made a 8x8 image of mode L.\n")
    with Image.open(here / name) as image:
        middle = np.asarray(image.convert("L").crop((6, 0, 18, 12)).resize((8, 8), Image.Resampling.BICUBIC))
    levels = torch.from_numpy(np.rint(middle / 255 * 16).astype(np.uint8))
    truth = tiles(here / "sheet.png", 1, 6)[0, -1, ::8, ::8, 0]
    assert np.abs(truth - arzoo.data.Pixels(17).decode(levels).numpy().astype(int)).max() <= 16
    assert run("complete", "farm-digits", write("own.png"), "--convert").err == ""


def test_a_full_disk_leaves_no_sheet(start, farm, here):
    process = start("complete", "farm-digits", "--dataset", "digits", site=farm, largest_file=1000)
    out, err = process.communicate(timeout=90)
    assert (process.returncode, out) == (2, "")
    assert re.fullmatch(r"Error: .*farm-digits-completions\.png: File too large\.\n", err)
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], r"needs images or a data set, got neither\. Use --dataset digits"),
        (["grey.png", "--dataset", "digits"], r"needs images or a data set, got both"),
        (["missing.png"], r"There is no file missing\.png\. Name an image, or use --dataset digits"),
        (["text.png"], r"text\.png .*cannot (be )?(read|identified)"),
        (["cut.png"], r"cut\.png .*cannot be read"),
        (["folder"], r"folder .*(cannot be read|Is a directory)"),
        (["large.png"], r"large\.png must be a 8x8 image of mode L for farm-digits, got a 9x8 image of mode L\. Use --convert"),
        (["rgb.png"], r"rgb\.png must be a 8x8 image of mode L .*, got a 8x8 image of mode RGB\. Use --convert"),
        (["film.gif"], r"film\.gif must be a 8x8 image of mode L .*, got a 8x8 image of mode P in 2 frames\. Use --convert"),
        (["--dataset", "digitz"], r"Unknown data set 'digitz'\. Did you mean 'digits'"),
        (["--dataset", "digits", "--split", "tset"], r"must be 'train' or 'test', got 'tset'\. Did you mean 'test'"),
        (["--dataset", "folder:nowhere"], r"must name a folder of images, got 'nowhere'"),
        (["grey.png", "--known", "botom"], r"must be top, .* a mask image or an array in a \.npy, got 'botom'\. Did you mean 'bottom'"),
        (["grey.png", "--known", "large.png"], r"mask large\.png must have .* 8x8 pixels, got 9x8\. Use .*resize\(\(8, 8\)\)"),
        (["grey.png", "--known", "text.png"], r"text\.png .*cannot"),
        (["grey.png", "--known", "white.png"], r"some pixels known and some not, got 'white\.png'.*every pixel is known"),
        (["grey.png", "--known", "black.png"], r"some pixels known and some not, got 'black\.png'.*no pixel is known"),
        (["grey.png", "--known", "flat.npy"], r"mask flat\.npy must have the shape \(8, 8\), .*, got \(64,\)\. Use mask\.reshape\(8, 8\)"),
        (["grey.png", "--known", "high.npy"], r"mask high\.npy must have the shape \(8, 8\), \(1, 8, 8\) or \(N, 1, 8, 8\), got \(9, 8\)"),
        (["grey.png", "--known", "grey.npy"], r"mask grey\.npy must be true or false at each place, got 0\.5\. Use mask > 0"),
        (["grey.png", "--known", "text.npy"], r"text\.npy must be an array of numpy, and cannot be read"),
        (["grey.png", "--known", "objects.npy"], r"objects\.npy must be an array of numpy, and cannot be read"),
        (["grey.png", "--known", "three.npy"], r"three\.npy must hold one mask an image, 1, got 3\. Use masks\[:1\], or .*\(1, 8, 8\)"),
        (["grey.png", "--known", "none.npy"], r"some pixels known and some not, got 'none\.npy': no pixel is known"),
        (["grey.png", "--label", "1"], r"Unknown option --label: farm-digits takes no context"),
        (["grey.png", "--completions", "0"], r"Invalid value for '--completions'"),
        (["grey.png", "-o", "nowhere/sheet.png"], r"needs a folder 'nowhere'"),
        (["grey.png", "-o", "sheet.gif"], r"`--out` must end in \.png, got 'sheet\.gif'"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(refused, here, write, words, sentence):
    write("grey.png"), write("large.png", (8, 9)), write("rgb.png", (8, 8), "RGB")
    write("white.png", fill=255), write("black.png", fill=0)
    (here / "text.png").write_text("no image")
    (here / "cut.png").write_bytes((here / "grey.png").read_bytes()[:60])
    (here / "folder").mkdir()
    frames = [Image.fromarray(np.full((8, 8), grey, np.uint8)) for grey in (0, 255)]
    frames[0].save(here / "film.gif", save_all=True, append_images=frames[1:])
    (here / "text.npy").write_text("no array")
    arrays = {"flat": np.eye(8).ravel(), "high": np.eye(9, 8), "grey": np.eye(8) / 2, "none": np.zeros((8, 8))}
    arrays |= {"three": np.stack([np.eye(8)[None]] * 3), "objects": np.array([{}])}
    for name, array in arrays.items():
        np.save(here / f"{name}.npy", array)
    assert re.search(sentence, refused("complete", "farm-digits", *words))


def test_files_without_the_context_that_is_needed_are_refused(refused, write):
    said = refused("complete", "farm-digits-class", write("one.png"))
    assert re.search(r"farm-digits-class needs --label, got none\. Add --label 0\.", said)


def test_a_data_set_that_does_not_fit_is_refused(refused):
    said = refused("complete", "farm-colour", "--dataset", "digits")
    assert re.search(r"shape \(3, 4, 6\) and 17 levels, got \(1, 8, 8\) and 17 from digits", said)


def test_a_data_set_without_the_context_that_is_needed_is_refused(refused, here):
    np.save(here / "plain.npy", np.zeros((3, 1, 8, 8), np.uint8))
    said = refused("complete", "farm-digits-class", "--dataset", "plain.npy")
    assert re.search(r"farm-digits-class needs .*label", said)


def test_a_model_without_a_data_spec_is_refused(refused, write):
    assert re.search(r"A sheet must show images, farm-bare", refused("complete", "farm-bare", write("one.png")))
