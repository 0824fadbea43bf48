"""Clips by the command line: WAV files, sheets of spectrograms, and what goes on with a clip."""

import re

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

import arzoo
from arzoo import spectrograms
from arzoo.cli.media import duration

RATE = 8000


def wav(path):
    """The samples in a file, which must be 16-bit WAV of one channel at the models' rate."""
    with soundfile.SoundFile(path) as file:
        assert (file.format, file.subtype, file.channels, file.samplerate) == ("WAV", "PCM_16", 1, RATE)
        return torch.from_numpy(file.read(dtype="float32"))


def drawn(name, n, length, context=None, **options):
    """The waveforms that Python draws, as 16 bits hold them."""
    model = arzoo.load(name)
    levels = model.sample(n, context, length=length, progress=False, **options)
    return (model.data.decode(levels) * 32768).round().clamp(max=32767) / 32768


@pytest.fixture
def record(here):
    """Function that writes a sound, and returns its name."""

    def record(name, length=400, rate=RATE, channels=1):
        shape = (length, channels) if channels > 1 else length
        soundfile.write(here / name, np.random.default_rng(0).uniform(-0.5, 0.5, shape).astype("float32"), rate)
        return name

    return record


def test_a_clip_is_what_python_draws(run, chain, here):
    name = chain("speech")
    words = ["--label", 7, "--speaker", "theo", "--seconds", 0.1, "--seed", 3, "-o", "seven.wav"]
    code, out, err = run("sample", name, *words)
    assert (code, err) == (0, "")
    assert re.match(r"Wrote seven\.wav: 0\.1 s of local-dir:.*speech at 8,000 Hz, seed 3, in .* samples/s\)", out)
    (expected,) = drawn(name, 1, 800, {"label": 7, "speaker": "theo"}, seed=3)
    assert torch.equal(wav(here / "seven.wav"), expected)


def test_a_second_is_drawn_where_no_length_is_given_and_the_file_is_named_after_the_model(run, chain, here):
    assert run("sample", chain("hum")).code == 0
    assert len(wav(here / "chain-hum.wav")) == RATE
    assert [path.name for path in here.iterdir()] == ["chain-hum.wav"]


def test_several_clips_are_numbered_and_the_same_seed_draws_the_same(run, chain, here):
    name = chain("speech")
    words = ["sample", name, "-n", 3, "--label", "1,2", "--speaker", 0, "--seconds", 0.01, "-o"]
    assert run(*words, "a.wav").out.startswith("Wrote a-1.wav ... a-3.wav: 3 x 0.01 s")
    assert run(*words, "b.wav").code == 0
    assert sorted(path.name for path in here.iterdir()) == [f"{x}-{k}.wav" for x in "ab" for k in (1, 2, 3)]
    expected = drawn(name, 3, 80, {"label": [1, 2, 1], "speaker": 0})
    for k in range(3):
        assert torch.equal(wav(here / f"a-{k + 1}.wav"), expected[k])
        assert torch.equal(wav(here / f"b-{k + 1}.wav"), expected[k])


def test_a_png_is_a_sheet_of_spectrograms_named_by_their_labels(run, chain, here):
    name = chain("speech")
    words = ["-n", 4, "--label", 3, "--speaker", "theo,george", "--seconds", 0.05, "--columns", 4, "-o", "sheet.png"]
    assert run("sample", name, *words).code == 0
    model = arzoo.load(name)
    levels = model.sample(4, {"label": 3, "speaker": [2, 0, 2, 0]}, length=400, progress=False)
    captions = ["3, theo", "3, george"] * 2
    expected = spectrograms.sheet(list(model.data.decode(levels)), RATE, 4, captions=captions)
    with Image.open(here / "sheet.png") as image:
        assert np.array_equal(np.asarray(image), np.asarray(expected))


