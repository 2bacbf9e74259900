"""All files of a folder are found once, in the order of people, without following what leads out."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.found_files import FoundFile, Listing, found_at, is_within, look_through


def listed(root: Path, prefix: str = "") -> Listing:
    def work() -> Iterator[Progress | Listing]:
        yield (yield from look_through(root, prefix))

    *progress, listing = work()
    assert all(isinstance(event, Progress) for event in progress)
    assert isinstance(listing, Listing)
    return listing


def make(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def test_the_order_is_that_of_people_and_each_folder_stays_together(tmp_path: Path) -> None:
    make(tmp_path, "b/10.png", "b/9.png", "a/z/1.png", "a/2.png", "root.png")
    listing = listed(tmp_path)
    assert [found.file for found in listing.files] == ["root.png", "a/2.png", "a/z/1.png", "b/9.png", "b/10.png"]
    assert listing.folders == ["a", "b", "a/z"]
    assert [found.folders for found in listing.files[:3]] == [(), ("a",), ("a", "z")]
    assert [found.file for found in listed(tmp_path / "a", "x/").files] == ["x/2.png", "x/z/1.png"]


def test_a_file_is_read_up_to_a_length(tmp_path: Path) -> None:
    make(tmp_path, "abc.PNG")
    found = found_at(tmp_path / "abc.PNG", "q/abc.PNG")
    assert (found.read(3), found.read(100), found.size, found.suffix, found.name) == (
        b"abc", b"abc.PNG", 7, ".png", "abc.PNG",
    )  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_pipe_that_takes_the_place_of_a_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no plain file"):
        FoundFile("pipe", tmp_path / "pipe").read(10)
    assert found_at(tmp_path / "pipe", "pipe").reason == "is no plain file"
    assert found_at(tmp_path / "nothing", "nothing").reason == "does not exist"


def test_a_folder_that_cannot_be_opened_is_an_error_only_if_it_is_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a/1.png", "b/1.png")
    scan = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name in refused:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    refused = {"b"}
    found = {one.file: one.reason for one in listed(tmp_path).files}
    assert found == {"a/1.png": "", "b": "cannot be opened: Permission denied"}
    refused = {tmp_path.name}
    with pytest.raises(LeptonError, match="cannot be opened: Permission denied"):
        listed(tmp_path)


def test_within_is_below_and_not_merely_alike() -> None:
    assert is_within("/a/b/c", "/a/b")
    assert not is_within("/a/bc", "/a/b")
    assert not is_within("/a", "/a/b")
