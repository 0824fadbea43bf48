"""A plugin that was just made is a working one."""

import os
import subprocess
import sys
import tomllib

import pytest

import arzoo
from arzoo import plugins
from arzoo.scaffold import new_plugin
from arzoo.scaffold.new import FILES, rendered
from arzoo.training import load_recipe, train

NAME = "toadstool"


@pytest.fixture
def installed(tmp_path, monkeypatch, own_zoo):
    """The folder of a new plugin that pip has installed into a place of this test, which is on the path."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    folder, site = new_plugin(NAME, tmp_path), tmp_path / "site"
    command = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target"]
    subprocess.run([sys.executable, *command, site, folder], check=True, capture_output=True)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site))
    plugins.reload()
    yield folder
    for module in [module for module in sys.modules if module.startswith(f"arzoo_{NAME}")]:
        del sys.modules[module]


def test_a_new_plugin_installs_is_listed_passes_its_tests_and_trains_as_it_is(installed, tmp_path):
    assert NAME in arzoo.list_models()
    found = next(found for found in plugins.records() if found.name == NAME)
    assert (found.distribution, found.version, found.status) == (f"arzoo-{NAME}", "0.1.0", "loaded")

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    ran = subprocess.run(command, cwd=installed, capture_output=True, text=True, env={**os.environ})
    assert ran.returncode == 0, ran.stdout
    assert " passed" in ran.stdout and "failed" not in ran.stdout

    quick = [f"training.{key}" for key in ("steps=30", "evaluate_every=0", "sample_every=0", "learning_rate=1e-2")]
    recipe = load_recipe(f"{NAME}-digits", quick)
    model = arzoo.load(f"local-dir:{train(recipe, out=tmp_path / 'run', progress=False)}")
    digits = arzoo.data.load_dataset("digits", "test").batch(range(100))[0]
    fresh = arzoo.create(NAME, event_shape=(1, 8, 8), num_levels=17)
    assert model.bits_per_dim(digits).mean() < 3.5 < fresh.bits_per_dim(digits).mean()
    assert model.sample(2, progress=False).shape == (2, 1, 8, 8)


def test_the_tests_of_a_new_plugin_are_four_lines():
    lines = [line for line in rendered(NAME)[f"tests/test_{NAME}.py"].splitlines() if line]
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    assert len(lines) - len(imports) <= 4


def test_every_file_is_whole():
    texts = rendered(NAME)
    assert len(texts) == len(FILES) and all(text.strip() for text in texts.values())
    assert "${" not in "".join(text for path, text in texts.items() if not path.endswith(".yml"))
    project = tomllib.loads(texts["pyproject.toml"])["project"]
    assert project["entry-points"]["arzoo"] == {NAME: f"arzoo_{NAME}"}
    assert project["dependencies"] == [f"arzoo>={'.'.join(arzoo.__version__.split('.')[:2])}"]
    assert "${{ matrix.python }}" in texts[".github/workflows/tests.yml"]
    assert f'ARZOO_API = "{arzoo.API_VERSION}"' in texts[f"arzoo_{NAME}/__init__.py"]


@pytest.mark.parametrize(
    ("name", "proposed"),
    [
        ("My-Net", "Use mynet."),
        ("arzoo-farm", "Use farm."),
        ("9lives", "Use lives."),
        ("a/b", "Use ab."),
        ("../farm", "Use farm."),
        ("class", "Use mynetclass."),
        ("", "Use mynet."),
        ("--", "Use mynet."),
    ],
)
def test_a_name_that_is_none_is_refused_with_a_better_one(name, proposed, tmp_path):
    rule = r"must be lower-case letters and digits, a letter first, and no word of Python, got "
    with pytest.raises(arzoo.ConfigError, match=rule) as refused:
        new_plugin(name, tmp_path)
    assert str(refused.value).endswith(f"got {name!r}. {proposed}".strip())
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_taken_is_refused(install, tmp_path):
    install(
        "arzoo-farm",
        "barn",
        'import arzoo\n@arzoo.hookimpl\ndef register_models():\n    return [arzoo.ModelEntry("cow", "a:b", {"tiny": {}})]',
    )
    for name, owner in [("cow", r"plugin 'barn' \(arzoo-farm 1.0\)"), ("barn", "plugin 'barn'"), ("arzoo", "'arzoo'")]:
        with pytest.raises(
            arzoo.ConfigError, match=rf"neither an .* plugin's, got '{name}', which is taken by .*{owner}"
        ):
            new_plugin(name, tmp_path / "site")
    with pytest.raises(arzoo.ConfigError, match=r"got 'arzoo-cow'\. Use mycow\.$"):
        new_plugin("arzoo-cow", tmp_path)
    assert not (tmp_path / "site/cow").exists()


def test_a_folder_that_exists_is_left_alone(tmp_path):
    (tmp_path / NAME).mkdir()
    with pytest.raises(arzoo.ConfigError, match=rf"must not exist, got '.*{NAME}'\. Choose another name"):
        new_plugin(NAME, tmp_path)
    assert list((tmp_path / NAME).iterdir()) == []


def test_nothing_is_left_of_a_plugin_that_could_not_be_written(tmp_path, monkeypatch):
    monkeypatch.setitem(FILES, "last.txt", "no-such-template.txt")
    with pytest.raises(FileNotFoundError):
        new_plugin(NAME, tmp_path)
    assert list(tmp_path.iterdir()) == []
