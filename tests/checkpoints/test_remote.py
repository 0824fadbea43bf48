"""Loading from a loopback Hub with the real client: what goes wrong ends in a correct model or in one sentence."""

import errno
import hashlib
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from loopback import Fault

import arzoo
from arzoo import CheckpointError, ConfigError
from arzoo.checkpoints import locate

REPO, ID = "farm/gated-mnist", "farmgated-mnist"
WEIGHTS, CONFIG = "model.safetensors", "config.json"
X = torch.tensor([[[[0, 1, 1], [0, 1, 0]]]])
FETCH = """
import sys
from arzoo.entries import File
from arzoo.hub import Repository, obtain
print(obtain(Repository("", *sys.argv[1:3]), sys.argv[3], File(sys.argv[4], int(sys.argv[5]))))
"""


def refused(name=ID):
    with pytest.raises(CheckpointError) as raised:
        arzoo.load(name)
    sentence = str(raised.value)
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("name", [ID, f"hf-hub:{REPO}"])
def test_once_fetched_it_is_loaded_without_the_hub(hub, published, truth, offline, name):
    first = arzoo.load(name)
    assert torch.equal(first.log_prob(X), truth)
    assert first.name == name
    hub.requests.clear()
    offline()
    assert torch.equal(arzoo.load(name).log_prob(X), truth)
    assert hub.requests == []


def test_a_pinned_checkpoint_in_the_cache_is_loaded_without_a_request(hub, published, truth):
    arzoo.load(ID)
    hub.requests.clear()
    assert torch.equal(arzoo.load(ID).log_prob(X), truth)
    assert hub.requests == []


def test_a_bundled_checkpoint_is_loaded_without_a_request(hub, bundled, truth):
    assert torch.equal(arzoo.load(ID).log_prob(X), truth)
    assert hub.requests == []


def test_what_is_no_longer_bundled_comes_from_the_hub(hub, published, bundled, truth):
    bundled.mkdir()  # an empty folder, as a purge of large files leaves it
    arzoo.plugins.reload()
    assert torch.equal(arzoo.load(ID).log_prob(X), truth)


def test_the_config_alone_is_fetched_without_the_weights(hub, published):
    assert arzoo.checkpoints.config_of(ID).architecture == "farmgated"
    assert not [request for request in hub.requests if WEIGHTS in request]


@pytest.mark.parametrize("spelling", ["hf-hub:{repo}@{commit}", "hf-hub:{repo}@main", "hf-hub:{repo}"])
def test_a_repository_is_loaded_at_a_revision(hub, published, truth, spelling):
    name = spelling.format(repo=REPO, commit=published)
    assert torch.equal(arzoo.load(name).log_prob(X), truth)


def test_a_branch_is_followed(hub, published, saved):
    name = f"hf-hub:{REPO}"
    arzoo.load(name)
    newer = {path.name: path.read_bytes() for path in saved.iterdir()}
    hub.commit(REPO, newer)
    assert arzoo.checkpoints.config_of(name).training == {"steps": 3}
    assert arzoo.checkpoints.config_of(f"{name}@{published}").training is None


def test_an_organisation_stands_for_what_no_lock_file_names(hub, bundled, truth, monkeypatch):
    hub.commit(f"zoo/{ID}", {path.name: path.read_bytes() for path in bundled.iterdir()})
    bundled.rename(bundled.with_name("hidden"))
    arzoo.plugins.reload()
    monkeypatch.setenv("ARZOO_HUB_ORG", "zoo")
    assert torch.equal(arzoo.load(ID).log_prob(X), truth)
    hub.requests.clear()
    arzoo.load(ID)
    assert hub.requests == []
    monkeypatch.setenv("ARZOO_HUB_ORG", "../zoo")
    with pytest.raises(
        ConfigError, match=r"ARZOO_HUB_ORG must be the name of an organisation .*, got '\.\./zoo'\. `uns"
    ):
        arzoo.load(ID)


@pytest.mark.parametrize("file", [CONFIG, WEIGHTS])
@pytest.mark.parametrize("kind", ["flip", "truncate"])
def test_one_bad_transfer_is_made_good(hub, published, truth, file, kind):
    hub.faults.append(Fault(kind, file, times=1))
    assert torch.equal(arzoo.load(ID).log_prob(X), truth)


