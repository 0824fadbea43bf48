import re
import subprocess

import pytest
import torch

from arzoo import provenance


def test_the_machine_is_said_in_words():
    one = provenance.machine(torch.device("cpu"))
    assert re.match(rf"{torch.get_num_threads()} threads? of \w.* on \w+$", one)
    assert provenance.machine(torch.device("cpu"), 2) == f"2 processes, each {one}"


@pytest.mark.parametrize(("threads", "said"), [(1, "1 thread of "), (2, "2 threads of ")])
def test_one_thread_is_no_several(monkeypatch, threads, said):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    assert provenance.machine(torch.device("cpu")).startswith(said)


def test_the_commit_is_that_of_the_checkout_or_none(monkeypatch):
    found = provenance.commit()
    assert found is None or re.fullmatch(r"[0-9a-f]{40}(-dirty)?", found)

    def no_git(*arguments, **options):
        raise FileNotFoundError("git")

    monkeypatch.setattr(subprocess, "run", no_git)
    assert provenance.commit() is None


def test_the_environment_is_what_a_card_prints():
    assert set(provenance.environment(torch.device("cpu"))) == {"machine", "torch", "commit"}
