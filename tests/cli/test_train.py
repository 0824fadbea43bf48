import re

import pytest

import arzoo

pytest.importorskip("accelerate")
pytestmark = pytest.mark.usefixtures("farm")


def test_a_recipe_leaves_a_checkpoint(run, here):
    code, out, _ = run("train", "farm-digits", "-o", "a run")
    assert code == 0
    assert re.fullmatch(r"Trained on [\d.,]+ items a second, \S+ GFLOP/s, [\d.]+% of .*\.", out.splitlines()[-2])
    assert out.splitlines()[-1] == "Wrote a run: load it as local-dir:a run."
    assert arzoo.load(f"local-dir:{here / 'a run'}").architecture == "farm"
    assert run("sample", "local-dir:a run", "-n", 1).code == 0
    assert run("eval", "local-dir:a run", "--limit", 5).code == 0


def test_options_change_the_recipe(run, here):
    words = ["--set", "training.steps=3", "--set", "training.seed=7", "--init-from", "farm-digits"]
    assert run("train", "farm-digits", "-o", "run", *words).code == 0
    recipe = arzoo.checkpoints.config_of("local-dir:run").training["recipe"]
    assert (recipe["training"]["steps"], recipe["training"]["seed"]) == (3, 7)


def test_a_recipe_may_be_a_file(run, here, farm):
    (here / "my.toml").write_text((farm / "arzoo_farm_weights" / "digits.toml").read_text())
    assert run("train", "my.toml", "-o", "run").code == 0


def test_a_finished_run_is_not_trained_over(run, refused):
    assert run("train", "farm-digits", "-o", "run").code == 0
    assert re.search(r"run .*--resume", refused("train", "farm-digits", "-o", "run"))
    assert run("train", "farm-digits", "-o", "run", "--resume").code == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["farm-digit"], r"Unknown recipe 'farm-digit'\. Did you mean 'farm-digits'"),
        (["missing.toml"], r"A recipe must be a file, got 'missing\.toml', which is not there"),
        (["broken.toml"], r"The recipe 'broken' must be TOML, but it does not parse"),
        (["farm-digits", "--set", "training.stepz=3"], r"unknown key `training\.stepz`\. Did you mean 'steps'"),
        (["farm-digits", "--set", "trainin.steps=3"], r"unknown key `trainin`\. Did you mean 'training'"),
        (["farm-digits", "--set", "training.steps"], r"must read section\.key=value, got 'training\.steps'"),
        (["farm-digits", "--set", "training.steps=many"], r"`training\.steps` must be an integer, got 'many'"),
        (["farm-digits", "--set", "model.arguments.widht=3"], r"farm .*'?widht'?"),
        (["farm-digits", "--set", "data.dataset=digitz"], r"Unknown data set 'digitz'\. Did you mean 'digits'"),
        (["farm-digits", "--init-from", "farm-digit"], r"Unknown model 'farm-digit'\. Did you mean 'farm-digits'"),
    ],
)
def test_bad_input_is_one_sentence(run, here, words, sentence):
    (here / "broken.toml").write_text("[model")
    code, _, err = run("train", *words, "-o", "run")
    assert code == 2
    assert re.search(rf"Error: .*{sentence}[^\n]*\n$", err)
    assert not list(here.glob("run/*.safetensors"))


def test_an_output_that_is_a_file_is_refused(refused, here):
    (here / "run").write_text("not a folder")
    assert "run" in refused("train", "farm-digits", "-o", "run")
    assert (here / "run").read_text() == "not a folder"


def test_an_interrupted_run_says_how_to_go_on(start, interrupt, farm, here):
    words = ["train", "farm-digits", "-o", "run", "--set", "training.steps=100000"]
    process = start(*words, "--set", "training.checkpoint_every=10", site=farm)
    code, _, err = interrupt(process, here / "run" / "snapshot.pt")
    assert code == 130
    again = f"arzoo {' '.join(words)} --set training.checkpoint_every=10 --resume"
    assert err.endswith(f"Go on from the last snapshot with: {again}\nStopped.\n")
    assert not list(here.glob("run/.*"))


def test_a_full_disk_keeps_the_last_good_checkpoint(run, start, farm, here):
    """Files may grow as large as the first snapshot is, which knows nothing yet of the moments of Adam."""
    assert run("train", "farm-digits", "-o", "free", "--set", "training.steps=1").code == 0
    whole = (here / "free" / "snapshot.pt").stat().st_size
    words = ["train", "farm-digits", "-o", "run", "--set", "training.steps=50"]
    process = start(*words, "--set", "training.checkpoint_every=7", site=farm, largest_file=whole - 1000)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, "")
    rule = r"Error: The run in run cannot be written \(File too large\); its last snapshot is whole\. .* --resume\.\n"
    assert re.search(rf"^{rule}$", err, re.MULTILINE)
    assert not list(here.glob("run/.*"))
    assert run(*words, "--set", "training.checkpoint_every=7", "--resume").code == 0
    assert arzoo.load("local-dir:run").architecture == "farm"


def test_a_loss_that_is_no_number_is_one_sentence_and_keeps_the_last_good_checkpoint(run, here):
    assert run("train", "farm-digits", "-o", "good").code == 0
    ruinous = ["--set", "training.learning_rate=1e38", "--set", "training.steps=9", "--init-from", "local-dir:good"]
    code, _, err = run("train", "farm-digits", "-o", "run", *ruinous)
    assert code == 2
    assert re.search(r"Error: The (loss|norm of the gradient) must be finite, got (nan|inf) (at|after) step \d+; ", err)
