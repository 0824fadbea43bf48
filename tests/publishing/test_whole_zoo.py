"""The whole zoo, from a copy of its plugins: published, hidden, and loaded back from a Hub and then from the cache."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from arzoo.cards import carded

PLUGINS = Path(__file__).parents[2] / "plugins"
NAMES = carded()
SCORE = """
import json, torch, arzoo
from arzoo.cards import carded

scores = {}
for name in carded():
    model = arzoo.load(name)
    shape = [40 if size is None else size for size in model.event_shape]
    x = torch.randint(model.num_levels, (2, *shape), generator=torch.Generator().manual_seed(0))
    fields = {key: spec.to_config() for key, spec in model.context.items()}
    context = {key: 0 if f["kind"] == "labels" else torch.zeros(2, *f["shape"]) for key, f in fields.items()}
    scores[name] = [arzoo.info(name).bundle, [value.hex() for value in model.log_prob(x, context or None).tolist()]]
print(json.dumps(scores))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PLUGINS.is_dir() or not NAMES, reason="needs the checkout with its plugins installed"),
]


@pytest.fixture
def plugins(tmp_path):
    """A copy of every plugin's source."""
    return Path(shutil.copytree(PLUGINS, tmp_path / "plugins", ignore=shutil.ignore_patterns("tests", "__pycache__")))


@pytest.fixture
def run(plugins):
    """Function from Python or the words of a verb to what a process says that imports the copy."""

    def run(*words, code="from arzoo.cli import main; main()", **environment):
        paths = os.pathsep.join(map(str, plugins.iterdir()))
        settings = {**os.environ, "PYTHONPATH": paths, "HF_TOKEN": "hf_secret", "OMP_NUM_THREADS": "1", **environment}
        command = [sys.executable, "-c", code, *words]
        done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return run


def test_what_is_published_is_loaded_back_to_the_bit(hub, run, plugins):
    truth = json.loads(run(code=SCORE))
    assert all(bundle for bundle, _ in truth.values())
    assert "was made" not in run("publish", "--all", "--org", "zoo", "--dry-run")
    assert hub.repositories == {}
    assert run("publish", "--all", "--org", "zoo").count(" was made, ") == len(NAMES)
    assert run("publish", "--all", "--org", "zoo").count(" is up to date.") == len(NAMES)
    assert [len(hub.commits(f"zoo/{name}")) for name in NAMES] == [1] * len(NAMES)
    for folder in plugins.glob("*/*/weights/*/"):
        shutil.rmtree(folder)
    scores = {name: [None, score] for name, (_, score) in truth.items()}
    assert json.loads(run(code=SCORE)) == scores
    hub.close()
    assert json.loads(run(code=SCORE, HF_HUB_OFFLINE="1")) == scores
