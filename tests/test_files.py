import os
import stat
from pathlib import Path

import pytest

from arzoo.files import replacing


@pytest.fixture
def umask():
    before = os.umask(0o027)
    yield 0o027
    os.umask(before)


def names(folder):
    return [path.name for path in folder.iterdir()]


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_stood_there_is_replaced_whole(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("a long line of before")
    with replacing(path) as temporary:
        temporary.write_text("now")
        assert path.read_text() == "a long line of before"
    assert path.read_text() == "now"
    assert names(tmp_path) == ["note.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_what_stood_there_and_nothing_else(tmp_path, error):
    path = tmp_path / "note.txt"
    path.write_text("before")
    with pytest.raises(error), replacing(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "before"
    assert names(tmp_path) == ["note.txt"]


def test_a_new_file_gets_the_permissions_of_the_umask(tmp_path, umask):
    with replacing(tmp_path / "note.txt") as temporary:
        temporary.write_text("whole")
    assert mode(tmp_path / "note.txt") == 0o640


def test_a_writer_that_makes_a_private_file_of_its_own_does_not_decide(tmp_path, umask):
    with replacing(tmp_path / "weights") as temporary:
        temporary.unlink()
        os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY, 0o600))
    assert mode(tmp_path / "weights") == 0o640


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    path = tmp_path / "missing" / "note.txt"
    with pytest.raises(FileNotFoundError) as caught, replacing(path):
        pass
    assert caught.value.filename == str(path)


@pytest.mark.parametrize(("raised", "named"), [("temporary", "note.txt"), (None, "note.txt"), ("other", "other")])
def test_an_error_while_writing_names_it_too_unless_it_is_about_another_file(tmp_path, raised, named):
    with pytest.raises(OSError, match="No space left") as caught, replacing(tmp_path / "note.txt") as temporary:
        raise OSError(28, "No space left on device", str(temporary) if raised == "temporary" else raised)
    assert Path(caught.value.filename).name == named


def test_what_is_no_file_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileExistsError, match=r"something that is no file: '.*pipe'"), replacing(tmp_path / "pipe"):
        pass
    assert names(tmp_path) == ["pipe"]
