import base64
import builtins
import dataclasses
import io
import json
import re
from html.parser import HTMLParser

import pytest
from PIL import Image

from arzoo.benchmark.page import read_zoo, rendered, rendering, write_page
from arzoo.benchmark.page.pictures import MARKS, field_uri, field_words
from arzoo.benchmark.page.rendering import DIRECTIONS, script_json
from arzoo.benchmark.page.sections import _commit, quantity
from arzoo.benchmark.page.speeds import counted_in, settings_of, speeds_of
from arzoo.cards import carded
from arzoo.errors import ConfigError

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'</script>"


class Tags(HTMLParser):
    """Every start tag with its attributes, and the text between."""

    def __init__(self, page):
        super().__init__()
        self.found, self.words = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def page(built, kit):
    return rendered(read_zoo(built, kit.samples))


def test_one_file_below_two_megabytes(found, tmp_path):
    path = write_page(found, tmp_path / "new" / "folder")
    assert [each.name for each in path.parent.iterdir()] == ["index.html"]
    assert 500_000 < path.stat().st_size < 2_000_000


def test_the_zoo_itself_fits(few, kit):
    with few.context() as patch:
        patch.setattr("arzoo.benchmark.page.reading.carded", carded)
        found = read_zoo(kit.records, kit.samples)
        assert [each.subject.id for each in found.models] == carded()
        assert len(rendered(found).encode()) < 2_000_000


def test_nothing_is_fetched(page):
    for tag, attributes in Tags(page).found:
        for name in ("src", "srcset", "data", "poster", "background", "action", "formaction"):
            assert attributes.get(name, "data:").startswith("data:"), (tag, name)
        if tag == "link":
            assert attributes["href"].startswith("data:")
        assert not any(name.startswith("on") for name in attributes)
    policy = next(a["content"] for tag, a in Tags(page).found if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy and "unsafe-eval" not in policy and "'unsafe-inline'; script" in policy


def test_every_model_has_a_section_with_card_and_commands(page, kit):
    ids = [attributes.get("id") for _, attributes in Tags(page).found]
    assert [id for id in ids if id and id.startswith("m-")] == [f"m-{name}" for name in kit.names]
    assert "arzoo benchmark run pixelcnn-digits --part x --again" in page
    assert "arzoo eval pixelcnn-digits" in page
    assert page.count("<h4>How to use it</h4>") == len(kit.names)


def test_a_failure_is_a_row_with_its_reason(page):
    assert "Not measured: sampling, on 2 threads of one machine: the network is on fire" in page


def test_what_a_paper_prints_is_marked_as_the_papers(page):
    section = page.split('id="m-made-digits"')[1].split('id="m-made-digits-orderings"')[0]
    assert "86.64 nats" in section and "of its own networks; not measured here" in section
    assert "Not to be compared: another data set." in section


def test_text_of_plugins_and_records_is_text(found, kit):
    shown = next(each for each in found.models if each.subject.id == "made-digits")
    record = dict(shown.subject.records["likelihood"])
    record.update(command=EVIL, machine=EVIL, ordering=EVIL)
    entry = dataclasses.replace(shown.subject.entry, title=EVIL, summary=EVIL, limits=EVIL)
    subject = dataclasses.replace(shown.subject, summary=EVIL, records={"likelihood": record})
    subject.__dict__["entry"] = entry
    shown = dataclasses.replace(shown, card=f"# {EVIL}\n\n{EVIL}")
    failed = kit.result(
        "made-digits", 1.0, f"machine {EVIL}", sampling={"failed": EVIL, "command": EVIL, "commit": EVIL}
    )
    found.models = [dataclasses.replace(shown, subject=subject, results=(failed,))]
    found.warnings = [EVIL]
    page = rendered(found)
    tags = Tags(page)
    assert [tag for tag, _ in tags.found].count("script") == 3
    assert not any(name.startswith("on") for _, attributes in tags.found for name in attributes)
    assert all(a.get("src", "data:").startswith("data:") for _, a in tags.found)
    assert EVIL in "".join(tags.words)
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1]
    assert json.loads(data)["models"][0]["title"] == EVIL


def test_marks_of_direction_and_halves_of_characters_are_shown_as_such(found, tmp_path):
    shown = found.models[1]
    subject = dataclasses.replace(shown.subject, summary="An image \u202ereversed\u2066 \ud800")
    found.models = [dataclasses.replace(shown, subject=subject)]
    page = write_page(found, tmp_path).read_text(encoding="utf-8")
    assert "An image \ufffdreversed\ufffd ?" in page
    assert not set(DIRECTIONS) & set(map(ord, page))