@pytest.mark.parametrize("name", [ID, f"hf-hub:{REPO}"])
@pytest.mark.parametrize("file", [CONFIG, WEIGHTS])
def test_a_flipped_byte_is_refused_and_not_kept(hub, published, truth, blobs, file, name):
    hub.faults.append(Fault("flip", file))
    sentence = refused(name)
    assert sentence.startswith(f"{file} of {name} must be what is pinned (")
    assert f"from {REPO}@" in sentence
    assert sentence.endswith(f"try again with `arzoo pull {name}`, or update the plugin that pins it.")
    assert blobs().keys() == ({blob_of(hub, CONFIG)} if file == WEIGHTS else set())
    hub.faults.clear()
    assert torch.equal(arzoo.load(name).log_prob(X), truth)


def blob_of(hub, name):
    from loopback import blob_id

    return blob_id(name, hub.files(REPO)[name])


def test_a_body_that_is_always_cut_short_is_refused_and_not_kept(hub, published, blobs):
    hub.faults.append(Fault("truncate", WEIGHTS))
    assert f"{WEIGHTS} of {ID} must come from {REPO}@{published} but the download failed (" in refused()
    assert blobs().keys() == {blob_of(hub, CONFIG)}


@pytest.mark.parametrize("times", [2, 10**9])
def test_a_busy_hub(hub, published, truth, times):
    hub.faults.append(Fault("refuse", WEIGHTS, times=times, with_=503))
    if times == 2:
        assert torch.equal(arzoo.load(ID).log_prob(X), truth)
    else:
        assert "but the download failed (HfHubHTTPError: Server error '503" in refused()
        assert len([r for r in hub.requests if r.startswith("GET") and r.endswith(WEIGHTS)]) == 3


@pytest.mark.parametrize("file", [CONFIG, WEIGHTS])
def test_a_file_that_is_not_there(hub, published, file):
    hub.faults.append(Fault("missing", file))
    assert refused() == (
        f"{file} of {ID} must come from {REPO}@{published} but there is no such file. "
        "Publish it again, or take another revision; a pickle is never read."
    )


def test_a_missing_token(hub, published, truth, monkeypatch):
    hub.token = "hf_secret"
    assert "but the Hub shows no such repository (401), it is private or does not exist. Check the" in refused()
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert torch.equal(arzoo.load(ID).log_prob(X), truth)


def test_a_repository_that_does_not_exist(hub):
    assert "config.json of hf-hub:no/body must come from no/body@main but the Hub shows no" in refused("hf-hub:no/body")


def test_a_commit_that_is_gone(hub, published):
    hub.commit(REPO, {"README.md": b"A card."})
    hub.forget(REPO, published)
    assert refused().endswith(
        "but there is no such revision, it was moved or removed. Update the plugin that pins it, "
        f"or take what is there now with arzoo.load('hf-hub:{REPO}')."
    )


def test_a_branch_that_moved_between_the_two_files_does_not_mix_them(hub, published, truth):
    source = locate(f"hf-hub:{REPO}")
    hub.commit(REPO, {WEIGHTS: b"other weights"})
    assert source.weights(source.config()).read_bytes() == hub.files(REPO, published)[WEIGHTS]


def test_weights_that_are_not_those_of_the_config(hub, published):
    hub.commit(REPO, {WEIGHTS: b"other weights"})
    assert f"{WEIGHTS} of hf-hub:{REPO} must be what is pinned (" in refused(f"hf-hub:{REPO}")


def test_a_published_file_that_is_not_the_pinned_one(hub, bundled, monkeypatch, blobs):
    hub.commit(f"zoo/{ID}", {path.name: path.read_bytes() for path in bundled.iterdir()} | {WEIGHTS: b"others"})
    bundled.rename(bundled.with_name("hidden"))
    arzoo.plugins.reload()
    monkeypatch.setenv("ARZOO_HUB_ORG", "zoo")
    assert f"), got another (6) from zoo/{ID}@main, twice. It was removed" in refused()