def test_a_clip_goes_on_where_it_ends(run, chain, here, record):
    name = chain("speech")
    words = [
        "--prefix",
        record("in.wav"),
        "--label",
        1,
        "--speaker",
        2,
        "--seconds",
        0.05,
        "-o",
        "out.wav",
        "--seed",
        9,
    ]
    code, out, err = run("complete", name, *words)
    assert (code, err) == (0, "")
    assert re.match(r"Wrote out\.wav: 0\.05 s of in\.wav and 0\.05 s of .* at 8,000 Hz, seed 9, in ", out)
    model, whole = arzoo.load(name), wav(here / "out.wav")
    given = model.data.encode(wav(here / "in.wav")).long()
    assert len(whole) == 800
    assert torch.equal(model.data.encode(whole[:400]).long(), given)
    known = torch.cat([given, given.new_zeros(400)])[None]
    context = {"label": 1, "speaker": 2}
    levels = model.complete(known, torch.arange(800) < 400, context, seed=9, progress=False)
    assert torch.equal(model.data.encode(whole).long(), levels[0])


def test_another_rate_is_changed_where_that_is_asked_for_and_said(run, chain, here, record):
    words = ["--prefix", record("in.wav", 1600, rate=16000), "--resample", "--seconds", 0.01, "-o", "out.wav"]
    code, _, err = run("complete", chain("hum"), *words)
    assert (code, err) == (0, "Note: in.wav was resampled from 16,000 Hz to 8,000 Hz.\n")
    assert len(wav(here / "out.wav")) == 800 + 80
    assert run("complete", chain("hum"), "--prefix", record("in.wav"), "--resample", "-o", "out.wav").err == ""


def test_labels_that_nobody_gives_are_heard_in_the_clip(run, chain, here, record):
    """The command as the README has it, told nothing: it goes on under the classes of greatest likelihood."""
    name = chain("speech")
    words = ["--prefix", record("in.wav"), "--seconds", 0.05, "--seed", 9]
    code, _, err = run("complete", name, *words, "-o", "heard.wav")
    model = arzoo.load(name)
    levels = model.data.encode(wav(here / "in.wav"))[None]
    nats = {(d, s): model.log_prob(levels, {"label": d, "speaker": s}).item() for d in range(10) for s in range(3)}
    digit, speaker = max(nats, key=nats.get)
    said = f"--label {digit} --speaker {('george', 'jackson', 'theo')[speaker]}"
    assert (code, err) == (0, f"Note: the clip is the most likely under {said}, which it is continued under.\n")
    run("complete", name, *words, *said.split(), "-o", "told.wav")
    assert torch.equal(wav(here / "heard.wav"), wav(here / "told.wav"))
    digit = max(range(10), key=lambda digit: nats[digit, 1])
    err = run("complete", name, *words, "--speaker", "jackson", "-o", "other.wav").err
    assert err.startswith(f"Note: the clip is the most likely under --label {digit}, ")


