"""Files are written whole or not at all, and every error names the file."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import parse_struct, read_bytes, read_struct, write_bytes, write_struct


class Note(msgspec.Struct, frozen=True):
    """Something to write."""

    text: str
    number: int = 0


def refuse(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file.bin"
    write_bytes(path, b"\x00content")
    assert read_bytes(path) == b"\x00content"
    assert [item.name for item in path.parent.iterdir()] == ["file.bin"]


def test_what_was_there_is_replaced(tmp_path: Path) -> None:
    for content in (b"a long first content", b"short"):
        write_bytes(tmp_path / "file", content)
    assert (tmp_path / "file").read_bytes() == b"short"


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.open", "pathlib.Path.replace", "pathlib.Path.mkdir"])
def test_a_full_disk_leaves_the_old_content_and_nothing_else(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(step, refuse)
        with pytest.raises(LeptonError) as caught:
            write_bytes(path, b"new")
    assert str(path) in caught.value.what
    assert "No space left on device" in caught.value.what
    assert "Free some space" in caught.value.remedy
    assert [item.name for item in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"old"


def test_an_interruption_leaves_the_old_content_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(tmp_path / "file", b"new")
    assert [item.name for item in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(LeptonError, match="Permission denied") as caught:
            write_bytes(tmp_path / "file", b"new")
    finally:
        tmp_path.chmod(stat.S_IRWXU)
    assert str(tmp_path / "file") in caught.value.what


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").write_bytes(b"a file")
    with pytest.raises(LeptonError, match="could not be written") as caught:
        write_bytes(tmp_path / "folder" / "file", b"new")
    assert str(tmp_path / "folder" / "file") in caught.value.what


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such modes")
def test_a_new_file_may_be_read_by_whom_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_bytes(tmp_path / "file", b"for the class")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o644


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LeptonError, match="could not be read: No such file") as caught:
        read_bytes(tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in caught.value.what


def test_a_struct_is_written_for_people_to_read(tmp_path: Path) -> None:
    write_struct(tmp_path / "note.json", Note("hello", 3))
    assert (tmp_path / "note.json").read_text() == '{\n  "text": "hello",\n  "number": 3\n}\n'
    assert read_struct(tmp_path / "note.json", Note) == Note("hello", 3)


def test_a_struct_that_is_wrong_names_file_and_field(tmp_path: Path) -> None:
    (tmp_path / "note.json").write_text('{"text": 3}')
    with pytest.raises(LeptonError) as caught:
        read_struct(tmp_path / "note.json", Note)
    assert caught.value.what == f"{tmp_path / 'note.json'}: Expected 'str', got 'int' at 'text'."


@given(content=st.binary(max_size=60))
def test_any_bytes_are_a_struct_or_one_error(content: bytes) -> None:
    try:
        assert isinstance(parse_struct(content, Note, "some file"), Note)
    except LeptonError as error:
        assert "some file" in error.what  # noqa: PT017 - either outcome is right
