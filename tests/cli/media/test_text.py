"""Text by the command line: to standard output while it is drawn, or whole to a file."""

import itertools
import os
import re
import subprocess
import sys
import time

import pytest
import torch

import arzoo
from arzoo.cli.media.text import characters


def drawn(name, n, prompt="", **options):
    """The characters that Python draws behind a prompt."""
    model = arzoo.load(name)
    length, known = len(prompt) + n, {}
    if prompt:
        levels = torch.cat([model.data.encode(prompt), torch.zeros(n, dtype=torch.int64)])[None]
        known = {"known": levels, "known_mask": torch.arange(length) < len(prompt)}
    return model.data.decode(model.sample(1, length=length, progress=False, **known, **options)[0])[len(prompt) :]


def test_the_prompt_comes_first_and_then_what_python_draws(run, chain, here):
    name = chain("prose")
    code, out, err = run("sample", name, "--prompt", "romeo", "-n", 60, "--seed", 4, "--top-k", 5)
    assert (code, err) == (0, "")
    assert out == "romeo" + drawn(name, 60, "romeo", seed=4, top_k=5)
    assert not list(here.iterdir())


def test_500_characters_are_drawn_from_nothing_where_nothing_is_said(run, chain):
    name = chain("prose")
    assert run("sample", name).out == drawn(name, 500)


def test_a_file_gets_the_whole(run, chain, here):
    name = chain("prose")
    code, out, _ = run("sample", name, "--prompt", "a\nb", "-n", 20, "-o", "a b.txt")
    assert code == 0
    assert re.match(r"Wrote a b\.txt: 20 characters of local-dir:.*prose, seed 0, in .* s \(.*/s\)\.", out)
    assert (here / "a b.txt").read_bytes().decode() == "a\nb" + drawn(name, 20, "a\nb")


def test_a_text_goes_on_where_a_file_or_a_prompt_ends(run, chain, here):
    name = chain("prose")
    (here / "in.txt").write_bytes(b"to be\n")
    expected = "to be\n" + drawn(name, 30, "to be\n")
    assert run("complete", name, "--prefix", "in.txt", "-n", 30).out == expected
    assert run("complete", name, "--prompt", "to be\n", "-n", 30).out == expected
    assert run("complete", name, "--prefix", "in.txt", "-n", 30, "-o", "out.txt").code == 0
    assert (here / "out.txt").read_text() == expected


def test_a_character_is_drawn_when_it_is_asked_for(chain):
    model, steps = arzoo.load(chain("prose")), []
    step = model.backbone.step
    model.backbone.step = lambda *given: steps.append(given[2]) or step(*given)
    stream = characters(model, "abc", 1000, {}, {"seed": 0})
    assert steps == []
    text = [*itertools.islice(stream, 5)]
    assert steps[-1] == 7
    assert "".join(text) == drawn(chain("prose"), 1000, "abc")[:5]


def test_a_pipe_gets_characters_before_the_end_and_may_be_closed(start, chain, install):
    process = start("sample", chain("slow-prose"), "--prompt", "ab", "-n", 1000, site=install.site)
    assert len(process.stdout.read(4)) == 4  # after 0.4 s of 200
    process.stdout.close()
    begun = time.monotonic()
    assert process.wait(timeout=60) == 1
    assert time.monotonic() - begun < 30
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.parametrize("out", [[], ["-o", "prose.txt"]])
def test_stopped_by_hand_it_leaves_no_half_file(start, chain, install, interrupt, here, out):
    process = start("sample", chain("slow-prose"), "-n", 1000, *out, site=install.site)
    answer = interrupt(process, install.site / "drawing")
    assert answer.code == 130
    assert "Traceback" not in answer.err
    assert not list(here.iterdir())


def test_a_terminal_gets_a_line_end_behind_the_text(chain, install):
    pytest.importorskip("pty")
    code = "import pty, sys; pty.spawn([sys.executable, '-c', 'from arzoo.cli import main; main()', *sys.argv[1:]])"
    words = [sys.executable, "-c", code, "sample", chain("prose"), "-n", "5"]
    environment = {**os.environ, "PYTHONPATH": str(install.site)}
    shown = subprocess.run(words, capture_output=True, check=True, env=environment).stdout.decode()
    assert shown == drawn(chain("prose"), 5).replace("\n", "\r\n") + "\r\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--prompt", "so é"], r"one of the 28 of the alphabet, got 'é' at position 3, counted from 0"),
        (["--prompt", "Romeo"], r"got 'R' at position 0"),
        (["-n", "0"], r"Invalid value for '-n'"),
        (["--seconds", "1"], r"--seconds of `arzoo sample` is for models of audio, got 1\.0 for .*, a model of text\. Leave it out"),
        (["--columns", "2"], r"--columns of `arzoo sample` is for models of images and audio, got 2 for .*text"),
        (["--label", "2"], r"Unknown option --label: .* takes no context"),
        (["-o", "text.png"], r"`--out` must end in \.txt, got 'text\.png'\. Use --out text\.txt"),
        (["-o", "no/text.txt"], r"needs a folder 'no'"),
        (["--top-p", "0"], r"`top_p` must .* got 0\.0"),
    ],
)  # fmt: skip
def test_bad_input_for_sampling_is_one_sentence(refused, chain, words, sentence):
    assert re.search(sentence, refused("sample", chain("prose"), *words))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], r"Continuing a text needs --prompt or --prefix, got neither\. Use --prefix FILE\.txt"),
        (["--prompt", "a", "--prefix", "in.txt"], r"needs --prompt or --prefix, got both"),
        (["--prefix", "missing.txt"], r"file that can be read, and missing\.txt is not: No such file"),
        (["--prefix", "folder"], r"file that can be read, and folder is not: Is a directory"),
        (["--prefix", "empty.txt"], r"at least one character, and empty\.txt has 0"),
        (["--prefix", "bytes.txt"], r"must be UTF-8, and bytes\.txt has byte 0xff at 2.* Use iconv"),
        (["--prefix", "greek.txt"], r"got 'ω' at position 4"),
        (["--prefix", "in.txt", "--seconds", "1"], r"--seconds of `arzoo complete` is for models of audio, got 1\.0"),
        (["--prefix", "in.txt", "--resample"], r"--resample of `arzoo complete` is for models of audio, got True"),
        (["--dataset", "digits"], r"--dataset of `arzoo complete` is for models of images, got digits"),
    ],
)
def test_bad_input_for_going_on_is_one_sentence(refused, chain, here, words, sentence):
    (here / "in.txt").write_text("in"), (here / "empty.txt").touch(), (here / "folder").mkdir()
    (here / "bytes.txt").write_bytes(b"ab\xff"), (here / "greek.txt").write_text("abcdω")
    assert re.search(sentence, refused("complete", chain("prose"), *words))
