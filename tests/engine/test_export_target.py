"""A place for an export: whole or not at all, nothing of a person's overwritten."""

from pathlib import Path

import pytest

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.export_target import class_folders, export_target


def test_folders_differ_whatever_the_case_and_are_never_hidden() -> None:
    assert class_folders(("A", "a", "..", ".x", "nul")) == {
        "A": "A",
        "a": "a 2",
        "..": "images",
        ".x": "x",
        "nul": "_nul",
    }


@pytest.mark.parametrize("may_replace_zip", [False, True])
@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_only_a_zip_is_replaced_and_only_when_that_is_allowed(tmp_path: Path, name: str, may_replace_zip: bool) -> None:
    path = tmp_path / name
    path.write_bytes(b"precious")
    if may_replace_zip and name == "out.zip":
        with export_target(path, may_replace_zip) as put:
            put("a/1.png", b"x")
        assert path.read_bytes() != b"precious"
    else:
        with pytest.raises(LeptonError, match="is there already"), export_target(path, may_replace_zip):
            pass
        assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_neither_a_full_folder_nor_a_link_is_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    (tmp_path / "empty").mkdir()
    for target in ("full", "empty", "nothing"):
        link = tmp_path / f"{target}-{name}"
        link.symlink_to(tmp_path / target)
        with pytest.raises(LeptonError, match="is there already"), export_target(link, True):
            pass
    with pytest.raises(LeptonError, match="is there already"), export_target(tmp_path / "full"):
        pass
    assert (tmp_path / "full" / "mine").exists()


def test_an_empty_folder_is_as_good_as_none_and_what_lies_beside_it_stays(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    beside = tmp_path / ".out.part"
    beside.mkdir()
    (beside / "mine").touch()
    with export_target(tmp_path / "out") as put:
        put("a/1.png", b"x")
    assert (tmp_path / "out" / "a" / "1.png").read_bytes() == b"x"
    assert (beside / "mine").exists()
    assert len(list(tmp_path.iterdir())) == 2
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755
