import json

import pytest

from arzoo.cards import recorded
from arzoo.errors import CheckpointError

RECORD = {"checkpoint": "farm-one", "weights_sha256": "a" * 64, "likelihood": {}}


def test_what_was_recorded_is_found_by_kind_and_what_was_not_is_left_out(tmp_path):
    for kind in ("likelihood", "labels", "sampling"):
        (tmp_path / f"farm-one.{kind}.json").write_text(json.dumps(RECORD | {"kind": kind}))
    assert recorded("farm-one", "a" * 64, tmp_path) == {
        kind: RECORD | {"kind": kind} for kind in ("likelihood", "labels")
    }
    assert recorded("farm-two", "a" * 64, tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "must be a record of farm-one, got: JSONDecodeError"),
        ("[]", "must be a record of farm-one, got: TypeError"),
        ("{}", r"must be a record of farm-one, got: KeyError\('checkpoint'\)"),
        (json.dumps(RECORD | {"checkpoint": "x"}), "a record of the checkpoint 'farm-one', got 'x'. Measure it anew."),
        (json.dumps(RECORD | {"weights_sha256": "b"}), "a record of the weights_sha256 'a{64}', got 'b'"),
    ],
)
def test_a_record_of_something_else_is_refused(tmp_path, text, sentence):
    (tmp_path / "farm-one.likelihood.json").write_text(text)
    with pytest.raises(CheckpointError, match=sentence):
        recorded("farm-one", "a" * 64, tmp_path)
