"""The loopback Hub itself, with the real client: what is uploaded comes back, and a second upload changes nothing."""

from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi, hf_hub_download

FILES = {"model.safetensors": b"w" * 5000, "config.json": b"{}", "README.md": b"---\nlicense: mit\n---\nA card."}


def upload(api, **changes):
    operations = [CommitOperationAdd(name, content) for name, content in {**FILES, **changes}.items()]
    return api.create_commit("owner/name", operations, commit_message="files").oid


def test_what_is_uploaded_is_downloaded(hub):
    api = HfApi(token="hf_any")
    api.create_repo("owner/name", exist_ok=True)
    commit = upload(api)
    assert (hub.files("owner/name"), hub.commits("owner/name")) == (FILES, [commit])
    for name, content in FILES.items():
        assert Path(hf_hub_download("owner/name", name, revision=commit)).read_bytes() == content
    assert api.model_info("owner/name").sha == commit
    assert {row.path: row.size for row in api.list_repo_tree("owner/name")} == {n: len(c) for n, c in FILES.items()}


def test_an_upload_without_changes_makes_no_commit(hub):
    api = HfApi(token="hf_any")
    api.create_repo("owner/name")
    api.create_repo("owner/name", exist_ok=True)
    first = upload(api)
    assert upload(api) == first
    second = upload(api, **{"config.json": b"[]"})
    assert hub.commits("owner/name") == [first, second]
    assert hub.files("owner/name", first)["config.json"] == b"{}"
