import pytest
import torch

from arzoo import ArchiveError
from arzoo.cli.archives import joined, parted, write


@pytest.mark.parametrize("names", [["a"], ["photo", "b", "0001"], [f"{k:04}" for k in range(1000)]])
def test_names_come_apart_as_they_were_joined(names):
    assert parted(joined(names), len(names)) == names


class Model:
    """What stands for a model of text."""

    class data:  # noqa: N801
        medium = "text"
        decode = staticmethod(lambda levels: "x")


@pytest.mark.parametrize("names", ["", None, "aab", "a", "aa", "/a", joined(["../up", "a"]), "a\0"])
def test_names_that_are_not_as_many_or_lead_out_of_the_folder_are_refused(names, tmp_path):
    with pytest.raises(
        ArchiveError, match=r"An archive must hold 2 different names of files, got \[.*\]\. Write it anew"
    ):
        write([torch.zeros(1)] * 2, {"names": names}, Model(), tmp_path / "out")
    assert not list(tmp_path.iterdir())