@pytest.mark.parametrize("file", [CONFIG, WEIGHTS])
def test_a_cached_file_that_was_altered_is_fetched_anew(hub, published, truth, file):
    arzoo.load(ID)
    alter(arzoo.hub.cached(arzoo.hub.Repository(ID, REPO, published), file))
    hub.requests.clear()
    assert torch.equal(arzoo.load(ID).log_prob(X), truth)
    assert [request.split("/")[-1] for request in hub.requests] == [file, file]


def test_a_cached_file_that_was_altered_is_removed_without_a_hub(hub, published, truth, offline, blobs):
    arzoo.load(ID)
    alter(arzoo.hub.cached(arzoo.hub.Repository(ID, REPO, published), WEIGHTS))
    offline()
    assert refused() == (
        f"{WEIGHTS} of {ID} must come from {REPO}@{published}, since a damaged copy was removed, but it is not in the "
        f"cache and HF_HUB_OFFLINE forbids to ask. `unset HF_HUB_OFFLINE`, then `arzoo pull {ID}`."
    )
    assert blobs().keys() == {blob_of(hub, CONFIG)}


def alter(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


def test_no_hub_and_nothing_in_the_cache(hub, published):
    hub.close()
    assert "but it is not in the cache and the Hub does not answer (" in refused()


def test_a_full_disk(hub, published, truth, blobs):
    """A limit on the size of files stands for it: the system refuses to write, as it does on a full disk."""
    large = {WEIGHTS: bytes(4 << 20), CONFIG: hub.files(REPO)[CONFIG]}
    pin = arzoo.File(hashlib.sha256(large[WEIGHTS]).hexdigest(), 4 << 20)
    repository = arzoo.hub.Repository(ID, REPO, hub.commit(REPO, large))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, before[1]))
    try:
        with pytest.raises(
            CheckpointError, match=r"the disk of the cache has no room \(File too large\)\. Free some, or"
        ):
            arzoo.hub.obtain(repository, WEIGHTS, pin)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert blobs() == {}
    assert arzoo.hub.obtain(repository, WEIGHTS, pin).stat().st_size == 4 << 20


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_no_room_is_said_as_such(hub, published, monkeypatch, code):
    def full(*arguments, **options):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("huggingface_hub.file_download.http_get", full)
    assert f"the disk of the cache has no room ({os.strerror(code)})." in refused()


def fetching(hub, commit):
    """Start a process that fetches the weights from the Hub of the test."""
    content = hub.files(REPO)[WEIGHTS]
    words = [REPO, commit, WEIGHTS, hashlib.sha256(content).hexdigest(), str(len(content))]
    return subprocess.Popen([sys.executable, "-W", "ignore", "-c", FETCH, *words], stdout=subprocess.PIPE, text=True)


def test_a_process_that_is_killed_in_mid_download_leaves_nothing_that_is_found(hub, published, truth, blobs):
    stall = Fault("stall", WEIGHTS, times=1)
    hub.faults.append(stall)
    process = fetching(hub, published)
    assert stall.started.wait(100)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    stall.released.set()
    assert [name for name in blobs() if not name.endswith(".incomplete")] == []
    assert arzoo.hub.cached(arzoo.hub.Repository(ID, REPO, published), WEIGHTS) is None
    assert torch.equal(arzoo.load(ID).log_prob(X), truth)


def test_two_processes_that_download_at_once(hub, published, truth, blobs):
    processes = [fetching(hub, published) for _ in range(2)]
    for process in processes:
        assert Path(process.communicate(timeout=100)[0].strip()).read_bytes() == hub.files(REPO)[WEIGHTS]
    assert blobs().keys() == {blob_of(hub, WEIGHTS)}
    assert torch.equal(arzoo.load(ID).log_prob(X), truth)


def test_what_another_program_may_put_beside_the_weights_is_never_read(hub, published, farm):
    files = hub.files(REPO)
    hub.repositories[REPO].history.clear()
    hub.commit(REPO, {CONFIG: files[CONFIG], "pytorch_model.bin": b"\x80\x02 and more"})
    assert "there is no such file. Publish it again, or take another revision; a pickle" in refused(f"hf-hub:{REPO}")
    assert not [request for request in hub.requests if ".bin" in request]