def test_a_completion_may_be_a_picture_too(run, chain, here, record):
    assert run("complete", chain("hum"), "--prefix", record("in.wav"), "--seconds", 0.1, "-o", "out.png").code == 0
    with Image.open(here / "out.png") as image:
        assert image.size[0] == spectrograms.WIDTH


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["speech"], r"needs --label, --speaker, got none\. Add --label 0 --speaker 0\."),
        (["speech", "--label", "10", "--speaker", "0"], r"0 to 9, got \[10\]"),
        (["speech", "--label", "-1", "--speaker", "0"], r"number from 0 to 9, got '-1'"),
        (["speech", "--label", "1", "--speaker", "tho"], r"one of george, jackson, theo, got 'tho'\. Did you mean 'theo'"),
        (["speech", "--label", "1", "--speaker", "3"], r"0 to 2 \(george, jackson, theo\), got \[3\]"),
        (["hum", "--label", "1"], r"Unknown option --label: .*takes no context"),
        (["hum", "--seconds", "0"], r"`--seconds` must be at least one sample, 0\.000125 at 8,000 Hz, got 0\. Use --seconds 1"),
        (["hum", "--seconds", "-1"], r"`--seconds` must be at least one sample, .* got -1\."),
        (["hum", "--seconds", "nan"], r"`--seconds` must be at least one sample, .* got nan"),
        (["hum", "-n", "0"], r"Invalid value for '-n'"),
        (["hum", "--columns", "2"], r"`--columns` of audio is for a sheet of spectrograms, got 2 for chain-hum\.wav\. Use --out chain-hum\.png"),
        (["hum", "--prompt", "hello"], r"--prompt of `arzoo sample` is for models of text, got hello for .*, a model of audio\. Leave it out"),
        (["hum", "-o", "hum.mp3"], r"`--out` must end in \.wav or \.png, got 'hum\.mp3'\. Use --out hum\.wav"),
        (["hum", "-o", "no/hum.wav"], r"needs a folder 'no'\. Make it with mkdir -p no"),
        (["hum", "-n", "2", "-o", "taken.wav"], r"must be a file, got the folder 'taken-2\.wav'"),
        (["hum", "--temperature", "-1"], r"`temperature` must be .* got -1\.0"),
        (["fixed"], r"`arzoo sample` of audio is for models of free length, got events of \(9,\) from .*\. Use model\.sample\(n\)"),
        (["codes"], r"A sheet must show images, .* has events \(None,\) and the data spec None"),
    ],
)  # fmt: skip
def test_bad_input_for_sampling_is_one_sentence(refused, chain, here, words, sentence):
    (here / "taken-2.wav").mkdir()
    assert re.search(sentence, refused("sample", chain(words[0]), *words[1:]))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], r"Continuing audio needs --prefix, got none\. Use --prefix IN\.wav"),
        (["--prefix", "missing.wav"], r"missing\.wav.*No such file"),
        (["--prefix", "noise.txt"], r"must be a WAV, .* file, and noise\.txt is none"),
        (["--prefix", "fast.wav"], r"must have 8000 samples a second, and fast\.wav has 16000\. .*--resample"),
        (["--prefix", "stereo.wav"], r"must have one channel, and stereo\.wav has 2"),
        (["--prefix", "empty.wav"], r"must have at least one sample, and empty\.wav has 0"),
        (
            ["--prefix", "short.wav"],
            r"must fill its receptive field, 200 samples \(25 ms\), got 199 samples \(24\.875 ms\) in short\.wav\. "
            r"Use a longer clip, or `arzoo sample`, which starts from nothing",
        ),
        (["--prefix", "in.wav", "--seconds", "0"], r"`--seconds` must be at least one sample, .* got 0"),
        (["--prefix", "in.wav", "--label", "1"], r"Unknown option --label"),
        (["--prefix", "in.wav", "-n", "5"], r"-n of `arzoo complete` is for models of text, got 5 for .*audio"),
        (["--prefix", "in.wav", "--known", "top"], r"--known of `arzoo complete` is for models of images, got top for"),
        (["in.wav"], r"The argument IMAGES of `arzoo complete` is for models of images, got in\.wav for .*audio"),
        (["--prefix", "in.wav", "-o", "out.txt"], r"`--out` must end in \.wav or \.png, got 'out\.txt'"),
    ],
)
def test_bad_input_for_going_on_is_one_sentence(refused, chain, here, record, words, sentence):
    record("in.wav"), record("fast.wav", rate=16000), record("stereo.wav", channels=2), record("empty.wav", 0)
    record("short.wav", 199)
    (here / "noise.txt").write_text("no sound")
    assert re.search(sentence, refused("complete", chain("hum"), *words))


def test_a_prefix_just_as_long_as_the_receptive_field_will_do(run, chain, record):
    assert run("complete", chain("hum"), "--prefix", record("in.wav", 200), "--seconds", 0.01).code == 0


def test_lengths_are_said_in_samples_and_milliseconds():
    assert duration(3070, 8000) == "3,070 samples (383.75 ms)"
    assert duration(5115, 16000) == "5,115 samples (319.688 ms)"
