import json

from arzoo.training.journal import Journal, read_journal


def test_a_line_is_one_json_object(tmp_path):
    journal = Journal(tmp_path, keep=0)
    journal.write("start", 0, machine="two threads")
    journal.write("step", 5, train_bits_per_dim=1.5)
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"event": "start", "step": 0, "machine": "two threads"},
        {"event": "step", "step": 5, "train_bits_per_dim": 1.5},
    ]


def test_a_resumed_run_drops_what_it_writes_again_and_what_a_kill_cut_short(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"event": "a", "step": 4}\n{"event": "b", "step": 8}\n{"event": "c", "st')
    assert [line["event"] for line in read_journal(path)] == ["a", "b"]
    Journal(tmp_path, keep=4).write("d", 5)
    assert [line["event"] for line in read_journal(path)] == ["a", "d"]


def test_only_one_process_writes(tmp_path):
    Journal(tmp_path, keep=0, writes=False).write("start", 0)
    assert read_journal(tmp_path / "log.jsonl") == []