def test_json_cannot_end_its_element():
    text = script_json({"a": "</script><!--&\u2028"})
    assert json.loads(text) == {"a": "</script><!--&\u2028"}
    assert not set("<>&\u2028") & set(text)


def test_an_ensemble_has_no_speed_of_its_members(page):
    (board,) = re.findall(
        r'<article class="board" data-board="digits-[0-9a-f]+">\n<h3[^>]*>digits, ensembles<.*?</article>',
        page,
        re.DOTALL,
    )
    heads = re.findall(r'<th scope="col"[^>]*data-key="(\w+)"', board)
    assert heads == ["model", "architecture", "value", "nats", "parameters", "bytes", "training", "flops"]


@pytest.mark.parametrize("count", [0, 1])
def test_a_zoo_of_one_and_of_none_has_a_page(found, count):
    found.models = found.models[1 : 1 + count]
    page = rendered(found)
    assert page.count('class="model"') == count and ("No likelihood was recorded." in page) == (not count)


def test_a_commit_is_told_with_its_changes(found):
    assert [_commit(each) for each in ("c" * 40, f"{'c' * 40}-dirty", None)] == [
        "commit cccccccccc",
        "commit cccccccccc with changes",
        "an installed arzoo",
    ]


def test_the_page_is_a_function_of_what_it_is_made_from(found):
    assert rendered(found) == rendered(found)


def test_speeds_of_two_machines_are_two_settings(found, kit):
    settings = settings_of(found.models)
    assert [setting.key[0] for setting in settings] == [kit.here, kit.there]
    fvbn = next(each for each in found.models if each.subject.id == "fvbn-digits")
    here, there = rendering.speeds_by_setting(fvbn, found.models)
    assert (here["sampling1"], there["sampling1"]) == (10.0, 7.0)
    made = next(each for each in found.models if each.subject.id == "made-digits")
    assert rendering.speeds_by_setting(made, found.models)[1] == {}


def test_what_was_not_measured_has_no_speed(found, kit):
    bare = dataclasses.replace(kit.result("fvbn-digits", 1.0), parts={})
    assert set(speeds_of(found.models[0], bare).values()) == {None}


def test_speeds_of_sequences_are_of_symbols_and_those_of_images_of_images(found, kit):
    fvbn, wavenet = (next(each for each in found.models if each.subject.id == id) for id in kit.names[::5])
    assert (counted_in(fvbn), counted_in(wavenet)) == ("images", "samples")
    assert speeds_of(fvbn, kit.result("fvbn-digits", 3.0))["sampling16"] == 3.0 * 16
    of_sound = speeds_of(wavenet, kit.result("wavenet-fsdd", 3.0))
    assert of_sound["sampling16"] == 64.0 * 3.0 * 16  # whatever the length of an event
    assert of_sound["training"] == 640.0 * wavenet.subject.recipe["data"]["crop"]


def test_a_field_is_drawn_a_point_a_character():
    uri = field_uri(["#-.", "905"])
    image = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB")
    assert image.size == (3, 2)
    assert [image.getpixel((x, 0)) for x in range(3)] == [MARKS["#"], MARKS["-"], MARKS["."]]
    light = [sum(image.getpixel((x, 1))) for x in range(3)]
    assert light[0] > light[2] > light[1]


def test_a_field_is_told_in_words():
    assert field_words({"position": [0, 2, 3], "seen": 5, "earlier": 17}).startswith(
        "5 of the 17 symbols before position (0, 2, 3)"
    )
    assert field_words({"position": [9], "seen": 9, "earlier": 9}).startswith("all 9 symbols")


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (999, "999"), (1000, "1 k"), (999_600, "1000 k"), (1.5e6, "1.5 M"), (3e18, "3 E")]
)
def test_quantities_have_three_digits_and_a_prefix(value, text):
    assert quantity(value) == text


@pytest.mark.parametrize(("module", "name"), [("jinja2", "jinja2"), ("vl_convert", "vl-convert-python")])
def test_without_a_library_the_extra_is_named(found, monkeypatch, module, name):
    original = builtins.__import__

    def refuse(asked, *rest):
        if asked == module:
            raise ImportError
        return original(asked, *rest)

    monkeypatch.setattr(rendering, "library", rendering.library.__wrapped__)  # what is kept is not asked for again
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ConfigError, match=rf"The page needs {name}, .*Use pip install 'arzoo\[page\]'"):
        rendered(found)
