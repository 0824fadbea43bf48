"""The zoo onto a loopback Hub with the real client: once, not twice, and half-way."""

import json

import pytest
import torch
from loopback import Fault

import arzoo
from arzoo.errors import CheckpointError, ConfigError, PublishError, UnknownModelError
from arzoo.publishing import publish

NAMES = ["farm-one", "farm-two"]
X = torch.tensor([[[[0, 1, 2], [0, 1, 0]]]])
FILES = {"model.safetensors", "config.json", "README.md"}
READING = ("GET", "HEAD")


def published(names=tuple(NAMES), org="acres", **options):
    return list(publish(list(names), org, **options))


def refused(*names, error=PublishError, org="acres", **options):
    with pytest.raises(error) as raised:
        published(names or NAMES, org, **options)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_what_is_published_is_loaded_by_name_when_the_bundle_is_gone(hub, farm, places):
    truth = {name: arzoo.load(name).log_prob(X) for name in NAMES}
    outcomes = published()
    assert [(o.id, o.repo_id, o.created, set(o.sent)) for o in outcomes] == [
        (name, f"acres/{name}", True, FILES) for name in NAMES
    ]
    for outcome in outcomes:
        assert hub.commits(outcome.repo_id) == [outcome.revision]
        assert places()[outcome.id] == (outcome.repo_id, outcome.revision)
        (farm / outcome.id).rename(farm / f"hidden-{outcome.id}")
    arzoo.plugins.reload()
    for name in NAMES:
        assert arzoo.info(name).bundle is None
        assert torch.equal(arzoo.load(name).log_prob(X), truth[name])
    assert arzoo.info("farm-one").summary == "The first."


def test_a_second_time_nothing_is_sent(hub, farm, places):
    first = published()
    before = (farm / "lock.json").read_bytes()
    hub.requests.clear()
    second = published()
    assert [(o.created, o.sent, o.revision) for o in second] == [(False, (), o.revision) for o in first]
    assert {request.partition(" ")[0] for request in hub.requests} <= set(READING)
    assert (farm / "lock.json").read_bytes() == before


def test_only_what_changed_is_sent_again(hub, farm, places):
    published()
    files = hub.files("acres/farm-one")
    hub.commit("acres/farm-one", {"README.md": b"somebody else's words"})
    one, two = published()
    assert (one.sent, two.sent) == (("README.md",), ())
    assert hub.files("acres/farm-one") == files
    assert places()["farm-one"] == ("acres/farm-one", hub.commits("acres/farm-one")[-1])


def test_a_lock_file_that_was_not_written_is_mended_without_an_upload(hub, farm, places):
    before = (farm / "lock.json").read_text()
    published()
    after = (farm / "lock.json").read_text()
    (farm / "lock.json").write_text(before)
    arzoo.plugins.reload()
    assert all(not outcome.sent for outcome in published())
    assert (farm / "lock.json").read_text() == after


def test_a_dry_run_reads_alone_and_says_what_would_be_done(hub, farm, places, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    before = (farm / "lock.json").read_bytes()
    outcomes = published(dry_run=True)
    assert [(o.created, set(o.sent), o.revision) for o in outcomes] == [(True, FILES, None)] * 2
    assert {request.partition(" ")[0] for request in hub.requests} <= set(READING)
    assert hub.repositories == {}
    assert (farm / "lock.json").read_bytes() == before


def test_a_dry_run_after_publishing_finds_nothing_to_do(hub, farm):
    first = published()
    assert [(o.created, o.sent, o.revision) for o in published(dry_run=True)] == [
        (False, (), o.revision) for o in first
    ]


def test_a_new_repository_is_private_where_asked(hub, farm, monkeypatch):
    from huggingface_hub import HfApi

    asked = {}
    create = HfApi.create_repo
    monkeypatch.setattr(HfApi, "create_repo", lambda self, *a, **k: asked.update(k) or create(self, *a, **k))
    published(["farm-one"], private=True)
    assert asked["private"] is True


def test_without_a_token_nothing_is_asked(hub, farm, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    assert refused() == (
        "Publishing needs a token of the Hub, got none. Give one that may write: HF_TOKEN=hf_... or `hf auth login`."
    )
    assert hub.requests == []


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "the Hub does not know the token (401). Give one that may write"),
        (403, "the token may not write to acres (403). Ask acres for the right to"),
        (404, "the Hub shows no acres in which you may publish (404). Check the name"),
        (400, "the Hub refused"),
    ],
)
def test_an_organisation_that_cannot_be_written_to_is_a_sentence(hub, farm, places, status, sentence):
    hub.faults.append(Fault("refuse", "/api/repos/create", with_=status))
    message = refused()
    assert message.startswith(f"acres/farm-one cannot be published: {sentence}")
    assert message.endswith("Nothing was published before it. Not published: farm-one, farm-two.")
    assert places() == dict.fromkeys(NAMES, (None, None))


def test_a_failure_half_way_leaves_what_is_done_in_the_lock_file(hub, farm, places):
    hub.faults.append(Fault("refuse", "farm-two/commit/", with_=403))
    assert refused().endswith("Published before it: farm-one. Not published: farm-two.")
    assert places() == {"farm-one": ("acres/farm-one", hub.commits("acres/farm-one")[0]), "farm-two": (None, None)}
    hub.faults.clear()
    one, two = published()
    assert (one.sent, set(two.sent), two.created) == ((), FILES, False)


def test_a_hub_that_does_not_answer_is_a_sentence(hub, farm, places):
    hub.close()
    assert refused("farm-one").startswith("acres/farm-one cannot be published: the Hub does not answer (")
    assert places()["farm-one"] == (None, None)


def test_offline_is_a_sentence(hub, farm, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert refused("farm-one").endswith("HF_HUB_OFFLINE forbids it. `unset HF_HUB_OFFLINE`.")


def test_a_file_that_is_not_what_is_pinned_is_not_sent(hub, farm):
    weights = farm / "farm-two" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    assert "must have sha256" in refused(error=CheckpointError)
    assert hub.requests == []


def test_a_record_of_other_weights_is_found_before_anything_is_sent(hub, farm, tmp_path):
    record = {"checkpoint": "farm-two", "weights_sha256": "0" * 64}
    (tmp_path / "farm-two.likelihood.json").write_text(json.dumps(record))
    assert "must be a record of the weights_sha256" in refused(error=CheckpointError, results=tmp_path)
    assert hub.requests == []


def test_the_samples_go_with_the_card(hub, farm, tmp_path):
    from arzoo.cards import write_card

    write_card("farm-one", tmp_path)
    (outcome,) = published(["farm-one"], cards=tmp_path)
    assert set(outcome.sent) == {*FILES, "pictures/farm-one.png"}
    files = hub.files("acres/farm-one")
    assert b"](pictures/farm-one.png)" in files["README.md"]
    assert files["pictures/farm-one.png"].startswith(b"\x89PNG")


def test_unknown_names_and_owners_are_refused(hub, farm):
    assert "Did you mean 'farm-one'" in refused("farm-onne", error=UnknownModelError)
    for org in ("my org", "my--org", "../org", "org/more", "", "örg"):
        message = refused("farm-one", error=ConfigError, org=org)
        assert message == f"`org` must be the name of an organisation or a user, got {org!r}. Use --org NAME."
    assert hub.requests == []
