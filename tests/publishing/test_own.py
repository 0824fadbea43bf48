"""A user's own model: saved, described, uploaded in one commit, and loaded back by what comes back."""

import pytest
import torch
from huggingface_hub import ModelCard
from loopback import Fault

import arzoo
from arzoo.errors import ConfigError, PublishError

X = torch.tensor([[[[0, 1, 2], [0, 1, 0]]]])
REPO = "me/my-table"


@pytest.fixture
def run(farm, tmp_path):
    """A training's folder, as the name that loads it."""
    model = arzoo.create("farm", data={"kind": "pixels", "num_levels": 3})
    recipe = {"name": "mine", "data": {"dataset": "cifar10"}, "training": {"steps": 5, "seed": 1}}
    return f"local-dir:{arzoo.save(model, tmp_path / 'run', training={'recipe': recipe, 'seed': 1})}"


def card(hub):
    return ModelCard(hub.files(REPO)["README.md"].decode())


def test_a_model_comes_back_from_where_it_was_pushed(hub, run):
    model = arzoo.load(run)
    name = arzoo.push_to_hub(model, REPO, summary="My table.")
    assert name == f"hf-hub:{REPO}@{hub.commits(REPO)[0]}"
    assert set(hub.files(REPO)) == {"model.safetensors", "config.json", "README.md"}
    assert torch.equal(arzoo.load(name).log_prob(X), model.log_prob(X))


def test_the_card_says_what_is_known(hub, run):
    arzoo.push_to_hub(arzoo.load(run), REPO, summary="My table.")
    data, text = card(hub).data, card(hub).text
    assert (data.library_name, data.license, data.datasets) == ("arzoo", "apache-2.0", ["uoft-cs/cifar10"])
    assert "My table." in text
    assert f'arzoo.load("hf-hub:{REPO}")' in text
    assert "Nothing was recorded of these weights." in text
    assert "**unknown**" in text


def test_the_provenance_goes_along_as_long_as_the_weights_are_the_same(hub, run):
    model = arzoo.load(run)
    arzoo.push_to_hub(model, REPO)
    assert arzoo.checkpoints.config_of(f"hf-hub:{REPO}").training["recipe"]["name"] == "mine"
    with torch.no_grad():
        model.backbone.logits += 1
    arzoo.push_to_hub(model, REPO)
    assert arzoo.checkpoints.config_of(f"hf-hub:{REPO}@{hub.commits(REPO)[-1]}").training is None
    assert card(hub).data.license is None
    assert "Its config does not say." in card(hub).text


def test_provenance_and_licence_may_be_given(hub, farm):
    arzoo.push_to_hub(arzoo.create("farm"), REPO, training={"seed": 3}, license="mit")
    assert card(hub).data.license == "mit"
    assert arzoo.checkpoints.config_of(f"hf-hub:{REPO}").training == {"seed": 3}


def test_a_second_push_makes_no_commit(hub, run):
    first = arzoo.push_to_hub(arzoo.load(run), REPO)
    assert arzoo.push_to_hub(arzoo.load(run), REPO) == first
    assert len(hub.commits(REPO)) == 1


def test_what_cannot_be_pushed_is_a_sentence(hub, farm, monkeypatch):
    model = arzoo.create("farm")
    for name in ("mine", "me/..", "me/a--b", "me/a/b", "me/table@main", f"me/{'x' * 96}"):
        with pytest.raises(ConfigError, match=f'`repo_id` must be "owner/name", got {name!r}'):
            arzoo.push_to_hub(model, name)
    hub.faults.append(Fault("refuse", "/api/repos/create", with_=403))
    with pytest.raises(PublishError, match=r"me/my-table cannot be published: the token may not write to me \(403\)"):
        arzoo.push_to_hub(model, REPO)
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(PublishError, match=r"Publishing needs a token of the Hub, got none"):
        arzoo.push_to_hub(model, REPO)


def test_a_model_of_no_architecture_is_refused_as_save_refuses_it(hub, farm, regression):
    with pytest.raises(ConfigError, match=r"must be made by name, got one of no architecture"):
        arzoo.push_to_hub(regression(), REPO)
