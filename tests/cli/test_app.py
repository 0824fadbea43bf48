import re
import subprocess
import sys
from importlib import metadata

import pytest
from typer.testing import CliRunner

import arzoo
from arzoo.cli import app
from arzoo.cli.app import VERBS


def plain(text):
    """A help page as one line: without colours, boxes and line ends."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m|[│╭╮╰╯─]", " ", text).split())


def test_the_script_is_the_command_line():
    (script,) = [point for point in metadata.entry_points(group="console_scripts") if point.name == "arzoo"]
    assert script.load() is arzoo.cli.main


@pytest.mark.parametrize("words", [[], ["--help"]])
def test_help_names_every_verb(run, words):
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    assert [verb for verb in VERBS if f"│ {verb} " in out] == list(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_in_80_columns(run, verb):
    code, out, err = run(verb, "--help")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("verb", ["sample", "complete"])
def test_help_says_how_a_context_is_given(verb):
    page = CliRunner().invoke(app, [verb, "--help"]).stdout
    assert "--label" in page
    assert "arzoo info" in plain(page)


def test_help_keeps_what_stands_in_brackets(run):
    assert "ARZOO_DATA_ROOT" in run("eval", "--help").out


def test_version(run):
    assert run("--version") == (0, f"arzoo {arzoo.__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["list", "--jsn"], "No such option: --jsn"),
        (["sample"], "Missing argument 'NAME'"),
        (["sample", "farm-digits", "-n", "0"], "Invalid value for '-n'"),
        (["sample", "farm-digits", "-n", "many"], "Invalid value for '-n'"),
        (["train", "farm-digits"], "Missing option '--out' / '-o'"),
        (["info", "one", "two"], "unexpected extra argument"),
    ],
)
def test_a_wrong_use_is_one_sentence_that_points_to_help(refused, words, sentence):
    assert re.search(rf"{sentence}.*\. See arzoo.* --help\.$", refused(*words))


def test_an_unknown_verb_is_refused_with_the_nearest(refused):
    assert re.search(r"'smaple'.* Did you mean 'sample'\?.*arzoo --help", refused("smaple"))


def test_an_error_of_the_file_system_is_said_with_its_file(refused, monkeypatch):
    def fail(*arguments, **options):
        raise OSError(28, "No space left on device", "sheet.png")

    monkeypatch.setattr(arzoo.registry, "models", fail)
    assert refused("list") == "sheet.png: No space left on device."


def test_a_mistake_of_ours_keeps_its_traceback(here, monkeypatch):
    def fail(*arguments, **options):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(arzoo.registry, "models", fail)
    with pytest.raises(ZeroDivisionError, match="ours"):
        arzoo.cli.main(["list"])


@pytest.mark.filterwarnings("default::arzoo.plugins.PluginWarning")
def test_a_warning_is_one_sentence(run, install):
    install("arzoo-broken", "broken", "raise RuntimeError('no such farm')")
    code, _, err = run("list")
    assert code == 0
    assert re.fullmatch(r"Warning: .*arzoo-broken 1\.0.*no such farm.*\n", err)


def test_strict_turns_a_refused_plugin_into_an_error(refused, install, monkeypatch):
    monkeypatch.setenv("ARZOO_STRICT", "1")
    install("arzoo-broken", "broken", "raise RuntimeError('no such farm')")
    assert re.search(r"arzoo-broken 1\.0.*no such farm", refused("list"))


@pytest.mark.parametrize("where", ["before", "behind"])
def test_debug_shows_the_traceback_and_the_sentence(run, where):
    words = ["--debug", "info", "no-such"] if where == "before" else ["info", "no-such", "--debug"]
    code, _, err = run(*words)
    assert code == 2
    assert err.startswith("Traceback")
    assert "\nError: Unknown model 'no-such'." in err


def test_in_a_process_of_its_own_an_error_has_no_traceback(start):
    process = start("info", "no-such")
    out, err = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert re.fullmatch(r"Error: Unknown model 'no-such'\.[^\n]*\n", err)


def test_the_zoo_is_listed_without_torch(start):
    code = "import sys; from arzoo.cli.app import app; app(['list'], standalone_mode=False)"
    report = f"{code}; print(*[name for name in ('torch', 'numpy', 'PIL', 'rich.progress') if name in sys.modules])"
    listed = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    assert listed.stdout.splitlines()[-1] == ""


def test_a_pipe_that_is_closed_early_is_no_traceback(start):
    with start("info", "--help") as process:
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()


def test_an_interrupt_ends_with_130_and_leaves_nothing(start, interrupt, farm, here):
    process = start("sample", "farm-slow", "-o", "sheet.png", site=farm)
    assert interrupt(process, farm / "drawing") == (130, "", "Stopped.\n")
    assert not list(here.iterdir())
